/*
 * route.h - which page a path means, and which action of it a name does.
 */
#ifndef LVT_APP_ROUTE_H
#define LVT_APP_ROUTE_H

#include "app/app.h"
#include "base/arena.h"

#define PAGE_PARAMS	8

struct page_param {
	struct str name;		/* borrowed from the row */
	const char *value;		/* in the arena */
};

struct route {
	struct page *page;
	const char *path;		/* "/room/lobby", without a last "/" */
	struct page_param params[PAGE_PARAMS];
	size_t nparams;
};

/* 0; LVT_ENOTFOUND; LVT_ENOMEM. */
int	page_route(struct app *app, const char *path, struct arena *a,
	    struct route *out);

/* Its actions, one after the other, as suggestions. */
struct suggest;
void	page_suggest(const struct page *pg, struct suggest *s);
/* "add, remove"; "none" where there are none. */
void	page_list_actions(const struct page *pg, struct buf *out);
/* "add", "todos.add": the action and its store. fails: LVT_ENOTFOUND with a
 * message that names what there is. */
int	page_action(const struct page *pg, const char *name,
	    const struct page_store **store, const struct lvt_action **action,
	    struct lvt_error *err);

#endif
