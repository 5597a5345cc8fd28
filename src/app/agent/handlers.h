/*
 * handlers.h - the app's channel handlers, each with a cursor of its own.
 *
 * Owns:    struct handlers: where each handler is in the outbox.
 * Invariants:
 *   1. A handler's position moves with the commit of what it did, so that
 *      each event is handled at least once and its effects happen once.
 *   2. Events of one (handler, group) are handled in order; one that fails
 *      holds up these alone, until it is parked for good.
 */
#ifndef LVT_APP_HANDLERS_H
#define LVT_APP_HANDLERS_H

#include "app/app.h"

struct handlers;

/* Every handler's pattern, page and store: 0 or LVT_EINVALID. */
int	handlers_check(const struct app *app, struct lvt_error *err);
int	handlers_open(struct app *app, struct handlers **out,
	    struct lvt_error *err);
void	handlers_free(struct handlers *h);	/* NULL is fine */
/* Everything that is there now. Return: how many tries failed. */
int	handlers_run(struct app *app, struct handlers *h);

#endif
