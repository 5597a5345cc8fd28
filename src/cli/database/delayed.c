/* delayed.c - lvt outbox --delayed, --cancel: what will be said later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/database/database.h"

#define NUMBERS	1000

/* What waits under a name, before any of it is taken away. */
struct wanted {
	const char *name;
	int64_t v[NUMBERS];
	size_t n;
};

static int
print(void *arg, const struct delayed *d)
{
	json_t *row = json_pack("{s:I, s:I, s:s, s:s}", "id",
	    (json_int_t)d->id, "due", (json_int_t)d->due_ms, "app", d->app,
	    "name", d->name);
	json_t *body = json_loadb(d->body.s, d->body.len, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL, NULL);
	int rc = row != NULL ? 0 : LVT_ENOMEM;

	(void)arg;
	if (rc == 0 && d->channel == NULL)
		rc = json_object_set_new(row, "scope",
		    json_string(d->scope)) | json_object_set_new(row, "page",
		    json_string(d->page));
	if (rc == 0 && body != NULL)
		rc = json_object_set(row, d->channel != NULL ? "message" :
		    "patch", body);
	if (rc == 0 && (json_dumpf(row, stdout, JSON_COMPACT) != 0 ||
	    putchar('\n') == EOF))
		rc = LVT_EIO;
	json_decref(row);
	json_decref(body);
	return rc;
}

static int
add(void *arg, const struct delayed *d)
{
	struct wanted *w = arg;

	if (strcmp(d->name, w->name) == 0)
		w->v[w->n++] = d->id;
	return w->n == NUMBERS;
}

static int
cancel(struct store *st, const char *what, struct lvt_error *err)
{
	struct wanted w = { .name = what };
	int64_t id;
	size_t i;
	char *end;
	int rc = 0;

	id = strtoll(what, &end, 10);
	if (*what != '\0' && *end == '\0')
		w.v[w.n++] = id;
	else
		rc = store_delayed_list(st, NULL, add, &w, err);
	if (rc >= 0 && w.n == 0)
		return lvt_error_set(err, LVT_ENOTFOUND, "nothing waits under "
		    "the name '%s'", what);
	for (i = 0; rc >= 0 && i < w.n; i++)
		rc = store_delayed_cancel(st, w.v[i], err);
	if (rc >= 0)
		printf("%zu cancelled\n", w.n);
	return rc;
}

int
cli_delayed(const char *db, const char *what)
{
	const struct store_opts opts = { .readonly = what == NULL };
	struct lvt_error err = { 0 };
	struct store *st = cli_open(db, &opts, &err);
	int rc = LVT_ESTORE;

	if (st != NULL)
		rc = what == NULL ?
		    store_delayed_list(st, NULL, print, NULL, &err) :
		    cancel(st, what, &err);
	store_close(st);
	if (rc >= 0 && fflush(stdout) == 0)
		return CLI_OK;
	lvt_error_set(&err, LVT_EIO, "cannot write");
	return cli_fail(&err);
}
