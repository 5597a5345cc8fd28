/*
 * eval.c - expressions to values.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "template/exec/call.h"
#include "template/exec/funcs.h"
#include "template/print/print.h"

#define SHOWN	60	/* bytes of a node that a message repeats */

static int	eval(struct eval *x, const struct code_expr *e,
		    const struct value *piped, struct value *out);

/* --- Failure ----------------------------------------------------------- */

int
eval_fail(struct eval *x, const struct code_place *at, const char *fmt, ...)
{
	size_t shown = at->source.len < SHOWN ? at->source.len : SHOWN;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lvt_error_set(x->err, LVT_EEXEC, "executing \"" STR_FMT
	    "\" at <%.*s%s>: %s", STR_ARG(at->in->name), (int)shown,
	    at->source.s, shown < at->source.len ? "..." : "", text);
	lvt_error_at(x->err, at->in->file, (int)at->line, (int)at->column);
	return LVT_EEXEC;
}

int
eval_nomem(struct eval *x)
{
	return lvt_error_nomem(x->err);
}

int
eval_too_deep(struct eval *x, const struct code_place *at)
{
	return eval_fail(x, at, "nested too deeply");
}

int
eval_too_long(struct eval *x, const struct code_place *at)
{
	x->steps = 0;
	return eval_fail(x, at, "more than %llu steps",
	    (unsigned long long)x->p->limits.steps);
}

int
eval_take_text(struct eval *x, const struct code_place *at,
    struct value *out)
{
	struct str s;

	if (x->tmp.failed == LVT_ETOOBIG)
		return eval_fail(x, at, "text is too big");
	if (x->tmp.failed)
		return eval_nomem(x);
	if (eval_pay(x, at, x->tmp.len / 16) != 0)
		return LVT_EEXEC;
	s = arena_str(&x->arena, x->tmp.len > 0 ? x->tmp.s : "", x->tmp.len);
	if (s.s == NULL)
		return eval_nomem(x);
	*out = value_str(s);
	return 0;
}

/* --- What C answered --------------------------------------------------- */

struct eval_ref {
	struct eval_ref *next;
	json_t *json;
};

void
eval_release_refs(struct eval *x, const struct eval_ref *until)
{
	struct eval_ref *r;

	/* Another object may come to lie where one was. */
	memset(x->cache, 0, sizeof(x->cache));
	while ((r = x->refs) != until) {
		x->refs = r->next;
		json_decref(r->json);
		free(r);
	}
}

int
eval_keep(struct eval *x, json_t *json, struct value *out)
{
	struct eval_ref *r = malloc(sizeof(*r));

	if (r == NULL) {
		json_decref(json);
		return eval_nomem(x);
	}
	r->json = json;
	r->next = x->refs;
	x->refs = r;
	value_from_json(out, json);
	return 0;
}

static int
ask_host(struct eval *x, const struct code_expr *e, struct str member,
    struct value *argv, uint32_t argc, struct value *out)
{
	struct lvt_error why = { 0 };
	json_t *args = call_args(argv, argc), *answer = NULL;
	int rc;

	if (args == NULL)
		return eval_nomem(x);
	rc = x->host->get(x->host->arg, member, args, &answer, &why);
	json_decref(args);
	if (rc != 0) {
		json_decref(answer);
		if (rc == LVT_ENOMEM)
			return eval_nomem(x);
		return eval_fail(x, &e->at, "error calling " STR_FMT ": %s",
		    STR_ARG(member), why.code != 0 ? why.message :
		    lvt_strerror(rc));
	}
	if (answer == NULL) {
		*out = (struct value){ .kind = VALUE_NONE };
		return 0;
	}
	return eval_keep(x, answer, out);
}

/* --- Fields ------------------------------------------------------------ */

const json_t *
eval_ask(struct eval_member *m, const json_t *map,
    const struct code_name *name)
{
	m->value = json_object_getn(map, name->s.s, name->s.len);
	m->map = map;
	m->id = name->id;
	return m->value;
}

const json_t *
eval_deep(struct eval *x, const struct code_expr *e, const json_t *map)
{
	const json_t *j = eval_member(x, map, e->path);
	uint32_t i;

	for (i = 1; i < e->npath; i++) {
		if (!json_is_object(j) || j == x->host_root)
			return NULL;
		j = eval_member(x, j, &e->path[i]);
	}
	return j;
}

/* v becomes its member; argc is not 0 only for the last name of a path. */
static int
field(struct eval *x, const struct code_expr *e, const struct code_name *of,
    struct value *argv, uint32_t argc, struct value *v)
{
	struct str name = of->s;

	switch ((enum value_kind)v->kind) {
	case VALUE_MAP:
		if (v->u.map == x->host_root &&
		    str_is(name, x->host->name)) {
			v->kind = VALUE_HOST;
			v->iface = false;
			v->u.host = x->host;
			return 0;
		}
		if (argc > 0)
			return eval_fail(x, &e->at, STR_FMT
			    " is not a method but has arguments",
			    STR_ARG(name));
		value_from_json(v, eval_member(x, v->u.map, of));
		return 0;
	case VALUE_HOST:
		return ask_host(x, e, name, argv, argc, v);
	case VALUE_NONE:
		return 0;
	case VALUE_NIL:
		return eval_fail(x, &e->at, "nil pointer evaluating "
		    "interface {}." STR_FMT, STR_ARG(name));
	default:
		return eval_fail(x, &e->at, "can't evaluate field " STR_FMT
		    " in type %s", STR_ARG(name),
		    v->iface ? "interface {}" : value_type_name(v));
	}
}

/* Arguments, and what was piped in as the last of them, into *argv. */
static int
eval_args(struct eval *x, const struct code_expr *e,
    const struct value *piped, struct value *few, struct value **argv,
    uint32_t *argc)
{
	uint32_t i, n = e->nargs + (piped != NULL);
	int rc;

	*argc = n;
	*argv = few;
	if (n > EVAL_FEW) {
		*argv = arena_alloc(&x->arena, n * sizeof(**argv));
		if (*argv == NULL)
			return eval_nomem(x);
	}
	for (i = 0; i < e->nargs; i++)
		if ((rc = eval(x, e->args[i], NULL, &(*argv)[i])) != 0)
			return rc;
	if (piped != NULL)
		(*argv)[i] = *piped;
	return 0;
}

static int
eval_path(struct eval *x, const struct code_expr *e,
    const struct value *piped, struct value *out)
{
	struct value few[EVAL_FEW], *argv = few;
	uint32_t i, argc = 0;
	int rc;

	if ((rc = eval(x, e->base, NULL, out)) != 0)
		return rc;
	for (i = 0; i + 1 < e->npath; i++)
		if ((rc = field(x, e, &e->path[i], NULL, 0, out)) != 0)
			return rc;
	/* Only a method looks at its arguments; a map refuses that they are
	 * there at all. */
	if (e->nargs > 0 || piped != NULL) {
		argc = e->nargs + (piped != NULL);
		if (out->kind == VALUE_HOST && (rc = eval_args(x, e, piped,
		    few, &argv, &argc)) != 0)
			return rc;
	}
	return field(x, e, &e->path[i], argv, argc, out);
}

/* --- Functions --------------------------------------------------------- */

static int
need_text(struct eval *x, const struct code_expr *e, const struct value *v)
{
	if (v->kind == VALUE_STRING && v->content == CONTENT_PLAIN)
		return 0;
	if (v->kind == VALUE_NONE)
		return eval_fail(x, &e->at,
		    "invalid value; expected string");
	return eval_fail(x, &e->at, "wrong type for value; expected string; "
	    "got %s", v->kind == VALUE_NIL ? "interface {}" :
	    value_type_name(v));
}

static int
eval_func(struct eval *x, const struct code_expr *e,
    const struct value *piped, struct value *out)
{
	struct value few[EVAL_FEW], *argv;
	uint32_t argc;
	int rc;

	if ((rc = eval_args(x, e, piped, few, &argv, &argc)) != 0)
		return rc;
	if (e->func->text_first && (rc = need_text(x,
	    e->nargs > 0 ? e->args[0] : e, &argv[0])) != 0)
		return rc;
	return e->func->run(x, e, argv, argc, out);
}

/* The first value that decides, or the last. */
static int
eval_and_or(struct eval *x, const struct code_expr *e,
    const struct value *piped, struct value *out)
{
	uint32_t i;
	int rc;

	for (i = 0; i < e->nargs; i++) {
		if ((rc = eval(x, e->args[i], NULL, out)) != 0)
			return rc;
		if (value_truth(out) == (e->op == CODE_OR))
			return 0;
	}
	if (piped != NULL)
		*out = *piped;
	return 0;
}

/* --- Pipelines --------------------------------------------------------- */

static int
eval(struct eval *x, const struct code_expr *e, const struct value *piped,
    struct value *out)
{
	switch (e->op) {
	case CODE_CONST:
		*out = e->constant;
		return 0;
	case CODE_DOT:
		*out = x->dot;
		return 0;
	case CODE_VAR:
		*out = x->vars[e->slot];
		return 0;
	case CODE_PATH:
		return eval_path(x, e, piped, out);
	case CODE_FUNC:
		return eval_func(x, e, piped, out);
	case CODE_AND:
	case CODE_OR:
		return eval_and_or(x, e, piped, out);
	case CODE_PIPE:
		return eval_pipe(x, e->pipe, out);
	default:
		return eval_fail(x, &e->at, "%s", e->message);
	}
}

/* What leaves a pipeline is the thing itself, no longer in an interface. */
static void
unwrap(struct value *v)
{
	v->iface = false;
	if (v->kind == VALUE_NIL)
		v->kind = VALUE_NONE;
}

int
eval_pipe(struct eval *x, const struct code_pipe *p, struct value *out)
{
	struct value piped;
	uint32_t i;
	int rc;

	if ((rc = eval_deeper(x, &p->at)) != 0 ||
	    (rc = eval_pay(x, &p->at, p->ncommands)) != 0 ||
	    (rc = eval(x, p->commands[0], NULL, out)) != 0)
		return rc;
	unwrap(out);
	for (i = 1; i < p->ncommands; i++) {
		piped = *out;
		if ((rc = eval(x, p->commands[i], &piped, out)) != 0)
			return rc;
		unwrap(out);
	}
	for (i = 0; i < p->nvars; i++) {
		if (p->slots[i] == CODE_NO_SLOT)
			return eval_fail(x, &p->at, "undefined variable: "
			    STR_FMT, STR_ARG(p->names[i]));
		x->vars[p->slots[i]] = *out;
	}
	return 0;
}
