/*
 * escape_url.c - values in URLs and srcset lists.
 */
#include "template/escape/escapers.h"

enum { FREE = 1, RESERVED = 2, HEX = 4, BLANK = 8, ALNUM = 16 };

#define LETTERS(a, z, bits) [a ... z] = (bits)

static const uint8_t kind[256] = {
	LETTERS('a', 'f', FREE | HEX | ALNUM), LETTERS('g', 'z', FREE | ALNUM),
	LETTERS('A', 'F', FREE | HEX | ALNUM), LETTERS('G', 'Z', FREE | ALNUM),
	LETTERS('0', '9', FREE | HEX | ALNUM),
	['-'] = FREE, ['.'] = FREE, ['_'] = FREE, ['~'] = FREE,
	['!'] = RESERVED, ['#'] = RESERVED, ['$'] = RESERVED, ['&'] = RESERVED,
	['*'] = RESERVED, ['+'] = RESERVED, [','] = RESERVED, ['/'] = RESERVED,
	[':'] = RESERVED, [';'] = RESERVED, ['='] = RESERVED, ['?'] = RESERVED,
	['@'] = RESERVED, ['['] = RESERVED, [']'] = RESERVED,
	[' '] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['\f'] = BLANK,
	['\r'] = BLANK,
};

/*
 * Percent-encode every byte that is not of one of these kinds. With RESERVED
 * among them valid %xx stay as they are.
 */
static void
percent(struct buf *out, struct str s, uint8_t keep)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = (const uint8_t *)s.s, *end = p + s.len, *run = p;

	for (; p < end; p++) {
		if (kind[*p] & keep)
			continue;
		if (*p == '%' && (keep & RESERVED) && end - p > 2 &&
		    (kind[p[1]] & HEX) && (kind[p[2]] & HEX))
			continue;
		buf_piece(out, run, (size_t)(p - run));
		buf_add(out, (char[]){ '%', hex[*p >> 4], hex[*p & 15] }, 3);
		run = p + 1;
	}
	buf_piece(out, run, (size_t)(end - run));
}

/*
 * Letters without regard to case. The long s (U+017F) is one of those that
 * fold to "s", and a scheme with it is no other scheme to any browser.
 */
static bool
is_scheme(struct str s, const char *name)
{
	size_t i = 0;

	for (; *name != '\0'; name++) {
		if (i < s.len && (s.s[i] | 0x20) == *name) {
			i++;
		} else if (*name == 's' && s.len - i >= 2 &&
		    memcmp(s.s + i, "\xc5\xbf", 2) == 0) {
			i += 2;
		} else {
			return false;
		}
	}
	return i == s.len;
}

static bool
is_safe_url(struct str s)
{
	const char *colon = s.len > 0 ? memchr(s.s, ':', s.len) : NULL;
	struct str scheme;

	if (colon == NULL)
		return true;
	scheme = (struct str){ s.s, (size_t)(colon - s.s) };
	if (scheme.len > 0 && memchr(scheme.s, '/', scheme.len) != NULL)
		return true;
	return is_scheme(scheme, "http") || is_scheme(scheme, "https") ||
	    is_scheme(scheme, "mailto");
}

struct str
escape_urlfilter(struct str s, enum content type)
{
	if (type == CONTENT_URL || is_safe_url(s))
		return s;
	return STR("#" ESCAPE_FAILSAFE);
}

void
escape_url(struct buf *out, struct str s, enum content type)
{
	percent(out, s, type == CONTENT_URL ? FREE | RESERVED : FREE);
}

void
escape_urlnorm(struct buf *out, struct str s, enum content type)
{
	(void)type;
	percent(out, s, FREE | RESERVED);
}

/* One "url metadata" of a list, with the white space around it. */
static void
srcset_element(struct buf *out, struct str s)
{
	size_t start = 0, end, i;
	struct str url;

	while (start < s.len && (kind[(uint8_t)s.s[start]] & BLANK))
		start++;
	end = start;
	while (end < s.len && !(kind[(uint8_t)s.s[end]] & BLANK))
		end++;
	i = end;
	while (i < s.len && (kind[(uint8_t)s.s[i]] & (BLANK | ALNUM)))
		i++;
	url = (struct str){ s.s + start, end - start };
	if (i < s.len || !is_safe_url(url)) {
		buf_str(out, STR("#" ESCAPE_FAILSAFE));
		return;
	}
	buf_add(out, s.s, start);
	percent(out, url, FREE | RESERVED);
	buf_add(out, s.s + end, s.len - end);
}

/* A trusted URL is one element: its commas must not part it. */
static void
srcset_url(struct buf *out, struct str s)
{
	const char *comma;

	while (s.len > 0 && (comma = memchr(s.s, ',', s.len)) != NULL) {
		size_t n = (size_t)(comma - s.s);

		percent(out, (struct str){ s.s, n }, FREE | RESERVED);
		buf_str(out, STR("%2c"));
		s.s += n + 1;
		s.len -= n + 1;
	}
	percent(out, s, FREE | RESERVED);
}

void
escape_srcset(struct buf *out, struct str s, enum content type)
{
	const char *comma;

	if (type == CONTENT_SRCSET) {
		buf_str(out, s);
		return;
	}
	if (type == CONTENT_URL) {
		srcset_url(out, s);
		return;
	}
	while (s.len > 0 && (comma = memchr(s.s, ',', s.len)) != NULL) {
		size_t n = (size_t)(comma - s.s);

		srcset_element(out, (struct str){ s.s, n });
		buf_putc(out, ',');
		s.s += n + 1;
		s.len -= n + 1;
	}
	srcset_element(out, s);
}

void
escape_func_urlquery(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	const uint8_t *p, *end, *run;

	if (s.len == 0)
		return;
	p = run = (const uint8_t *)s.s;
	end = p + s.len;
	for (; p < end; p++) {
		if (kind[*p] & FREE)
			continue;
		buf_piece(out, run, (size_t)(p - run));
		run = p + 1;
		if (*p == ' ')
			buf_putc(out, '+');
		else
			buf_add(out, (char[]){ '%', hex[*p >> 4],
			    hex[*p & 15] }, 3);
	}
	buf_piece(out, run, (size_t)(end - run));
}
