/*
 * unicode.h - runes and the bytes that stand for them.
 */
#ifndef LVT_TEMPLATE_UNICODE_H
#define LVT_TEMPLATE_UNICODE_H

#include "base/str.h"

#include <stdint.h>

#define UNICODE_BAD	0xfffdu		/* what stands for bytes that are none */
#define UNICODE_MAX	0x10ffffu

struct unicode_run {
	uint32_t first, last;
};

extern const struct unicode_run unicode_printable[];
extern const size_t unicode_nprintable;

/* Letters, marks, numbers, punctuation, symbols and the ASCII space. */
bool	unicode_is_print(uint32_t rune);
/* Decode one rune of s (len > 0); *size is 1 and the result U+FFFD where it
 * is not UTF-8, as Go's utf8.DecodeRune. */
uint32_t unicode_decode(const char *s, size_t len, size_t *size);
/* 1 to 4 bytes; surrogates and what is past U+10FFFF become U+FFFD. */
size_t	unicode_encode(char out[4], uint32_t rune);
/* How many runes; a byte that is not UTF-8 counts as one. */
size_t	unicode_count(struct str s);

#endif
