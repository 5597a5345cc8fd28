/*
 * escapers.c - running the escapers of an action, one after the other.
 *
 * All but the last write into the scratch buffers, in turn; the last writes
 * to the page. What an escaper made is plain text to the next, whatever its
 * input was trusted to be.
 */
#include <assert.h>

#include "template/escape/escapers.h"
#include "template/print/print.h"
#include "template/value.h"

/* What the functions of the language make of a nil that is piped to them. */
#define NO_VALUE STR("<no value>")

static void
func_html(struct buf *out, struct str s, enum content type)
{
	(void)type;
	escape_func_html(out, s);
}

static void
func_urlquery(struct buf *out, struct str s, enum content type)
{
	(void)type;
	escape_func_urlquery(out, s);
}

static void
urlfilter(struct buf *out, struct str s, enum content type)
{
	buf_str(out, escape_urlfilter(s, type));
}

static void
plain(struct buf *out, struct str s, enum content type)
{
	(void)type;
	buf_str(out, s);
}

static void (*const escapers_of[ESC_MAX])(struct buf *, struct str,
    enum content) = {
	[ESC_NONE] = plain,
	[ESC_HTML] = escape_html,
	[ESC_RCDATA] = escape_rcdata,
	[ESC_ATTR] = escape_attr,
	[ESC_NOSPACE] = escape_nospace,
	[ESC_HTMLNAME] = escape_htmlname,
	[ESC_COMMENT] = escape_comment,
	[ESC_URLFILTER] = urlfilter,
	[ESC_URL] = escape_url,
	[ESC_URLNORM] = escape_urlnorm,
	[ESC_SRCSET] = escape_srcset,
	[ESC_CSSVAL] = escape_cssval,
	[ESC_CSSSTR] = escape_cssstr,
	[ESC_JSVAL] = escape_jsval_str,
	[ESC_JSSTR] = escape_jsstr,
	[ESC_JSREGEXP] = escape_jsregexp,
	[ESC_JSTMPL] = escape_jstmpl,
	[ESC_FUNC_HTML] = func_html,
	[ESC_FUNC_URLQUERY] = func_urlquery,
};

void
escape_scratch_init(struct escape_scratch *sc)
{
	buf_init(&sc->a);
	buf_init(&sc->b);
	arena_init(&sc->arena);
}

void
escape_scratch_release(struct escape_scratch *sc)
{
	buf_release(&sc->a);
	buf_release(&sc->b);
	arena_release(&sc->arena);
}

void
escape_text(struct buf *out, struct escape_scratch *sc,
    const uint8_t *escapers, size_t n, struct str s, enum content type)
{
	/* s may be in a: it is where escape_value() prints to. */
	struct buf *to = &sc->b;

	if (s.len == 0)
		s = STR("");		/* not NULL */
	for (; n > 1; escapers++, n--) {
		assert(*escapers < ESC_MAX);
		if (*escapers == ESC_URLFILTER) {
			s = escape_urlfilter(s, type);
		} else {
			buf_clear(to);
			escapers_of[*escapers](to, s, type);
			/* Or the page would lack text. */
			buf_fail(out, to->failed);
			s = to->len > 0 ? (struct str){ to->s, to->len } :
			    STR("");
			to = to == &sc->a ? &sc->b : &sc->a;
		}
		type = CONTENT_PLAIN;
	}
	escapers_of[n == 0 ? ESC_NONE : *escapers](out, s, type);
}

void
escape_value(struct buf *out, struct escape_scratch *sc,
    const uint8_t *escapers, size_t n, const struct value *v)
{
	enum escaper first = n > 0 ? (enum escaper)escapers[0] : ESC_NONE;
	struct str s = STR("");

	if (first == ESC_JSVAL && n == 1) {
		escape_jsval(out, &sc->arena, v);
		return;
	}
	if (first == ESC_NONE) {
		print_value(out, v);
		return;
	}
	if (v->kind == VALUE_STRING && first != ESC_JSVAL) {
		escape_text(out, sc, escapers, n, v->u.s,
		    (enum content)v->content);
		return;
	}
	buf_clear(&sc->a);
	if (first == ESC_JSVAL) {
		escape_jsval(&sc->a, &sc->arena, v);
		escapers++;
		n--;
	} else if (!value_is_nil(v)) {
		print_value(&sc->a, v);
	} else if (first == ESC_FUNC_HTML || first == ESC_FUNC_URLQUERY) {
		buf_str(&sc->a, NO_VALUE);
	}
	buf_fail(out, sc->a.failed);
	if (sc->a.len > 0)
		s = (struct str){ sc->a.s, sc->a.len };
	escape_text(out, sc, escapers, n, s, CONTENT_PLAIN);
}

void
escape_by_table(struct buf *out, struct str s, const struct escape_table *t)
{
	const uint8_t *p = (const uint8_t *)s.s, *end = p + s.len, *run = p;

	while (p < end) {
		while (end - p >= 8 && (t->cls[p[0]] | t->cls[p[1]] |
		    t->cls[p[2]] | t->cls[p[3]] | t->cls[p[4]] |
		    t->cls[p[5]] | t->cls[p[6]] | t->cls[p[7]]) == 0)
			p += 8;
		while (p < end && t->cls[*p] == 0)
			p++;
		if (p == end)
			break;
		buf_piece(out, run, (size_t)(p - run));
		buf_str(out, t->with[t->cls[*p]]);
		run = ++p;
	}
	buf_piece(out, run, (size_t)(end - run));
}
