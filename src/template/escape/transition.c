/*
 * transition.c - how text moves a context on.
 *
 * Each state has a step: it reads some bytes from the front of the text,
 * changes the context and returns how many it took. transition() minds what
 * is around the state: the quotes of the attribute, </script> and the like.
 */
#include "template/escape/scan.h"

void
transit_init(struct transit *t, struct arena *a)
{
	memset(t, 0, sizeof(*t));
	t->arena = a;
	buf_init(&t->scratch);
	buf_init(&t->why);
}

void
transit_release(struct transit *t)
{
	buf_release(&t->scratch);
	buf_release(&t->why);
}

size_t
before_last_lt(const char *s, size_t n)
{
	for (size_t i = n; i > 0; i--)
		if (s[i - 1] == '<')
			return i - 1;
	return n;
}

static void
put_quoted(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789abcdef";

	buf_putc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.s[i];

		if (c == '"' || c == '\\')
			buf_add(b, (char[]){ '\\', c }, 2);
		else if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if ((unsigned char)c < 0x20 || c == 0x7f)
			buf_add(b, (char[]){ '\\', 'x',
			    hex[(unsigned char)c >> 4], hex[c & 15] }, 4);
		else
			buf_putc(b, c);
	}
	buf_putc(b, '"');
}

/* The piece that a message quotes: whole characters, at most 32 bytes. */
static struct str
excerpt(struct str s)
{
	if (s.len > 32)
		for (s.len = 32; s.len > 0 &&
		    (s.s[s.len] & 0xc0) == 0x80; s.len--)
			;
	return s;
}

/* Move to the error state, saying before "quoted" after. */
size_t
scan_refuse(struct transit *t, struct context *c, struct str all,
    const char *before, struct str quoted)
{
	*c = (struct context){ .state = STATE_ERROR };
	if (t != NULL) {
		buf_puts(&t->why, before);
		put_quoted(&t->why, excerpt(quoted));
	}
	return all.len;
}

static size_t
refuse_byte(struct transit *t, struct context *c, struct str all, char byte,
    const char *where, struct str quoted)
{
	if (t != NULL)
		put_quoted(&t->why, (struct str){ &byte, 1 });
	return scan_refuse(t, c, all, where, quoted);
}

size_t
scan_unfinished(struct transit *t, struct context *c, struct str s,
    const char *language)
{
	*c = (struct context){ .state = STATE_ERROR };
	if (t != NULL)
		buf_printf(&t->why, "unfinished escape sequence in %s string: ",
		    language);
	return scan_refuse(t, c, s, "", s);
}

/* --- Tags --------------------------------------------------------------- */

/*
 * The length of the tag name at the front of s: "x-y" and "x:y" are names,
 * "x-" ends after the x.
 */
static size_t
tag_name(struct str s, enum element *element)
{
	static const struct {
		const char *name;
		enum element element;
	} special[] = {
		{ "script", ELEMENT_SCRIPT }, { "style", ELEMENT_STYLE },
		{ "textarea", ELEMENT_TEXTAREA }, { "title", ELEMENT_TITLE },
	};
	size_t n = 1;

	*element = ELEMENT_NONE;
	if (s.len == 0 || !ascii_is_letter(s.s[0]))
		return 0;
	while (n < s.len) {
		if (ascii_is_alnum(s.s[n]))
			n++;
		else if ((s.s[n] == ':' || s.s[n] == '-') &&
		    n + 1 < s.len && ascii_is_alnum(s.s[n + 1]))
			n += 2;
		else
			break;
	}
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (strlen(special[i].name) == n &&
		    scan_starts_nocase(s, special[i].name))
			*element = special[i].element;
	return n;
}

static size_t
step_text(struct transit *t, struct context *c, struct str s)
{
	enum element element;
	const char *lt;
	size_t i = 0, n;
	bool end;

	(void)t;
	while (i < s.len && (lt = memchr(s.s + i, '<', s.len - i)) != NULL) {
		i = (size_t)(lt - s.s);
		if (scan_starts(scan_from(s, i), "<!--")) {
			*c = (struct context){ .state = STATE_HTML_CMT };
			return i + 4;
		}
		if (++i == s.len)
			break;
		end = s.s[i] == '/';
		if (end && ++i == s.len)
			break;
		n = tag_name(scan_from(s, i), &element);
		if (n > 0) {
			*c = (struct context){ .state = STATE_TAG,
			    .element = end ? ELEMENT_NONE : element };
			return i + n;
		}
	}
	return s.len;
}

/* The length of the attribute name at the front of s, or -1: refused. */
static long
attr_name(struct transit *t, struct context *c, struct str all, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (ascii_is_space(s.s[i]) || s.s[i] == '=' || s.s[i] == '>')
			return (long)i;
		if (s.s[i] == '\'' || s.s[i] == '"' || s.s[i] == '<') {
			refuse_byte(t, c, all, s.s[i], " in attribute name: ",
			    all);
			return -1;
		}
	}
	return (long)s.len;
}

static enum attr
attr_of(enum element element, struct str name)
{
	static const uint8_t attrs[] = {
		[ATTR_TYPE_PLAIN] = ATTR_NONE, [ATTR_TYPE_UNSAFE] = ATTR_NONE,
		[ATTR_TYPE_HTML] = ATTR_NONE, [ATTR_TYPE_CSS] = ATTR_STYLE,
		[ATTR_TYPE_JS] = ATTR_SCRIPT, [ATTR_TYPE_URL] = ATTR_URL,
		[ATTR_TYPE_SRCSET] = ATTR_SRCSET
	};

	if (element == ELEMENT_SCRIPT && name.len == 4 &&
	    scan_starts_nocase(name, "type"))
		return ATTR_SCRIPT_TYPE;
	return (enum attr)attrs[attr_type(name)];
}

static size_t
step_tag(struct transit *t, struct context *c, struct str s)
{
	static const uint8_t content[ELEMENT_MAX] = {
		[ELEMENT_NONE] = STATE_TEXT, [ELEMENT_SCRIPT] = STATE_JS,
		[ELEMENT_STYLE] = STATE_CSS,
		[ELEMENT_TEXTAREA] = STATE_RCDATA,
		[ELEMENT_TITLE] = STATE_RCDATA
	};
	size_t i = scan_space(s);
	struct str name;
	long n;

	if (i == s.len)
		return i;
	if (s.s[i] == '>') {
		*c = (struct context){ .state = content[c->element],
		    .element = c->element };
		return i + 1;
	}
	n = attr_name(t, c, s, scan_from(s, i));
	if (n < 0)
		return s.len;
	if (n == 0)
		return scan_refuse(t, c, s, "expected space, attr name, or "
		    "end of tag, but got ", scan_from(s, i));
	name = (struct str){ s.s + i, (size_t)n };
	i += (size_t)n;
	*c = (struct context){ .element = c->element,
	    .state = i == s.len ? STATE_ATTR_NAME : STATE_AFTER_NAME,
	    .attr = (uint8_t)attr_of((enum element)c->element, name) };
	return i;
}

static size_t
step_attr_name(struct transit *t, struct context *c, struct str s)
{
	long n = attr_name(t, c, s, s);

	if (n < 0)
		return s.len;
	if ((size_t)n < s.len)
		c->state = STATE_AFTER_NAME;
	return (size_t)n;
}

static size_t
step_after_name(struct transit *t, struct context *c, struct str s)
{
	size_t i = scan_space(s);

	(void)t;
	if (i == s.len)
		return i;
	if (s.s[i] != '=') {
		c->state = STATE_TAG;		/* it had no value */
		return i;
	}
	c->state = STATE_BEFORE_VALUE;
	return i + 1;
}

static size_t
step_before_value(struct transit *t, struct context *c, struct str s)
{
	size_t i = scan_space(s);
	enum attr attr = (enum attr)c->attr;

	(void)t;
	if (i == s.len)
		return i;
	*c = context_nudge(*c);
	c->attr = (uint8_t)attr;
	if (s.s[i] == '\'' || s.s[i] == '"') {
		c->delim = s.s[i] == '"' ? DELIM_DQ : DELIM_SQ;
		i++;
	}
	return i;
}

static size_t
step_html_comment(struct transit *t, struct context *c, struct str s)
{
	size_t i = scan_find(s, "-->");

	(void)t;
	if (i == s.len)
		return i;
	*c = (struct context){ 0 };
	return i + 3;
}

/*
 * An end tag stands at the front of s, in a literal of a script: is it a
 * part of that literal? It is if the literal ends after it on its line. If
 * the line ends first, the literal is broken and the browser's view counts.
 * If the text or this piece of a template literal ends first, either may be
 * meant.
 */
static bool
is_literal(struct transit *t, enum state state, struct str s)
{
	size_t i = 0;
	char end = state == STATE_JS_DQ ? '"' : state == STATE_JS_SQ ? '\'' :
	    state == STATE_JS_TMPL ? '`' : '/';

	if (state == STATE_JS_REGEXP)
		i = 2;			/* past "</" */
	for (; i < s.len; i++) {
		if (s.s[i] == '\\')
			i++;
		else if (s.s[i] == end)
			return true;
		else if (state != STATE_JS_TMPL &&
		    (s.s[i] == '\n' || s.s[i] == '\r'))
			return false;
		else if (state == STATE_JS_TMPL && s.s[i] == '$' &&
		    scan_starts(scan_from(s, i), "${"))
			break;		/* read on in the next step */
	}
	if (t == NULL)
		return true;
	t->unsure = true;
	return !t->raw_ends;
}

/* Where the first end tag of the element stands in s, its length if nowhere. */
static size_t
find_end_tag(const char *name, struct str s)
{
	size_t i = 0, n = strlen(name);
	const char *lt;

	while (i < s.len && (lt = memchr(s.s + i, '<', s.len - i)) != NULL) {
		struct str rest = scan_from(s, i = (size_t)(lt - s.s));

		if (rest.len > n + 2 && rest.s[1] == '/' &&
		    scan_starts_nocase(scan_from(rest, 2), name) &&
		    rest.s[n + 2] != '\0' &&
		    strchr("> \t\n\f/", rest.s[n + 2]) != NULL)
			return i;
		i++;
	}
	return s.len;
}

/* The same, without reading again what the step before has read. */
static size_t
next_end_tag(struct transit *t, uint8_t element, const char *name,
    struct str s)
{
	struct end_tag *e = &t->end_tag;

	if (e->element != element || e->text_end != s.s + s.len ||
	    s.s < e->from || s.s > e->at)
		*e = (struct end_tag){ s.s, s.s + find_end_tag(name, s),
		    s.s + s.len, element };
	return (size_t)(e->at - s.s);
}

/*
 * Up to the end tag of the element that c is in. One inside a script's
 * literal does not count: its "<" will be written otherwise.
 */
static size_t
step_special_end(struct transit *t, struct context *c, struct str s)
{
	static const char *const names[ELEMENT_MAX] = {
		[ELEMENT_SCRIPT] = "script", [ELEMENT_STYLE] = "style",
		[ELEMENT_TEXTAREA] = "textarea", [ELEMENT_TITLE] = "title"
	};
	const char *name = names[c->element];
	enum state state = (enum state)c->state;
	size_t i;

	if (name == NULL)
		return s.len;
	i = t != NULL ? next_end_tag(t, c->element, name, s) :
	    find_end_tag(name, s);
	if (i == s.len)
		return i;
	if (state_in_literal(state) && is_literal(t, state, scan_from(s, i)))
		return s.len;
	*c = (struct context){ 0 };
	return i;
}

static size_t
step_rest(struct transit *t, struct context *c, struct str s)
{
	(void)t;
	(void)c;
	return s.len;
}

size_t
step_url(struct transit *t, struct context *c, struct str s)
{
	(void)t;
	if (scan_any(s, 0, "#?") < s.len)
		c->url_part = URL_PART_QUERY;
	else if (c->url_part <= URL_PART_EARLY && scan_space(s) < s.len)
		c->url_part = URL_PART_PRE_QUERY;
	return s.len;
}

/* --- Comments of scripts and style sheets ------------------------------- */

static size_t
step_block_comment(struct transit *t, struct context *c, struct str s)
{
	size_t i = scan_find(s, "*/");

	(void)t;
	if (i == s.len)
		return i;
	c->state = c->state == STATE_JS_BLOCK_CMT ? STATE_JS : STATE_CSS;
	return i + 2;
}

/* The end of the line itself is left: it may end a statement. */
static size_t
step_line_comment(struct transit *t, struct context *c, struct str s)
{
	bool css = c->state == STATE_CSS_LINE_CMT;
	size_t i = 0;

	(void)t;
	for (; i < s.len; i++)
		if (s.s[i] == '\n' || s.s[i] == '\r' ||
		    (css && s.s[i] == '\f') ||
		    (!css && (scan_starts(scan_from(s, i), "\xe2\x80\xa8") ||
		    scan_starts(scan_from(s, i), "\xe2\x80\xa9"))))
			break;
	if (i < s.len)
		c->state = css ? STATE_CSS : STATE_JS;
	return i;
}

/* --- All of them -------------------------------------------------------- */

static scan_step *const steps[STATE_MAX] = {
	[STATE_TEXT] = step_text,
	[STATE_TAG] = step_tag,
	[STATE_ATTR_NAME] = step_attr_name,
	[STATE_AFTER_NAME] = step_after_name,
	[STATE_BEFORE_VALUE] = step_before_value,
	[STATE_HTML_CMT] = step_html_comment,
	[STATE_RCDATA] = step_special_end,
	[STATE_ATTR] = step_rest,
	[STATE_URL] = step_url,
	[STATE_SRCSET] = step_url,
	[STATE_JS] = step_js,
	[STATE_JS_DQ] = step_js_delimited,
	[STATE_JS_SQ] = step_js_delimited,
	[STATE_JS_TMPL] = step_js_tmpl,
	[STATE_JS_REGEXP] = step_js_delimited,
	[STATE_JS_BLOCK_CMT] = step_block_comment,
	[STATE_JS_LINE_CMT] = step_line_comment,
	[STATE_JS_HTML_OPEN_CMT] = step_line_comment,
	[STATE_JS_HTML_CLOSE_CMT] = step_line_comment,
	[STATE_CSS] = step_css,
	[STATE_CSS_DQ] = step_css_string,
	[STATE_CSS_SQ] = step_css_string,
	[STATE_CSS_DQ_URL] = step_css_string,
	[STATE_CSS_SQ_URL] = step_css_string,
	[STATE_CSS_URL] = step_css_string,
	[STATE_CSS_BLOCK_CMT] = step_block_comment,
	[STATE_CSS_LINE_CMT] = step_line_comment,
	[STATE_ERROR] = step_rest,
	[STATE_DEAD] = step_rest,
};

size_t
transition_as(struct transit *t, enum state as, struct context *c,
    struct str s)
{
	return steps[as](t, c, s);
}

size_t
delim_end(enum delim d, struct str s)
{
	return scan_any(s, 0, d == DELIM_DQ ? "\"" : d == DELIM_SQ ? "'" :
	    " \t\n\f\r>");
}

/*
 * All of s is inside an attribute's value: the language there reads it with
 * its character references decoded.
 */
static void
in_value(struct transit *t, struct context *c, struct str s)
{
	struct buf text;
	size_t i = 0;

	buf_init(&text);
	html_unescape(&text, s);
	if (text.failed)
		t->failed = text.failed;
	while (i < text.len)
		i += transition_as(t, (enum state)c->state, c,
		    (struct str){ text.s + i, text.len - i });
	buf_release(&text);
}

size_t
transition(struct transit *t, struct context *c, struct str s)
{
	struct context end = *c;
	size_t i, bad;

	if (c->delim == DELIM_NONE) {
		i = step_special_end(t, &end, s);
		if (i == 0) {
			*c = end;
			return 0;
		}
		return transition_as(t, (enum state)c->state, c,
		    (struct str){ s.s, i });
	}
	i = delim_end((enum delim)c->delim, s);
	if (c->delim == DELIM_SPACE) {
		struct str value = { s.s, i };

		/* Parsers differ on whether these end a value. */
		bad = scan_any(value, 0, "\"'<=`");
		if (bad < i)
			return refuse_byte(t, c, s, s.s[bad],
			    " in unquoted attr: ", value);
	}
	if (i == s.len) {
		in_value(t, c, s);
		return i;
	}
	end = (struct context){ .state = STATE_TAG, .element = c->element };
	if (c->state == STATE_ATTR && c->attr == ATTR_SCRIPT_TYPE &&
	    c->element == ELEMENT_SCRIPT &&
	    !js_is_type((struct str){ s.s, i }))
		end.element = ELEMENT_NONE;
	i += c->delim != DELIM_SPACE;
	*c = end;
	return i;
}
