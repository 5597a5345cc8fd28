/*
 * ast.h - what a template says, as a tree.
 *
 * The parser makes it, the escaper marks each action with the escapers that
 * its place needs (and may rewrite text), the compiler turns it into code.
 *
 * Owns:    nothing by itself: all nodes live in the arena of their ast_set.
 * Invariants:
 *   1. Nodes are shared by nobody: a template escaped for a second context
 *      is a copy (ast_copy_list()).
 *   2. Every node knows its place: template name, byte offset, line, column.
 *      The template it names is for messages: once replaced by a later text,
 *      it is a twin of the one in the set.
 *   3. A pointer to a template of a set stays good as long as the set.
 */
#ifndef LVT_TEMPLATE_AST_H
#define LVT_TEMPLATE_AST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum ast_type {
	/* statements */
	AST_TEXT,		/* text */
	AST_ACTION,		/* pipe; prints unless it declares or assigns */
	AST_IF, AST_WITH, AST_RANGE,	/* pipe, body, otherwise */
	AST_TEMPLATE,		/* name, pipe (NULL: nil) */
	AST_BREAK, AST_CONTINUE,
	/* operands */
	AST_DOT,		/* . */
	AST_NIL,		/* nil */
	AST_BOOL,		/* number.b */
	AST_NUMBER,		/* number */
	AST_STRING,		/* text: the unquoted bytes; source: as written */
	AST_FIELD,		/* .a.b: path */
	AST_VARIABLE,		/* $x.a.b: name "$x", path .a.b, slot */
	AST_CHAIN,		/* operand.a.b: operand (AST_PIPE ...), path */
	AST_IDENT,		/* name of a function */
	AST_PIPE		/* ( pipeline ) as an operand: pipe */
};

struct ast_place {
	const struct ast_template *in;
	uint32_t offset, line, column;	/* line and column from 1; column in bytes */
};

/* A constant has every form that Go gives it: 1.0 is also an int. */
struct ast_number {
	bool b;				/* AST_BOOL */
	bool is_int, is_uint, is_float, is_complex, is_char;
	int64_t i;
	uint64_t u;
	double f, im;			/* f is the real part of a complex */
};

struct ast_node {
	enum ast_type type;
	struct ast_place at;
	struct ast_node *next;		/* in its list, command or pipe */
	struct str source;		/* as written, for messages */
	struct str text, name;
	struct str *path;		/* npath field names, without dots */
	int npath;
	struct ast_number number;
	struct ast_node *operand;	/* AST_CHAIN */
	struct ast_pipe *pipe;
	struct ast_list *body, *otherwise;
	/* set by the escaper, on AST_ACTION: run in order on the value */
	uint8_t escapers[4];		/* enum escaper, see escape.h */
	uint8_t nescapers;
	/* set by the escaper, on AST_TEMPLATE: the copy to call, or NULL */
	struct ast_template *target;
};

struct ast_command {			/* operand operand ... */
	struct ast_node *args;		/* linked by next; at least one */
	int nargs;
	struct ast_command *next;
	struct ast_place at;
};

struct ast_pipe {			/* [$x [, $y] := ] command | command ... */
	struct str vars[2];		/* names with their $ */
	int nvars;
	bool assign;			/* = instead of := */
	struct ast_command *commands;	/* linked by next */
	int ncommands;
	struct ast_place at;
	struct str source;
};

struct ast_list {
	struct ast_node *first, *last;
};

struct ast_template {
	struct str name;		/* as called */
	struct str file;		/* for messages: file, or the name */
	struct str source;		/* whole text it was parsed from */
	struct ast_list *body;		/* NULL: declared nowhere yet */
	/* by the escaper: the body that it made, and what it made it from */
	struct ast_list *escaped, *parsed;
	struct ast_template *next;	/* in its set, in order of definition */
	struct ast_template *chain;	/* ast.c: of one hash */
};

struct ast_func {			/* a function that templates may name */
	struct str name;
	int min, max;			/* arguments; max -1: any number */
	const struct lvt_template_func *row;	/* call.c: what it is in C */
	struct ast_func *next;
};

struct ast_set {
	struct arena arena;
	struct ast_template *templates, *last;
	struct ast_template **slots;	/* ast.c: by hash of name */
	uint32_t nslots, ntemplates;
	struct ast_func *funcs;		/* beside the builtins */
	struct ast_limits {
		uint32_t depth;		/* nesting of blocks and parentheses */
		uint32_t bytes;		/* of one source */
	} limits;			/* 0: the default */
};

#define AST_DEPTH	1000
#define AST_BYTES	((uint32_t)4 << 20)

/* ast.c */
void	ast_set_init(struct ast_set *set);
void	ast_set_release(struct ast_set *set);
struct ast_template *ast_set_find(const struct ast_set *set, struct str name);
/* Put t last; no template of the set has its name. LVT_ENOMEM or 0. */
int	ast_set_put(struct ast_set *set, struct ast_template *t);
struct ast_list *ast_copy_list(struct arena *a, const struct ast_list *list);
bool	ast_list_is_empty(const struct ast_list *list);	/* or only white space */
void	ast_list_append(struct ast_list *list, struct ast_node *n);
bool	ast_is_builtin(struct str name);
extern const char *const ast_builtins[];		/* ends with NULL */

/*
 * parse.c - add a source to the set, as Go's (*Template).Parse does: name is
 * the template that the text itself defines; {{define}} and {{block}} add
 * others. A later definition replaces an earlier one, but an empty body
 * replaces only an empty one. source need not outlive the call.
 *
 * Return: 0, LVT_EPARSE (err has file, line and column), LVT_ENOMEM,
 * LVT_ETOOBIG.
 */
int	ast_parse(struct ast_set *set, struct str name, const char *file,
	    struct str source, struct lvt_error *err);

#endif
