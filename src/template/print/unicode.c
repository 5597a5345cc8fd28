#include "template/print/unicode.h"

bool
unicode_is_print(uint32_t rune)
{
	size_t lo = 0, hi = unicode_nprintable, mid;

	if (rune < 0x80)
		return rune >= ' ' && rune < 0x7f;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (rune > unicode_printable[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < unicode_nprintable &&
	    rune >= unicode_printable[lo].first;
}

uint32_t
unicode_decode(const char *s, size_t len, size_t *size)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	uint32_t rune;
	size_t n, i;

	*size = 1;
	if (p[0] < 0x80)
		return p[0];
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return UNICODE_BAD;
	rune = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UNICODE_BAD;
		rune = rune << 6 | (p[i] & 0x3f);
	}
	if (rune < least[n] || rune > UNICODE_MAX ||
	    (rune >= 0xd800 && rune <= 0xdfff))
		return UNICODE_BAD;
	*size = n;
	return rune;
}

size_t
unicode_encode(char out[4], uint32_t rune)
{
	if (rune > UNICODE_MAX || (rune >= 0xd800 && rune <= 0xdfff))
		rune = UNICODE_BAD;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xc0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xe0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		out[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3f));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3f));
	out[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

size_t
unicode_count(struct str s)
{
	size_t n = 0, at = 0, size;

	for (; at < s.len; at += size, n++)
		unicode_decode(s.s + at, s.len - at, &size);
	return n;
}
