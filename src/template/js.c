/* js.c - reading just enough of JavaScript. */
#include "template/context.h"

static bool
is_ident(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '$';
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

static struct str
trim_right(struct str s)
{
	while (s.len > 0) {
		if (strchr("\t\n\f\r ", s.s[s.len - 1]) != NULL &&
		    s.s[s.len - 1] != '\0')
			s.len--;
		else if (s.len >= 3 && (memcmp(s.s + s.len - 3,
		    "\xe2\x80\xa8", 3) == 0 || memcmp(s.s + s.len - 3,
		    "\xe2\x80\xa9", 3) == 0))
			s.len -= 3;
		else
			break;
	}
	return s;
}

/*
 * What a slash after s begins. One word back is enough for all but a few
 * odd programs: after a value it divides; after an operator, an opening
 * bracket, a statement's end or a keyword like return it begins a regular
 * expression. "}" is taken to end a block, ")" a value.
 */
enum js_ctx
js_next_ctx(struct str s, enum js_ctx before)
{
	static const char *const keywords[] = {
		"break", "case", "continue", "delete", "do", "else",
		"finally", "in", "instanceof", "return", "throw", "try",
		"typeof", "void"
	};
	size_t i;
	char c;

	s = trim_right(s);
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
	size_t i = 0, n = 0;

	while (n < mime.len && mime.s[n] != ';')
		n++;
	while (n > 0 && strchr(" \t\n\v\f\r", mime.s[n - 1]) != NULL &&
	    mime.s[n - 1] != '\0')
		n--;
	while (i < n && strchr(" \t\n\v\f\r", mime.s[i]) != NULL &&
	    mime.s[i] != '\0')
		i++;
	if (n - i > sizeof(lower))
		return false;
	for (size_t k = 0; k < n - i; k++)
		lower[k] = (char)(mime.s[i + k] >= 'A' &&
		    mime.s[i + k] <= 'Z' ? mime.s[i + k] | 0x20 :
		    mime.s[i + k]);
	mime = (struct str){ lower, n - i };
	return IS_ONE_OF(mime, types);
}
