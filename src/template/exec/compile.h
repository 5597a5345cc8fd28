/*
 * compile.h - from the syntax tree to code, shared by compile*.c.
 *
 * Owns:    struct compiler, for the time of one code_compile().
 * Borrows: the escaped syntax tree; what the program keeps of it is copied.
 */
#ifndef LVT_TEMPLATE_COMPILE_H
#define LVT_TEMPLATE_COMPILE_H

#include "template/parse/ast.h"
#include "template/parse/scope.h"
#include "template/exec/code.h"
#include "template/escape/escape.h"

struct compiler {
	struct program *p;
	const struct ast_set *set;
	enum tmpl_engine engine;
	struct arena tmp;		/* lists in the making */
	struct code_template *in;
	struct scope vars;		/* an index is the variable's slot */
	uint32_t depth;
	struct lvt_error *err;
	int rc;				/* first failure; 0 */
	struct compiled {		/* templates met so far, by address */
		const struct ast_template *from;
		struct code_template *to;
	} *seen;
	uint32_t nseen, cap_seen;	/* cap: power of 2, at most half full */
	struct code_template *first, *last;	/* the same, in order */
};

/* All of these: what fails leaves the reason in c->rc, and says it once. */
void	*compiler_alloc(struct compiler *c, size_t size);	/* zeroed */
struct str compiler_str(struct compiler *c, struct str s);	/* a copy */
int	compiler_enter(struct compiler *c, const struct ast_place *at);
void	compiler_leave(struct compiler *c);
struct code_place compiler_place(struct compiler *c,
	    const struct ast_place *at, struct str source);

/* compile_expr.c */
/* A new variable in the current scope; its slot, or CODE_NO_SLOT. */
uint32_t compiler_declare(struct compiler *c, struct str name);
struct code_pipe *compile_pipe(struct compiler *c, const struct ast_pipe *p);

#endif
