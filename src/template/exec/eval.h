/*
 * eval.h - one render in progress; expressions to values.
 *
 * Owns:    the arena of the render, scratch buffers, host objects' answers.
 * Borrows: program, data, host and sink.
 * Invariants:
 *   1. A value made while an action runs may lie in the arena; it is cut back
 *      after each statement that leaves nothing in a variable.
 *   2. Every loop and call pays steps; every level of the C stack that
 *      templates can cause is checked by eval_deeper().
 */
#ifndef LVT_TEMPLATE_EVAL_H
#define LVT_TEMPLATE_EVAL_H

#include "template/exec/code.h"
#include "template/escape/escapers.h"

/* Members looked up of late: an item's are often asked for twice, and to
 * remember them costs a tenth of asking Jansson. Data do not change while a
 * render runs. */
#define EVAL_CACHE	16

struct eval_member {
	const json_t *map, *value;
	uint32_t id;
};

struct eval {
	const struct program *p;
	const json_t *host_root;	/* the data, if there is a host: no quick way */
	const struct program_host *host;
	struct sink *sink;
	struct buf *out;
	struct arena arena;
	struct buf tmp;			/* text in the making */
	struct escape_scratch scratch;
	struct value dot;
	struct value *vars;		/* of the template that runs */
	uint64_t steps;			/* left */
	uint32_t depth;			/* template calls */
	const char *stack;		/* where C's stack was at the start */
	struct eval_ref *refs;		/* answers of C, newest first */
	struct lvt_error *err;
	struct eval_member cache[EVAL_CACHE];
};

/* Arguments, and variables of a page, that need no memory of their own. */
#define EVAL_FEW	4

/* Room of the C stack that one render may take, in bytes. */
#define EVAL_STACK	((size_t)4 << 20)

int	eval_fail(struct eval *x, const struct code_place *at,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int	eval_nomem(struct eval *x);
int	eval_too_deep(struct eval *x, const struct code_place *at);
int	eval_too_long(struct eval *x, const struct code_place *at);

/* Take json, for as long as what is made now; its value is out. */
int	eval_keep(struct eval *x, json_t *json, struct value *out);
/* Let go of what was kept since then. */
void	eval_release_refs(struct eval *x, const struct eval_ref *until);

/* The value of a pipeline; variables that it declares are set. */
int	eval_pipe(struct eval *x, const struct code_pipe *p, struct value *out);
/* Take the text in x->tmp as a string value. */
int	eval_take_text(struct eval *x, const struct code_place *at,
	    struct value *out);

/* Where the arena stands, to be cut back to when what follows is forgotten. A
 * chunk more, and it is not: the next cut starts there. */
struct eval_mark {
	struct arena_chunk *chunk;
	char *at;
	const struct eval_ref *refs;
};

static inline struct eval_mark
eval_mark(const struct eval *x)
{
	return (struct eval_mark){ x->arena.chunks, x->arena.at, x->refs };
}

static inline void
eval_cut(struct eval *x, struct eval_mark m)
{
	if (x->arena.chunks == m.chunk)
		x->arena.at = m.at;
	if (x->refs != m.refs)
		eval_release_refs(x, m.refs);
}

/* The slow half of eval_member(): m remembers the answer. */
const json_t *eval_ask(struct eval_member *m, const json_t *map,
	    const struct code_name *name);

static inline const json_t *
eval_member(struct eval *x, const json_t *map, const struct code_name *name)
{
	struct eval_member *m = &x->cache[(name->id +
	    (uint32_t)((uintptr_t)map >> 6)) % EVAL_CACHE];

	if (m->map == map && m->id == name->id)
		return m->value;
	return eval_ask(m, map, name);
}

/* The rest of a path of more than one name. */
const json_t *eval_deep(struct eval *x, const struct code_expr *e,
	    const json_t *map);

/* The member that p->quick leads to; NULL: go the long way. */
static inline const json_t *
eval_quick(struct eval *x, const struct code_pipe *p)
{
	const struct code_expr *e = p->quick;
	const struct value *v;

	if (e == NULL)
		return NULL;
	v = e->base->op == CODE_DOT ? &x->dot : &x->vars[e->base->slot];
	if (v->kind != VALUE_MAP || v->u.map == x->host_root)
		return NULL;
	if (e->npath > 1)
		return eval_deep(x, e, v->u.map);
	return eval_member(x, v->u.map, e->path);
}

static inline int
eval_pay(struct eval *x, const struct code_place *at, uint64_t steps)
{
	if (x->steps < steps)
		return eval_too_long(x, at);
	x->steps -= steps;
	return 0;
}

static inline int
eval_deeper(struct eval *x, const struct code_place *at)
{
	const char *here = __builtin_frame_address(0);
	size_t used = here < x->stack ? (size_t)(x->stack - here) :
	    (size_t)(here - x->stack);

	return used > EVAL_STACK ? eval_too_deep(x, at) : 0;
}

#endif
