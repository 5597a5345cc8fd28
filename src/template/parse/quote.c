#include "base/utf8.h"
#include "template/parse/literal.h"

static const char escapes[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";

static int
digit_value(char c, int base)
{
	int v = -1;

	if (c >= '0' && c <= '9')
		v = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		v = (c | 0x20) - 'a' + 10;
	return v < base ? v : -1;
}

/* Exactly n digits at *s. */
static int
read_digits(struct str *s, int n, int base, uint32_t *out)
{
	uint32_t v = 0;

	if (s->len < (size_t)n)
		return LVT_EPARSE;
	for (int i = 0; i < n; i++) {
		int d = digit_value(s->s[i], base);

		if (d < 0)
			return LVT_EPARSE;
		v = v * (uint32_t)base + (uint32_t)d;
	}
	s->s += n;
	s->len -= (size_t)n;
	*out = v;
	return 0;
}

/* The backslash is read; s is not empty. */
static int
read_escape(struct str *s, char quote, uint32_t *c, bool *multibyte)
{
	char e = s->s[0];

	if (e >= '0' && e <= '7')
		return read_digits(s, 3, 8, c) != 0 || *c > 255 ?
		    LVT_EPARSE : 0;
	s->s++;
	s->len--;
	if (e == 'x')
		return read_digits(s, 2, 16, c);
	if (e == 'u' || e == 'U') {
		*multibyte = true;
		if (read_digits(s, e == 'u' ? 4 : 8, 16, c) != 0)
			return LVT_EPARSE;
		return *c > UTF8_LAST || (*c >= 0xd800 && *c <= 0xdfff) ?
		    LVT_EPARSE : 0;
	}
	if (e == quote) {
		*c = (unsigned char)e;
		return 0;
	}
	for (const char *p = escapes; *p != '\0'; p += 2) {
		if (*p == e) {
			*c = (unsigned char)p[1];
			return 0;
		}
	}
	return LVT_EPARSE;
}

int
char_unquote(struct str *s, char quote, uint32_t *c, bool *multibyte)
{
	size_t width;

	*multibyte = false;
	if (s->len == 0 || s->s[0] == quote)
		return LVT_EPARSE;
	if (s->s[0] != '\\') {
		width = utf8_decode(s->s, s->len, c);
		*multibyte = (unsigned char)s->s[0] >= 0x80;
		s->s += width;
		s->len -= width;
		return 0;
	}
	s->s++;
	s->len--;
	return s->len == 0 ? LVT_EPARSE : read_escape(s, quote, c, multibyte);
}

static void
unquote_raw(struct str s, char *out, size_t *n)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.s[i] != '\r')	/* as Go's sources have it */
			out[(*n)++] = s.s[i];
}

static int
unquote(struct str s, char *out, size_t *n)
{
	uint32_t c;
	bool multibyte;

	while (s.len > 0) {
		if (char_unquote(&s, '"', &c, &multibyte) != 0)
			return LVT_EPARSE;
		if (multibyte)
			*n += utf8_encode(c, out + *n);
		else
			out[(*n)++] = (char)c;
	}
	return 0;
}

int
string_unquote(struct arena *a, struct str quoted, struct str *out,
    struct lvt_error *err)
{
	struct str s = { quoted.s + 1, quoted.len - 2 };
	size_t n = 0;
	char *p;

	/* A byte that is no UTF-8 becomes three, everything else shrinks. */
	p = arena_alloc(a, 3 * s.len + 1);
	if (p == NULL)
		return lvt_error_nomem(err);
	if (quoted.s[0] == '`')
		unquote_raw(s, p, &n);
	else if (unquote(s, p, &n) != 0)
		return lvt_error_set(err, LVT_EPARSE,
		    "string has an escape that does not exist");
	p[n] = '\0';
	*out = (struct str){ p, n };
	return 0;
}
