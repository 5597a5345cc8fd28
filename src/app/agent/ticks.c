#include <stdlib.h>

#include "app/auth/auth.h"
#include "app/action/step.h"
#include "app/agent/ticks.h"
#include "base/clock.h"
#include "base/log.h"

#define PLACES_MAX	1000		/* groups that one tick runs for */
#define EVERY_MIN_MS	10

struct ticks {
	size_t n;
	int64_t next[];			/* monotonic; the first is at once */
};

static const struct page *
page_of(const struct app *app, const struct lvt_tick *row)
{
	size_t i;

	for (i = 0; i < app->npages; i++)
		if (strcmp(app->pages[i].row->path, row->page) == 0)
			return &app->pages[i];
	return NULL;
}

int
ticks_check(const struct app *app, struct lvt_error *err)
{
	const struct lvt_tick *t = app->row->ticks;
	const struct page *pg;

	for (; t != NULL && t->name != NULL; t++) {
		if (t->fn == NULL || t->every_ms < EVERY_MIN_MS)
			return lvt_error_set(err, LVT_EINVALID, "tick \"%s\" "
			    "has no function, or is more often than every %d "
			    "ms", t->name, EVERY_MIN_MS);
		pg = t->page != NULL ? page_of(app, t) : NULL;
		if (t->page != NULL && pg == NULL)
			return lvt_error_set(err, LVT_EINVALID,
			    "tick \"%s\": there is no page \"%s\"", t->name,
			    t->page);
		if (t->flags & LVT_ALWAYS && pg != NULL && (pg->has_params ||
		    !(pg->row->flags & LVT_SHARED) || pg->auth->group != NULL))
			return lvt_error_set(err, LVT_EINVALID,
			    "tick \"%s\": page \"%s\" has many groups: it "
			    "cannot run for all of them always", t->name,
			    t->page);
		if (t->store != NULL && (pg == NULL ||
		    json_object_get(pg->init, t->store) == NULL))
			return lvt_error_set(err, LVT_EINVALID,
			    "tick \"%s\": there is no store \"%s\"", t->name,
			    t->store);
	}
	return 0;
}

int
ticks_open(struct app *app, struct ticks **out, struct lvt_error *err)
{
	const struct lvt_tick *rows = app->row->ticks;
	size_t n = 0;

	while (rows != NULL && rows[n].name != NULL)
		n++;
	*out = calloc(1, sizeof(**out) + n * sizeof((*out)->next[0]));
	if (*out == NULL)
		return lvt_error_nomem(err);
	(*out)->n = n;
	return 0;
}

/* --- Where somebody watches ---------------------------------------------------- */

struct places {
	struct app *app;
	const struct page *page;	/* NULL: any */
	struct arena arena;
	struct place *v;
	size_t n;
};

static int
place_add(void *arg, const struct place *at, const char *view,
    int64_t connections)
{
	struct places *p = arg;
	struct route route;
	size_t i;

	(void)view;
	(void)connections;
	if (p->page != NULL && (page_route(p->app, at->page, &p->arena,
	    &route) != 0 || route.page != p->page))
		return 0;
	for (i = 0; i < p->n; i++)	/* another user of that group */
		if (strcmp(p->v[i].page, at->page) == 0 &&
		    strcmp(p->v[i].group, at->group) == 0)
			return 0;
	p->v[p->n] = (struct place){ p->app->name,
	    arena_z(&p->arena, at->page), arena_z(&p->arena, at->group), "" };
	if (p->v[p->n].page == NULL || p->v[p->n].group == NULL)
		return LVT_ENOMEM;
	/* Without a page of its own it is enough that somebody is there. */
	return ++p->n == PLACES_MAX || p->page == NULL;
}

/* --- One tick --------------------------------------------------------------------- */

static int
tick_on_page(struct app *app, const struct lvt_tick *row,
    const struct place *at, struct arena *a, struct lvt_error *err)
{
	struct lvt_ctx cx;
	struct route route;
	struct step st;
	int rc = page_route(app, at->page, a, &route);

	if (rc != 0)
		return rc;
	ctx_init(&cx, app, NULL, &route);
	cx.at = *at;
	cx.at.user = auth_owner(route.page, at->group);
	step_init(&st);
	st.fn = row->fn;
	st.store = row->store != NULL ? row->store : "";
	st.action = row->name;
	rc = step_run(&cx, &st, err);
	step_release(&st);
	ctx_release(&cx);
	return rc;
}

static int
tick_alone(struct app *app, const struct lvt_tick *row, struct lvt_error *err)
{
	int rc = LVT_ECONFLICT, try;
	struct lvt_ctx cx;
	json_t *doc;

	ctx_init(&cx, app, NULL, NULL);
	for (try = 0; try < STEP_TRIES && rc == LVT_ECONFLICT; try++) {
		ctx_restart(&cx);
		doc = json_object();
		cx.data = doc;
		rc = doc != NULL ? row->fn(&cx, doc) : LVT_ENOMEM;
		if (rc != 0 || cx.nmessages + cx.ncasts + cx.nlater +
		    cx.nothers == 0)
			try = STEP_TRIES;
		else
			rc = step_say(&cx, NULL, err);
		json_decref(doc);
	}
	ctx_release(&cx);
	return rc;
}

static int
tick_always(struct app *app, const struct lvt_tick *row, struct lvt_error *err)
{
	struct place at = { app->name, row->page, AUTH_SHARED, "" };
	struct arena a;
	int rc;

	if (row->page == NULL)
		return tick_alone(app, row, err);
	arena_init(&a);
	rc = tick_on_page(app, row, &at, &a, err);
	arena_release(&a);
	return rc;
}

static int
tick_run(struct app *app, const struct lvt_tick *row, struct lvt_error *err)
{
	struct places p = { .app = app };
	size_t i;
	int rc;

	if (row->flags & LVT_ALWAYS)
		return tick_always(app, row, err);
	arena_init(&p.arena);
	p.page = row->page != NULL ? page_of(app, row) : NULL;
	p.v = arena_alloc(&p.arena, PLACES_MAX * sizeof(*p.v));
	rc = p.v == NULL ? lvt_error_nomem(err) :
	    store_watchers(app->store, app->name,
	    p.page != NULL && !p.page->has_params ? row->page : NULL, NULL,
	    100000, place_add, &p, err);
	if (rc >= 0 && p.page == NULL && p.n > 0)
		rc = tick_alone(app, row, err);
	for (i = 0; rc >= 0 && p.page != NULL && i < p.n; i++)
		rc = tick_on_page(app, row, &p.v[i], &p.arena, err);
	arena_release(&p.arena);
	return rc > 0 ? 0 : rc;
}

void
ticks_run(struct app *app, struct ticks *t)
{
	const struct lvt_tick *row;
	struct lvt_error err;
	int64_t now;
	size_t i;
	int rc;

	for (i = 0; i < t->n; i++) {
		row = &app->row->ticks[i];
		now = clock_mono_ms();
		if (now < t->next[i])
			continue;
		/* A late one is not made up for. */
		t->next[i] = now - t->next[i] < row->every_ms ?
		    t->next[i] + row->every_ms : now + row->every_ms;
		lvt_error_init(&err);
		if ((rc = tick_run(app, row, &err)) != 0)
			log_error("tick \"%s\": %s", row->name,
			    err.message[0] != '\0' ? err.message :
			    lvt_strerror(rc));
	}
}
