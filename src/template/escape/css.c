/*
 * css.c - reading just enough of style sheets: strings, url() and comments.
 */
#include "template/escape/escapers.h"
#include "template/escape/scan.h"

static bool
is_css_name(struct str s)
{
	unsigned char c = s.len > 0 ? (unsigned char)s.s[s.len - 1] : ' ';

	/* The last byte tells: what is no ASCII is part of a name, but for
	 * U+FFFE and U+FFFF. */
	if (c >= 0x80)
		return !(s.len >= 3 && memcmp(s.s + s.len - 3, "\xef\xbf",
		    2) == 0 && c >= 0xbe);
	return ascii_is_alnum((char)c) || c == '-' || c == '_';
}

/* Does s end in the word url (and white space)? */
static bool
ends_in_url(struct str s)
{
	while (s.len > 0 && ascii_is_space(s.s[s.len - 1]))
		s.len--;
	if (s.len < 3 || !scan_starts_nocase(scan_from(s, s.len - 3), "url"))
		return false;
	s.len -= 3;
	return !is_css_name(s);
}

size_t
step_css(struct transit *t, struct context *c, struct str s)
{
	size_t i = 0, j;

	(void)t;
	for (; (i = scan_any(s, i, "(\"'/")) < s.len; i++) {
		switch (s.s[i]) {
		case '"':
		case '\'':
			c->state = s.s[i] == '"' ? STATE_CSS_DQ : STATE_CSS_SQ;
			return i + 1;
		case '/':
			if (scan_starts(scan_from(s, i), "//"))
				c->state = STATE_CSS_LINE_CMT;
			else if (scan_starts(scan_from(s, i), "/*"))
				c->state = STATE_CSS_BLOCK_CMT;
			else
				break;
			return i + 2;
		default:
			if (!ends_in_url((struct str){ s.s, i }))
				break;
			j = i + 1 + scan_space(scan_from(s, i + 1));
			c->state = STATE_CSS_URL;
			if (j < s.len && (s.s[j] == '"' || s.s[j] == '\''))
				c->state = s.s[j++] == '"' ?
				    STATE_CSS_DQ_URL : STATE_CSS_SQ_URL;
			return j;
		}
	}
	return s.len;
}

/* Every string may be a URL, and is taken for one. */
static void
css_url(struct transit *t, struct context *c, struct str s)
{
	if (s.len == 0)
		return;
	buf_clear(&t->scratch);
	css_decode(&t->scratch, s);
	if (t->scratch.failed)
		t->failed = t->scratch.failed;
	step_url(t, c, (struct str){ t->scratch.s, t->scratch.len });
}

size_t
step_css_string(struct transit *t, struct context *c, struct str s)
{
	const char *ends = "\\\t\n\f\r )";
	size_t i = 0, done = 0, start = 0, escape;

	if (c->state == STATE_CSS_DQ || c->state == STATE_CSS_DQ_URL)
		ends = "\\\"";
	else if (c->state == STATE_CSS_SQ || c->state == STATE_CSS_SQ_URL)
		ends = "\\'";
	for (; (i = scan_any(s, i, ends)) < s.len; done = ++i) {
		if (s.s[i] != '\\') {
			c->state = STATE_CSS;
			return i + 1;
		}
		escape = i;
		if (++i == s.len)
			return scan_unfinished(t, c, s, "CSS");
		/* From the escape before, of which only one byte was read
		 * then, to one byte of this one: html/template reads so. */
		css_url(t, c, (struct str){ s.s + start, i + 1 - start });
		start = escape;
	}
	css_url(t, c, scan_from(s, done));
	return s.len;
}
