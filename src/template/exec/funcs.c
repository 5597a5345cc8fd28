/*
 * funcs.c - the functions that every template may name.
 */
#include "template/exec/funcs.h"
#include "template/print/print.h"

/* The arguments of a function's run(). */
#define FUNC(name) static int name(struct eval *x,                          \
    const struct code_expr *e, struct value *argv, size_t n,                \
    struct value *out)

#define FAIL(...) eval_fail(x, &e->at, "error calling %s: " __VA_ARGS__)

/* --- Text -------------------------------------------------------------- */

FUNC(func_print)
{
	buf_clear(&x->tmp);
	print_all(&x->tmp, argv, n);
	return eval_take_text(x, &e->at, out);
}

FUNC(func_println)
{
	buf_clear(&x->tmp);
	print_lines(&x->tmp, argv, n);
	return eval_take_text(x, &e->at, out);
}

FUNC(func_printf)
{
	buf_clear(&x->tmp);
	print_format(&x->tmp, argv[0].u.s, argv + 1, n - 1);
	return eval_take_text(x, &e->at, out);
}

/* The arguments as print would write them, then one escaper. */
static int
escape_printed(struct eval *x, const struct code_expr *e,
    const struct value *argv, size_t n, struct value *out,
    void (*escape)(struct buf *, struct str))
{
	struct buf *printed = &x->scratch.a;
	struct str text;

	if (n == 1 && argv[0].kind == VALUE_STRING &&
	    argv[0].content == CONTENT_PLAIN) {
		text = argv[0].u.s;
	} else {
		buf_clear(printed);
		print_all(printed, argv, n);
		if (printed->failed)
			return printed->failed == LVT_ETOOBIG ?
			    eval_fail(x, &e->at, "text is too big") :
			    eval_nomem(x);
		text = (struct str){ printed->s, printed->len };
	}
	buf_clear(&x->tmp);
	escape(&x->tmp, text);
	return eval_take_text(x, &e->at, out);
}

/* What an action prints for nil; print has "<nil>". */
static void
name_nil(struct value *argv, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (value_is_nil(&argv[i]))
			argv[i] = value_str(STR("<no value>"));
}

FUNC(func_print_html)
{
	return escape_printed(x, e, argv, n, out, escape_func_html);
}

FUNC(func_print_urlquery)
{
	return escape_printed(x, e, argv, n, out, escape_func_urlquery);
}

FUNC(func_html)
{
	name_nil(argv, n);
	return func_print_html(x, e, argv, n, out);
}

FUNC(func_urlquery)
{
	name_nil(argv, n);
	return func_print_urlquery(x, e, argv, n, out);
}

FUNC(func_js)
{
	name_nil(argv, n);
	return escape_printed(x, e, argv, n, out, escape_func_js);
}

/* --- Parts ------------------------------------------------------------- */

/* An index up to max. */
static int
index_arg(struct eval *x, const struct code_expr *e, const struct value *v,
    size_t max, size_t *i)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_INT:
	case VALUE_INT64:
	case VALUE_BYTE:
		break;
	case VALUE_NONE:
	case VALUE_NIL:
		return FAIL("cannot index slice/array with nil",
		    e->func->name);
	default:
		return FAIL("cannot index slice/array with type %s",
		    e->func->name, value_type_name(v));
	}
	if (v->u.i < 0 || (uint64_t)v->u.i > max)
		return FAIL("index out of range: %lld", e->func->name,
		    (long long)v->u.i);
	*i = (size_t)v->u.i;
	return 0;
}

static int
index_map(struct eval *x, const struct code_expr *e, const struct value *map,
    const struct value *key, struct value *out)
{
	const json_t *j;

	if (value_is_nil(key))
		return FAIL("value is nil; should be of type string",
		    e->func->name);
	if (key->kind != VALUE_STRING || key->content != CONTENT_PLAIN)
		return FAIL("value has type %s; should be string",
		    e->func->name, value_type_name(key));
	j = json_object_getn(map->u.map, key->u.s.s, key->u.s.len);
	value_from_json(out, j);
	if (j == NULL) {
		out->kind = VALUE_NIL;
		out->iface = true;
	}
	return 0;
}

/* One step of index: *v becomes its element. */
static int
index_step(struct eval *x, const struct code_expr *e, const struct value *at,
    struct value *v)
{
	struct value from = *v;
	size_t len, i = 0;
	int rc;

	switch ((enum value_kind)v->kind) {
	case VALUE_NONE:
	case VALUE_NIL:
		return FAIL("index of nil pointer", e->func->name);
	case VALUE_MAP:
		return index_map(x, e, &from, at, v);
	case VALUE_STRING:
	case VALUE_LIST:
		len = v->kind == VALUE_LIST ? v->u.list.len : v->u.s.len;
		if ((rc = index_arg(x, e, at, len, &i)) != 0)
			return rc;
		/* Go lets the length through here and stops a step later. */
		if (i == len)
			return FAIL("reflect: %s index out of range",
			    e->func->name, v->kind == VALUE_LIST ? "slice" :
			    "string");
		if (v->kind == VALUE_LIST) {
			value_element(v, &from, (uint32_t)i);
			return 0;
		}
		*v = value_int((unsigned char)from.u.s.s[i]);
		v->kind = VALUE_BYTE;
		return 0;
	default:
		return FAIL("can't index item of type %s", e->func->name,
		    value_type_name(v));
	}
}

FUNC(func_index)
{
	size_t i;
	int rc = 0;

	if (value_is_nil(&argv[0]))
		return FAIL("index of untyped nil", e->func->name);
	*out = argv[0];
	for (i = 1; i < n && rc == 0; i++)
		rc = index_step(x, e, &argv[i], out);
	return rc;
}

FUNC(func_slice)
{
	size_t at[3], max, i;
	int rc;

	if (value_is_nil(&argv[0]))
		return FAIL("slice of untyped nil", e->func->name);
	if (n > 4)
		return FAIL("too many slice indexes: %zu", e->func->name,
		    n - 1);
	*out = argv[0];
	out->iface = false;
	if (out->kind == VALUE_STRING) {
		if (n == 4)
			return FAIL("cannot 3-index slice a string",
			    e->func->name);
		at[1] = max = out->u.s.len;
	} else if (out->kind == VALUE_LIST) {
		at[1] = out->u.list.len;
		max = out->cap;
	} else {
		return FAIL("can't slice item of type %s", e->func->name,
		    value_type_name(out));
	}
	at[0] = 0;
	at[2] = max;
	for (i = 1; i < n; i++) {
		/* Unlike index, Go's slice does not look into an interface:
		 * (.n) is a position, a bare .n is not. */
		if (argv[i].iface)
			return FAIL("cannot index slice/array with type "
			    "interface {}", e->func->name);
		if ((rc = index_arg(x, e, &argv[i], max, &at[i - 1])) != 0)
			return rc;
	}
	if (at[0] > at[1] || at[1] > at[2])
		return FAIL("invalid slice index: %zu > %zu", e->func->name,
		    at[0] > at[1] ? at[0] : at[1],
		    at[0] > at[1] ? at[1] : at[2]);
	if (out->kind == VALUE_STRING) {
		out->u.s.s += at[0];
		out->u.s.len = at[1] - at[0];
		return 0;
	}
	out->u.list.from += (uint32_t)at[0];
	out->u.list.len = (uint32_t)(at[1] - at[0]);
	out->cap = (uint32_t)(at[2] - at[0]);
	return 0;
}

FUNC(func_len)
{
	(void)n;
	switch ((enum value_kind)argv[0].kind) {
	case VALUE_STRING:
		*out = value_int((int64_t)argv[0].u.s.len);
		return 0;
	case VALUE_LIST:
		*out = value_int(argv[0].u.list.len);
		return 0;
	case VALUE_MAP:
		*out = value_int((int64_t)json_object_size(argv[0].u.map));
		return 0;
	case VALUE_NONE:
	case VALUE_NIL:
		return FAIL("len of nil pointer", e->func->name);
	default:
		return FAIL("len of type %s", e->func->name,
		    value_type_name(&argv[0]));
	}
}

/* --- Truth and order --------------------------------------------------- */

FUNC(func_not)
{
	(void)x;
	(void)e;
	(void)n;
	*out = value_bool(!value_truth(&argv[0]));
	return 0;
}

/* Comparing long strings is work that a template can ask for in a loop. */
static int
pay_compare(struct eval *x, const struct code_expr *e,
    const struct value *argv, size_t n)
{
	uint64_t steps = n;

	if (argv[0].kind == VALUE_STRING)
		steps += n * (argv[0].u.s.len / 256);
	return eval_pay(x, &e->at, steps);
}

static int
compare(struct eval *x, const struct code_expr *e, const struct value *argv,
    size_t n, bool *less, bool *same)
{
	const char *why;
	int rc;

	if ((rc = pay_compare(x, e, argv, n)) != 0)
		return rc;
	if (less != NULL && compare_lt(&argv[0], &argv[1], less, &why) != 0)
		return FAIL("%s", e->func->name, why);
	if (same != NULL && !(less != NULL && *less) &&
	    compare_eq(&argv[0], argv + 1, n - 1, same, &why) != 0)
		return FAIL("%s", e->func->name, why);
	return 0;
}

FUNC(func_eq)
{
	bool same = false;
	int rc = compare(x, e, argv, n, NULL, &same);

	*out = value_bool(same);
	return rc;
}

FUNC(func_ne)
{
	bool same = false;
	int rc = compare(x, e, argv, n, NULL, &same);

	*out = value_bool(!same);
	return rc;
}

FUNC(func_lt)
{
	bool less = false;
	int rc = compare(x, e, argv, n, &less, NULL);

	*out = value_bool(less);
	return rc;
}

FUNC(func_le)
{
	bool less = false, same = false;
	int rc = compare(x, e, argv, n, &less, &same);

	*out = value_bool(less || same);
	return rc;
}

FUNC(func_gt)
{
	bool less = false, same = false;
	int rc = compare(x, e, argv, n, &less, &same);

	*out = value_bool(!less && !same);
	return rc;
}

FUNC(func_ge)
{
	bool less = false;
	int rc = compare(x, e, argv, n, &less, NULL);

	*out = value_bool(!less);
	return rc;
}

/* No value is a function, so call has nothing that it could call. */
FUNC(func_call)
{
	(void)n;
	(void)out;
	if (value_is_nil(&argv[0]))
		return FAIL("call of nil", e->func->name);
	return FAIL("non-function of type %s", e->func->name,
	    value_type_name(&argv[0]));
}

static const struct func funcs[] = {
	{ "call", 1, -1, false, func_call, NULL },
	{ "eq", 1, -1, false, func_eq, NULL },
	{ "ge", 2, 2, false, func_ge, NULL },
	{ "gt", 2, 2, false, func_gt, NULL },
	{ "html", 0, -1, false, func_html, NULL },
	{ "index", 1, -1, false, func_index, NULL },
	{ "js", 0, -1, false, func_js, NULL },
	{ "le", 2, 2, false, func_le, NULL },
	{ "len", 1, 1, false, func_len, NULL },
	{ "lt", 2, 2, false, func_lt, NULL },
	{ "ne", 2, 2, false, func_ne, NULL },
	{ "not", 1, 1, false, func_not, NULL },
	{ "print", 0, -1, false, func_print, NULL },
	{ "printf", 1, -1, true, func_printf, NULL },
	{ "println", 0, -1, false, func_println, NULL },
	{ "slice", 1, -1, false, func_slice, NULL },
	{ "urlquery", 0, -1, false, func_urlquery, NULL },
};

const struct func *
func_printing(const struct func *f)
{
	static const struct func html = { "html", 0, -1, false,
	    func_print_html, NULL };
	static const struct func urlquery = { "urlquery", 0, -1, false,
	    func_print_urlquery, NULL };

	if (f->run == func_html)
		return &html;
	return f->run == func_urlquery ? &urlquery : f;
}

const struct func *
func_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(funcs) / sizeof(funcs[0]); i++)
		if (str_is(name, funcs[i].name))
			return &funcs[i];
	return NULL;
}
