/* ticks.h - functions that run again and again, mostly while somebody watches. */
#ifndef LVT_APP_TICKS_H
#define LVT_APP_TICKS_H

#include "app/app.h"

struct ticks;

int	ticks_check(const struct app *app, struct lvt_error *err);
int	ticks_open(struct app *app, struct ticks **out,
	    struct lvt_error *err);		/* for free() */
/* Those whose time has come. What fails is logged, and due again as usual. */
void	ticks_run(struct app *app, struct ticks *t);

#endif
