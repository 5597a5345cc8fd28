/* route.c - which page a path means, and which action of it a name does. */
#include <string.h>
#include <strings.h>

#include "app/route.h"
#include "base/suggest.h"

#define PARAM_BYTES	200

/* Does path match the pattern? Parameters are added to out. */
static int
match(const char *pattern, const char *path, struct arena *a,
    struct route *out)
{
	out->nparams = 0;
	while (*pattern != '\0') {
		if (*pattern == '{') {
			const char *close = strchr(pattern, '}');
			size_t n = strcspn(path, "/");

			if (close == NULL || n == 0 || n > PARAM_BYTES ||
			    out->nparams == PAGE_PARAMS)
				return LVT_ENOTFOUND;
			out->params[out->nparams].name = (struct str){
			    pattern + 1, (size_t)(close - pattern - 1) };
			out->params[out->nparams].value =
			    arena_str(a, path, n).s;
			if (out->params[out->nparams].value == NULL)
				return LVT_ENOMEM;
			out->nparams++;
			pattern = close + 1;
			path += n;
		} else if (*pattern++ != *path++) {
			return LVT_ENOTFOUND;
		}
	}
	return *path == '\0' ? 0 : LVT_ENOTFOUND;
}

int
page_route(struct app *app, const char *path, struct arena *a,
    struct route *out)
{
	size_t n = strlen(path), i;
	int pass, rc;

	memset(out, 0, sizeof(*out));
	if (n > 1 && path[n - 1] == '/')
		n--;
	if ((out->path = arena_str(a, path, n).s) == NULL)
		return LVT_ENOMEM;
	/* A page without parameters is meant before one with them. */
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < app->npages; i++) {
			if (app->pages[i].has_params != (pass == 1))
				continue;
			rc = match(app->pages[i].row->path, out->path, a, out);
			if (rc != LVT_ENOTFOUND) {
				out->page = &app->pages[i];
				return rc;
			}
		}
	return LVT_ENOTFOUND;
}

/* --- Actions ------------------------------------------------------------------ */

void
page_suggest(const struct page *pg, struct suggest *s)
{
	const struct lvt_action *a;
	size_t i;

	for (i = 0; i < pg->nstores; i++)
		for (a = pg->stores[i].actions; a != NULL && a->name != NULL;
		    a++)
			suggest_try(s, str_z(a->name));
}

void
page_list_actions(const struct page *pg, struct buf *out)
{
	const struct lvt_action *a;
	size_t i;

	for (i = 0; i < pg->nstores; i++)
		for (a = pg->stores[i].actions; a != NULL && a->name != NULL;
		    a++)
			buf_printf(out, "%s%s%s%s", out->len > 0 ? ", " : "",
			    pg->stores[i].name, pg->many ? "." : "", a->name);
	if (out->len == 0)
		buf_puts(out, "none");
}

static int
no_action(const struct page *pg, const char *name, struct lvt_error *err)
{
	const char *dot = pg->many ? strchr(name, '.') : NULL;
	struct suggest s = suggest_for(str_z(dot != NULL ? dot + 1 : name));
	struct buf have;
	int rc;

	/* Of a form each field is asked for, and nobody reads this. */
	if (err == NULL)
		return LVT_ENOTFOUND;
	buf_init_limit(&have, 400);
	page_list_actions(pg, &have);
	page_suggest(pg, &s);
	rc = lvt_error_set(err, LVT_ENOTFOUND, "page \"%s\" has no action "
	    "\"%.64s\"; %s%.*s%sit has: %s", pg->row->path, name,
	    s.best.s != NULL ? "did you mean \"" : "", STR_ARG(s.best),
	    s.best.s != NULL ? "\"? " : "", buf_z(&have));
	buf_release(&have);
	return rc;
}

int
page_action(const struct page *pg, const char *name,
    const struct page_store **store, const struct lvt_action **action,
    struct lvt_error *err)
{
	const char *dot = pg->many ? strchr(name, '.') : NULL;
	size_t i, n = dot != NULL ? (size_t)(dot - name) : 0;
	const struct lvt_action *a;

	for (i = 0; i < pg->nstores; i++) {
		if (pg->many && (dot == NULL ||
		    strlen(pg->stores[i].name) != n ||
		    strncasecmp(pg->stores[i].name, name, n) != 0))
			continue;
		for (a = pg->stores[i].actions; a != NULL && a->name != NULL;
		    a++)
			if (strcmp(a->name, dot != NULL ? dot + 1 : name) == 0) {
				*store = &pg->stores[i];
				*action = a;
				return 0;
			}
	}
	return no_action(pg, name, err);
}
