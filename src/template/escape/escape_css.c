/*
 * escape_css.c - values in style sheets and style attributes.
 */
#include "base/ascii.h"
#include "base/utf8.h"
#include "template/escape/escapers.h"

/* The bytes of one white space that may follow a hexadecimal escape. */
static size_t
escape_space(struct str s)
{
	if (s.len == 0 || !ascii_is_space(s.s[0]))
		return 0;
	return s.s[0] == '\r' && s.len > 1 && s.s[1] == '\n' ? 2 : 1;
}

/* s begins with a backslash and one more byte. Returns the length taken. */
static size_t
decode_escape(struct buf *out, struct str s)
{
	uint32_t r = 0;
	size_t n = 1, size;
	char utf8[4];

	if (ascii_hex(s.s[1]) < 0) {
		size = utf8_decode(s.s + 1, s.len - 1, &r);
		buf_add(out, s.s + 1, size);
		return 1 + size;
	}
	for (; n < s.len && n < 7 && ascii_hex(s.s[n]) >= 0; n++)
		r = r << 4 | (uint32_t)ascii_hex(s.s[n]);
	if (r > 0x10ffff) {
		r >>= 4;
		n--;
	}
	buf_add(out, utf8, utf8_encode(r, utf8));
	return n + escape_space((struct str){ s.s + n, s.len - n });
}

void
css_decode(struct buf *out, struct str s)
{
	while (s.len > 0) {
		const char *slash = memchr(s.s, '\\', s.len);
		size_t n = slash != NULL ? (size_t)(slash - s.s) : s.len;

		buf_add(out, s.s, n);
		s.s += n;
		s.len -= n;
		if (s.len < 2)
			break;		/* a backslash at the end is dropped */
		n = decode_escape(out, s);
		s.s += n;
		s.len -= n;
	}
}

/*
 * A word that is looked for among letters, digits and "_", whatever stands
 * between them. back[i]: how much of the word still matches when byte
 * i does not (Knuth, Morris, Pratt).
 */
static const struct word {
	const char *text;
	uint8_t back[10];
} words[2] = {
	{ "expression", { 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 } },
	{ "mozbinding", { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
};

/* Feed one byte; true once the whole word was seen. */
static bool
word_step(const struct word *w, uint8_t *at, char c)
{
	while (*at > 0 && w->text[*at] != c)
		*at = w->back[*at];
	if (w->text[*at] == c)
		++*at;
	return *at == 10;
}

/* No byte that could end the value, or begin a string, comment or function;
 * no "--", which could be part of a comment's end; none of the words. */
static bool
is_safe_value(struct str s)
{
	static const bool refused[256] = {
		['\0'] = true, ['"'] = true, ['\''] = true, ['('] = true,
		[')'] = true, ['/'] = true, [';'] = true, ['@'] = true,
		['['] = true, ['\\'] = true, [']'] = true, ['`'] = true,
		['{'] = true, ['}'] = true, ['<'] = true, ['>'] = true
	};
	uint8_t at[2] = { 0, 0 };

	for (size_t i = 0; i < s.len; i++) {
		char c = s.s[i];

		if (refused[(uint8_t)c] ||
		    (c == '-' && i > 0 && s.s[i - 1] == '-'))
			return false;
		c = ascii_lower(c);
		if (!ascii_is_alnum(c) && c != '_')
			continue;
		if (word_step(&words[0], &at[0], c) ||
		    word_step(&words[1], &at[1], c))
			return false;
	}
	return true;
}

void
escape_cssval(struct buf *out, struct str s, enum content type)
{
	size_t before = out->len;

	if (type == CONTENT_CSS) {
		buf_str(out, s);
		return;
	}
	css_decode(out, s);
	if (out->failed || out->len == before ||
	    is_safe_value((struct str){ out->s + before, out->len - before }))
		return;
	out->len = before;
	buf_str(out, STR(ESCAPE_FAILSAFE));
}

void
escape_cssstr(struct buf *out, struct str s, enum content type)
{
	enum { BACKSLASH = 16 };
	static const struct escape_table t = {
		.cls = { ['\0'] = 1, ['\t'] = 2, ['\n'] = 3, ['\f'] = 4,
		    ['\r'] = 5, ['"'] = 6, ['&'] = 7, ['\''] = 8, ['('] = 9,
		    [')'] = 10, ['+'] = 11, ['/'] = 12, [':'] = 13,
		    [';'] = 14, ['<'] = 15, ['\\'] = BACKSLASH, ['>'] = 17,
		    ['{'] = 18, ['}'] = 19 },
		.with = { [1] = { "\\0", 2 }, [2] = { "\\9", 2 },
		    [3] = { "\\a", 2 }, [4] = { "\\c", 2 },
		    [5] = { "\\d", 2 }, [6] = { "\\22", 3 },
		    [7] = { "\\26", 3 }, [8] = { "\\27", 3 },
		    [9] = { "\\28", 3 }, [10] = { "\\29", 3 },
		    [11] = { "\\2b", 3 }, [12] = { "\\2f", 3 },
		    [13] = { "\\3a", 3 }, [14] = { "\\3b", 3 },
		    [15] = { "\\3c", 3 }, [BACKSLASH] = { "\\\\", 2 },
		    [17] = { "\\3e", 3 }, [18] = { "\\7b", 3 },
		    [19] = { "\\7d", 3 } }
	};
	size_t from = 0;

	(void)type;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t n = t.cls[(uint8_t)s.s[i]];

		if (n == 0)
			continue;
		buf_add(out, s.s + from, i - from);
		buf_str(out, t.with[n]);
		from = i + 1;
		/* The escape must not swallow what follows it. */
		if (n != BACKSLASH && (from == s.len ||
		    ascii_hex(s.s[from]) >= 0 || ascii_is_space(s.s[from])))
			buf_putc(out, ' ');
	}
	buf_add(out, s.s + from, s.len - from);
}
