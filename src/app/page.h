/*
 * page.h - a row of the app, checked and compiled; which one a path means.
 */
#ifndef LVT_APP_PAGE_H
#define LVT_APP_PAGE_H

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

int	page_compile(struct app *app, struct page *pg,
	    const struct lvt_page *row, struct lvt_error *err);
void	page_release(struct page *pg);
/* Has a template of the page changed? Then compile it again. */
int	page_refresh(struct app *app, struct page *pg, struct lvt_error *err);

/* 0; LVT_ENOTFOUND; LVT_ENOMEM. */
int	page_route(struct app *app, const char *path, struct arena *a,
	    struct route *out);

/* "add", "todos.add": the action and its store. fails: LVT_ENOTFOUND with a
 * message that names what there is. */
int	page_action(const struct page *pg, const char *name,
	    const struct page_store **store, const struct lvt_action **action,
	    struct lvt_error *err);

#endif
