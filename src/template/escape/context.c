/* context.c - comparing, joining and naming contexts. */
#include "template/escape/context.h"

#define X(name, text) text,
static const char *const states[] = { STATES(X) };
static const char *const delims[] = { DELIMS(X) };
static const char *const url_parts[] = { URL_PARTS(X) };
static const char *const js_ctxs[] = { JS_CTXS(X) };
static const char *const attrs[] = { ATTRS(X) };
static const char *const elements[] = { ELEMENTS(X) };
#undef X

static bool
braces_eq(const struct brace *a, const struct brace *b)
{
	while (a != b) {
		if (a == NULL || b == NULL || a->depth != b->depth)
			return false;
		a = a->outer;
		b = b->outer;
	}
	return true;
}

bool
context_eq(const struct context *a, const struct context *b)
{
	return a->state == b->state && a->delim == b->delim &&
	    a->url_part == b->url_part && a->js_ctx == b->js_ctx &&
	    a->attr == b->attr && a->element == b->element &&
	    braces_eq(a->braces, b->braces);
}

bool
state_is_comment(enum state s)
{
	switch (s) {
	case STATE_HTML_CMT:
	case STATE_JS_BLOCK_CMT:
	case STATE_JS_LINE_CMT:
	case STATE_JS_HTML_OPEN_CMT:
	case STATE_JS_HTML_CLOSE_CMT:
	case STATE_CSS_BLOCK_CMT:
	case STATE_CSS_LINE_CMT:
		return true;
	default:
		return false;
	}
}

bool
state_in_tag(enum state s)
{
	switch (s) {
	case STATE_TAG:
	case STATE_ATTR_NAME:
	case STATE_AFTER_NAME:
	case STATE_BEFORE_VALUE:
	case STATE_ATTR:
		return true;
	default:
		return false;
	}
}

bool
state_in_literal(enum state s)
{
	return s == STATE_JS_DQ || s == STATE_JS_SQ || s == STATE_JS_TMPL ||
	    s == STATE_JS_REGEXP;
}

struct context
context_nudge(struct context c)
{
	static const uint8_t value_states[ATTR_MAX] = {
		[ATTR_NONE] = STATE_ATTR, [ATTR_SCRIPT] = STATE_JS,
		[ATTR_SCRIPT_TYPE] = STATE_ATTR, [ATTR_STYLE] = STATE_CSS,
		[ATTR_URL] = STATE_URL, [ATTR_SRCSET] = STATE_SRCSET
	};

	switch (c.state) {
	case STATE_TAG:
		c.state = STATE_ATTR_NAME;
		break;
	case STATE_BEFORE_VALUE:
		c.state = value_states[c.attr];
		c.delim = DELIM_SPACE;
		c.attr = ATTR_NONE;
		break;
	case STATE_AFTER_NAME:
		c.state = STATE_ATTR_NAME;
		c.attr = ATTR_NONE;
		break;
	default:
		break;
	}
	return c;
}

/* What two parts of a URL have in common. Only what a recursive template is
 * assumed to end in joins to more than "unknown". */
static uint8_t
url_part_join(uint8_t a, uint8_t b)
{
	if ((a == URL_PART_EARLY && b <= URL_PART_EARLY) ||
	    (b == URL_PART_EARLY && a <= URL_PART_EARLY))
		return URL_PART_EARLY;
	return URL_PART_UNKNOWN;
}

bool
context_join(const struct context *a, const struct context *b,
    struct context *out)
{
	struct context c, d;

	if (a->state == STATE_DEAD) {
		*out = *b;
		return true;
	}
	*out = *a;
	if (b->state == STATE_DEAD || context_eq(a, b))
		return true;
	out->url_part = b->url_part;
	if (context_eq(out, b)) {
		out->url_part = url_part_join(a->url_part, b->url_part);
		return true;
	}
	*out = *a;
	out->js_ctx = b->js_ctx;
	if (context_eq(out, b)) {
		out->js_ctx = JS_CTX_UNKNOWN;
		return true;
	}
	/* <p title={{if .c}}{{.x}}{{end}}> is in the value either way. */
	c = context_nudge(*a);
	d = context_nudge(*b);
	if (context_eq(&c, a) && context_eq(&d, b))
		return false;
	return context_join(&c, &d, out);
}

/* Parts of URLs and what a slash means are left out: they can be joined. */
void
context_describe(struct buf *out, const struct context *c)
{
	static const char *const places[STATE_MAX] = {
		[STATE_TEXT] = "text", [STATE_TAG] = "a tag",
		[STATE_ATTR_NAME] = "the name of an attribute",
		[STATE_AFTER_NAME] = "a tag after an attribute's name",
		[STATE_BEFORE_VALUE] = "a tag before an attribute's value",
		[STATE_HTML_CMT] = "a comment", [STATE_RCDATA] = "text",
		[STATE_ATTR] = "a value", [STATE_URL] = "a URL",
		[STATE_SRCSET] = "a list of URLs", [STATE_JS] = "a script",
		[STATE_JS_DQ] = "a script's \"string\"",
		[STATE_JS_SQ] = "a script's 'string'",
		[STATE_JS_TMPL] = "a script's `literal`",
		[STATE_JS_REGEXP] = "a script's /expression/",
		[STATE_JS_BLOCK_CMT] = "a script's /* comment",
		[STATE_JS_LINE_CMT] = "a script's // comment",
		[STATE_JS_HTML_OPEN_CMT] = "a script's <!-- comment",
		[STATE_JS_HTML_CLOSE_CMT] = "a script's --> comment",
		[STATE_CSS] = "a style", [STATE_CSS_DQ] = "a style's \"string\"",
		[STATE_CSS_SQ] = "a style's 'string'",
		[STATE_CSS_DQ_URL] = "a style's url(\"",
		[STATE_CSS_SQ_URL] = "a style's url('",
		[STATE_CSS_URL] = "a style's url(",
		[STATE_CSS_BLOCK_CMT] = "a style's /* comment",
		[STATE_CSS_LINE_CMT] = "a style's // comment",
		[STATE_ERROR] = "an error", [STATE_DEAD] = "nothing"
	};
	static const char *const quotes[DELIM_MAX] = {
		"", " in double quotes", " in single quotes", " without quotes"
	};
	static const char *const kinds[ATTR_MAX] = {
		[ATTR_NONE] = "", [ATTR_SCRIPT] = " that is a script",
		[ATTR_SCRIPT_TYPE] = " that is a type",
		[ATTR_STYLE] = " that is a style",
		[ATTR_URL] = " that is a URL",
		[ATTR_SRCSET] = " that is a list of URLs"
	};
	static const char *const tags[ELEMENT_MAX] = {
		"", " of <script>", " of <style>", " of <textarea>",
		" of <title>"
	};

	buf_puts(out, places[c->state]);
	buf_puts(out, quotes[c->delim]);
	if (c->delim == DELIM_NONE)
		buf_puts(out, kinds[c->attr]);
	if (state_in_tag((enum state)c->state) || c->state == STATE_RCDATA)
		buf_puts(out, tags[c->element]);
	if (c->braces != NULL)
		buf_printf(out, " with %u open ${ and %u open {",
		    (unsigned)c->braces->level, (unsigned)c->braces->depth);
}

void
context_mangle(struct buf *out, struct str name, const struct context *c)
{
	const struct brace *b;

	buf_str(out, name);
	if (c->state == STATE_TEXT)
		return;
	buf_printf(out, "$htmltemplate_%s", states[c->state]);
	if (c->delim != DELIM_NONE)
		buf_printf(out, "_%s", delims[c->delim]);
	if (c->url_part != URL_PART_NONE)
		buf_printf(out, "_%s", url_parts[c->url_part]);
	if (c->js_ctx != JS_CTX_REGEXP)
		buf_printf(out, "_%s", js_ctxs[c->js_ctx]);
	for (b = c->braces; b != NULL; b = b->outer)
		buf_printf(out, "_%u", (unsigned)b->depth);
	if (c->attr != ATTR_NONE)
		buf_printf(out, "_%s", attrs[c->attr]);
	if (c->element != ELEMENT_NONE)
		buf_printf(out, "_%s", elements[c->element]);
}
