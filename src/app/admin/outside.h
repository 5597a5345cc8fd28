/*
 * outside.h - an app from outside its worker: lvt_open() and what it leads to.
 */
#ifndef LVT_APP_OUTSIDE_H
#define LVT_APP_OUTSIDE_H

#include "app/app.h"

struct lvt {
	struct app app;
};

/* As lvt_broadcast() and friends; *live (NULL is fine) is how many streams were
 * registered that it reaches. */
int	outside_broadcast(struct app *app, const char *scope,
	    const char *page, json_t *patch, const struct lvt_opts *opts,
	    int64_t *live, struct lvt_error *err);
int	outside_publish(struct app *app, const char *channel,
	    const char *event, json_t *payload, const struct lvt_opts *opts,
	    struct lvt_error *err);
int	outside_cancel(struct app *app, const char *name,
	    struct lvt_error *err);
int	outside_token(struct app *app, const char *user, int64_t ttl_s,
	    struct buf *out, struct lvt_error *err);
/* Run mount for those who watch the page at path (group NULL: all). */
int	outside_refresh(struct app *app, const char *path, const char *group,
	    int64_t *changed, struct lvt_error *err);

#endif
