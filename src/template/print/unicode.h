/*
 * unicode.h - which characters are printable, as Go's unicode.IsPrint.
 */
#ifndef LVT_TEMPLATE_UNICODE_H
#define LVT_TEMPLATE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unicode_run {
	uint32_t first, last;
};

extern const struct unicode_run unicode_printable[];
extern const size_t unicode_nprintable;

/* Letters, marks, numbers, punctuation, symbols and the ASCII space. */
bool	unicode_is_print(uint32_t rune);

#endif
