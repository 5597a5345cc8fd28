#include <stdio.h>
#include <stdlib.h>

#include "app/auth/auth.h"
#include "app/action/step.h"
#include "app/agent/watching.h"

#define PLACES_MAX	256		/* at a time; the rest comes next */

struct moved {
	struct place at;
	int64_t n;
};

struct survey {
	struct app *app;
	struct arena arena;
	struct moved places[PLACES_MAX];
	size_t n;
};

bool
watching_is_used(const struct app *app)
{
	size_t i;

	for (i = 0; i < app->npages; i++)
		if (app->pages[i].uses_watching)
			return true;
	return false;
}

/* Users count once. Nobody's connections to a shared page cannot be told
 * apart: each counts; in a group of its own they are one browser. */
static int64_t
count(const struct page *pg, int64_t users, int64_t nobody)
{
	if (nobody > 1 && !(pg->row->flags & LVT_SHARED))
		nobody = 1;
	return users + nobody;
}

static int
survey_place(void *arg, const struct place *at, int64_t users,
    int64_t nobody, int64_t committed)
{
	struct survey *s = arg;
	struct moved *m = &s->places[s->n];
	struct route route;

	if (page_route(s->app, at->page, &s->arena, &route) != 0 ||
	    !route.page->uses_watching ||
	    count(route.page, users, nobody) == committed)
		return 0;
	m->n = count(route.page, users, nobody);
	m->at = (struct place){ s->app->name, arena_z(&s->arena, at->page),
	    arena_z(&s->arena, at->group), "" };
	if (m->at.page == NULL || m->at.group == NULL)
		return LVT_ENOMEM;
	return ++s->n == PLACES_MAX;
}

static int
commit_place(struct survey *s, struct moved *m, struct lvt_error *err)
{
	struct lvt_ctx cx;
	struct route route;
	struct step st;
	int rc = page_route(s->app, m->at.page, &s->arena, &route);

	if (rc != 0)
		return rc;
	ctx_init(&cx, s->app, NULL, &route);
	cx.at = m->at;
	cx.at.user = auth_owner(route.page, m->at.group);
	step_init(&st);
	st.action = "watching";
	st.watching = &m->n;
	rc = step_run(&cx, &st, err);
	step_release(&st);
	ctx_release(&cx);
	return rc;
}

int
watching_update(struct app *app, struct lvt_error *err)
{
	struct survey *s = calloc(1, sizeof(*s));
	size_t i;
	int rc;

	if (s == NULL)
		return lvt_error_nomem(err);
	s->app = app;
	arena_init(&s->arena);
	rc = store_watching(app->store, app->name, survey_place, s, err);
	for (i = 0; rc >= 0 && i < s->n; i++)
		rc = commit_place(s, &s->places[i], err);
	arena_release(&s->arena);
	free(s);
	return rc < 0 ? rc : 0;
}

/* --- Channels ---------------------------------------------------------------- */

struct hearing {
	const char *channel;
	char last[AUTH_NAME];		/* user that was counted */
	int64_t n;
};

static int
hears(void *arg, const struct place *at, const char *pattern,
    int64_t connections)
{
	struct hearing *h = arg;

	if (!channel_matches(pattern, strlen(pattern), h->channel,
	    strlen(h->channel)))
		return 0;
	if (at->user[0] == '\0') {
		h->n += strcmp(at->group, AUTH_SHARED) == 0 ? connections : 1;
	} else if (strcmp(h->last, at->user) != 0) {
		snprintf(h->last, sizeof(h->last), "%s", at->user);
		h->n++;
	}
	return 0;
}

int64_t
watching_channel(struct app *app, const char *channel)
{
	struct hearing h = { .channel = channel };

	return store_hearers(app->store, app->name, hears, &h, NULL) == 0 ?
	    h.n : 0;
}
