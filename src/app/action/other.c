#include <stdlib.h>

#include "app/auth/auth.h"
#include "app/state/doc.h"
#include "app/action/other.h"

#define DAY_MS	((int64_t)24 * 3600 * 1000)

int64_t
session_expires(const struct page *pg, const char *user, int64_t now_ms)
{
	int64_t ttl = pg->row->ttl;

	if (ttl > 0)
		return now_ms + ttl * 1000;
	if (ttl < 0 || user[0] != '\0' || pg->auth->group != NULL ||
	    (pg->row->flags & LVT_SHARED))
		return 0;
	return now_ms + DAY_MS;
}

void
others_release(struct lvt_ctx *cx)
{
	size_t i;

	for (i = 0; i < cx->nothers; i++) {
		session_release(&cx->others[i].before);
		json_decref(cx->others[i].after);
	}
	cx->others = NULL;
	cx->nothers = 0;
}

static bool
other_changed(const struct other *o)
{
	return !json_equal(o->after, o->before.doc);
}

bool
others_changed(const struct lvt_ctx *cx)
{
	size_t i;

	for (i = 0; i < cx->nothers; i++)
		if (other_changed(&cx->others[i]))
			return true;
	return false;
}

/* --- While the handler runs ------------------------------------------------- */

/* Where a function was called from, and that one, and so on. */
struct outer {
	struct place at;
	const struct outer *up;
};

static bool
is_place(const struct place *at, const char *page, const char *group)
{
	return strcmp(at->page, page) == 0 && strcmp(at->group, group) == 0;
}

bool
other_is_own(const struct lvt_ctx *cx, const char *page, const char *group)
{
	const struct outer *o;

	if (is_place(&cx->at, page, group))
		return true;
	for (o = cx->outer; o != NULL; o = o->up)
		if (is_place(&o->at, page, group))
			return true;
	return false;
}

/* cx speaks from the place of o until it is given back. */
static void
trade_places(struct lvt_ctx *cx, const struct route **route, struct place *at)
{
	const struct route *r = cx->route;
	struct place p = cx->at;

	cx->route = *route;
	cx->at = *at;
	*route = r;
	*at = p;
}

static int
other_load(struct lvt_ctx *cx, struct other *o, struct place *at)
{
	const struct route *route = &o->route;
	int rc;

	trade_places(cx, &route, at);
	rc = session_load(cx, &o->before, NULL);
	trade_places(cx, &route, at);
	if (rc == 0 && (o->after = json_deep_copy(session_doc(&o->before,
	    NULL))) == NULL) {
		session_release(&o->before);
		rc = LVT_ENOMEM;
	}
	return rc;
}

int
other_find(struct lvt_ctx *cx, const char *page, const char *group,
    struct other **out)
{
	struct other o = { .after = NULL }, *more;
	struct place at = { cx->app->name, NULL, NULL, "" };
	size_t i;
	int rc = page_route(cx->app, page, &cx->arena, &o.route);

	if (rc != 0)
		return rc != LVT_ENOTFOUND ? rc :
		    ctx_wrong(cx, "there is no page \"%.200s\"", page);
	if (other_is_own(cx, o.route.path, group))
		return ctx_wrong(cx, "lvt_update() of page \"%.100s\", group "
		    "\"%.100s\": a function has that document in hand already, "
		    "which is to change it itself", o.route.path, group);
	for (i = 0; i < cx->nothers; i++)
		if (is_place(&cx->others[i].before.at, o.route.path, group)) {
			*out = &cx->others[i];
			return 0;
		}
	if (cx->nothers == OTHERS_MAX)
		return LVT_ETOOBIG;
	at.page = o.route.path;
	if ((at.group = arena_z(&cx->arena, group)) == NULL)
		return LVT_ENOMEM;
	at.user = auth_owner(o.route.page, at.group);
	/* Rooms for all at once: contexts point into them. */
	if (cx->others == NULL && (cx->others = arena_alloc(&cx->arena,
	    OTHERS_MAX * sizeof(o))) == NULL)
		return LVT_ENOMEM;
	more = &cx->others[cx->nothers];
	*more = o;
	if ((rc = other_load(cx, more, &at)) == 0) {
		cx->nothers++;
		*out = more;
	}
	return rc;
}

int
other_run(struct lvt_ctx *cx, struct other *o, lvt_fn *fn, json_t *data)
{
	const struct route *route = &o->route;
	struct outer outer = { cx->at, cx->outer };
	struct place at = o->before.at;
	json_t *own = cx->data;
	int rc;

	if (data != NULL)
		cx->data = data;
	cx->outer = &outer;
	trade_places(cx, &route, &at);
	rc = fn(cx, o->after);
	trade_places(cx, &route, &at);
	cx->outer = outer.up;
	cx->data = own;
	return rc > 0 ? LVT_EFAIL : rc;
}

int
lvt_update(struct lvt_ctx *cx, const char *page, const char *group,
    lvt_fn *fn)
{
	struct other *o;
	int rc = other_find(cx, page, group != NULL ? group : AUTH_SHARED, &o);

	return rc == 0 ? other_run(cx, o, fn, NULL) : rc;
}

/* --- When it commits ----------------------------------------------------------- */

static int
other_write(struct lvt_ctx *cx, struct variants *vs, struct other *o,
    struct also_write *w, struct lvt_error *err)
{
	/* With broadcasts in the same commit their watchers would need both:
	 * they ask. */
	struct change ch = { .before = &o->before, .after = o->after,
	    .changed = true, .watching = o->before.watching,
	    .blind = cx->ncasts > 0, .rev = o->before.rev + 1 };

	*w = (struct also_write){ .at = o->before.at, .rev = o->before.rev,
	    .patched = o->before.head.seq,
	    .state = doc_text(&cx->arena, o->after),
	    .expires_ms = session_expires(o->before.page,
	    o->before.at.user, cx->now_ms) };
	if (w->state.s == NULL)
		return lvt_error_nomem(err);
	return variants_also(vs, cx, &ch, err);
}

int
others_commit(struct lvt_ctx *cx, struct variants *vs, struct commit *c,
    struct lvt_error *err)
{
	struct also_write *also;
	size_t i;
	int rc = 0;

	if (!others_changed(cx))
		return 0;
	also = arena_alloc(&cx->arena, cx->nothers * sizeof(*also));
	if (also == NULL)
		return lvt_error_nomem(err);
	c->also = also;
	for (i = 0; rc == 0 && i < cx->nothers; i++)
		if (other_changed(&cx->others[i]))
			rc = other_write(cx, vs, &cx->others[i],
			    &also[c->nalso++], err);
	return rc;
}
