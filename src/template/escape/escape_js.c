/*
 * escape_js.c - values in scripts: as JSON, in strings, regular expressions
 * and template literals.
 */
#include <math.h>

#include "base/utf8.h"
#include "template/escape/escapers.h"
#include "template/print/print.h"
#include "template/print/unicode.h"
#include "template/value.h"

/* Line terminators to JavaScript, though not to JSON: E2 80 A8 and A9. */
#define SEPARATOR_LEAD 0xe2

enum {
	HEX,			/* \u00xx; the others are fixed */
	TAB = 1, LF, FF, CR, BACKSLASH, SLASH,
	DQUOTE, AMP, SQUOTE, PLUS, LT, GT, GRAVE, DOLLAR, LBRACE, RBRACE,
	JSON_DQUOTE,
	RE_DOLLAR, RE_LPAREN, RE_RPAREN, RE_STAR, RE_MINUS, RE_DOT, RE_QUERY,
	RE_LBRACK, RE_RBRACK, RE_HAT, RE_LBRACE, RE_BAR, RE_RBRACE,
	CONTROL, LEAD
};

static const struct str with[] = {
	[TAB] = { "\\t", 2 }, [LF] = { "\\n", 2 }, [FF] = { "\\f", 2 },
	[CR] = { "\\r", 2 }, [BACKSLASH] = { "\\\\", 2 },
	[SLASH] = { "\\/", 2 }, [DQUOTE] = { "\\u0022", 6 },
	[AMP] = { "\\u0026", 6 }, [SQUOTE] = { "\\u0027", 6 },
	[PLUS] = { "\\u002b", 6 }, [LT] = { "\\u003c", 6 },
	[GT] = { "\\u003e", 6 }, [GRAVE] = { "\\u0060", 6 },
	[DOLLAR] = { "\\u0024", 6 }, [LBRACE] = { "\\u007b", 6 },
	[RBRACE] = { "\\u007d", 6 }, [JSON_DQUOTE] = { "\\\"", 2 },
	[RE_DOLLAR] = { "\\$", 2 }, [RE_LPAREN] = { "\\(", 2 },
	[RE_RPAREN] = { "\\)", 2 }, [RE_STAR] = { "\\*", 2 },
	[RE_MINUS] = { "\\-", 2 }, [RE_DOT] = { "\\.", 2 },
	[RE_QUERY] = { "\\?", 2 }, [RE_LBRACK] = { "\\[", 2 },
	[RE_RBRACK] = { "\\]", 2 }, [RE_HAT] = { "\\^", 2 },
	[RE_LBRACE] = { "\\{", 2 }, [RE_BAR] = { "\\|", 2 },
	[RE_RBRACE] = { "\\}", 2 },
};

#define CONTROLS [0 ... 0x1f] = CONTROL, ['\t'] = TAB, ['\n'] = LF,          \
	['\r'] = CR
#define SCRIPT CONTROLS, ['\f'] = FF, ['"'] = DQUOTE, ['&'] = AMP,           \
	['\''] = SQUOTE, ['+'] = PLUS, ['/'] = SLASH, ['<'] = LT,            \
	['>'] = GT, [SEPARATOR_LEAD] = LEAD

/* The entries of a range that are named again are meant to win. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

static const uint8_t json[256] = {
	CONTROLS, ['"'] = JSON_DQUOTE, ['\\'] = BACKSLASH, ['&'] = AMP,
	['<'] = LT, ['>'] = GT, [0x80 ... 0xff] = LEAD
};
static const uint8_t string[256] = {
	SCRIPT, ['`'] = GRAVE, ['\\'] = BACKSLASH
};
/* What is trusted as the inside of a string has its own backslashes. */
static const uint8_t string_norm[256] = { SCRIPT, ['`'] = GRAVE };
static const uint8_t literal[256] = {
	SCRIPT, ['`'] = GRAVE, ['\\'] = BACKSLASH, ['$'] = DOLLAR,
	['{'] = LBRACE, ['}'] = RBRACE
};
static const uint8_t regexp[256] = {
	SCRIPT, ['\\'] = BACKSLASH, ['$'] = RE_DOLLAR, ['('] = RE_LPAREN,
	[')'] = RE_RPAREN, ['*'] = RE_STAR, ['-'] = RE_MINUS, ['.'] = RE_DOT,
	['?'] = RE_QUERY, ['['] = RE_LBRACK, [']'] = RE_RBRACK,
	['^'] = RE_HAT, ['{'] = RE_LBRACE, ['|'] = RE_BAR, ['}'] = RE_RBRACE
};

#pragma GCC diagnostic pop

/*
 * The rune at p, which is no ASCII. A separator is escaped, and in JSON what
 * is no UTF-8 is replaced; anything else stays. Returns its length, or 0
 * with *size set if it was written otherwise.
 */
static size_t
beyond_ascii(struct buf *out, const char *run, const char *p, const char *end,
    bool is_json, size_t *size)
{
	uint32_t r;

	*size = utf8_decode(p, (size_t)(end - p), &r);
	if (r == 0x2028 || r == 0x2029) {
		buf_piece(out, run, (size_t)(p - run));
		buf_puts(out, r == 0x2028 ? "\\u2028" : "\\u2029");
		return 0;
	}
	if (is_json && r == 0xfffd && *size == 1) {
		buf_piece(out, run, (size_t)(p - run));
		buf_puts(out, "\\ufffd");
		return 0;
	}
	return *size;
}

static void
replace(struct buf *out, struct str s, const uint8_t cls[256])
{
	static const char hex[] = "0123456789abcdef";
	const char *p = s.s, *end = p + s.len, *run = p;
	size_t size;

	while (p < end) {
		uint8_t c = (uint8_t)*p, n = cls[c];

		if (n == 0) {
			p++;
			continue;
		}
		if (n == LEAD) {
			size_t stay = beyond_ascii(out, run, p, end,
			    cls == json, &size);

			p += size;
			if (stay == 0)
				run = p;
			continue;
		}
		buf_piece(out, run, (size_t)(p - run));
		if (n == CONTROL)
			buf_add(out, (char[]){ '\\', 'u', '0', '0',
			    hex[c >> 4], hex[c & 15] }, 6);
		else
			buf_str(out, with[n]);
		run = ++p;
	}
	buf_piece(out, run, (size_t)(end - run));
}

static void
put_string(struct buf *out, struct str s)
{
	buf_putc(out, '"');
	replace(out, s, json);
	buf_putc(out, '"');
}

static void put_value(struct buf *out, struct arena *a,
    const struct value *v);

static void
put_map(struct buf *out, struct arena *a, const json_t *map)
{
	struct value member;
	struct value_member *m;
	size_t n;

	m = value_members(a, map, &n);
	if (m == NULL && json_object_size(map) > 0) {
		/* The page must not go out without them. */
		buf_fail(out, LVT_ENOMEM);
		return;
	}
	buf_putc(out, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, ',');
		put_string(out, m[i].key);
		buf_putc(out, ':');
		value_from_json(&member, m[i].value);
		put_value(out, a, &member);
	}
	buf_putc(out, '}');
}

static void
put_list(struct buf *out, struct arena *a, const struct value *list)
{
	struct value element;

	buf_putc(out, '[');
	for (uint32_t i = 0; i < list->u.list.len; i++) {
		if (i > 0)
			buf_putc(out, ',');
		value_element(&element, list, i);
		put_value(out, a, &element);
	}
	buf_putc(out, ']');
}

/* Recursion is bounded by the depth of what is loaded, JSON_LOAD_DEPTH. */
static void
put_value(struct buf *out, struct arena *a, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NONE:
	case VALUE_NIL:
	case VALUE_COMPLEX:
	case VALUE_HOST:
		buf_puts(out, "null");
		break;
	case VALUE_BOOL:
		buf_puts(out, v->u.i ? "true" : "false");
		break;
	case VALUE_INT:
	case VALUE_INT64:
	case VALUE_BYTE:
		format_int(out, v->u.i);
		break;
	case VALUE_FLOAT:
		format_json(out, v->u.f);
		break;
	case VALUE_STRING:
		put_string(out, v->u.s);
		break;
	case VALUE_LIST:
		put_list(out, a, v);
		break;
	case VALUE_MAP:
		put_map(out, a, v->u.map);
		break;
	}
}

/*
 * A number or a name may not run into a word beside it ("in", "typeof"), and
 * a comment may not make a comment of a division's slash: so these stand in
 * spaces.
 */
void
escape_jsval(struct buf *out, struct arena *a, const struct value *v)
{
	bool spaced;

	if (v->kind == VALUE_STRING) {
		escape_jsval_str(out, v->u.s, (enum content)v->content);
		return;
	}
	if (v->kind == VALUE_COMPLEX) {
		buf_puts(out, " /* json: unsupported type: complex128 */null ");
		return;
	}
	if (v->kind == VALUE_FLOAT && !isfinite(v->u.f)) {
		buf_puts(out, " /* json: unsupported value: ");
		format_float(out, v->u.f, 'g', -1);
		buf_puts(out, " */null ");
		return;
	}
	spaced = v->kind != VALUE_LIST && v->kind != VALUE_MAP;
	if (spaced)
		buf_putc(out, ' ');
	put_value(out, a, v);
	if (spaced)
		buf_putc(out, ' ');
	else
		arena_clear(a);
}

void
escape_jsval_str(struct buf *out, struct str s, enum content type)
{
	if (type == CONTENT_JS) {
		buf_str(out, s);
	} else if (type == CONTENT_JSSTR) {
		buf_putc(out, '"');
		buf_str(out, s);
		buf_putc(out, '"');
	} else {
		put_string(out, s);
	}
}

void
escape_jsstr(struct buf *out, struct str s, enum content type)
{
	replace(out, s, type == CONTENT_JSSTR ? string_norm : string);
}

void
escape_jstmpl(struct buf *out, struct str s, enum content type)
{
	(void)type;
	replace(out, s, literal);
}

void
escape_jsregexp(struct buf *out, struct str s, enum content type)
{
	(void)type;
	/* Nothing between the slashes would begin a comment. */
	if (s.len == 0)
		buf_puts(out, "(?:)");
	else
		replace(out, s, regexp);
}

/* What \ ' " < > & = and control characters become in {{js x}}. */
static bool
func_js_ascii(struct buf *out, char c)
{
	static const char hex[] = "0123456789ABCDEF";

	switch (c) {
	case '\\': case '\'': case '"':
		buf_add(out, (char[]){ '\\', c }, 2);
		return true;
	case '<': case '>': case '&': case '=':
		break;
	default:
		if ((uint8_t)c >= 0x20)
			return false;
	}
	buf_add(out, (char[]){ '\\', 'u', '0', '0', hex[(uint8_t)c >> 4],
	    hex[c & 15] }, 6);
	return true;
}

void
escape_func_js(struct buf *out, struct str s)
{
	size_t i = 0, size;
	uint32_t r;

	while (i < s.len) {
		if ((uint8_t)s.s[i] < 0x80) {
			if (!func_js_ascii(out, s.s[i]))
				buf_putc(out, s.s[i]);
			i++;
			continue;
		}
		size = utf8_decode(s.s + i, s.len - i, &r);
		if (unicode_is_print(r))
			buf_add(out, s.s + i, size);
		else
			buf_printf(out, "\\u%04X", (unsigned)r);
		i += size;
	}
}
