/*
 * literal.h - what the constants of a template mean.
 *
 * Owns:    nothing; results live in the arena given.
 */
#ifndef LVT_TEMPLATE_LITERAL_H
#define LVT_TEMPLATE_LITERAL_H

#include "template/parse/ast.h"
#include "template/parse/lex.h"

/*
 * A LEX_NUMBER, LEX_COMPLEX or LEX_CHAR token, with every form that Go gives
 * its value.
 *
 * Return: 0, LVT_EPARSE (err says why) or LVT_ENOMEM.
 */
int	number_parse(struct lex_token token, struct ast_number *n,
	    struct lvt_error *err);

/*
 * The bytes that a LEX_STRING or LEX_RAW token, quotes included, stands for.
 *
 * Return: 0, LVT_EPARSE or LVT_ENOMEM.
 */
int	string_unquote(struct arena *a, struct str quoted, struct str *out,
	    struct lvt_error *err);

/*
 * One character of a literal in quotes of the given kind, from *s on, which
 * moves past it. *multibyte tells a character from a byte ("\xff").
 *
 * Return: 0 or LVT_EPARSE.
 */
int	char_unquote(struct str *s, char quote, uint32_t *c, bool *multibyte);

#endif
