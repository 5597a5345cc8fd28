/*
 * suggest.c - what was probably meant by what is no template.
 */
#include "base/suggest.h"
#include "template/parse/parse.h"

/* --- Functions --------------------------------------------------------- */

/* The words that other template languages have for ours. */
static const struct {
	const char *theirs, *ours;
} foreign[] = {
	{ "elif", "else if" }, { "elseif", "else if" }, { "elsif", "else if" },
	{ "endif", "end" }, { "endfor", "end" }, { "endwith", "end" },
	{ "endrange", "end" }, { "endblock", "end" }, { "endeach", "end" },
	{ "for", "range" }, { "foreach", "range" }, { "each", "range" },
	{ "unless", "if not" }, { "include", "template" },
	{ "partial", "template" }, { "render", "template" },
	{ "null", "nil" }, { "none", "nil" }, { "length", "len" },
	{ "equals", "eq" }, { "format", "printf" },
};

bool
parse_unknown_function(struct parser *p, struct lex_token token)
{
	struct suggest s = suggest_for(token.text);

	if (token.text.len > SUGGEST_NAME_MAX)
		return parse_fail(p, token, "unknown function \"%.*s...\"",
		    SUGGEST_NAME_MAX, token.text.s);
	for (const char *const *b = ast_builtins; *b != NULL; b++)
		suggest_try(&s, str_z(*b));
	for (struct ast_func *f = p->set->funcs; f != NULL; f = f->next)
		suggest_try(&s, f->name);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (str_is(token.text, foreign[i].theirs))
			s.best = str_z(foreign[i].ours);
	if (s.best.s == NULL)
		return parse_fail(p, token, "unknown function \"" STR_FMT "\"",
		    STR_ARG(token.text));
	return parse_fail(p, token, "unknown function \"" STR_FMT
	    "\"; did you mean \"" STR_FMT "\"?", STR_ARG(token.text),
	    STR_ARG(s.best));
}

/* --- Signs ------------------------------------------------------------- */

/* What stands in the source; the first that fits. */
static const struct {
	const char *sign, *advice;
} signs[] = {
	{ "=", "; equality is written eq a b, assignment $v = a" },
	{ "!=", "; that is written ne a b" },
	{ "!", "; that is written not a" },
	{ "</", "; is a }} missing before it?" },
	{ "<=", "; that is written le a b" },
	{ "<", "; that is written lt a b" },
	{ ">=", "; that is written ge a b" },
	{ ">", "; that is written gt a b" },
	{ "&&", "; that is written and a b" },
	{ "[", "; an element is written index list 0" },
	{ "/*", "; a comment begins directly after {{" },
	{ "}}", "" },
	{ "}", "; an action ends with }}" },
};

/* Two signs depend on what is before them: a name, or another of the kind. */
const char *
parse_advice(const struct parser *p, struct lex_token at)
{
	const char *s = p->lex.input.s + at.offset;
	char before = at.offset > 0 ? s[-1] : '\0';

	if (*s == '|' && before == '|')
		return "; that is written or a b";
	if (*s == '-' && lex_is_letter((unsigned char)before))
		return "; such a member is written index . \"a-b\"";
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strncmp(s, signs[i].sign, strlen(signs[i].sign)) == 0)
			return signs[i].advice;
	return "";
}
