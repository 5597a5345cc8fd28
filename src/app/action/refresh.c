/* refresh.c - lvt_refresh(): mount runs again, in the commit of who asks. */
#include "app/auth/auth.h"
#include "app/state/doc.h"
#include "app/action/other.h"

struct watched {
	struct lvt_ctx *cx;
	const char *groups[OTHERS_MAX];
	size_t n;
};

static int
add_group(void *arg, const struct place *at, const char *view,
    int64_t connections)
{
	struct watched *w = arg;
	size_t i;

	(void)view;
	(void)connections;
	for (i = 0; i < w->n; i++)
		if (strcmp(w->groups[i], at->group) == 0)
			return 0;
	if (w->n == OTHERS_MAX)
		return LVT_ETOOBIG;
	w->groups[w->n] = arena_z(&w->cx->arena, at->group);
	return w->groups[w->n++] != NULL ? 0 : LVT_ENOMEM;
}

/* A group without a row shows what mount makes anew: it only needs to ask. */
static int
tell_stale(struct lvt_ctx *cx, const char *path, const char *group)
{
	struct message m = { .page = path,
	    .scope = arena_printf(&cx->arena, "g:%s", group) };
	json_t *body = json_pack("{s:s, s:s}", "refresh", path, "group",
	    group);

	if (body != NULL)
		m.body = doc_text(&cx->arena, body);
	json_decref(body);
	return m.scope == NULL || m.body.s == NULL ? LVT_ENOMEM :
	    ctx_message(cx, &m);
}

static int
run_mount(struct lvt_ctx *cx, const struct route *route, const char *group)
{
	struct other *o;
	int rc;

	/* Its own state is what the handler itself is at. */
	if (other_is_own(cx, route->path, group))
		return 0;
	rc = other_find(cx, route->path, group, &o);
	if (rc == 0 && !o->before.exists)
		return tell_stale(cx, route->path, group);
	return rc == 0 ? other_run(cx, o, route->page->row->mount, NULL) : rc;
}

int
lvt_refresh(struct lvt_ctx *cx, const char *page, const char *group)
{
	struct watched w = { .cx = cx };
	struct route route;
	size_t i;
	int rc = page_route(cx->app, page, &cx->arena, &route);

	if (rc == LVT_ENOTFOUND || (rc == 0 &&
	    route.page->row->mount == NULL))
		return ctx_wrong(cx, "lvt_refresh(): there is no page "
		    "\"%.200s\" with a mount", page);
	if (rc != 0)
		return rc;
	if (group != NULL) {
		w.groups[w.n++] = group;
	} else if ((route.page->row->flags & LVT_SHARED) &&
	    route.page->auth->group == NULL) {
		w.groups[w.n++] = AUTH_SHARED;
	} else {
		rc = store_watchers(cx->app->store, cx->app->name, route.path,
		    NULL, 100000, add_group, &w, NULL);
	}
	for (i = 0; rc == 0 && i < w.n; i++)
		rc = run_mount(cx, &route, w.groups[i]);
	return rc;
}
