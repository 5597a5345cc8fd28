/*
 * app.h - an application as it runs: its rows compiled, its store open.
 *
 * Owns:    everything that app_open() makes, until app_close().
 * Borrows: the user's rows (struct lvt_app), for as long as it lives.
 * Invariants:
 *   1. Pages are checked before anything is served: a mistake in the rows stops
 *      the program, and so does one in the templates, with its place. But in
 *      development whoever looks at the page is shown it, until it is mended.
 *   2. A store belongs to one process: app_store() opens it after fork().
 */
#ifndef LVT_APP_APP_H
#define LVT_APP_APP_H

#include <sys/types.h>

#include "app/settings.h"
#include "base/buf.h"
#include "base/token.h"
#include "store/store.h"
#include "template/program.h"
#include "view/view.h"

#define HASH_TEXT	16		/* hex digits of an asset's name */

/* How the process was started. */
enum app_mode { MODE_COMMAND, MODE_CGI, MODE_FASTCGI, MODE_TEST };

struct page_store {
	const char *name;		/* "" where the page has one document */
	const struct lvt_action *actions;
	lvt_fn	*setup;
};

struct page {
	const struct lvt_page *row;
	const struct lvt_auth *auth;
	struct page_store *stores;
	size_t nstores;
	bool many;			/* the document is {store: object} */
	bool has_params;		/* path holds {…} */
	json_t *init;			/* the first document; never changed */
	struct program *program;	/* NULL: was never whole */
	struct buf statics;		/* the table, as JSON */
	char statics_hash[HASH_TEXT + 1];
	bool uses_user, uses_watching;
	bool broken;			/* its files are, as they are now */
	int shift;			/* bytes put before its template's text */
	uint64_t stamp;			/* what its files were like */
	uint64_t text;			/* hash of what they say */
	char *file;			/* the template's path */
};

struct app {
	const struct lvt_app *row;
	const char *name;
	enum app_mode mode;
	struct settings set;
	char *dir;			/* the executable's folder */
	struct page *pages;
	size_t npages;
	struct store *store;		/* NULL until app_store() */
	unsigned char view_key[32], token_key[TOKEN_KEY];
	unsigned char auth_key[TOKEN_KEY];
	struct asset_cache *assets;
	struct views *views;
	struct recall *recall;
	struct rate *rate;		/* NULL: not limited */
	uint64_t said;			/* what app_complain() said last */
	int64_t (*now_ms)(void);	/* the wall clock, but in tests */
};

/* Compile the rows. prog: argv[0]. The settings are loaded by the caller into
 * app->set before; app is zeroed otherwise. */
int	app_open(struct app *app, const struct lvt_app *row, const char *prog,
	    struct lvt_error *err);
/* Open the store (once): 0 or LVT_E*. */
int	app_store(struct app *app, struct lvt_error *err);
/* 0, or LVT_EINVALID: the database is below what a web server shows (NULL: none
 * is known). */
int	app_refuse_root(const struct app *app, const char *root,
	    struct lvt_error *err);
void	app_store_close(struct app *app);
void	app_close(struct app *app);
/* Log an error. In development whoever waits for a template to be mended asks
 * again and again: what is the same as the last is not said. */
void	app_complain(struct app *app, const char *text);

#endif
