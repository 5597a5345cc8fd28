#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <xxhash.h>

#include "app/asset.h"

/* The client as it was when the library was built. */
static const unsigned char built_in[] = {
#include "app/client.inc"
	0
};

static int
load_from(struct asset_cache *as, const char *dir, struct lvt_error *err)
{
	char path[4096], chunk[8192];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/lvt.js", dir);
	if ((f = fopen(path, "re")) == NULL)
		return lvt_error_set(err, LVT_EIO, "cannot read '%s': %s",
		    path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&as->loaded, chunk, n);
	fclose(f);
	as->client = (struct str){ as->loaded.s, as->loaded.len };
	return as->loaded.failed ? lvt_error_nomem(err) : 0;
}

int
assets_load(struct app *app, struct lvt_error *err)
{
	struct asset_cache *as = calloc(1, sizeof(*as));
	int rc = 0;

	if (as == NULL)
		return lvt_error_nomem(err);
	app->assets = as;
	buf_init(&as->loaded);
	if (app->set.text[SET_WWW] != NULL)
		rc = load_from(as, app->set.text[SET_WWW], err);
	else
		as->client = (struct str){ (const char *)built_in,
		    sizeof(built_in) - 1 };
	if (rc == 0 && as->client.len > 0)
		snprintf(as->hash, sizeof(as->hash), "%016llx",
		    (unsigned long long)XXH3_64bits(as->client.s,
		    as->client.len));
	return rc;
}

void
assets_release(struct app *app)
{
	if (app->assets != NULL)
		buf_release(&app->assets->loaded);
	free(app->assets);
	app->assets = NULL;
}

static int
serve(struct response *rs, const char *type, struct str body, bool for_ever)
{
	response_reset(rs, 200, type);
	response_header(rs, "Cache-Control", for_ever ?
	    "public, max-age=31536000, immutable" : "no-cache");
	buf_str(&rs->body, body);
	return 0;
}

int
asset_serve(const struct app *app, const char *path, struct response *rs)
{
	static const char js[] = "text/javascript; charset=utf-8";
	const struct asset_cache *as = app->assets;
	char name[64];
	size_t i;

	if (as->hash[0] != '\0') {
		snprintf(name, sizeof(name), "lvt-%s.js", as->hash);
		if (strcmp(path, name) == 0)
			return serve(rs, js, as->client, true);
		if (strcmp(path, "lvt.js") == 0)
			return serve(rs, js, as->client, false);
	}
	for (i = 0; i < app->npages; i++) {
		const struct page *pg = &app->pages[i];

		snprintf(name, sizeof(name), "statics-%s.json",
		    pg->statics_hash);
		if (strcmp(path, name) == 0)
			return serve(rs, "application/json", (struct str){
			    pg->statics.s, pg->statics.len }, true);
	}
	return LVT_ENOTFOUND;
}
