/*
 * agent.h - handlers of channels, and housekeeping, outside any request.
 *
 * Invariants:
 *   1. One agent of an app at a time: a lease in the store, renewed.
 *   2. A handler's position moves with the commit of what it did, so that
 *      each event is handled at least once and its effects happen once.
 *   3. An event that fails holds up its own handler alone.
 */
#ifndef LVT_APP_AGENT_H
#define LVT_APP_AGENT_H

#include "app/app.h"

/* Every handler's pattern, page and store: 0 or LVT_EINVALID. */
int	agent_check(const struct app *app, struct lvt_error *err);
/* once: handle what is there, then return. Return: the exit status. */
int	agent_run(struct app *app, bool once);
int	agent_gc(struct app *app, struct gc_result *r, struct lvt_error *err);

#endif
