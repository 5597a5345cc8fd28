/*
 * watching.h - {{.lvt.Watching}} follows who is there.
 *
 * A view says how many watch as of a commit, so that all who render it agree.
 * The agent makes that commit when presence says otherwise.
 */
#ifndef LVT_APP_WATCHING_H
#define LVT_APP_WATCHING_H

#include "app/app.h"

/* Does any page say how many watch it? */
bool	watching_is_used(const struct app *app);
/* Commit the numbers that have changed, so many at a time as fit a call. */
int	watching_update(struct app *app, struct lvt_error *err);

/* How many hear a channel: users count once, and so do browsers that have a
 * group of their own. */
int64_t	watching_channel(struct app *app, const char *channel);

#endif
