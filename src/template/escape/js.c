/* js.c - reading just enough of JavaScript. */
#include "base/error.h"
#include "base/utf8.h"
#include "template/escape/scan.h"

/* Template literals within each other, beyond which nobody writes. */
#define LITERALS_MAX	100

static bool
is_ident(char c)
{
	return ascii_is_alnum(c) || c == '_' || c == '$';
}

static bool
is_one_of(struct str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(s, words[i]))
			return true;
	return false;
}

#define IS_ONE_OF(s, words) \
	is_one_of((s), (words), sizeof(words) / sizeof((words)[0]))

/* White space of Unicode; extra is the one about which Unicode and JavaScript
 * differ: U+0085 is some to the one, U+FEFF to the other. */
static bool
is_white(uint32_t r, uint32_t extra)
{
	return r == extra || (r != 0x85 && utf8_is_space(r));
}

static struct str
trim_right(struct str s, uint32_t extra)
{
	size_t n;
	uint32_t r;

	for (; s.len > 0; s.len -= n) {
		for (n = 1; n < 4 && n < s.len &&
		    (s.s[s.len - n] & 0xc0) == 0x80; n++)
			;
		if (utf8_decode(s.s + s.len - n, n, &r) != n ||
		    !is_white(r, extra))
			break;
	}
	return s;
}

static struct str
trim_left(struct str s, uint32_t extra)
{
	size_t n;
	uint32_t r;

	while ((n = utf8_decode(s.s, s.len, &r)) > 0 && is_white(r, extra))
		s = scan_from(s, n);
	return s;
}

/*
 * What a slash after s begins. One word back is enough for all but a few
 * odd programs: after a value it divides; after an operator, an opening
 * bracket, a statement's end or a keyword like return it begins a regular
 * expression. "}" is taken to end a block, ")" a value.
 */
static enum js_ctx
next_ctx(struct str s, enum js_ctx before)
{
	static const char *const keywords[] = {
		"break", "case", "continue", "delete", "do", "else",
		"finally", "in", "instanceof", "return", "throw", "try",
		"typeof", "void"
	};
	size_t i;
	char c;

	s = trim_right(s, 0xfeff);
	if (s.len == 0)
		return before;
	c = s.s[s.len - 1];
	if (c == '+' || c == '-') {
		/* ++ and -- end a value; "---" is "-- -". */
		for (i = s.len; i > 0 && s.s[i - 1] == c; i--)
			;
		return (s.len - i) % 2 == 1 ? JS_CTX_REGEXP : JS_CTX_DIV;
	}
	if (c == '.')
		return s.len > 1 && s.s[s.len - 2] >= '0' &&
		    s.s[s.len - 2] <= '9' ? JS_CTX_DIV : JS_CTX_REGEXP;
	if (c != '\0' && strchr(",<>=*%&|^?!~([:;{}", c) != NULL)
		return JS_CTX_REGEXP;
	for (i = s.len; i > 0 && is_ident(s.s[i - 1]); i--)
		;
	s = (struct str){ s.s + i, s.len - i };
	return IS_ONE_OF(s, keywords) ? JS_CTX_REGEXP : JS_CTX_DIV;
}

/* Does <script type=mime> hold a script (or JSON, which is escaped alike)? */
bool
js_is_type(struct str mime)
{
	static const char *const types[] = {
		"application/ecmascript", "application/javascript",
		"application/json", "application/ld+json",
		"application/x-ecmascript", "application/x-javascript",
		"module", "text/ecmascript", "text/javascript",
		"text/javascript1.0", "text/javascript1.1",
		"text/javascript1.2", "text/javascript1.3",
		"text/javascript1.4", "text/javascript1.5", "text/jscript",
		"text/livescript", "text/x-ecmascript", "text/x-javascript"
	};
	char lower[32];
	size_t n = 0;

	mime.len = scan_any(mime, 0, ";");
	mime = trim_left(trim_right(mime, 0x85), 0x85);
	for (; mime.len > 0 && n < sizeof(lower); n++)
		mime = scan_from(mime, scan_lower(mime, &lower[n]));
	if (mime.len > 0)
		return false;
	mime = (struct str){ lower, n };
	return IS_ONE_OF(mime, types);
}

/* A ${ opens; or, with depth, the innermost one's count of { changes. */
static void
set_braces(struct transit *t, struct context *c, const struct brace *outer,
    uint32_t depth)
{
	struct brace *b = arena_new(t->arena, struct brace);
	uint32_t level = outer != NULL ? outer->level + 1 : 1;

	if (b == NULL || level > LITERALS_MAX) {
		t->failed = b == NULL ? LVT_ENOMEM : LVT_ETOOBIG;
		return;
	}
	*b = (struct brace){ depth, level, outer };
	c->braces = b;
}

/* Where something begins that is more than a word or operator. */
static size_t
js_token(const struct context *c, struct str s)
{
	size_t i = 0;

	for (; (i = scan_any(s, i, "\"'`/<-#{}")) < s.len; i++) {
		struct str rest = scan_from(s, i);

		switch (s.s[i]) {
		case '<':
			if (scan_starts(rest, "<!--"))
				return i;
			break;
		case '-':
			if (scan_starts(rest, "-->"))
				return i;
			break;
		case '#':
			if (scan_starts(rest, "#!"))
				return i;
			break;
		case '{':
		case '}':
			if (c->braces != NULL)
				return i;
			break;
		default:
			return i;
		}
	}
	return s.len;
}

static void
js_brace(struct transit *t, struct context *c, char brace)
{
	const struct brace *b = c->braces;

	c->js_ctx = JS_CTX_REGEXP;
	if (brace == '{') {
		set_braces(t, c, b->outer, b->depth + 1);
	} else if (b->depth > 0) {
		set_braces(t, c, b->outer, b->depth - 1);
	} else {
		c->braces = b->outer;
		c->state = STATE_JS_TMPL;
	}
}

static size_t
js_slash(struct transit *t, struct context *c, struct str s, size_t i)
{
	struct str rest = scan_from(s, i);

	if (scan_starts(rest, "//")) {
		c->state = STATE_JS_LINE_CMT;
		return i + 2;
	}
	if (scan_starts(rest, "/*")) {
		c->state = STATE_JS_BLOCK_CMT;
		return i + 2;
	}
	if (c->js_ctx == JS_CTX_UNKNOWN)
		return scan_refuse(t, c, s, "'/' could start a division or "
		    "regexp: ", rest);
	if (c->js_ctx == JS_CTX_REGEXP)
		c->state = STATE_JS_REGEXP;
	c->js_ctx = JS_CTX_REGEXP;
	return i + 1;
}

size_t
step_js(struct transit *t, struct context *c, struct str s)
{
	size_t i = js_token(c, s);

	c->js_ctx = (uint8_t)next_ctx((struct str){ s.s, i },
	    (enum js_ctx)c->js_ctx);
	if (i == s.len)
		return i;
	switch (s.s[i]) {
	case '/':
		return js_slash(t, c, s, i);
	case '{':
	case '}':
		js_brace(t, c, s.s[i]);
		return i + 1;
	case '<':
		c->state = STATE_JS_HTML_OPEN_CMT;
		return i + 4;
	case '-':
		c->state = STATE_JS_HTML_CLOSE_CMT;
		return i + 3;
	case '#':
		c->state = STATE_JS_LINE_CMT;
		return i + 2;
	default:
		c->state = s.s[i] == '"' ? STATE_JS_DQ :
		    s.s[i] == '\'' ? STATE_JS_SQ : STATE_JS_TMPL;
		c->js_ctx = JS_CTX_REGEXP;
		return i + 1;
	}
}

size_t
step_js_tmpl(struct transit *t, struct context *c, struct str s)
{
	size_t i = 0;

	for (; (i = scan_any(s, i, "`\\$")) < s.len; i++) {
		if (s.s[i] == '\\') {
			if (++i == s.len)
				return scan_unfinished(t, c, s, "JS");
		} else if (s.s[i] == '`') {
			/* What ends here is a value. */
			c->state = STATE_JS;
			c->js_ctx = JS_CTX_DIV;
			return i + 1;
		} else if (scan_starts(scan_from(s, i), "${")) {
			set_braces(t, c, c->braces, 0);
			c->state = STATE_JS;
			c->js_ctx = JS_CTX_REGEXP;
			return i + 2;
		}
	}
	return s.len;
}

size_t
step_js_delimited(struct transit *t, struct context *c, struct str s)
{
	const char *special = c->state == STATE_JS_SQ ? "\\'" :
	    c->state == STATE_JS_REGEXP ? "\\/[]" : "\\\"";
	bool in_charset = false;
	size_t i = 0;

	for (; (i = scan_any(s, i, special)) < s.len; i++) {
		if (s.s[i] == '\\') {
			if (++i == s.len)
				return scan_unfinished(t, c, s, "JS");
		} else if (s.s[i] == '[') {
			in_charset = true;
		} else if (s.s[i] == ']') {
			in_charset = false;
		} else if (s.s[i] == '/' && i > 0 &&
		    scan_starts_nocase(scan_from(s, i - 1), "</script")) {
			i++;		/* will be written \x3C/script */
		} else if (!in_charset) {
			c->state = STATE_JS;
			c->js_ctx = JS_CTX_DIV;
			return i + 1;
		}
	}
	if (in_charset)
		return scan_refuse(t, c, s,
		    "unfinished JS regexp charset: ", s);
	return s.len;
}
