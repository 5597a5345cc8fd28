/*
 * other.h - further groups that a handler changes: lvt_update().
 *
 * Owns:    what was read of them and what becomes of it, until
 *          others_release(), which ctx_restart() calls.
 * Invariants:
 *   1. They are committed with the handler's own change or not at all, each
 *      only if its revision still stands.
 *   2. A document is in the hands of one function at a time: a function is not
 *      given one that the handler, or a function that called it, has.
 */
#ifndef LVT_APP_OTHER_H
#define LVT_APP_OTHER_H

#include "app/state/session.h"
#include "app/state/variants.h"

#define OTHERS_MAX	64

struct other {
	struct route route;
	struct sight before;
	json_t *after;
};

/* Is it the place that the handler, or a function within it, is at? */
bool	other_is_own(const struct lvt_ctx *cx, const char *page,
	    const char *group);
/* That place, read if need be: 0, LVT_EINVALID (the handler's own; no such
 * page), LVT_ETOOBIG, LVT_ENOMEM, LVT_ESTORE. */
int	other_find(struct lvt_ctx *cx, const char *page, const char *group,
	    struct other **out);
/* fn on its document, as lvt_update() says. data NULL: the action's. */
int	other_run(struct lvt_ctx *cx, struct other *o, lvt_fn *fn, json_t *data);

void	others_release(struct lvt_ctx *cx);
bool	others_changed(const struct lvt_ctx *cx);
/* Their part of the commit, and their rows. */
int	others_commit(struct lvt_ctx *cx, struct variants *vs,
	    struct commit *c, struct lvt_error *err);
/* When a group of the page runs out; 0: never. */
int64_t	session_expires(const struct page *pg, const char *user,
	    int64_t now_ms);

#endif
