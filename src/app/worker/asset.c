#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <xxhash.h>

#include "app/worker/asset.h"

/* The client as it was when the library was built. */
static const unsigned char client_js[] = {
#include "app/client.inc"
	0
};

static const unsigned char more_js[] = {
#include "app/more.inc"
	0
};

static const unsigned char debug_js[] = {
#include "app/debug.inc"
	0
};

static const struct script {
	const char *stem;
	struct str built_in;
} scripts[] = {
	{ "lvt", { (const char *)client_js, sizeof(client_js) - 1 } },
	{ "lvt-more", { (const char *)more_js, sizeof(more_js) - 1 } },
	{ "lvt-debug", { (const char *)debug_js, sizeof(debug_js) - 1 } },
};

#define NSCRIPTS	(sizeof(scripts) / sizeof(scripts[0]))

_Static_assert(NSCRIPTS == ASSET_SCRIPTS, "a place for each script");

static int
load_from(struct asset_cache *as, size_t i, const char *dir,
    struct lvt_error *err)
{
	char path[4096], chunk[8192];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.js", dir, scripts[i].stem);
	if ((f = fopen(path, "re")) == NULL && i > 0)
		return 0;		/* a page is live without */
	if (f == NULL)
		return lvt_error_set(err, LVT_EIO, "cannot read '%s': %s",
		    path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&as->loaded[i], chunk, n);
	fclose(f);
	as->client[i] = (struct str){ as->loaded[i].s, as->loaded[i].len };
	return as->loaded[i].failed ? lvt_error_nomem(err) : 0;
}

int
assets_load(struct app *app, struct lvt_error *err)
{
	struct asset_cache *as = calloc(1, sizeof(*as));
	XXH64_hash_t hash = 0;
	int rc = 0;
	size_t i;

	if (as == NULL)
		return lvt_error_nomem(err);
	app->assets = as;
	for (i = 0; i < NSCRIPTS && rc == 0; i++) {
		buf_init(&as->loaded[i]);
		if (app->set.text[SET_WWW] != NULL)
			rc = load_from(as, i, app->set.text[SET_WWW], err);
		else
			as->client[i] = scripts[i].built_in;
		if (as->client[i].len > 0)
			hash = XXH3_64bits_withSeed(as->client[i].s,
			    as->client[i].len, hash);
	}
	if (rc == 0 && hash != 0)
		snprintf(as->hash, sizeof(as->hash), "%016llx",
		    (unsigned long long)hash);
	return rc;
}

void
assets_release(struct app *app)
{
	size_t i;

	for (i = 0; app->assets != NULL && i < NSCRIPTS; i++)
		buf_release(&app->assets->loaded[i]);
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

	for (i = 0; i < NSCRIPTS; i++) {
		if (as->client[i].len == 0)
			continue;
		snprintf(name, sizeof(name), "%s-%s.js", scripts[i].stem,
		    as->hash);
		if (strcmp(path, name) == 0)
			return serve(rs, js, as->client[i], true);
		snprintf(name, sizeof(name), "%s.js", scripts[i].stem);
		if (strcmp(path, name) == 0)
			return serve(rs, js, as->client[i], false);
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
