/*
 * parse.h - what the parser's files share: parse.c, scope.c, suggest.c.
 */
#ifndef LVT_TEMPLATE_PARSE_H
#define LVT_TEMPLATE_PARSE_H

#include "template/ast.h"
#include "template/lex.h"

/*
 * scope.c - the variables that can be named at this place.
 *
 * A stack; each variable also heads the chain of those with its hash, so that
 * a template with very many of them stays quick to parse.
 */
#define SCOPE_HEADS	256

struct scope {
	struct scope_var {
		struct str name;
		uint32_t hash;
		uint32_t below;		/* index + 1 of the same hash; 0: none */
	} *vars;
	uint32_t count, cap;
	uint32_t base;			/* first of this template */
	uint32_t heads[SCOPE_HEADS];	/* index + 1; 0: none */
};

struct scope_frame {
	uint32_t base, count;
};

void	scope_init(struct scope *s);
void	scope_release(struct scope *s);
int	scope_add(struct scope *s, struct str name);	/* 0 or LVT_ENOMEM */
bool	scope_has(const struct scope *s, struct str name);
void	scope_cut(struct scope *s, uint32_t count);	/* forget the newer */
struct scope_frame scope_push(struct scope *s);		/* a new template */
void	scope_pop(struct scope *s, struct scope_frame frame);

struct parser {
	struct ast_set *set;
	struct ast_set pending;		/* what this text defines */
	struct arena *arena;
	struct lexer lex;
	struct lex_token token[3];	/* looked ahead, last first */
	int peeked;
	struct lex_token closed;	/* what ended the last pipeline */
	struct lex_token ended;		/* the last end or else */
	struct ast_template *tmpl;	/* being defined */
	struct scope scope;
	uint32_t range_depth, depth, max_depth;
	const char *file;
	struct str file_str;
	struct lvt_error *err;
	int rc;
	char shown[176];		/* a word, made fit for a message */
};

/* Record the first error, at a word; returns false. */
bool	parse_fail(struct parser *p, struct lex_token at, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* suggest.c - the error for a function that there is not; returns false. */
bool	parse_unknown_function(struct parser *p, struct lex_token name);

#endif
