/* database.c - the database of a command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/database/database.h"

/* The file that is meant: an option, else the environment; NULL: none is. */
static const char *
named(const char *db)
{
	if (db == NULL)
		db = getenv("LVT_DB");
	return db != NULL && *db != '\0' ? db : NULL;
}

void
cli_note_new(const char *db)
{
	const char *path = named(db);

	if (path != NULL && access(path, F_OK) != 0 && errno == ENOENT)
		fprintf(stderr, "lvt: there was no database '%s': it is new, and "
		    "no app has it; is this the app's path?\n", path);
}

struct store *
cli_open(const char *db, const struct store_opts *opts, struct lvt_error *err)
{
	struct store_opts o = { 0 };

	if (opts != NULL)
		o = *opts;
	o.heads = getenv("LVT_HEADS");
	if (o.heads != NULL && *o.heads == '\0')
		o.heads = NULL;
	if ((db = named(db)) == NULL) {
		lvt_error_set(err, LVT_EINVALID,
		    "no database: give --db FILE or set LVT_DB");
		return NULL;
	}
	return store_open(db, &o, err);
}

int
cli_durability(const char *word, struct store_opts *opts)
{
	if (strcmp(word, "full") == 0)
		opts->durability = STORE_FULL;
	else if (strcmp(word, "normal") == 0)
		opts->durability = STORE_NORMAL;
	else
		return -1;
	return 0;
}

int
cli_nomem(void)
{
	fputs("lvt: out of memory\n", stderr);
	return CLI_FAILED;
}
