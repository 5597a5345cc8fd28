/*
 * compile.c - templates and statements to code.
 *
 * A list is built in two steps: its statements are gathered with the text
 * between them, then the text becomes its statics. Variables get their slots
 * here: what Go's evaluator does with a stack at run time depends only on
 * where a name stands, so it can be worked out once.
 */
#include "template/exec/compile.h"
#include "template/exec/funcs.h"

#define DEPTH_MAX	5000	/* the parser allows fewer */

static int	compile_list(struct compiler *c, const struct ast_list *from,
		    struct code_list **to);

void *
compiler_alloc(struct compiler *c, size_t size)
{
	void *p = arena_zalloc(&c->p->arena, size);

	if (p == NULL && c->rc == 0)
		c->rc = lvt_error_nomem(c->err);
	return p;
}

struct str
compiler_str(struct compiler *c, struct str s)
{
	struct str copy;

	copy = arena_str(&c->p->arena, s.s != NULL ? s.s : "", s.len);
	if (copy.s == NULL && c->rc == 0)
		c->rc = lvt_error_nomem(c->err);
	return copy;
}

int
compiler_enter(struct compiler *c, const struct ast_place *at)
{
	if (c->rc == 0 && ++c->depth > DEPTH_MAX) {
		c->rc = lvt_error_set(c->err, LVT_ETOOBIG,
		    "nested too deeply");
		lvt_error_at(c->err, c->in->file, (int)at->line,
		    (int)at->column);
	}
	return c->rc;
}

void
compiler_leave(struct compiler *c)
{
	c->depth--;
}

struct code_place
compiler_place(struct compiler *c, const struct ast_place *at,
    struct str source)
{
	struct code_place p;

	p.in = c->in;
	p.line = at->line;
	p.column = at->column;
	p.source = compiler_str(c, source);
	return p;
}

/* --- Templates --------------------------------------------------------- */

static struct compiled *
seen_slot(struct compiled *table, uint32_t cap, const struct ast_template *t)
{
	uint32_t i = (uint32_t)((uintptr_t)t >> 4) * 2654435761u;

	for (;; i++)
		if (table[i & (cap - 1)].from == NULL ||
		    table[i & (cap - 1)].from == t)
			return &table[i & (cap - 1)];
}

static int
seen_grow(struct compiler *c)
{
	uint32_t cap = c->cap_seen != 0 ? c->cap_seen * 2 : 32, i;
	struct compiled *table;

	if (c->nseen * 2 < c->cap_seen)
		return 0;
	table = arena_zalloc(&c->tmp, cap * sizeof(*table));
	if (table == NULL)
		return c->rc = lvt_error_nomem(c->err);
	for (i = 0; i < c->cap_seen; i++)
		if (c->seen[i].from != NULL)
			*seen_slot(table, cap, c->seen[i].from) = c->seen[i];
	c->seen = table;
	c->cap_seen = cap;
	return 0;
}

/* The code of t: its body is compiled later, in the order of the calls. */
static struct code_template *
template_of(struct compiler *c, const struct ast_template *t)
{
	struct code_template *to;
	struct compiled *slot;
	struct str file;

	if (seen_grow(c) != 0)
		return NULL;
	slot = seen_slot(c->seen, c->cap_seen, t);
	if (slot->from != NULL)
		return slot->to;
	if ((to = compiler_alloc(c, sizeof(*to))) == NULL)
		return NULL;
	to->name = compiler_str(c, t->name);
	file = compiler_str(c, t->file.len > 0 ? t->file : t->name);
	to->file = file.s;
	slot->from = t;
	slot->to = to;
	if (c->last == NULL)
		c->first = to;
	else
		c->last->next = to;
	c->last = to;
	to->source = t;
	c->nseen++;
	return c->rc == 0 ? to : NULL;
}

static int
compile_template(struct compiler *c, struct code_template *t)
{
	const struct ast_template *from = t->source;

	c->in = t;
	scope_cut(&c->vars, 0);
	c->depth = 0;
	t->source = NULL;
	if (compiler_declare(c, STR("$")) == CODE_NO_SLOT)
		return c->rc;
	return compile_list(c, from->body, &t->body);
}

/* --- Lists ------------------------------------------------------------- */

/* A list in the making: its text so far waits in front of the next slot. */
struct draft {
	struct draft_stmt {
		struct code_stmt s;
		struct draft_stmt *next;
	} *first, *last;
	uint32_t nstmts, nslots;
	struct str text;	/* in joined, where room is not 0 */
	char *joined;
	size_t room;
};

static int
draft_text(struct compiler *c, struct draft *d, struct str text)
{
	size_t len = d->text.len + text.len;
	char *joined;

	if (text.len == 0)
		return 0;
	if (d->text.len == 0) {
		d->text = text;
		d->room = 0;
		return 0;
	}
	if (d->room < len) {
		if ((joined = arena_alloc(&c->tmp, len * 2)) == NULL)
			return c->rc = lvt_error_nomem(c->err);
		memcpy(joined, d->text.s, d->text.len);
		d->joined = joined;
		d->room = len * 2;
	}
	memcpy(d->joined + d->text.len, text.s, text.len);
	d->text = (struct str){ d->joined, len };
	return 0;
}

static int
draft_stmt(struct compiler *c, struct draft *d, const struct code_stmt *s)
{
	struct draft_stmt *n = arena_new(&c->tmp, struct draft_stmt);

	if (n == NULL)
		return c->rc = lvt_error_nomem(c->err);
	n->s = *s;
	if (s->slot) {
		n->s.before = compiler_str(c, d->text);
		d->text = STR("");
		d->nslots++;
	}
	if (d->last == NULL)
		d->first = n;
	else
		d->last->next = n;
	d->last = n;
	d->nstmts++;
	return c->rc;
}

static struct code_list *
draft_finish(struct compiler *c, struct draft *d)
{
	struct code_list *l = compiler_alloc(c, sizeof(*l));
	struct str *statics = compiler_alloc(c,
	    (d->nslots + 1) * sizeof(*statics));
	struct draft_stmt *n;
	uint32_t i = 0, k = 0;

	if (l == NULL || statics == NULL)
		return NULL;
	l->stmts = compiler_alloc(c, d->nstmts * sizeof(*l->stmts));
	l->after = compiler_str(c, d->text);
	if (c->rc != 0)
		return NULL;
	for (n = d->first; n != NULL; n = n->next) {
		if (n->s.slot)
			statics[k++] = n->s.before;
		l->assigns |= n->s.assigns;
		l->stmts[i++] = n->s;
	}
	statics[k] = l->after;
	l->nstmts = d->nstmts;
	l->nslots = d->nslots;
	l->statics = program_add_statics(c->p, statics, k + 1);
	if (l->statics == UINT32_MAX) {
		c->rc = lvt_error_nomem(c->err);
		return NULL;
	}
	return l;
}

static bool
is_silent(const struct code_list *l)
{
	return l == NULL || (l->nslots == 0 && l->after.len == 0);
}

/* --- Statements -------------------------------------------------------- */

static bool	list_may_leave(const struct ast_list *l, bool by_break);

/* May {{break}} or {{continue}} in this node leave the list it stands in?
 * In the else branch of a range, break ends that range only: Go catches both
 * in one place. */
static bool
node_may_leave(const struct ast_node *n, bool by_break)
{
	switch (n->type) {
	case AST_BREAK:
		return by_break;
	case AST_CONTINUE:
		return true;
	case AST_IF:
	case AST_WITH:
		return list_may_leave(n->body, by_break) ||
		    list_may_leave(n->otherwise, by_break);
	case AST_RANGE:
		return list_may_leave(n->otherwise, false);
	default:
		return false;
	}
}

static bool
list_may_leave(const struct ast_list *l, bool by_break)
{
	const struct ast_node *n;

	for (n = l != NULL ? l->first : NULL; n != NULL; n = n->next)
		if (node_may_leave(n, by_break))
			return true;
	return false;
}

static int
compile_action(struct compiler *c, const struct ast_node *n,
    struct code_stmt *s)
{
	struct code_expr *only;
	uint8_t i;

	if ((s->pipe = compile_pipe(c, n->pipe)) == NULL)
		return c->rc;
	only = s->pipe->commands[0];
	if (c->engine == TMPL_HTML && s->pipe->ncommands == 1 &&
	    n->pipe->nvars == 0 && only->op == CODE_FUNC && only->nargs > 0)
		only->func = func_printing(only->func);
	s->assigns = s->pipe->assigns;
	s->op = n->pipe->nvars > 0 ? CODE_EVAL : CODE_PRINT;
	for (i = 0; i < n->nescapers && i < sizeof(s->escapers); i++) {
		s->escapers[i] = n->escapers[i];
		if (n->escapers[i] == ESC_COMMENT && n->nescapers == 1)
			s->op = CODE_EVAL;	/* prints nothing, ever */
	}
	s->nescapers = i;
	s->html = i == 1 && (s->escapers[0] == ESC_HTML ||
	    s->escapers[0] == ESC_RCDATA || s->escapers[0] == ESC_ATTR);
	s->slot = s->op == CODE_PRINT;
	return c->rc;
}

static int
compile_branch(struct compiler *c, const struct ast_node *n,
    struct code_stmt *s)
{
	uint32_t outer = c->vars.count, inner;

	s->op = n->type == AST_IF ? CODE_IF :
	    n->type == AST_WITH ? CODE_WITH : CODE_RANGE;
	if (compiler_enter(c, &n->at) != 0 ||
	    (s->pipe = compile_pipe(c, n->pipe)) == NULL)
		return c->rc;
	inner = c->vars.count;
	if (compile_list(c, n->body, &s->body) != 0)
		return c->rc;
	scope_cut(&c->vars, inner);
	if (n->otherwise != NULL &&
	    compile_list(c, n->otherwise, &s->otherwise) != 0)
		return c->rc;
	scope_cut(&c->vars, outer);
	compiler_leave(c);
	s->slot = !is_silent(s->body) || !is_silent(s->otherwise);
	s->assigns = s->pipe->assigns || s->body->assigns ||
	    (s->otherwise != NULL && s->otherwise->assigns);
	return c->rc;
}

static int
compile_call(struct compiler *c, const struct ast_node *n,
    struct code_stmt *s)
{
	const struct ast_template *t = n->target;

	/* What the escaper has not seen must not be reached by its name. */
	if (c->engine == TMPL_TEXT)
		t = ast_set_find(c->set, n->name);
	s->op = CODE_CALL;
	s->slot = true;
	s->name = compiler_str(c, n->name);
	if (n->pipe != NULL) {
		if ((s->pipe = compile_pipe(c, n->pipe)) == NULL)
			return c->rc;
		s->assigns = s->pipe->assigns;
	}
	/* Without a target the call fails, but only when it is reached. */
	if (t != NULL && t->body != NULL)
		s->target = template_of(c, t);
	return c->rc;
}

static int
compile_stmt(struct compiler *c, const struct ast_node *n,
    struct code_stmt *s)
{
	memset(s, 0, sizeof(*s));
	s->at = compiler_place(c, &n->at, n->source);
	switch (n->type) {
	case AST_ACTION:
		return compile_action(c, n, s);
	case AST_IF:
	case AST_WITH:
	case AST_RANGE:
		return compile_branch(c, n, s);
	case AST_TEMPLATE:
		return compile_call(c, n, s);
	case AST_BREAK:
		s->op = CODE_BREAK;
		return c->rc;
	case AST_CONTINUE:
		s->op = CODE_CONTINUE;
		return c->rc;
	default:
		return c->rc = lvt_error_set(c->err, LVT_EFAIL,
		    "no statement of type %d", (int)n->type);
	}
}

/* The statements from n on. Scopes are the caller's. */
static struct code_list *
compile_nodes(struct compiler *c, const struct ast_node *n)
{
	struct draft d = { .text = STR("") };
	struct code_stmt s;

	for (; n != NULL; n = n->next) {
		if (n->type == AST_TEXT) {
			if (draft_text(c, &d, n->text) != 0)
				return NULL;
			continue;
		}
		if (compile_stmt(c, n, &s) != 0 ||
		    draft_stmt(c, &d, &s) != 0)
			return NULL;
		if (n->type == AST_BREAK || n->type == AST_CONTINUE)
			break;		/* nothing after it is ever reached */
		if (n->next == NULL || !node_may_leave(n, true))
			continue;
		memset(&s, 0, sizeof(s));
		s.op = CODE_TAIL;
		s.at = compiler_place(c, &n->next->at, STR(""));
		if (compiler_enter(c, &n->at) != 0 ||
		    (s.body = compile_nodes(c, n->next)) == NULL)
			return NULL;
		compiler_leave(c);
		s.slot = !is_silent(s.body);
		s.assigns = s.body->assigns;
		if (draft_stmt(c, &d, &s) != 0)
			return NULL;
		break;
	}
	return draft_finish(c, &d);
}

static int
compile_list(struct compiler *c, const struct ast_list *from,
    struct code_list **to)
{
	*to = compile_nodes(c, from != NULL ? from->first : NULL);
	return c->rc;
}

int
code_compile(struct program *p, const struct ast_set *set, struct str main,
    enum tmpl_engine engine, struct lvt_error *err)
{
	struct compiler c = {
		.p = p, .set = set, .engine = engine, .err = err
	};
	const struct ast_template *t = ast_set_find(set, main);
	struct code_template *next;

	arena_init(&c.tmp);
	if (t == NULL || t->body == NULL ||
	    (engine == TMPL_HTML && t->body != t->escaped)) {
		c.rc = lvt_error_set(err, LVT_EEXEC,
		    "\"" STR_FMT "\" is an incomplete or empty template",
		    STR_ARG(main));
		lvt_error_at(err, compiler_str(&c, main).s, 1, 1);
		goto out;
	}
	if ((p->main = template_of(&c, t)) == NULL)
		goto out;
	/* Calls append to the list while it is walked. */
	for (next = p->main; next != NULL && c.rc == 0; next = next->next)
		compile_template(&c, next);
out:
	arena_release(&c.tmp);
	scope_release(&c.vars);
	return c.rc;
}
