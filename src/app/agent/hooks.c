#include <stdio.h>
#include <stdlib.h>

#include "app/auth/auth.h"
#include "app/agent/hooks.h"
#include "app/action/step.h"
#include "app/agent/watching.h"
#include "base/log.h"

#define CHANGES_MAX	256		/* at a time; the rest comes next */

struct changes {
	struct app *app;
	struct arena arena;
	struct coming v[CHANGES_MAX];
	size_t n;
};

static bool
page_cares(const struct page *pg)
{
	return pg->row->connect != NULL || pg->row->disconnect != NULL ||
	    (pg->row->flags & LVT_PRESENCE) != 0;
}

static bool
app_cares(const struct app *app)
{
	size_t i;

	for (i = 0; i < app->npages; i++)
		if (page_cares(&app->pages[i]))
			return true;
	return false;
}

/* The channel that tells who joins and leaves the page at path: the address
 * of the caller's buffer. */
static const char *
channel_of(const char *app, const char *path, char channel[CHANNEL_MAX + 1])
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:-";
	int n = snprintf(channel, CHANNEL_MAX + 1, "presence.%s%s", app,
	    strcmp(path, "/") == 0 ? "" : path);
	size_t i = strlen("presence."), name = i + strlen(app);

	/* Levels are never empty: "//" is no path of a page. */
	for (; i < (size_t)n && i < CHANNEL_MAX; i++)
		if (channel[i] == '/' && i >= name)
			channel[i] = '.';
		else if (strchr(fine, channel[i]) == NULL)
			channel[i] = '_';
	return channel;
}

static bool
is_channel(const struct coming *s)
{
	return strncmp(s->at.page, STORE_HEARS, strlen(STORE_HEARS)) == 0;
}

static int
change_add(void *arg, const struct coming *s)
{
	struct changes *c = arg;
	struct coming *to = &c->v[c->n];
	struct route route;

	if (!is_channel(s) && (page_route(c->app, s->at.page, &c->arena,
	    &route) != 0 || !page_cares(route.page)))
		return 0;
	*to = *s;
	to->conn = arena_z(&c->arena, s->conn);
	to->at = (struct place){ c->app->name,
	    arena_z(&c->arena, s->at.page), arena_z(&c->arena, s->at.group),
	    arena_z(&c->arena, s->at.user) };
	if (to->conn == NULL || to->at.page == NULL ||
	    to->at.group == NULL || to->at.user == NULL)
		return LVT_ENOMEM;
	return ++c->n == CHANGES_MAX;
}

/* --- One change ------------------------------------------------------------------- */

/* What the step runs: the hook, and the message if it is one. */
struct telling {
	const struct coming *seen;
	const struct page *page;
	bool alone;			/* nobody else is the same user here */
};

static int
say_presence(struct lvt_ctx *cx)
{
	const struct telling *t = cx->arg;
	char channel[CHANNEL_MAX + 1];
	json_t *payload;

	channel_of(cx->app->name, cx->at.page, channel);
	payload = json_pack("{s:s, s:s, s:I}", "page", cx->at.page, "user",
	    cx->at.user, "watching", (json_int_t)lvt_watching(cx, "page"));
	return lvt_publish_new(cx, channel,
	    t->seen->came ? "join" : "leave", payload);
}

static int
tell(struct lvt_ctx *cx, json_t *state)
{
	const struct telling *t = cx->arg;
	const struct lvt_page *row = t->page->row;
	lvt_fn *fn = t->seen->came ? row->connect : row->disconnect;
	int rc = fn != NULL ? fn(cx, state) : 0;

	if (rc == 0 && (row->flags & LVT_PRESENCE) && t->alone)
		rc = say_presence(cx);
	return rc;
}

static int
is_alone(struct app *app, const struct telling *t, bool *alone,
    struct lvt_error *err)
{
	int64_t others = 0;
	int rc = 0;

	/* Nobody's connections to a shared page cannot be told apart. */
	if (t->seen->at.user[0] != '\0' ||
	    !(t->page->row->flags & LVT_SHARED))
		rc = store_seen_others(app->store, t->seen, &others, err);
	*alone = others == 0;
	return rc;
}

/* t NULL: only note it. */
static int
note(struct app *app, const struct coming *s, const struct route *route,
    const struct telling *t, struct lvt_error *err)
{
	struct cursor_write cursor = { .seen = s };
	struct lvt_ctx cx;
	struct step st;
	int rc;

	ctx_init(&cx, app, NULL, route);
	cx.at = s->at;
	step_init(&st);
	cx.arg = t;
	st.fn = t != NULL ? tell : NULL;
	st.action = s->came ? "connect" : "disconnect";
	st.cursor = &cursor;
	rc = t != NULL ? step_run(&cx, &st, err) :
	    step_say(&cx, &cursor, err);
	step_release(&st);
	ctx_release(&cx);
	return rc;
}

/* Who hears a channel, or a pattern of them: its wildcards are "_". */
static int
say_hearing(struct lvt_ctx *cx, const struct coming *s)
{
	const char *name = s->at.page + strlen(STORE_HEARS);
	char channel[CHANNEL_MAX + 1];
	size_t n = strlen(channel_of(cx->app->name, "/", channel)), i;
	json_t *payload = json_pack("{s:s, s:s, s:I}", "channel", name,
	    "user", s->at.user, "watching",
	    (json_int_t)watching_channel(cx->app, name));
	int rc;

	if (n + 1 + strlen(name) > CHANNEL_MAX) {
		json_decref(payload);
		return 0;
	}
	snprintf(channel + n, sizeof(channel) - n, ".%s", name);
	for (i = n; channel[i] != '\0'; i++)
		if (channel[i] == '*' || channel[i] == '>')
			channel[i] = '_';
	rc = lvt_publish_new(cx, channel, s->came ? "join" : "leave", payload);
	return rc == LVT_EINVALID ? 0 : rc;	/* more levels than a name has */
}

static int
channel_tell(struct app *app, const struct coming *s, struct lvt_error *err)
{
	struct cursor_write cursor = { .seen = s };
	bool nobody = s->at.user[0] == '\0' &&
	    strcmp(s->at.group, AUTH_SHARED) == 0;
	int64_t others = 0;
	struct lvt_ctx cx;
	int rc = nobody ? 0 : store_seen_others(app->store, s, &others, err);

	ctx_init(&cx, app, NULL, NULL);
	if (rc == 0 && others == 0)
		rc = say_hearing(&cx, s);
	if (rc == 0)
		rc = step_say(&cx, &cursor, err);
	ctx_release(&cx);
	return rc == LVT_ECONFLICT ? 0 : rc;
}

static int
change_tell(struct app *app, const struct coming *s, struct arena *a,
    struct lvt_error *err)
{
	struct telling t = { .seen = s };
	struct route route;
	int rc;

	if (is_channel(s))
		return channel_tell(app, s, err);
	if ((rc = page_route(app, s->at.page, a, &route)) != 0)
		return rc;
	t.page = route.page;
	if ((rc = is_alone(app, &t, &t.alone, err)) != 0)
		return rc;
	rc = note(app, s, &route, &t, err);
	if (rc == 0 || rc == LVT_ESTORE || rc == LVT_EBUSY)
		return rc;
	/* The hook refuses: it would do so again and again. */
	log_error("page \"%s\": %s: %s", s->at.page, s->came ? "connect" :
	    "disconnect", err->message);
	lvt_error_init(err);
	return note(app, s, &route, NULL, err);
}

int
hooks_run(struct app *app, struct lvt_error *err)
{
	struct changes *c;
	size_t i;
	int rc = 0;

	if (!app_cares(app))
		return 0;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return lvt_error_nomem(err);
	c->app = app;
	arena_init(&c->arena);
	rc = store_seen_changes(app->store, app->name, change_add, c, err);
	for (i = 0; rc >= 0 && i < c->n; i++)
		rc = change_tell(app, &c->v[i], &c->arena, err);
	arena_release(&c->arena);
	free(c);
	return rc < 0 ? rc : 0;
}
