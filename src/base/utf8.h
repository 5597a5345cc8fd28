/*
 * utf8.h - one character at a time.
 *
 * Decoding is strict (no surrogates, no overlong forms, nothing past
 * U+10FFFF) and never fails: a byte that starts no character is U+FFFD, one
 * byte wide.
 */
#ifndef LVT_BASE_UTF8_H
#define LVT_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define UTF8_BAD	0xfffdu
#define UTF8_LAST	0x10ffffu

/* Width of the character at s in bytes; 0 at the end. */
static inline size_t
utf8_decode(const char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n;
	uint32_t v;

	*c = UTF8_BAD;
	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len < n)
		return 1;
	v = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (p[i] & 0x3fu);
	}
	if (v < least[n] || v > UTF8_LAST || (v >= 0xd800 && v <= 0xdfff))
		return 1;
	*c = v;
	return n;
}

static inline bool
utf8_is_valid(struct str s)
{
	uint32_t c;
	size_t i = 0, n;

	while (i < s.len)
		if ((unsigned char)s.s[i] < 0x80)
			i++;
		else if ((n = utf8_decode(s.s + i, s.len - i, &c)) > 1)
			i += n;
		else
			return false;
	return true;
}

/* White space, as Unicode has it. */
static inline bool
utf8_is_space(uint32_t c)
{
	return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 ||
	    c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	    c == 0x3000;
}

/* Bytes written to out; what is no character becomes U+FFFD. */
static inline size_t
utf8_encode(uint32_t c, char out[4])
{
	if (c > UTF8_LAST || (c >= 0xd800 && c <= 0xdfff))
		c = UTF8_BAD;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

#endif
