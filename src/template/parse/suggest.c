/*
 * suggest.c - the error for a function that there is not.
 */
#include "base/suggest.h"
#include "template/parse/parse.h"

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
	if (s.best.s == NULL)
		return parse_fail(p, token, "unknown function \"" STR_FMT "\"",
		    STR_ARG(token.text));
	return parse_fail(p, token, "unknown function \"" STR_FMT
	    "\"; did you mean \"" STR_FMT "\"?", STR_ARG(token.text),
	    STR_ARG(s.best));
}
