/*
 * code.h - the inside of a program, for the compiler and the evaluator.
 *
 * Owns:    all of it lives in the arena of struct program; nothing changes
 *          after tmpl_compile(), but for what program_attach() hangs on it.
 * Invariants:
 *   1. A list has nslots statements that take a slot, and nslots + 1 statics:
 *      the `before` of each of them, and `after`.
 *   2. A statement that {{break}} or {{continue}} may leave is followed by
 *      nothing or by one CODE_TAIL that holds the rest of its list.
 *   3. Variables are numbered: 0 is $, and a frame has `nvars` of them.
 */
#ifndef LVT_TEMPLATE_CODE_H
#define LVT_TEMPLATE_CODE_H

#include "base/arena.h"
#include "template/program.h"
#include "template/value.h"

struct ast_template;
struct code_template;
struct func;

struct code_place {		/* for messages */
	const struct code_template *in;
	uint32_t line, column;
	struct str source;	/* of the node, as written */
};

struct code_name {		/* of a field */
	struct str s;
	uint32_t id;		/* equal names have one */
};

enum code_op {
	/* expressions */
	CODE_CONST,		/* constant */
	CODE_DOT,
	CODE_VAR,		/* slot */
	CODE_PATH,		/* base.path[0].path[1]..., args for the last */
	CODE_FUNC,		/* func, args */
	CODE_AND, CODE_OR,	/* args */
	CODE_PIPE,		/* pipe */
	CODE_FAIL,		/* message: what always fails */
	/* statements */
	CODE_PRINT,		/* pipe, escapers */
	CODE_EVAL,		/* pipe, for its effects; never takes a slot */
	CODE_IF, CODE_WITH,	/* pipe, body, otherwise */
	CODE_RANGE,		/* pipe, body, otherwise; pipe->slots per item */
	CODE_CALL,		/* pipe or NULL, target */
	CODE_TAIL,		/* body */
	CODE_BREAK, CODE_CONTINUE
};

#define CODE_NO_SLOT	UINT32_MAX	/* a variable that is not defined */

struct code_expr {
	enum code_op op;
	uint32_t slot;
	uint32_t npath, nargs;
	struct value constant;
	struct code_name *path;
	struct code_expr *base;
	struct code_expr **args;
	const struct func *func;
	struct code_pipe *pipe;
	const char *message;
	struct code_place at;
};

struct code_pipe {
	struct code_expr **commands;
	uint32_t ncommands;
	uint32_t nvars, slots[2];
	struct str names[2];
	bool keeps;		/* stores into variables, here or within, */
	bool assigns;		/* and into such as were there before */
	/* The frequent case, {{.a.b}} or {{$x.a.b}} and nothing else: a
	 * CODE_PATH, its base CODE_DOT or CODE_VAR, no arguments; or NULL. */
	const struct code_expr *quick;
	struct code_place at;
};

struct code_list {
	struct code_stmt *stmts;
	uint32_t nstmts, nslots;
	bool assigns;
	uint32_t statics;	/* number of its statics array */
	struct str after;
};

struct code_stmt {
	enum code_op op;
	bool slot;
	bool assigns;		/* here or within, see struct code_pipe */
	bool html;		/* the only escaper is one of HTML's */
	uint8_t nescapers, escapers[4];
	struct str before;
	struct code_pipe *pipe;
	struct code_list *body, *otherwise;
	struct code_template *target;	/* NULL: not defined */
	struct str name;		/* of the template called */
	struct code_place at;
};

struct code_template {
	struct str name;
	const char *file;
	struct code_list *body;
	uint32_t nvars;
	struct code_template *next;	/* in the order of the calls */
	const struct ast_template *source;	/* until it is compiled */
};

struct code_statics {
	const struct str *strs;
	uint32_t count, number;
	uint64_t hash;
	struct code_statics *next;	/* same bucket */
};

struct code_field {		/* a name that some path has */
	struct str s;
	uint64_t hash;
	uint32_t next;		/* same bucket: index + 1, or 0 */
};

#define CODE_NO_FIELD	UINT32_MAX

struct code_pair {		/* .first.second; NO_FIELD: the path's end */
	uint32_t first, second;
	uint32_t next;
};

#define CODE_BUCKETS	1024

struct program {
	struct arena arena;
	struct tmpl_limits limits;
	struct code_template *main;
	struct code_statics **statics;		/* by number */
	uint32_t nstatics, cap_statics;
	struct code_statics *buckets[CODE_BUCKETS];
	struct code_field *fields;		/* by id */
	uint32_t nfields, cap_fields, field_buckets[CODE_BUCKETS];
	struct code_pair *pairs;		/* see program_uses() */
	uint32_t npairs, cap_pairs, pair_buckets[CODE_BUCKETS];
	void *derived;			/* see program_attach() */
	void (*drop)(void *derived);
};

/* compile.c - compile what is reachable from main into p. For TMPL_HTML the
 * bodies are those that the escaper made. */
struct ast_set;
int	code_compile(struct program *p, const struct ast_set *set,
	    struct str main, enum tmpl_engine engine, struct lvt_error *err);

/* program.c */
uint32_t program_add_statics(struct program *p, const struct str *strs,
	    uint32_t count);		/* UINT32_MAX: no memory */
/* The name of a field; s is copied. .s.s NULL: no memory. */
struct code_name program_add_field(struct program *p, struct str s);
/* Remember that .first.second is named: two ids. Return: 0, LVT_ENOMEM. */
int	program_add_pair(struct program *p, uint32_t first, uint32_t second);

#endif
