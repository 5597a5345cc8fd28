#include "base/ascii.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/pool.h"
#include "base/quote.h"
#include "base/real.h"
#include "base/utf8.h"

struct loader {
	const char *text, *at, *end;
	struct json_load_opts lim;
	uint32_t depth;
	size_t values;
	struct buf strings;		/* keys of open members, then the newest */
	struct lvt_error *err;
};

/* --- Errors ------------------------------------------------------------ */

/* The place is that of l->at. */
static json_t * __attribute__((format(printf, 3, 4)))
fail(struct loader *l, int code, const char *fmt, ...)
{
	const char *line = l->text;
	int n = 1;
	va_list ap;

	for (const char *p = l->text; p < l->at; p++) {
		if (*p == '\n') {
			n++;
			line = p + 1;
		}
	}
	va_start(ap, fmt);
	lvt_error_vset(l->err, code, fmt, ap);
	va_end(ap);
	lvt_error_at(l->err, l->lim.name != NULL ? l->lim.name : "", n,
	    (int)(l->at - line) + 1);
	return NULL;
}

static json_t *
nomem(struct loader *l)
{
	lvt_error_nomem(l->err);
	return NULL;
}

/* What stands here is not what had to. */
static json_t *
expected(struct loader *l, const char *what)
{
	unsigned char c;

	if (l->at == l->end)
		return fail(l, LVT_EINVALID, "expected %s before end of text",
		    what);
	c = (unsigned char)*l->at;
	if (c > ' ' && c < 0x7f)
		return fail(l, LVT_EINVALID, "expected %s, found '%c'", what,
		    c);
	return fail(l, LVT_EINVALID, "expected %s, found byte 0x%02x", what, c);
}

/* --- Words ------------------------------------------------------------- */

static void
skip_white(struct loader *l)
{
	while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' ||
	    *l->at == '\n' || *l->at == '\r'))
		l->at++;
}

static bool
accept(struct loader *l, char c)
{
	if (l->at == l->end || *l->at != c)
		return false;
	l->at++;
	return true;
}

static bool
skip_digits(struct loader *l)
{
	const char *from = l->at;

	while (l->at < l->end && ascii_is_digit(*l->at))
		l->at++;
	return l->at > from;
}

static bool
fits_integer(struct str s, json_int_t *out)
{
	bool negative = s.s[0] == '-';
	json_int_t v = 0;

	for (size_t i = negative; i < s.len; i++) {
		int d = s.s[i] - '0';

		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, negative ? -d : d, &v))
			return false;
	}
	*out = v;
	return true;
}

static json_t *
load_number(struct loader *l)
{
	const char *from = l->at;
	bool whole = true;
	struct str s;
	json_int_t i;
	json_t *value;
	double f;
	int rc;

	accept(l, '-');
	if (!accept(l, '0') && !skip_digits(l))
		return expected(l, "a digit");
	if (accept(l, '.')) {
		whole = false;
		if (!skip_digits(l))
			return expected(l, "a digit");
	}
	if (accept(l, 'e') || accept(l, 'E')) {
		whole = false;
		if (!accept(l, '+'))
			accept(l, '-');
		if (!skip_digits(l))
			return expected(l, "a digit");
	}
	s = (struct str){ from, (size_t)(l->at - from) };
	if (whole && fits_integer(s, &i)) {
		value = json_integer(i);
		return value != NULL ? value : nomem(l);
	}
	rc = real_parse(s, &f);
	if (rc == LVT_ETOOBIG) {
		l->at = from;
		return fail(l, LVT_EINVALID, "number is too large");
	}
	value = rc == 0 ? json_real(f) : NULL;
	return value != NULL ? value : nomem(l);
}

/* --- Strings ----------------------------------------------------------- */

/* The four digits at p, or -1. */
static int32_t
hex4(const struct loader *l, const char *p)
{
	int32_t v = 0;

	if (l->end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = ascii_hex(p[i]);

		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

static void
add_char(struct loader *l, uint32_t c)
{
	char utf8[4];

	buf_add(&l->strings, utf8, utf8_encode(c, utf8));
}

/* \u is read. One half of a pair without the other becomes U+FFFD. */
static bool
load_hex(struct loader *l)
{
	int32_t c = hex4(l, l->at), low;

	if (c < 0) {
		expected(l, "four hexadecimal digits after \\u");
		return false;
	}
	l->at += 4;
	if (c >= 0xd800 && c < 0xdc00 && l->end - l->at >= 6 &&
	    l->at[0] == '\\' && l->at[1] == 'u') {
		low = hex4(l, l->at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			l->at += 6;
		}
	}
	add_char(l, (uint32_t)c);
	return true;
}

/* The backslash is read. */
static bool
load_escape(struct loader *l)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

	if (accept(l, 'u'))
		return load_hex(l);
	for (const char *p = escapes; *p != '\0'; p += 2) {
		if (accept(l, *p)) {
			buf_putc(&l->strings, p[1]);
			return true;
		}
	}
	expected(l, "an escape such as \\n or \\\"");
	return false;
}

/* What stands here is no plain character, and not the last quote. */
static bool
load_special(struct loader *l)
{
	uint32_t c;

	if (l->at == l->end || (unsigned char)*l->at < 0x20) {
		expected(l, "'\"'");
		return false;
	}
	if (accept(l, '\\'))
		return load_escape(l);
	l->at += utf8_decode(l->at, (size_t)(l->end - l->at), &c);
	add_char(l, c);
	return true;
}

/* From the first quote to the last. Where nothing in it is special *s lies in the
 * text, else on l->strings, for the caller to cut off. */
static bool
load_chars(struct loader *l, struct str *s)
{
	size_t start = l->strings.len, run;

	l->at++;
	run = json_plain_run(l->at, (size_t)(l->end - l->at));
	*s = (struct str){ l->at, run };
	l->at += run;
	if (accept(l, '"'))
		return true;
	buf_add(&l->strings, s->s, run);
	while (!accept(l, '"')) {
		if (!load_special(l))
			return false;
		run = json_plain_run(l->at, (size_t)(l->end - l->at));
		buf_add(&l->strings, l->at, run);
		l->at += run;
	}
	if (l->strings.failed != 0) {
		nomem(l);
		return false;
	}
	*s = (struct str){ l->strings.s + start, l->strings.len - start };
	return true;
}

static json_t *
load_string(struct loader *l)
{
	size_t start = l->strings.len;
	struct str s;
	json_t *value;

	if (!load_chars(l, &s))
		return NULL;
	value = json_stringn_nocheck(s.s, s.len);
	l->strings.len = start;
	return value != NULL ? value : nomem(l);
}

/* --- Values ------------------------------------------------------------ */

static json_t *load_value(struct loader *l);

static json_t *
load_array(struct loader *l)
{
	json_t *array = json_array(), *value;

	if (array == NULL)
		return nomem(l);
	l->at++;
	skip_white(l);
	if (accept(l, ']'))
		return array;
	do {
		value = load_value(l);
		if (value == NULL)
			goto fail;
		if (json_array_append_new(array, value) != 0) {
			nomem(l);
			goto fail;
		}
		skip_white(l);
	} while (accept(l, ','));
	if (accept(l, ']'))
		return array;
	expected(l, "',' or ']'");
fail:
	json_decref(array);
	return NULL;
}

/* "key": value, into object. The key waits on l->strings for its value. */
static bool
load_member(struct loader *l, json_t *object)
{
	size_t start = l->strings.len;
	struct str key;
	json_t *value;

	skip_white(l);
	if (l->at == l->end || *l->at != '"') {
		expected(l, "a key in quotes");
		return false;
	}
	if (!load_chars(l, &key))
		return false;
	skip_white(l);
	if (!accept(l, ':')) {
		expected(l, "':'");
		return false;
	}
	value = load_value(l);
	if (value == NULL)
		return false;
	if (l->strings.len > start)
		key.s = l->strings.s + start;	/* it may have moved */
	if (json_object_setn_new_nocheck(object, key.s, key.len, value) != 0) {
		nomem(l);
		return false;
	}
	l->strings.len = start;
	return true;
}

static json_t *
load_object(struct loader *l)
{
	json_t *object = json_object();

	if (object == NULL)
		return nomem(l);
	l->at++;
	skip_white(l);
	if (accept(l, '}'))
		return object;
	do {
		if (!load_member(l, object))
			goto fail;
		skip_white(l);
	} while (accept(l, ','));
	if (accept(l, '}'))
		return object;
	if (l->at == l->end)
		expected(l, "'}'");
	else
		expected(l, "',' or '}'");
fail:
	json_decref(object);
	return NULL;
}

static json_t *
load_word(struct loader *l)
{
	static const char *const words[] = { "null", "true", "false" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(l->end - l->at) < n ||
		    memcmp(l->at, words[i], n) != 0)
			continue;
		l->at += n;
		return i == 0 ? json_null() : json_boolean(i == 1);
	}
	return expected(l, "a value");
}

static json_t *
load_nested(struct loader *l)
{
	json_t *value;

	if (l->depth == l->lim.depth)
		return fail(l, LVT_ETOOBIG, "nested more than %u deep",
		    l->lim.depth);
	l->depth++;
	value = *l->at == '[' ? load_array(l) : load_object(l);
	l->depth--;
	return value;
}

static json_t *
load_value(struct loader *l)
{
	char c;

	skip_white(l);
	if (l->at == l->end)
		return expected(l, "a value");
	if (++l->values > l->lim.values)
		return fail(l, LVT_ETOOBIG, "more than %zu values",
		    l->lim.values);
	c = *l->at;
	if (c == '[' || c == '{')
		return load_nested(l);
	if (c == '"')
		return load_string(l);
	if (c == '-' || ascii_is_digit(c))
		return load_number(l);
	return load_word(l);
}

json_t *
lvt_json_load(const char *text, size_t len, const struct json_load_opts *opts,
    struct lvt_error *err)
{
	struct loader l = { .text = text, .at = text, .err = err };
	json_t *value;

	if (opts != NULL)
		l.lim = *opts;
	if (l.lim.depth == 0)
		l.lim.depth = JSON_LOAD_DEPTH;
	if (l.lim.bytes == 0)
		l.lim.bytes = JSON_LOAD_BYTES;
	if (l.lim.values == 0)
		l.lim.values = JSON_LOAD_VALUES;
	if (len > l.lim.bytes) {
		lvt_error_set(err, LVT_ETOOBIG,
		    "%zu bytes of JSON, more than %zu", len, l.lim.bytes);
		return NULL;
	}
	l.end = text + len;
	buf_init(&l.strings);
	pool_begin();
	value = load_value(&l);
	pool_end();
	buf_release(&l.strings);
	skip_white(&l);
	if (value != NULL && l.at < l.end) {
		expected(&l, "nothing more");
		json_decref(value);
		value = NULL;
	}
	return value;
}

json_t *
lvt_json_object_at(json_t *o, const char *key, size_t len)
{
	json_t *there = json_object_getn(o, key, len);

	if (json_is_object(there))
		return there;
	if (json_object_setn_new(o, key, len, json_object()) != 0)
		return NULL;
	return json_object_getn(o, key, len);
}

const char *
lvt_json_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}
