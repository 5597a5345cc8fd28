/*
 * lex.h - the words of a template.
 *
 * States:  TEXT --"{{"--> ACTION --"}}"--> TEXT;  any --error--> the same
 * error for ever;  TEXT --end--> LEX_EOF for ever.
 *
 * Owns:    its place in the source and the text of its error.
 * Borrows: the source, which must stay; tokens point into it.
 * Invariants:
 *   1. Comments and trimmed white space are never seen by the parser.
 *   2. White space inside an action is a token, since "a.b" and "a .b" differ.
 */
#ifndef LVT_TEMPLATE_LEX_H
#define LVT_TEMPLATE_LEX_H

#include <stdint.h>

#include "base/str.h"

enum lex_type {
	LEX_ERROR, LEX_EOF,
	LEX_TEXT, LEX_OPEN, LEX_CLOSE,		/* text {{ }} */
	LEX_SPACE, LEX_PIPE, LEX_PAREN, LEX_ENDPAREN,
	LEX_ASSIGN, LEX_DECLARE, LEX_OTHER,	/* = := any other ASCII */
	LEX_BOOL, LEX_CHAR, LEX_NUMBER, LEX_COMPLEX, LEX_STRING, LEX_RAW,
	LEX_FIELD, LEX_IDENT, LEX_VARIABLE,
	LEX_KEYWORD,				/* the rest are keywords */
	LEX_DOT, LEX_NIL, LEX_BLOCK, LEX_BREAK, LEX_CONTINUE, LEX_DEFINE,
	LEX_ELSE, LEX_END, LEX_IF, LEX_RANGE, LEX_TEMPLATE, LEX_WITH
};

struct lex_token {
	enum lex_type type;
	struct str text;			/* as written */
	uint32_t offset, line, column;		/* line and column from 1 */
};

struct lexer {
	struct str input;
	size_t pos;				/* how far it has read */
	size_t start;				/* of the token being read */
	size_t line_start;			/* of start's line */
	uint32_t line;				/* of start */
	uint32_t parens;
	uint32_t action_line;			/* where the last {{ stands */
	bool inside;				/* an action */
	bool failed;
	bool break_is_name, continue_is_name;	/* functions by these names */
	struct lex_token token;
	char message[160];			/* of a LEX_ERROR */
};

void	lex_init(struct lexer *l, struct str input);
struct lex_token lex_next(struct lexer *l);

bool	lex_is_keyword(struct str word);
bool	lex_is_space(uint32_t c);		/* blank, tab, CR, LF */
bool	lex_is_letter(uint32_t c);		/* or digit or _; letters.c */

#endif
