/*
 * bind.c - conveniences of a handler: a struct of its data, memory, versions
 * of records, and SQL of its own at the commit.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <lvt-sqlite.h>

#include "app/action/context.h"

void *
lvt_alloc(struct lvt_ctx *cx, size_t size)
{
	void *p = arena_alloc(&cx->arena, size > 0 ? size : 1);

	return p != NULL ? memset(p, 0, size) : NULL;
}

/* --- A struct of the data ---------------------------------------------------- */

/* Was a whole number given? */
static bool
whole(struct lvt_ctx *cx, const char *name, int64_t *n)
{
	/* A default cannot be told from a value: ask with two of them. */
	*n = lvt_int(cx, name, 0);
	return *n != 0 || lvt_int(cx, name, 1) == 0;
}

static int
bind_number(struct lvt_ctx *cx, const struct lvt_field *f, char *at)
{
	double d = lvt_real(cx, f->name, 0);
	int64_t n;
	int i;

	if (f->kind == LVT_KIND_DOUBLE) {
		if (d == 0 && lvt_real(cx, f->name, 1) != 0)
			return lvt_invalid(cx, f->name, "must be a number");
		memcpy(at, &d, sizeof(d));
		return 0;
	}
	if (!whole(cx, f->name, &n))
		return lvt_invalid(cx, f->name, "must be a whole number");
	if (f->kind == LVT_KIND_INT64) {
		memcpy(at, &n, sizeof(n));
		return 0;
	}
	if (n < INT_MIN || n > INT_MAX)
		return lvt_invalid(cx, f->name, "is out of range");
	i = (int)n;
	memcpy(at, &i, sizeof(i));
	return 0;
}

/* A row that says another kind than its member is would write beside it. */
static bool
fits_member(const struct lvt_field *f)
{
	static const size_t sizes[] = {
		[LVT_KIND_INT] = sizeof(int),
		[LVT_KIND_INT64] = sizeof(int64_t),
		[LVT_KIND_DOUBLE] = sizeof(double),
		[LVT_KIND_BOOL] = sizeof(int),
		[LVT_KIND_STRING] = sizeof(const char *),
	};

	return f->kind == LVT_KIND_TEXT ? f->size > 0 :
	    (size_t)f->kind < sizeof(sizes) / sizeof(sizes[0]) &&
	    f->size == sizes[f->kind];
}

static int
bind_field(struct lvt_ctx *cx, const struct lvt_field *f, char *at)
{
	const char *text = lvt_str(cx, f->name);
	int yes = lvt_bool(cx, f->name, 0);

	switch (f->kind) {
	case LVT_KIND_TEXT:
		if (strlen(text) >= f->size)
			return lvt_invalid(cx, f->name,
			    "has more than %zu bytes", f->size - 1);
		memcpy(at, text, strlen(text) + 1);
		return 0;
	case LVT_KIND_STRING:
		memcpy(at, &text, sizeof(text));
		return 0;
	case LVT_KIND_BOOL:
		memcpy(at, &yes, sizeof(yes));
		return 0;
	default:
		return bind_number(cx, f, at);
	}
}

int
lvt_bind(struct lvt_ctx *cx, const struct lvt_field *fields, void *to)
{
	const struct lvt_field *f;
	int rc = 0, one;

	for (f = fields; f->name != NULL; f++)
		if (!fits_member(f))
			return ctx_wrong(cx, "lvt_bind(): field \"%s\" has a "
			    "member of %zu bytes, which is not of the kind "
			    "that its row says", f->name, f->size);
	for (; fields->name != NULL; fields++) {
		if (!lvt_has(cx, fields->name))
			continue;
		one = bind_field(cx, fields, (char *)to + fields->offset);
		rc = rc != 0 ? rc : one;
	}
	return rc;
}

/* --- Versions of records ------------------------------------------------------- */

int
lvt_version(struct lvt_ctx *cx, json_t *record, const char *field)
{
	json_t *have = json_object_get(record, "version");
	json_int_t version = json_is_integer(have) ?
	    json_integer_value(have) : 1;

	if (!json_is_object(record))
		return ctx_wrong(cx, "lvt_version(): the record is no object");
	if (lvt_has(cx, field) && lvt_int(cx, field, -1) != version)
		return LVT_ECONFLICT;
	return json_object_set_new(record, "version",
	    json_integer(version + 1)) == 0 ? 0 : LVT_ENOMEM;
}

/* --- SQL of its own -------------------------------------------------------------- */

struct hooks {
	struct hooks *next;
	int	(*fn)(sqlite3 *db, void *arg);
	void	*arg;
};

static int
run_hooks(void *db, void *arg)
{
	struct hooks *h;
	int rc = 0;

	for (h = arg; rc == 0 && h != NULL; h = h->next)
		rc = h->fn(db, h->arg);
	return rc > 0 ? LVT_EFAIL : rc;
}

int
lvt_at_commit(struct lvt_ctx *cx, int (*fn)(sqlite3 *db, void *arg), void *arg)
{
	struct hooks *h = lvt_alloc(cx, sizeof(*h)), **end = &cx->hooks;

	if (h == NULL)
		return LVT_ENOMEM;
	h->fn = fn;
	h->arg = arg;
	while (*end != NULL)
		end = &(*end)->next;
	*end = h;
	cx->hook = run_hooks;
	cx->hook_arg = cx->hooks;
	return 0;
}
