/*
 * asset.h - what the worker serves itself below PREFIX/_lvt/.
 *
 * lvt-HASH.js, lvt-more-HASH.js, lvt-debug-HASH.js (and all without hash) and
 * statics-HASH.json, for hosts where the web server does not. A name with a hash never changes what it means.
 *
 * Owns:    the client's scripts, read once. One hash stands for all.
 */
#ifndef LVT_APP_ASSET_H
#define LVT_APP_ASSET_H

#include "app/app.h"
#include "app/http/request.h"
#include "app/http/response.h"

#define ASSET_SCRIPTS	3		/* lvt.js, lvt-more.js, lvt-debug.js */

struct asset_cache {
	struct str client[ASSET_SCRIPTS];
	struct buf loaded[ASSET_SCRIPTS];	/* from LVT_WWW */
	char hash[HASH_TEXT + 1];	/* "" where there is no client */
};

int	assets_load(struct app *app, struct lvt_error *err);
void	assets_release(struct app *app);
/* path: behind "/_lvt/". 0 or LVT_ENOTFOUND. */
int	asset_serve(const struct app *app, const char *path,
	    struct response *rs);

#endif
