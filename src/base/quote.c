#include "base/quote.h"
#include "base/utf8.h"

/* What a byte of a string becomes: itself, a short escape, \u00XX, or the
 * beginning of a character to be checked. */
enum { PLAIN, ESCAPED, CONTROL, WIDE };

static inline int
byte_class(unsigned char c)
{
	if (c >= 0x80)
		return WIDE;
	if (c >= 0x20)
		return c == '"' || c == '\\' ? ESCAPED : PLAIN;
	return c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f' ?
	    ESCAPED : CONTROL;
}

static void
add_special(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '\n': buf_add(out, "\\n", 2); break;
	case '\r': buf_add(out, "\\r", 2); break;
	case '\t': buf_add(out, "\\t", 2); break;
	case '\b': buf_add(out, "\\b", 2); break;
	case '\f': buf_add(out, "\\f", 2); break;
	case '"': buf_add(out, "\\\"", 2); break;
	case '\\': buf_add(out, "\\\\", 2); break;
	default: buf_add(out, u, sizeof(u)); break;
	}
}

/* Of eight bytes: the high bit of each that is not plain. Those behind the first
 * such, seen from the number's low end, may be wrong. */
static inline uint64_t
not_plain(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = ones << 7;
	uint64_t v, quote, slash;

	memcpy(&v, p, 8);
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	return (v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
}

size_t
json_plain_run(const char *s, size_t len)
{
	uint64_t found = 0;
	size_t i = 0;

	while (len - i >= 8 && (found = not_plain(s + i)) == 0)
		i += 8;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (found != 0)
		return i + (size_t)__builtin_ctzll(found) / 8;
#endif
	while (i < len && byte_class((unsigned char)s[i]) == PLAIN)
		i++;
	return i;
}

bool
json_add_string(struct buf *out, struct str s)
{
	size_t i = 0, run, width;
	bool good = true;
	uint32_t c;

	buf_putc(out, '"');
	while (i < s.len) {
		run = json_plain_run(s.s + i, s.len - i);
		buf_piece(out, s.s + i, run);
		i += run;
		if (i == s.len)
			break;
		if (byte_class((unsigned char)s.s[i]) != WIDE) {
			add_special(out, (unsigned char)s.s[i++]);
			continue;
		}
		width = utf8_decode(s.s + i, s.len - i, &c);
		good = good && width > 1;
		if (width == 1)
			buf_add(out, "\xef\xbf\xbd", 3);
		else
			buf_add(out, s.s + i, width);
		i += width;
	}
	buf_putc(out, '"');
	return good;
}
