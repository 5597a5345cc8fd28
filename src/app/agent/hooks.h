/*
 * hooks.h - what follows from somebody's coming and going.
 *
 * Invariants:
 *   1. Each connection comes once and leaves once, in that order, whatever
 *      dies in between: what follows is committed with the note of it.
 *   2. A user joins with the first connection to a page and leaves with the
 *      last; of nobody each group does, on a shared page each connection.
 */
#ifndef LVT_APP_HOOKS_H
#define LVT_APP_HOOKS_H

#include "app/app.h"

/* Tell all that was not told yet. */
int	hooks_run(struct app *app, struct lvt_error *err);

#endif
