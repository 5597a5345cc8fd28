#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/admin/outside.h"
#include "app/action/step.h"
#include "app/page.h"

/* --- Broadcast and publish --------------------------------------------------------- */

struct live {
	struct cast cast;
	int64_t n;
};

static int
count_live(void *arg, const struct place *at, const char *view,
    int64_t connections)
{
	struct live *l = arg;

	(void)view;
	if (cast_reaches(&l->cast, at))
		l->n += connections;
	return 0;
}

/* Streams that were registered for whom a scope reaches. page NULL: any. */
static int64_t
count_all(struct app *app, const char *scope, const char *page)
{
	struct live l = { { .scope = scope, .page = page != NULL ? page : "*" },
	    0 };

	if (store_watchers(app->store, app->name, page, NULL, 1000000,
	    count_live, &l, NULL) != 0)
		return 0;
	return l.n;
}

/* *page as its visitors have it: "/room/a", not "/room/a/". */
static int
find_page(struct lvt_ctx *cx, const char **page, struct lvt_error *err)
{
	struct route r;
	int rc;

	if (*page == NULL)
		return 0;
	rc = page_route(cx->app, *page, &cx->arena, &r);
	if (rc == LVT_ENOTFOUND)
		return lvt_error_set(err, LVT_EINVALID,
		    "there is no page \"%s\"", *page);
	/* Its row matches itself, and nobody is there. */
	if (rc == 0 && r.page->has_params &&
	    strcmp(r.path, r.page->row->path) == 0)
		return lvt_error_set(err, LVT_EINVALID, "\"%s\" stands for many "
		    "pages: name one, with a value instead of {...}", *page);
	*page = r.path;
	return rc;
}

int
outside_broadcast(struct app *app, const char *scope, const char *page,
    json_t *patch, const struct lvt_opts *opts, int64_t *live,
    struct lvt_error *err)
{
	struct lvt_ctx cx;
	int rc;

	ctx_init(&cx, app, NULL, NULL);
	if ((rc = find_page(&cx, &page, err)) != 0)
		goto out;
	rc = ctx_cast(&cx, scope, page != NULL ? page : "*", patch, opts);
	if (rc == LVT_EINVALID)
		lvt_error_set(err, rc, "%s", cx.wrong);
	else if (rc == 0)
		rc = step_say(&cx, NULL, err);
	if (rc == 0 && live != NULL)
		*live = count_all(app, scope, page);
out:
	ctx_release(&cx);
	return rc == 0 ? 0 : lvt_error_set(err, rc, "cannot broadcast: %s",
	    lvt_strerror(rc));
}

int
outside_publish(struct app *app, const char *channel, const char *event,
    json_t *payload, const struct lvt_opts *opts, struct lvt_error *err)
{
	struct lvt_ctx cx;
	int rc;

	ctx_init(&cx, app, NULL, NULL);
	rc = lvt_publish_with(&cx, channel, event, payload, opts);
	if (rc == LVT_EINVALID)
		lvt_error_set(err, rc, "%s", cx.wrong);
	else if (rc == 0)
		rc = step_say(&cx, NULL, err);
	ctx_release(&cx);
	return rc == 0 ? 0 : lvt_error_set(err, rc, "cannot publish: %s",
	    lvt_strerror(rc));
}

int
outside_cancel(struct app *app, const char *name, struct lvt_error *err)
{
	struct lvt_ctx cx;
	int rc;

	ctx_init(&cx, app, NULL, NULL);
	if ((rc = lvt_cancel(&cx, name)) == 0)
		rc = step_say(&cx, NULL, err);
	ctx_release(&cx);
	return rc == 0 ? 0 : lvt_error_set(err, rc, "cannot cancel: %s",
	    lvt_strerror(rc));
}

int
outside_token(struct app *app, const char *user, int64_t ttl_s,
    struct buf *out, struct lvt_error *err)
{
	json_t *claims;
	int rc = LVT_EINVALID;

	if (user[0] == '\0' || ttl_s <= 0)
		return lvt_error_set(err, rc,
		    "a token needs a user and a time to live");
	claims = json_pack("{s:s, s:s, s:I}", "app", app->name, "user", user,
	    "until", (json_int_t)(app->now_ms() / 1000 + ttl_s));
	if (claims == NULL)
		return lvt_error_set(err, rc, "the user's name is not UTF-8");
	rc = token_sign(app->auth_key, claims, out);
	json_decref(claims);
	return rc == 0 ? 0 : lvt_error_nomem(err);
}

/* --- Refresh ---------------------------------------------------------------------------- */

struct refresh {
	struct arena arena;
	const char *path, *group;
	struct { const char *group, *user; } *who;
	size_t n, cap;
	int rc;
};

static int
gather(struct refresh *r, const struct place *at)
{
	void *more;

	if (strcmp(at->page, r->path) != 0 ||
	    (r->group != NULL && strcmp(at->group, r->group) != 0))
		return 0;
	if (r->n == r->cap) {
		r->cap = r->cap * 2 + 16;
		more = realloc(r->who, r->cap * sizeof(*r->who));
		if (more == NULL)
			return r->rc = LVT_ENOMEM;
		r->who = more;
	}
	r->who[r->n].group = arena_z(&r->arena, at->group);
	r->who[r->n].user = arena_z(&r->arena, at->user);
	if (r->who[r->n].group == NULL || r->who[r->n].user == NULL)
		return r->rc = LVT_ENOMEM;
	r->n++;
	return 0;
}

static int
gather_session(void *arg, const struct session_row *row)
{
	return gather(arg, &row->at);
}

static int
refresh_group(struct app *app, const struct route *route, const char *group,
    const char *user, int64_t *changed, struct lvt_error *err)
{
	struct lvt_ctx cx;
	struct step st;
	int rc;

	ctx_init(&cx, app, NULL, route);
	cx.at.group = group;
	cx.at.user = user;
	step_init(&st);
	st.fn = route->page->row->mount;
	st.action = "mount";
	rc = step_run(&cx, &st, err);
	if (rc == 0 && st.committed && changed != NULL)
		++*changed;
	step_release(&st);
	ctx_release(&cx);
	return rc;
}

int
outside_refresh(struct app *app, const char *path, const char *group,
    int64_t *changed, struct lvt_error *err)
{
	struct refresh r = { .group = group };
	struct route route;
	size_t i;
	int rc;

	arena_init(&r.arena);
	rc = page_route(app, path, &r.arena, &route);
	if (rc == LVT_ENOTFOUND)
		lvt_error_set(err, rc, "there is no page \"%s\"", path);
	else if (rc == 0 && route.page->row->mount == NULL)
		rc = lvt_error_set(err, LVT_EINVALID,
		    "page \"%s\" has no mount to run", path);
	if (rc == 0) {
		r.path = route.path;
		/* Collected first: no statement stays open while mount runs. */
		rc = store_sessions(app->store, app->name, gather_session, &r,
		    err);
	}
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = refresh_group(app, &route, r.who[i].group, r.who[i].user,
		    changed, err);
	/* Groups without a row show what mount makes anew: they only need to ask. */
	if (rc == 0)
		rc = step_stale(app, route.path, group, err);
	free(r.who);
	arena_release(&r.arena);
	return rc;
}

/* --- The public calls ------------------------------------------------------------------- */

static const char *
from_environment(const char *name)
{
	return getenv(name);
}

struct lvt *
lvt_open(const struct lvt_app *row, const char *path, struct lvt_error *err)
{
	struct lvt *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		lvt_error_nomem(err);
		return NULL;
	}
	settings_init(&l->app.set);
	if ((path != NULL && settings_default(&l->app.set, SET_DB, path) != 0) ||
	    settings_load(&l->app.set, from_environment, err) != 0 ||
	    app_open(&l->app, row, program_invocation_name, err) != 0 ||
	    (l->app.set.number[SET_DEV] == 0 &&
	    pages_check(&l->app, err) != 0) ||
	    app_store(&l->app, err) != 0) {
		lvt_error_set(err, LVT_EFAIL, "cannot open the app");
		lvt_close(l);
		return NULL;
	}
	return l;
}

void
lvt_close(struct lvt *l)
{
	if (l != NULL)
		app_close(&l->app);
	free(l);
}

int
lvt_app_broadcast(struct lvt *l, enum lvt_scope scope, const char *to,
    const char *page, json_t *patch, int64_t *live, struct lvt_error *err)
{
	char text[600] = "*";

	if (scope != LVT_TO_ALL) {
		if (to == NULL || to[0] == '\0' ||
		    strlen(to) > sizeof(text) - 3)
			return lvt_error_set(err, LVT_EINVALID,
			    "a broadcast to a user or group names it");
		snprintf(text, sizeof(text), "%c:%s",
		    scope == LVT_TO_USER ? 'u' : 'g', to);
	}
	return outside_broadcast(&l->app, text, page, patch, NULL, live,
	    err);
}

int
lvt_app_publish(struct lvt *l, const char *channel, const char *event,
    json_t *payload, struct lvt_error *err)
{
	return outside_publish(&l->app, channel, event, payload, NULL, err);
}

int
lvt_app_publish_with(struct lvt *l, const char *channel, const char *event,
    json_t *payload, const struct lvt_opts *opts, struct lvt_error *err)
{
	return outside_publish(&l->app, channel, event, payload, opts, err);
}

int
lvt_app_refresh(struct lvt *l, const char *page, const char *group,
    struct lvt_error *err)
{
	return outside_refresh(&l->app, page, group, NULL, err);
}

int
lvt_token(struct lvt *l, const char *user, int64_t ttl_s, char *token,
    size_t size, struct lvt_error *err)
{
	struct buf b;
	int rc;

	buf_init(&b);
	rc = outside_token(&l->app, user, ttl_s, &b, err);
	if (rc == 0 && b.len >= size)
		rc = lvt_error_set(err, LVT_ETOOBIG,
		    "the token has %zu bytes", b.len);
	if (rc == 0) {
		memcpy(token, b.s, b.len);
		token[b.len] = '\0';
	}
	buf_release(&b);
	return rc;
}
