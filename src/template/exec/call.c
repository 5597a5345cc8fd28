/*
 * call.c - functions that the application gives to its templates.
 */
#include <stdio.h>

#include "base/ascii.h"
#include "template/exec/call.h"
#include "template/exec/funcs.h"
#include "template/parse/lex.h"

#define ARGS_MAX	255

struct lvt_call {
	json_t *result;			/* ours, or NULL: none yet */
	enum content content;		/* of a string */
	char message[512];		/* "" if there is none */
};

/* --- Names ------------------------------------------------------------- */

static bool
is_name(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.s[i] != '_' && !ascii_is_letter(s.s[i]) &&
		    (i == 0 || !ascii_is_digit(s.s[i])))
			return false;
	return s.len > 0;
}

static const char *
why_not(const struct lvt_template_func *f)
{
	struct str name = str_z(f->name);

	if (!is_name(name))
		return "is no name: letters, digits and _";
	if (ast_is_builtin(name) || lex_is_keyword(name))
		return "is part of the language";
	if (f->fn == NULL)
		return "has no function";
	if (f->min < 0 || f->min > ARGS_MAX || f->max > ARGS_MAX ||
	    (f->max >= 0 && f->max < f->min))
		return "has impossible numbers of arguments";
	return NULL;
}

static const struct ast_func *
find(const struct ast_set *set, struct str name)
{
	const struct ast_func *f = set->funcs;

	while (f != NULL && !str_eq(f->name, name))
		f = f->next;
	return f;
}

int
call_register(struct ast_set *set, const struct lvt_template_func *rows,
    struct lvt_error *err)
{
	const struct lvt_template_func *row;
	struct ast_func *f;
	const char *why;

	for (row = rows; row != NULL && row->name != NULL; row++) {
		why = find(set, str_z(row->name)) != NULL ? "appears twice" :
		    why_not(row);
		if (why != NULL)
			return lvt_error_set(err, LVT_EINVALID,
			    "template function \"%.64s\" %s", row->name, why);
		if ((f = arena_new(&set->arena, struct ast_func)) == NULL)
			return lvt_error_nomem(err);
		f->name = str_z(row->name);
		f->min = row->min;
		f->max = row->max;
		f->row = row;
		f->next = set->funcs;
		set->funcs = f;
	}
	return 0;
}

/* --- Values to C ------------------------------------------------------- */

static json_t *
list_json(const struct value *v)
{
	json_t *list;
	uint32_t i;

	if (v->u.list.from == 0 &&
	    v->u.list.len == json_array_size(v->u.list.array))
		return json_incref((json_t *)v->u.list.array);
	if ((list = json_array()) == NULL)
		return NULL;
	for (i = 0; i < v->u.list.len; i++)
		if (json_array_append(list, json_array_get(v->u.list.array,
		    (size_t)v->u.list.from + i)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
value_json(const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_BOOL:
		return json_boolean(v->u.i);
	case VALUE_INT:
	case VALUE_INT64:
	case VALUE_BYTE:
		return json_integer(v->u.i);
	case VALUE_FLOAT:
		return json_real(v->u.f);
	case VALUE_STRING:
		return json_stringn_nocheck(v->u.s.len > 0 ? v->u.s.s : "",
		    v->u.s.len);
	case VALUE_LIST:
		return list_json(v);
	case VALUE_MAP:
		return json_incref((json_t *)v->u.map);
	default:
		return json_null();
	}
}

json_t *
call_args(const struct value *argv, size_t n)
{
	json_t *args = json_array();
	size_t i;

	if (args == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		if (json_array_append_new(args, value_json(&argv[i])) != 0) {
			json_decref(args);
			return NULL;
		}
	return args;
}

/* --- Results ----------------------------------------------------------- */

int
lvt_result_new(struct lvt_call *call, json_t *value)
{
	if (value == NULL)
		return LVT_ENOMEM;
	json_decref(call->result);
	call->result = value;
	call->content = CONTENT_PLAIN;
	return 0;
}

int
lvt_result(struct lvt_call *call, json_t *value)
{
	return lvt_result_new(call, json_incref(value));
}

int
lvt_result_content(struct lvt_call *call, enum lvt_content type,
    const char *text)
{
	static const enum content contents[] = {
		[LVT_AS_TEXT] = CONTENT_PLAIN, [LVT_AS_HTML] = CONTENT_HTML,
		[LVT_AS_ATTR] = CONTENT_HTMLATTR, [LVT_AS_URL] = CONTENT_URL,
		[LVT_AS_JS] = CONTENT_JS, [LVT_AS_JSSTR] = CONTENT_JSSTR,
		[LVT_AS_CSS] = CONTENT_CSS, [LVT_AS_SRCSET] = CONTENT_SRCSET,
	};
	int rc;

	if ((unsigned)type >= sizeof(contents) / sizeof(contents[0]) ||
	    text == NULL)
		return LVT_EINVALID;
	rc = lvt_result_new(call, json_string_nocheck(text));
	if (rc == 0)
		call->content = contents[type];
	return rc;
}

int
lvt_result_error(struct lvt_call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(call->message, sizeof(call->message), fmt, ap);
	va_end(ap);
	return LVT_EFAIL;
}

/* --- The call ---------------------------------------------------------- */

static int
finish(struct eval *x, const struct code_expr *e, struct lvt_call *call,
    int rc, struct value *out)
{
	json_t *result = call->result;

	if (rc != 0 || call->message[0] != '\0') {
		json_decref(result);
		if (rc == LVT_ENOMEM)
			return eval_nomem(x);
		return eval_fail(x, &e->at, "error calling %s: %s",
		    e->func->name, call->message[0] != '\0' ? call->message :
		    lvt_strerror(rc));
	}
	if (result == NULL) {
		*out = (struct value){ .kind = VALUE_NONE };
		return 0;
	}
	if ((rc = eval_keep(x, result, out)) != 0)
		return rc;
	out->iface = out->kind == VALUE_NIL;
	if (out->kind == VALUE_STRING)
		out->content = (uint8_t)call->content;
	return 0;
}

static int
run_call(struct eval *x, const struct code_expr *e, struct value *argv,
    size_t n, struct value *out)
{
	struct lvt_call call = { .content = CONTENT_PLAIN };
	json_t *args = call_args(argv, n);
	int rc;

	if (args == NULL)
		return eval_nomem(x);
	rc = e->func->row->fn(&call, args);
	json_decref(args);
	return finish(x, e, &call, rc, out);
}

const struct func *
call_func(const struct ast_set *set, struct arena *a, struct str name, int *rc)
{
	const struct ast_func *from = find(set, name);
	struct func *f;

	if (from == NULL || from->row == NULL)
		return NULL;
	if ((f = arena_new(a, struct func)) == NULL) {
		*rc = LVT_ENOMEM;
		return NULL;
	}
	f->name = from->row->name;
	f->min = from->min;
	f->max = from->max;
	f->row = from->row;
	f->run = run_call;
	return f;
}
