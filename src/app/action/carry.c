/* carry.c - what a browser did before somebody logged in with it. */
#include "app/auth/auth.h"
#include "app/auth/login.h"
#include "app/action/other.h"

/* Is a group of that page a browser's, or a user's, own? */
static bool
is_private(const struct page *pg)
{
	return pg->auth->group == NULL && !(pg->row->flags & LVT_SHARED);
}

/* The browser's document: read, never written. */
static int
load_from(struct lvt_ctx *cx, const char *page, const char *group,
    struct sight *s)
{
	struct lvt_ctx look;
	struct route route;
	int rc = page_route(cx->app, page, &cx->arena, &route);

	if (rc == LVT_ENOTFOUND || (rc == 0 && !is_private(route.page)))
		return ctx_wrong(cx, "lvt_carry(): there is no page \"%.200s\" "
		    "where each browser has a state of its own", page);
	if (rc != 0)
		return rc;
	ctx_init(&look, cx->app, NULL, &route);
	look.at.group = group;
	rc = session_load(&look, s, NULL);
	ctx_release(&look);
	return rc;
}

/* Where the user has no document yet, the browser's is it. */
static int
take_over(struct lvt_ctx *cx, json_t *doc)
{
	json_object_clear(doc);
	return json_object_update_new(doc, json_deep_copy(lvt_data(cx)));
}

int
lvt_carry(struct lvt_ctx *cx, const char *from, const char *to, lvt_fn *merge)
{
	char browser[AUTH_NAME], own[AUTH_NAME];
	struct other *o;
	struct sight s;
	json_t *data;
	int rc;

	if (cx->login == NULL || cx->login->user == NULL)
		return ctx_wrong(cx, "lvt_carry() comes after lvt_login()");
	/* Who was somebody else before leaves nothing to take. */
	if (cx->at.user[0] != '\0' || cx->login->changes ||
	    !auth_browser(cx, browser))
		return 0;
	if ((rc = load_from(cx, from, browser, &s)) != 0)
		return rc;
	data = s.exists ? session_take(&s, NULL) : NULL;
	rc = s.exists && data == NULL ? LVT_ENOMEM : 0;
	session_release(&s);
	if (data == NULL)
		return rc;
	rc = auth_user_group(cx->login->user, own);
	if (rc == 0)
		rc = other_find(cx, to != NULL ? to : from, own, &o);
	if (rc == 0 && !is_private(o->route.page))
		rc = ctx_wrong(cx, "lvt_carry(): \"%.200s\" is no page where "
		    "each user has a state of their own", to != NULL ? to :
		    from);
	if (rc == 0 && (merge != NULL || !o->before.exists))
		rc = other_run(cx, o, merge != NULL ? merge : take_over, data);
	json_decref(data);
	return rc;
}
