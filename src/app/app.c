#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>
#include <xxhash.h>

#include "app/app.h"
#include "app/worker/asset.h"
#include "app/page.h"
#include "app/http/rate.h"
#include "app/state/recall.h"
#include "app/state/views.h"
#include "base/clock.h"
#include "base/log.h"

/* --- Where the program is --------------------------------------------------------- */

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? strdup(".") :
	    strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static char *
program_folder(const char *prog)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		return folder_of(path);
	}
	if (strchr(prog, '/') != NULL && realpath(prog, path) != NULL)
		return folder_of(path);
	return strdup(".");
}

static const char *
program_name(const char *prog)
{
	const char *slash = strrchr(prog, '/');
	const char *name = slash != NULL ? slash + 1 : prog;

	/* what libtool runs in a build tree */
	return strncmp(name, "lt-", 3) == 0 ? name + 3 : name;
}

static bool
name_is_valid(const char *z)
{
	size_t n = strlen(z);

	return n > 0 && n <= 64 && z[0] != '.' && strspn(z,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_.-") == n;
}

/* --- The database -------------------------------------------------------------------- */

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	return strncmp(path, folder, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0' || n == 1);
}

/*
 * Beside the program, so that the worker and cron find the same file whoever
 * runs them; a program that was installed keeps it in /var/lib/lvt.
 */
static int
default_database(struct app *app)
{
	char path[PATH_MAX];
	bool installed = is_below(app->dir, "/usr") ||
	    is_below(app->dir, "/bin") || is_below(app->dir, "/opt");

	snprintf(path, sizeof(path), "%s/%s.db",
	    installed ? "/var/lib/lvt" : app->dir, app->name);
	return settings_default(&app->set, SET_DB, path);
}

/* Whoever can fetch the file has everybody's state and the keys. */
int
app_refuse_root(const struct app *app, const char *root, struct lvt_error *err)
{
	const char *db = app->set.text[SET_DB];
	char real_root[PATH_MAX], real_dir[PATH_MAX];
	char *dir;

	if (root == NULL || root[0] == '\0' || strcmp(db, ":memory:") == 0 ||
	    realpath(root, real_root) == NULL || strcmp(real_root, "/") == 0)
		return 0;
	if ((dir = folder_of(db)) == NULL)
		return lvt_error_nomem(err);
	if (realpath(dir, real_dir) != NULL && is_below(real_dir, real_root)) {
		lvt_error_set(err, LVT_EINVALID, "the database '%s' is below "
		    "the web root '%s': set LVT_DB to a path outside", db,
		    root);
		free(dir);
		return LVT_EINVALID;
	}
	free(dir);
	return 0;
}

int
app_store(struct app *app, struct lvt_error *err)
{
	struct store_opts o = {
	    .durability = strcmp(app->set.text[SET_DURABILITY], "normal") == 0
	    ? STORE_NORMAL : STORE_FULL,
	    .tidies = app->mode == MODE_FASTCGI,
	    .heads = app->set.text[SET_HEADS] };
	int rc;

	if (app->store != NULL)
		return 0;
	if ((rc = app_refuse_root(app, getenv("DOCUMENT_ROOT"), err)) != 0)
		return rc;
	app->store = store_open(app->set.text[SET_DB], &o, err);
	if (app->store == NULL) {
		if (err != NULL && err->code != LVT_ENOMEM &&
		    app->set.source[SET_DB] == FROM_DEFAULT) {
			size_t n = strlen(err->message);

			snprintf(err->message + n, sizeof(err->message) - n,
			    " (LVT_DB names another file)");
		}
		return err != NULL && err->code != 0 ? err->code : LVT_ESTORE;
	}
	if (app->set.number[SET_RATE] > 0)
		app->rate = rate_open(app->set.text[SET_DB]);
	if ((rc = store_key(app->store, "view", app->view_key, err)) != 0 ||
	    (rc = store_key(app->store, "token", app->token_key, err)) != 0 ||
	    (rc = store_key(app->store, "cookie", app->auth_key, err)) != 0)
		app_store_close(app);
	return rc;
}

void
app_store_close(struct app *app)
{
	store_close(app->store);
	app->store = NULL;
	rate_close(app->rate);
	app->rate = NULL;
}

/* --- Life ------------------------------------------------------------------------------ */

static int
compile_pages(struct app *app, struct lvt_error *err)
{
	const struct lvt_page *row = app->row->pages, *other;
	size_t n;
	int rc;

	for (n = 0; row != NULL && row[n].path != NULL; n++)
		for (other = row; other != &row[n]; other++)
			if (strcmp(other->path, row[n].path) == 0)
				return lvt_error_set(err, LVT_EINVALID,
				    "page \"%s\" appears twice", row[n].path);
	app->pages = calloc(n + 1, sizeof(*app->pages));
	if (app->pages == NULL)
		return lvt_error_nomem(err);
	while (app->npages < n) {
		struct page *pg = &app->pages[app->npages];

		/* Counted at once, so that app_close() releases its half. */
		app->npages++;
		if ((rc = page_compile(app, pg, &row[app->npages - 1],
		    err)) != 0)
			return rc;
	}
	return 0;
}

int
app_open(struct app *app, const struct lvt_app *row, const char *prog,
    struct lvt_error *err)
{
	int rc;

	if (sodium_init() < 0)
		return lvt_error_set(err, LVT_EFAIL, "no random numbers here");
	app->row = row;
	app->name = row->name != NULL ? row->name : program_name(prog);
	if (app->now_ms == NULL)
		app->now_ms = clock_wall_ms;
	if (!name_is_valid(app->name))
		return lvt_error_set(err, LVT_EINVALID,
		    "'%s' is no name for an app: letters, digits, . _ -",
		    app->name);
	app->dir = program_folder(prog);
	app->views = calloc(1, sizeof(*app->views));
	app->recall = recall_create();
	if (app->dir == NULL || app->views == NULL || app->recall == NULL ||
	    default_database(app) != 0)
		return lvt_error_nomem(err);
	if ((rc = assets_load(app, err)) != 0)
		return rc;
	return compile_pages(app, err);
}

void
app_close(struct app *app)
{
	size_t i;

	app_store_close(app);
	if (app->views != NULL)
		views_release(app->views);
	free(app->views);
	recall_free(app->recall);
	for (i = 0; i < app->npages; i++)
		page_release(&app->pages[i]);
	free(app->pages);
	assets_release(app);
	settings_release(&app->set);
	free(app->dir);
	memset(app, 0, sizeof(*app));
}

void
app_complain(struct app *app, const char *text)
{
	uint64_t hash = XXH3_64bits(text, strlen(text));

	if (app->set.number[SET_DEV] == 0 || app->said != hash)
		log_error("%s", text);
	app->said = hash;
}
