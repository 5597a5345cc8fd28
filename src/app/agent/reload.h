/*
 * reload.h - templates that change, and who shows them.
 *
 * In development files are looked at all the time; elsewhere templates are other
 * ones when the agent starts after a deploy.
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

/* Not in development: tell those who show a page whose templates say something
 * else than when an agent told the last time, which is kept in the database. Its
 * workers are to run by then. What fails is logged, and told by the next agent. */
void	reload_deployed(struct app *app);
/* Not in development: *out is NULL. 0 or LVT_ENOMEM. */
int	reload_open(const struct app *app, struct reload **out);
void	reload_free(struct reload *r);		/* NULL is fine */
/* Read what has changed, and tell. false: a page has no template yet that could
 * be shown, so that nothing should run. r NULL is fine. */
bool	reload_run(struct app *app, struct reload *r);

#endif
