/*
 * watch.c
 *
 *   group: UNKNOWN (told 0) --somebody comes--> TOLD --number changes--> TOLD
 *          TOLD --nobody left--> forgotten
 */
#include <stdlib.h>

#include "app/variants.h"
#include "app/watch.h"
#include "base/log.h"

#define WATCH_MAX	10000		/* groups; more are told by their syncs */

struct watched {
	char	*path, *group;
	const struct page *page;
	bool nobody;			/* watchers have no names */
	bool here;			/* was seen in this look */
	int64_t told;
};

void
watch_init(struct watch *w, struct app *app)
{
	memset(w, 0, sizeof(*w));
	w->app = app;
}

static void
forget(struct watch *w, size_t i)
{
	free(w->all[i].path);
	free(w->all[i].group);
	w->all[i] = w->all[--w->n];
}

void
watch_release(struct watch *w)
{
	while (w->n > 0)
		forget(w, w->n - 1);
	free(w->all);
	w->all = NULL;
}

static bool
shows_number(struct watch *w, const char *path, const struct page **pg)
{
	struct route r;
	struct arena a;
	bool yes;

	arena_init(&a);
	yes = page_route(w->app, path, &a, &r) == 0 && r.page->uses_watching;
	*pg = r.page;
	arena_release(&a);
	return yes;
}

static int
come(void *arg, const struct place *at, const char *view, int64_t connections)
{
	struct watch *w = arg;
	const struct page *pg;
	struct watched *more;
	size_t i;

	(void)view;
	(void)connections;
	for (i = 0; i < w->n; i++)
		if (strcmp(w->all[i].path, at->page) == 0 &&
		    strcmp(w->all[i].group, at->group) == 0) {
			w->all[i].here = true;
			return 0;
		}
	if (w->n == WATCH_MAX || !shows_number(w, at->page, &pg))
		return 0;
	if (w->n == w->cap) {
		more = realloc(w->all, (w->cap * 2 + 16) * sizeof(*more));
		if (more == NULL)
			return LVT_ENOMEM;
		w->all = more;
		w->cap = w->cap * 2 + 16;
	}
	w->all[w->n] = (struct watched){ strdup(at->page), strdup(at->group),
	    pg, at->user[0] == '\0', true, 0 };
	if (w->all[w->n].path == NULL || w->all[w->n].group == NULL) {
		free(w->all[w->n].path);
		free(w->all[w->n].group);
		return LVT_ENOMEM;
	}
	w->n++;
	return 0;
}

static int
tell(struct watch *w, const struct watched *g, int64_t now)
{
	int64_t counts[2] = { g->told, now };
	struct lvt_error err = { 0 };
	struct commit_result r;
	struct variants vs;
	struct lvt_ctx cx;
	int rc;

	ctx_init(&cx, w->app, NULL, NULL);
	variants_init(&vs);
	rc = variants_watching(&vs, &cx, g->path, g->group, counts, &err);
	if (rc == 0 && vs.nrows > 0) {
		struct commit c = { .at = { .app = w->app->name },
		    .rev = STORE_REV_ANY, .rows = vs.rows, .nrows = vs.nrows };

		rc = store_commit(w->app->store, &c, &r, &err);
	}
	if (rc != 0)
		log_warn("cannot tell who watches \"%s\": %s", g->path,
		    err.message[0] != '\0' ? err.message : lvt_strerror(rc));
	variants_release(&vs);
	ctx_release(&cx);
	return rc;
}

static int64_t
count(const struct watch *w, const struct watched *g)
{
	struct place at = { w->app->name, g->path, g->group, "" };
	struct look l = { .app = w->app, .page = g->page, .at = &at,
	    .user = g->nobody ? "" : "somebody" };

	return session_watching(&l);
}

void
watch_look(struct watch *w)
{
	bool any = false;
	size_t i;

	for (i = 0; i < w->app->npages; i++)
		any |= w->app->pages[i].uses_watching;
	if (!any)
		return;
	for (i = 0; i < w->n; i++)
		w->all[i].here = false;
	if (store_watchers(w->app->store, w->app->name, NULL, NULL, WATCH_MAX,
	    come, w, NULL) != 0)
		return;
	for (i = w->n; i-- > 0; ) {
		int64_t now = w->all[i].here ? count(w, &w->all[i]) : 0;

		if (now != w->all[i].told &&
		    tell(w, &w->all[i], now) == 0)
			w->all[i].told = now;
		if (!w->all[i].here)
			forget(w, i);
	}
}
