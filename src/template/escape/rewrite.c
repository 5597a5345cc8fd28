/* rewrite.c - changing text while its contexts are found. */
#include "template/escape/rewrite.h"
#include "template/escape/scan.h"

void
rewrite_keep(struct rewrite *r, size_t to)
{
	buf_add(r->out, r->s.s + r->done, to - r->done);
	r->done = to;
	r->changed = true;
}

/* A "<" that begins no tag is escaped. */
static void
escape_lt(struct rewrite *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (r->s.s[i] == '<' && !scan_starts_nocase(
		    scan_from(r->s, i), "<!doctype")) {
			rewrite_keep(r, i);
			buf_puts(r->out, "&lt;");
			r->done = i + 1;
		}
}

/* "<script", "</script" and "<!--" in a string would confuse the browser. */
static void
escape_script_tags(struct rewrite *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct str at = { r->s.s + i, to - i };

		if (scan_starts_nocase(at, "<script") ||
		    scan_starts_nocase(at, "</script") ||
		    scan_starts(at, "<!--")) {
			rewrite_keep(r, i);
			buf_puts(r->out, "\\x3C");
			r->done = i + 1;
		}
	}
}

static bool
has_line_end(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.s[i] == '\n' || s.s[i] == '\r' ||
		    (s.len - i >= 3 && memcmp(s.s + i, "\xe2\x80", 2) == 0 &&
		    (s.s[i + 2] == '\xa8' || s.s[i + 2] == '\xa9')))
			return true;
	return false;
}

/* What stands for a comment is what it means to the language. */
static void
drop_comment(struct rewrite *r, enum state state, size_t to)
{
	struct str comment = { r->s.s + r->done, to - r->done };

	if (state == STATE_JS_BLOCK_CMT)
		buf_putc(r->out, has_line_end(comment) ? '\n' : ' ');
	else if (state == STATE_CSS_BLOCK_CMT)
		buf_putc(r->out, ' ');
	r->done = to;
	/* A comment that was all in the text before is no change by itself. */
	r->changed |= to > 0;
}

void
rewrite_step(struct rewrite *r, const struct context *c,
    const struct context *c1, size_t from, size_t to)
{
	enum state was = (enum state)c->state, is = (enum state)c1->state;
	size_t mark = 2;		/* of the comment that begins */

	if (was == STATE_TEXT || was == STATE_RCDATA)
		escape_lt(r, from, is == was ? to :
		    from + before_last_lt(r->s.s + from, to - from));
	else if (state_is_comment(was) && c->delim == DELIM_NONE)
		drop_comment(r, was, to);
	if (was != is && state_is_comment(is) && c1->delim == DELIM_NONE) {
		if (is == STATE_HTML_CMT || is == STATE_JS_HTML_OPEN_CMT)
			mark = 4;
		else if (is == STATE_JS_HTML_CLOSE_CMT)
			mark = 3;
		rewrite_keep(r, to - mark);
		r->done = to;
	}
	if (state_in_literal(was))
		escape_script_tags(r, from, to);
}
