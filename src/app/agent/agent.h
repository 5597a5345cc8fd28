/*
 * agent.h - handlers, ticks, hooks and housekeeping, outside any request.
 *
 * Invariants:
 *   1. One agent of an app at a time: a lease in the store, renewed.
 *   2. Whatever dies, all that was to happen happens: see handlers.h, hooks.h.
 */
#ifndef LVT_APP_AGENT_H
#define LVT_APP_AGENT_H

#include "app/app.h"

/* Every handler and tick: 0 or LVT_EINVALID. */
int	agent_check(const struct app *app, struct lvt_error *err);
/* once: handle what is there, then return. Return: the exit status. */
int	agent_run(struct app *app, bool once);
/* It was told to end. */
bool	agent_stops(void);
int	agent_gc(struct app *app, struct gc_result *r, struct lvt_error *err);

#endif
