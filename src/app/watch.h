/*
 * watch.h - pages that show how many watch hear of it when that changes.
 *
 * Owns:    the numbers that were told last, of each page and group.
 * Invariants:
 *   1. Costs nothing where no template names .lvt.Watching.
 *   2. A number that changed is told once; a page that shows another number
 *      than the one told last is stale, and asks.
 */
#ifndef LVT_APP_WATCH_H
#define LVT_APP_WATCH_H

#include "app/app.h"

struct watched;

struct watch {
	struct app *app;
	struct watched *all;
	size_t n, cap;
};

void	watch_init(struct watch *w, struct app *app);
void	watch_release(struct watch *w);
/* Look, and commit a row for each group whose number is another. */
void	watch_look(struct watch *w);

#endif
