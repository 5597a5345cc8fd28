/*
 * A page's files:  TOLD --they are others--> SEEN --still the same--> TOLD
 *
 * Half-written files are given a moment: they are told of in the round after.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/action/step.h"
#include "app/agent/reload.h"
#include "app/page.h"
#include "app/state/session.h"
#include "base/log.h"

struct reload {
	size_t n;
	struct { uint64_t seen, told; } pages[];
};

int
reload_open(const struct app *app, struct reload **out)
{
	*out = NULL;
	if (app->set.number[SET_DEV] == 0)
		return 0;
	*out = calloc(1, sizeof(**out) +
	    app->npages * sizeof((*out)->pages[0]));
	return *out != NULL ? 0 : LVT_ENOMEM;
}

void
reload_free(struct reload *r)
{
	free(r);
}

/* --- Who shows it ------------------------------------------------------------ */

struct showing {
	struct app *app;
	const struct page *page;
	struct arena arena;
	const char **paths;
	size_t n, cap;
};

/* Watchers come in the order of their pages. */
static int
path_add(void *arg, const struct place *at, const char *view,
    int64_t connections)
{
	struct showing *s = arg;
	struct route route;
	const char **more;

	(void)view;
	(void)connections;
	if ((s->n > 0 && strcmp(s->paths[s->n - 1], at->page) == 0) ||
	    page_route(s->app, at->page, &s->arena, &route) != 0 ||
	    route.page != s->page)
		return 0;
	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 16;
		more = realloc(s->paths, s->cap * sizeof(*more));
		if (more == NULL)
			return LVT_ENOMEM;
		s->paths = more;
	}
	s->paths[s->n] = arena_z(&s->arena, at->page);
	return s->paths[s->n++] != NULL ? 0 : LVT_ENOMEM;
}

static int
tell(struct app *app, const struct page *pg, struct lvt_error *err)
{
	struct showing s = { .app = app, .page = pg };
	size_t i;
	int rc;

	if (!pg->has_params)
		return step_stale(app, pg->row->path, NULL, err);
	arena_init(&s.arena);
	rc = store_watchers(app->store, app->name, NULL, NULL, 100000,
	    path_add, &s, err);
	for (i = 0; rc == 0 && i < s.n; i++)
		rc = step_stale(app, s.paths[i], NULL, err);
	free(s.paths);
	arena_release(&s.arena);
	return rc;
}

/* --- After a deploy ---------------------------------------------------------- */

/* Kept as a broadcast is, on a page that nobody can visit: {"/path": "HASH"}.
 * Not the name of what applications broadcast. */
#define TOLD_PAGE	"/_lvt/templates"
#define TOLD		"lvt:templates"

static int
told_save(struct app *app, const char *path, const char *hash,
    struct lvt_error *err)
{
	json_t *patch = json_pack("{s:{s:s}}", TOLD, path, hash);
	struct lvt_ctx cx;
	int rc = LVT_ENOMEM;

	ctx_init(&cx, app, NULL, NULL);
	if (patch != NULL)
		rc = ctx_cast(&cx, "*", TOLD_PAGE, patch, NULL);
	if (rc == 0)
		rc = step_say(&cx, NULL, err);
	json_decref(patch);
	ctx_release(&cx);
	return rc;
}

static void
page_deployed(struct app *app, const struct page *pg, const json_t *told)
{
	const char *had = json_string_value(json_object_get(told,
	    pg->row->path));
	struct lvt_error err = { 0 };
	char hash[17];
	int rc;

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)pg->text);
	if (had != NULL && strcmp(had, hash) == 0)
		return;
	/* Rather twice than never. Where nothing was kept yet nobody shows
	 * what another one made. */
	rc = had != NULL ? tell(app, pg, &err) : 0;
	if (rc == 0)
		rc = told_save(app, pg->row->path, hash, &err);
	if (rc != 0)
		log_warn("templates of page \"%s\": %s", pg->row->path,
		    err.message[0] != '\0' ? err.message : lvt_strerror(rc));
}

void
reload_deployed(struct app *app)
{
	struct lvt_error err = { 0 };
	json_t *told;
	size_t i;

	if (app->set.number[SET_DEV] != 0)
		return;
	if (session_kept(app, TOLD_PAGE, "", TOLD, &told, &err) != 0) {
		log_warn("templates: %s", err.message);
		return;
	}
	for (i = 0; i < app->npages; i++)
		page_deployed(app, &app->pages[i], told);
	json_decref(told);
}

/* --- One round --------------------------------------------------------------- */

static void
say(struct app *app, const struct lvt_error *err)
{
	char text[ERROR_TEXT];

	app_complain(app, error_text(err, text));
}

static void
page_look(struct app *app, struct page *pg, uint64_t *seen, uint64_t *told)
{
	struct lvt_error err = { 0 };
	int rc = page_refresh(app, pg, &err);

	if (*seen != pg->stamp) {
		*seen = pg->stamp;
		return;
	}
	if (*told == pg->stamp)
		return;
	if (rc != 0)
		say(app, &err);
	lvt_error_init(&err);
	if (tell(app, pg, &err) == 0)
		*told = pg->stamp;
	else
		say(app, &err);
}

bool
reload_run(struct app *app, struct reload *r)
{
	bool whole = true;
	size_t i;

	for (i = 0; r != NULL && i < app->npages; i++) {
		page_look(app, &app->pages[i], &r->pages[i].seen,
		    &r->pages[i].told);
		whole &= app->pages[i].program != NULL;
	}
	return whole;
}
