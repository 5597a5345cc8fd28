/*
 * exec.c - statements to output.
 *
 * A list runs to its end or is left by {{break}} or {{continue}}. In both
 * cases the sink sees all its slots: what was left is empty. A failure is
 * different: it drops everything, open marks included.
 */
#include "template/exec/eval.h"
#include "template/print/print.h"

/* What running a list may return beside 0 and LVT_E*. */
enum { LEFT_BY_BREAK = 1, LEFT_BY_CONTINUE = 2 };

static int	run_list(struct eval *x, const struct code_list *l);

/* --- Slots ------------------------------------------------------------- */

/* A list as a slot of another. */
static int
run_sublist(struct eval *x, const struct code_list *l)
{
	const struct sink_ops *ops = x->sink->ops;
	size_t mark;
	int rc;

	if (ops == NULL)
		return run_list(x, l);
	mark = ops->list_open(x->sink, l->statics);
	rc = run_list(x, l);
	if (rc >= 0)
		ops->list_close(x->sink, mark);
	return rc;
}

/* A branch: its slot is empty where there is none. */
static int
run_branch(struct eval *x, const struct code_stmt *s,
    const struct code_list *l)
{
	if (l != NULL && s->slot)
		return run_sublist(x, l);
	if (l != NULL)
		return run_list(x, l);
	if (s->slot && x->sink->ops != NULL)
		x->sink->ops->empty(x->sink);
	return 0;
}

static void
print_plain(struct eval *x, const struct value *v)
{
	if (v->kind == VALUE_STRING)
		buf_str(x->out, v->u.s);
	else if (v->kind == VALUE_NONE)
		buf_puts(x->out, "<no value>");
	else
		print_value(x->out, v);
}

/* What is frequent first: a text of the document, which HTML's escapers all
 * treat alike where nobody vouches for it. */
static void
print_text(struct eval *x, const json_t *j)
{
	const struct sink_ops *ops = x->sink->ops;
	struct str text = { json_string_value(j), json_string_length(j) };
	size_t mark = ops != NULL ? ops->text_open(x->sink) : 0;

	escape_html(x->out, text, CONTENT_PLAIN);
	if (ops != NULL)
		ops->text_close(x->sink, mark);
}

/* No detour for whole numbers: HTML has nothing to say about them. */
static void
print_escaped(struct eval *x, const struct code_stmt *s,
    const struct value *v)
{
	const struct sink_ops *ops = x->sink->ops;
	size_t mark = ops != NULL ? ops->text_open(x->sink) : 0;

	if (s->nescapers == 0)
		print_plain(x, v);
	else if (s->html && v->kind == VALUE_STRING &&
	    v->content == CONTENT_PLAIN)
		escape_html(x->out, v->u.s, CONTENT_PLAIN);
	else if (s->html && (v->kind == VALUE_INT64 || v->kind == VALUE_INT))
		format_int(x->out, v->u.i);
	else
		escape_value(x->out, &x->scratch, s->escapers, s->nescapers,
		    v);
	if (ops != NULL)
		ops->text_close(x->sink, mark);
}

static int
run_print(struct eval *x, const struct code_stmt *s)
{
	const json_t *j = eval_quick(x, s->pipe);
	struct eval_mark at;
	struct value v;
	int rc;

	if (j != NULL && json_is_string(j) && s->html) {
		print_text(x, j);
		return 0;
	}
	/* A null is no value once it leaves the pipeline. */
	if (j != NULL && !json_is_null(j)) {
		value_from_json(&v, j);
		print_escaped(x, s, &v);
		return 0;
	}
	at = eval_mark(x);
	if ((rc = eval_pipe(x, s->pipe, &v)) != 0)
		return rc;
	print_escaped(x, s, &v);
	if (!s->pipe->keeps)
		eval_cut(x, at);
	return 0;
}

static int
run_eval(struct eval *x, const struct code_stmt *s)
{
	struct value v;

	return eval_pipe(x, s->pipe, &v);
}

static int
run_if(struct eval *x, const struct code_stmt *s)
{
	const json_t *j = eval_quick(x, s->pipe);
	struct eval_mark at;
	struct value v;
	bool truth;
	int rc;

	if (j != NULL) {
		truth = value_json_truth(j);
	} else {
		at = eval_mark(x);
		if ((rc = eval_pipe(x, s->pipe, &v)) != 0)
			return rc;
		truth = value_truth(&v);
		if (!s->pipe->keeps)
			eval_cut(x, at);
	}
	return run_branch(x, s, truth ? s->body : s->otherwise);
}

static int
run_with(struct eval *x, const struct code_stmt *s)
{
	struct eval_mark at = eval_mark(x);
	struct value outer = x->dot, v;
	int rc;

	if ((rc = eval_pipe(x, s->pipe, &v)) != 0)
		return rc;
	if (!value_truth(&v))
		return run_branch(x, s, s->otherwise);
	x->dot = v;
	rc = run_branch(x, s, s->body);
	x->dot = outer;
	if (!s->assigns)
		eval_cut(x, at);
	return rc;
}

/* --- Range ------------------------------------------------------------- */

struct range {
	const struct code_stmt *s;
	uint32_t nitems;
};

/* One turn, dot being the element. Returns LEFT_BY_BREAK where it is the
 * last. */
static int
run_item(struct eval *x, struct range *r, const struct value *index)
{
	const struct code_pipe *p = r->s->pipe;
	const struct sink_ops *ops = r->s->slot ? x->sink->ops : NULL;
	size_t mark = 0;
	int rc;

	if ((rc = eval_pay(x, &r->s->at, 1)) != 0)
		return rc;
	if (x->out->failed)
		return x->out->failed;
	if (p->nvars == 1) {
		x->vars[p->slots[0]] = x->dot;
	} else if (p->nvars == 2) {
		x->vars[p->slots[0]] = *index;
		x->vars[p->slots[1]] = x->dot;
	}
	if (ops != NULL)
		mark = ops->item_open(x->sink);
	rc = run_list(x, r->s->body);
	if (rc < 0)
		return rc;
	if (ops != NULL)
		ops->item_close(x->sink, mark);
	r->nitems++;
	return rc == LEFT_BY_CONTINUE ? 0 : rc;
}

static int
range_list(struct eval *x, struct range *r, const struct value *list)
{
	struct value index = value_int(0);
	int rc = 0;

	for (; index.u.i < list->u.list.len && rc == 0; index.u.i++) {
		value_element(&x->dot, list, (uint32_t)index.u.i);
		rc = run_item(x, r, &index);
	}
	return rc;
}

static int
range_map(struct eval *x, struct range *r, const struct value *map)
{
	struct value_member *m;
	struct value key;
	size_t n, i;
	int rc;

	m = value_members(&x->arena, map->u.map, &n);
	if (m == NULL)
		return eval_nomem(x);
	rc = eval_pay(x, &r->s->at, n);
	for (i = 0; i < n && rc == 0; i++) {
		key = value_str(m[i].key);
		value_from_json(&x->dot, m[i].value);
		rc = run_item(x, r, &key);
	}
	return rc;
}

static int
range_int(struct eval *x, struct range *r, const struct value *n)
{
	struct value i = *n;
	int rc = 0;

	if (r->s->pipe->nvars > 1)
		return eval_fail(x, &r->s->pipe->at, "can't use %lld to "
		    "iterate over more than one variable",
		    (long long)n->u.i);
	for (i.u.i = 0; i.u.i < n->u.i && rc == 0; i.u.i++) {
		x->dot = i;
		rc = run_item(x, r, &i);
	}
	return rc;
}

/* Is there a turn to take, or a mistake to report? */
static bool
has_items(const struct code_stmt *s, const struct value *v)
{
	if (v->kind == VALUE_INT || v->kind == VALUE_BYTE)
		return v->u.i > 0 || s->pipe->nvars > 1;
	if (v->kind == VALUE_LIST || v->kind == VALUE_MAP ||
	    value_is_nil(v))
		return value_truth(v);
	return true;
}

/* The turns of v. Numbers of the document are no counts: Go 1.19, which the
 * data's type comes from, refuses them. */
static int
run_items(struct eval *x, struct range *r, const struct value *v)
{
	struct buf text;

	switch ((enum value_kind)v->kind) {
	case VALUE_LIST:
		return range_list(x, r, v);
	case VALUE_MAP:
		return json_object_size(v->u.map) > 0 ?
		    range_map(x, r, v) : 0;
	case VALUE_INT:
	case VALUE_BYTE:
		return range_int(x, r, v);
	case VALUE_NONE:
	case VALUE_NIL:
		return 0;
	default:
		buf_init_limit(&text, 200);
		print_value(&text, v);
		eval_fail(x, &r->s->pipe->at, "range can't iterate over "
		    "%.*s", (int)text.len, text.len > 0 ? text.s : "");
		buf_release(&text);
		return LVT_EEXEC;
	}
}

static int
run_range(struct eval *x, const struct code_stmt *s)
{
	const struct sink_ops *ops = s->slot ? x->sink->ops : NULL;
	struct range r = { .s = s };
	struct eval_mark at = eval_mark(x);
	struct value outer = x->dot, v;
	size_t mark = 0;
	int rc;

	if ((rc = eval_pipe(x, s->pipe, &v)) != 0)
		return rc;
	if (!has_items(s, &v) && s->otherwise != NULL) {
		rc = run_branch(x, s, s->otherwise);
		return rc == LEFT_BY_BREAK ? 0 : rc;
	}
	if (ops != NULL)
		mark = ops->range_open(x->sink, s->body->statics);
	rc = run_items(x, &r, &v);
	x->dot = outer;
	if (rc < 0)
		return rc;
	if (ops != NULL)
		ops->range_close(x->sink, mark, r.nitems);
	if (!s->assigns)
		eval_cut(x, at);
	return 0;
}

/* --- Calls and lists --------------------------------------------------- */

static int
run_call(struct eval *x, const struct code_stmt *s)
{
	struct value *vars = x->vars, dot = x->dot, arg;
	struct eval_mark at = eval_mark(x);
	int rc;

	if (s->target == NULL)
		return eval_fail(x, &s->at, "template \"" STR_FMT
		    "\" not defined", STR_ARG(s->name));
	if (x->depth >= x->p->limits.exec_depth)
		return eval_fail(x, &s->at, "exceeded maximum template depth "
		    "(%u)", (unsigned)x->p->limits.exec_depth);
	arg = (struct value){ .kind = VALUE_NONE };
	if (s->pipe != NULL && (rc = eval_pipe(x, s->pipe, &arg)) != 0)
		return rc;
	if (s->pipe != NULL && s->pipe->keeps)
		at = eval_mark(x);
	/* A template may declare very many variables and use none. */
	if ((rc = eval_pay(x, &s->at, s->target->nvars / 16)) != 0)
		return rc;
	x->vars = arena_zalloc(&x->arena,
	    s->target->nvars * sizeof(*x->vars));
	if (x->vars == NULL)
		return eval_nomem(x);
	x->vars[0] = x->dot = arg;
	x->depth++;
	rc = run_sublist(x, s->target->body);
	x->depth--;
	x->vars = vars;
	x->dot = dot;
	eval_cut(x, at);
	return rc;
}

static int
run_stmt(struct eval *x, const struct code_stmt *s)
{
	switch (s->op) {
	case CODE_PRINT:
		return run_print(x, s);
	case CODE_EVAL:
		return run_eval(x, s);
	case CODE_IF:
		return run_if(x, s);
	case CODE_WITH:
		return run_with(x, s);
	case CODE_RANGE:
		return run_range(x, s);
	case CODE_CALL:
		return run_call(x, s);
	case CODE_TAIL:
		return run_branch(x, s, s->body);
	case CODE_BREAK:
		return LEFT_BY_BREAK;
	case CODE_CONTINUE:
		return LEFT_BY_CONTINUE;
	default:
		return LVT_EFAIL;
	}
}

static int
run_list(struct eval *x, const struct code_list *l)
{
	const struct code_stmt *s = l->stmts, *end = s + l->nstmts;
	bool plain = x->sink->ops == NULL;
	int rc = 0;

	if (s == end) {
		if (plain)
			buf_str(x->out, l->after);
		return 0;
	}
	if ((rc = eval_deeper(x, &s->at)) != 0 ||
	    (rc = eval_pay(x, &s->at, l->nstmts)) != 0)
		return rc;
	for (; s < end; s++) {
		if (plain)
			buf_str(x->out, s->before);
		if ((rc = run_stmt(x, s)) != 0)
			break;
	}
	if (rc < 0)
		return rc;
	/* Left early: the tail stays empty. Text that belongs before the
	 * statement which left is part of the statics that remain. */
	for (s = s < end ? s + 1 : end; s < end; s++) {
		if (plain)
			buf_str(x->out, s->before);
		else if (s->slot)
			x->sink->ops->empty(x->sink);
	}
	if (plain)
		buf_str(x->out, l->after);
	return rc;
}

/* --- A page ------------------------------------------------------------- */

/* The buffer itself watches over the size of the output. */
static void
limit_output(struct buf *out, size_t limit)
{
	size_t outer = out->limit != 0 ? out->limit : BUF_LIMIT;

	if (limit > SIZE_MAX - out->len)
		limit = SIZE_MAX - out->len;
	limit += out->len;
	if (limit < outer)
		out->limit = limit;
}

/* The page's own frame: dot and $ are the data. few is for one that needs no
 * more. */
static int
open_frame(struct eval *x, const json_t *data, struct value *few)
{
	uint32_t nvars = x->p->main->nvars;

	value_from_json(&x->dot, data);
	x->dot.iface = false;
	if (x->dot.kind == VALUE_NIL)
		x->dot.kind = VALUE_NONE;
	x->vars = nvars <= EVAL_FEW ? few :
	    arena_alloc(&x->arena, nvars * sizeof(*x->vars));
	if (x->vars == NULL)
		return eval_nomem(x);
	memset(x->vars, 0, nvars * sizeof(*x->vars));
	x->vars[0] = x->dot;
	return 0;
}

int
program_exec(const struct program *p, const json_t *data,
    const struct program_host *host, struct sink *sink, struct lvt_error *err)
{
	struct eval x = {
		.p = p, .host = host, .host_root = host != NULL ? data : NULL,
		.sink = sink, .out = sink->out, .steps = p->limits.steps,
		.stack = __builtin_frame_address(0), .err = err
	};
	size_t outer = sink->out->limit;
	struct value few[EVAL_FEW];
	int rc;

	arena_init(&x.arena);
	buf_init(&x.tmp);
	escape_scratch_init(&x.scratch);
	limit_output(sink->out, p->limits.output_bytes);
	if ((rc = open_frame(&x, data, few)) == 0)
		rc = run_sublist(&x, p->main->body);
	if (rc == 0 && sink->out->failed)
		rc = sink->out->failed;
	if (rc == LVT_ETOOBIG)
		lvt_error_set(err, rc, "output is too big");
	else if (rc == LVT_ENOMEM)
		lvt_error_nomem(err);
	sink->out->limit = outer;
	if (x.refs != NULL)
		eval_release_refs(&x, NULL);
	escape_scratch_release(&x.scratch);
	buf_release(&x.tmp);
	arena_release(&x.arena);
	return rc;
}
