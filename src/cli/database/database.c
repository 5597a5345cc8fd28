/* database.c - the database of a command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/database/database.h"

struct store *
cli_open(const char *db, const struct store_opts *opts, struct lvt_error *err)
{
	struct store_opts o = { 0 };

	if (opts != NULL)
		o = *opts;
	o.heads = getenv("LVT_HEADS");
	if (o.heads != NULL && *o.heads == '\0')
		o.heads = NULL;
	if (db == NULL)
		db = getenv("LVT_DB");
	if (db == NULL || *db == '\0') {
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
