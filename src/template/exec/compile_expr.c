/*
 * compile_expr.c - pipelines and operands to code.
 *
 * What cannot succeed becomes CODE_FAIL rather than an error here: Go finds
 * such mistakes only when the action is reached, and so do we.
 */
#include <stdarg.h>
#include <stdio.h>

#include "template/exec/call.h"
#include "template/exec/compile.h"
#include "template/exec/funcs.h"

static struct code_expr *compile_operand(struct compiler *c,
	    const struct ast_node *n, const struct ast_command *cmd,
	    bool piped);

/* --- Variables --------------------------------------------------------- */

uint32_t
compiler_declare(struct compiler *c, struct str name)
{
	if (scope_add(&c->vars, name) != 0) {
		c->rc = lvt_error_nomem(c->err);
		return CODE_NO_SLOT;
	}
	if (c->in->nvars < c->vars.count)
		c->in->nvars = c->vars.count;
	return c->vars.count - 1;
}

static uint32_t
lookup(const struct compiler *c, struct str name)
{
	uint32_t i = scope_find(&c->vars, name);

	return i != SCOPE_NONE ? i : CODE_NO_SLOT;
}

/* --- Operands ---------------------------------------------------------- */

static struct code_expr *
new_expr(struct compiler *c, enum code_op op, const struct ast_node *n)
{
	struct code_expr *e = compiler_alloc(c, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->op = op;
	e->at = compiler_place(c, &n->at, n->source);
	return c->rc == 0 ? e : NULL;
}

__attribute__((format(printf, 3, 4)))
static struct code_expr *
new_fail(struct compiler *c, const struct ast_node *n, const char *fmt, ...)
{
	struct code_expr *e = new_expr(c, CODE_FAIL, n);
	char text[256];
	va_list ap;

	if (e == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->message = compiler_str(c, str_z(text)).s;
	return c->rc == 0 ? e : NULL;
}

/* Without a point, exponent or quote a number is an int where it can be; the
 * e of 0xfe is a digit. */
static bool
looks_like_float(struct str s)
{
	bool hex = s.len > 2 && s.s[0] == '0' && (s.s[1] | 32) == 'x';
	size_t i;

	if (s.len > 0 && s.s[0] == '\'')
		return false;
	for (i = 0; i < s.len; i++) {
		if ((s.s[i] | 32) == 'p')
			return true;
		if (!hex && (s.s[i] == '.' || (s.s[i] | 32) == 'e'))
			return true;
	}
	return false;
}

static struct code_expr *
compile_number(struct compiler *c, const struct ast_node *n)
{
	const struct ast_number *num = &n->number;
	struct code_expr *e = new_expr(c, CODE_CONST, n);

	if (e == NULL)
		return NULL;
	if (num->is_complex) {
		e->constant.kind = VALUE_COMPLEX;
		e->constant.u.c.re = num->f;
		e->constant.u.c.im = num->im;
	} else if (num->is_float && looks_like_float(n->source)) {
		e->constant.kind = VALUE_FLOAT;
		e->constant.u.f = num->f;
	} else if (num->is_int) {
		e->constant = value_int(num->i);
	} else if (num->is_uint) {
		return new_fail(c, n, STR_FMT " overflows int",
		    STR_ARG(n->source));
	}
	return e;
}

static int
compile_names(struct compiler *c, struct code_expr *e,
    const struct ast_node *n)
{
	uint32_t before = CODE_NO_FIELD;
	int i;

	e->npath = (uint32_t)n->npath;
	e->path = compiler_alloc(c, (size_t)n->npath * sizeof(*e->path));
	if (e->path == NULL)
		return c->rc;
	for (i = 0; i < n->npath; i++) {
		e->path[i] = program_add_field(c->p, n->path[i]);
		if (e->path[i].s.s == NULL ||
		    program_add_pair(c->p, before, e->path[i].id) != 0)
			return c->rc = lvt_error_nomem(c->err);
		before = e->path[i].id;
	}
	if (program_add_pair(c->p, before, CODE_NO_FIELD) != 0)
		return c->rc = lvt_error_nomem(c->err);
	return 0;
}

/* The arguments of cmd; printf's first must be a string. */
static int
compile_args(struct compiler *c, struct code_expr *e,
    const struct ast_command *cmd, bool text_first)
{
	const struct ast_node *n = cmd != NULL ? cmd->args->next : NULL;
	uint32_t i = 0;

	if (cmd == NULL || cmd->nargs < 2)
		return 0;
	e->nargs = (uint32_t)cmd->nargs - 1;
	e->args = compiler_alloc(c, e->nargs * sizeof(*e->args));
	for (; c->rc == 0 && n != NULL && i < e->nargs; n = n->next, i++) {
		if (text_first && i == 0 && (n->type == AST_NUMBER ||
		    n->type == AST_BOOL))
			e->args[i] = new_fail(c, n,
			    "expected string; found " STR_FMT,
			    STR_ARG(n->source));
		else if (text_first && i == 0 && n->type == AST_NIL)
			e->args[i] = new_fail(c, n,
			    "cannot assign nil to string");
		else if (n->type == AST_NIL)
			e->args[i] = new_expr(c, CODE_CONST, n);
		else
			e->args[i] = compile_operand(c, n, NULL, false);
	}
	return c->rc;
}

/* .a.b of base; a NULL base is dot. cmd, where it is not NULL, has the
 * arguments of the last name. */
static struct code_expr *
compile_path(struct compiler *c, const struct ast_node *n,
    struct code_expr *base, const struct ast_command *cmd)
{
	struct code_expr *e = new_expr(c, CODE_PATH, n);

	if (e == NULL || (base == NULL &&
	    (base = new_expr(c, CODE_DOT, n)) == NULL))
		return NULL;
	e->base = base;
	if (compile_names(c, e, n) != 0 ||
	    compile_args(c, e, cmd, false) != 0)
		return NULL;
	return e;
}

static struct code_expr *
compile_variable(struct compiler *c, const struct ast_node *n,
    const struct ast_command *cmd)
{
	struct code_expr *e;
	uint32_t slot = lookup(c, n->name);

	if (slot == CODE_NO_SLOT)
		return new_fail(c, n, "undefined variable: " STR_FMT,
		    STR_ARG(n->name));
	e = new_expr(c, CODE_VAR, n);
	if (e == NULL)
		return NULL;
	e->slot = slot;
	return n->npath > 0 ? compile_path(c, n, e, cmd) : e;
}

/* The whole command, as messages about a call show it. */
static struct str
command_source(struct compiler *c, const struct ast_command *cmd)
{
	const struct ast_node *n;
	struct str s;
	size_t len = 0;
	char *p;

	for (n = cmd->args; n != NULL; n = n->next)
		len += n->source.len + 1;
	if ((p = compiler_alloc(c, len)) == NULL)
		return STR_NULL;
	s = (struct str){ p, len - 1 };
	for (n = cmd->args; n != NULL; n = n->next) {
		memcpy(p, n->source.s, n->source.len);
		p += n->source.len;
		*p++ = n->next != NULL ? ' ' : '\0';
	}
	return s;
}

static const struct func *
find_func(struct compiler *c, struct str name)
{
	const struct func *f = func_find(name);
	int rc = 0;

	if (f == NULL)
		f = call_func(c->set, &c->p->arena, name, &rc);
	if (rc != 0)
		c->rc = lvt_error_nomem(c->err);
	return f;
}

static struct code_expr *
compile_func(struct compiler *c, const struct ast_node *n,
    const struct ast_command *cmd, bool piped)
{
	bool is_and = str_is(n->name, "and"), is_or = str_is(n->name, "or");
	const struct func *f = find_func(c, n->name);
	int given = cmd != NULL ? cmd->nargs - 1 : 0;
	int n_all = given + (piped ? 1 : 0);
	struct code_expr *e;

	if (c->rc != 0)
		return NULL;
	if (f == NULL && !is_and && !is_or)
		return new_fail(c, n, "\"" STR_FMT
		    "\" is not a defined function", STR_ARG(n->name));
	/* The parser has counted those of the application's functions. */
	if (f == NULL ? n_all < 1 : f->max < 0 && n_all < f->min)
		return new_fail(c, n, "wrong number of args for " STR_FMT
		    ": want at least %d got %d", STR_ARG(n->name),
		    f == NULL ? 1 : f->min, given);
	if (f != NULL && f->row == NULL && f->max >= 0 && n_all != f->max)
		return new_fail(c, n, "wrong number of args for " STR_FMT
		    ": want %d got %d", STR_ARG(n->name), f->max, n_all);
	e = new_expr(c, is_and ? CODE_AND : is_or ? CODE_OR : CODE_FUNC, n);
	if (e == NULL)
		return NULL;
	e->func = f;
	if (cmd != NULL)
		e->at.source = command_source(c, cmd);
	compile_args(c, e, cmd, f != NULL && f->text_first);
	return c->rc == 0 ? e : NULL;
}

static struct code_expr *
compile_operand(struct compiler *c, const struct ast_node *n,
    const struct ast_command *cmd, bool piped)
{
	struct code_expr *e = NULL;

	if (c->rc != 0 || compiler_enter(c, &n->at) != 0)
		return NULL;
	switch (n->type) {
	case AST_DOT:
		e = new_expr(c, CODE_DOT, n);
		break;
	case AST_NIL:
		e = new_fail(c, n, "nil is not a command");
		break;
	case AST_BOOL:
		if ((e = new_expr(c, CODE_CONST, n)) != NULL)
			e->constant = value_bool(n->number.b);
		break;
	case AST_NUMBER:
		e = compile_number(c, n);
		break;
	case AST_STRING:
		if ((e = new_expr(c, CODE_CONST, n)) != NULL)
			e->constant = value_str(compiler_str(c, n->text));
		break;
	case AST_FIELD:
		e = compile_path(c, n, NULL, cmd);
		break;
	case AST_VARIABLE:
		e = compile_variable(c, n, cmd);
		break;
	case AST_CHAIN:
		e = compile_operand(c, n->operand, NULL, false);
		if (e != NULL)
			e = compile_path(c, n, e, cmd);
		break;
	case AST_IDENT:
		e = compile_func(c, n, cmd, piped);
		break;
	case AST_PIPE:
		if ((e = new_expr(c, CODE_PIPE, n)) != NULL)
			e->pipe = compile_pipe(c, n->pipe);
		break;
	default:
		e = new_fail(c, n, "can't evaluate " STR_FMT,
		    STR_ARG(n->source));
	}
	compiler_leave(c);
	return c->rc == 0 ? e : NULL;
}

/* --- Pipelines --------------------------------------------------------- */

static struct code_expr *
compile_command(struct compiler *c, const struct ast_command *cmd, bool piped)
{
	const struct ast_node *n = cmd->args;
	bool takes = n->type == AST_IDENT || n->type == AST_FIELD ||
	    n->type == AST_CHAIN ||
	    (n->type == AST_VARIABLE && n->npath > 0);

	if (!takes && (cmd->nargs > 1 || piped)) {
		if (n->type == AST_VARIABLE &&
		    lookup(c, n->name) == CODE_NO_SLOT)
			return compile_operand(c, n, NULL, false);
		return new_fail(c, n, "can't give argument to non-function "
		    STR_FMT, STR_ARG(n->source));
	}
	return compile_operand(c, n, cmd, piped);
}

/* What pipelines within e do to variables, p does. */
static void
inherit(struct code_pipe *p, const struct code_expr *e)
{
	uint32_t i;

	if (e->op == CODE_PIPE) {
		p->keeps |= e->pipe->keeps;
		p->assigns |= e->pipe->assigns;
	}
	if (e->base != NULL)
		inherit(p, e->base);
	for (i = 0; i < e->nargs; i++)
		inherit(p, e->args[i]);
}

static int
compile_targets(struct compiler *c, const struct ast_pipe *p,
    struct code_pipe *to)
{
	int i;

	to->nvars = (uint32_t)p->nvars;
	for (i = 0; i < p->nvars; i++) {
		to->names[i] = compiler_str(c, p->vars[i]);
		to->slots[i] = p->assign ? lookup(c, p->vars[i]) :
		    compiler_declare(c, to->names[i]);
		if (c->rc != 0)
			return c->rc;
	}
	return 0;
}

static bool
is_quick(const struct code_expr *e)
{
	return e->op == CODE_PATH && e->nargs == 0 &&
	    (e->base->op == CODE_DOT || e->base->op == CODE_VAR);
}

struct code_pipe *
compile_pipe(struct compiler *c, const struct ast_pipe *p)
{
	struct code_pipe *to = compiler_alloc(c, sizeof(*to));
	const struct ast_command *cmd;
	uint32_t i = 0;

	if (to == NULL)
		return NULL;
	to->at = compiler_place(c, &p->at, p->source);
	to->commands = compiler_alloc(c,
	    (size_t)p->ncommands * sizeof(*to->commands));
	if (c->rc != 0)
		return NULL;
	for (cmd = p->commands; cmd != NULL; cmd = cmd->next, i++) {
		to->commands[i] = compile_command(c, cmd, i > 0);
		if (to->commands[i] == NULL)
			return NULL;
		inherit(to, to->commands[i]);
	}
	to->ncommands = i;
	if (compile_targets(c, p, to) != 0)
		return NULL;
	if (i == 1 && p->nvars == 0 && is_quick(to->commands[0]))
		to->quick = to->commands[0];
	to->keeps |= to->nvars > 0;
	to->assigns |= p->assign;
	return to;
}
