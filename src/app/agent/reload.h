/*
 * reload.h - in development: templates that change, and who shows them.
 *
 * Owns:    what each page's files were like when its readers were told.
 * Invariants:
 *   1. What the agent renders is made of the templates as they are now, as what
 *      workers render is.
 *   2. Whoever shows a page is told that it is stale after its files have
 *      changed, and once when the agent starts: the program may be another.
 */
#ifndef LVT_APP_RELOAD_H
#define LVT_APP_RELOAD_H

#include "app/app.h"

struct reload;

/* Not in development: *out is NULL. 0 or LVT_ENOMEM. */
int	reload_open(const struct app *app, struct reload **out);
void	reload_free(struct reload *r);		/* NULL is fine */
/* Read what has changed, and tell. false: a page has no template yet that could
 * be shown, so that nothing should run. r NULL is fine. */
bool	reload_run(struct app *app, struct reload *r);

#endif
