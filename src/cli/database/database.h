/*
 * database.h - how the commands that work on a database come by it.
 */
#ifndef LVT_CLI_DATABASE_H
#define LVT_CLI_DATABASE_H

#include "cli/cli.h"
#include "store/store.h"

/* db: of --db; NULL: $LVT_DB. */

/* Say so, if opening it will make it: nobody hears what is said in it. */
void	cli_note_new(const char *db);
/* NULL: neither is there, or it cannot be had (err). */
struct store *cli_open(const char *db, const struct store_opts *opts,
	    struct lvt_error *err);
/* "full" or "normal". Return: 0, or -1 for another word. */
int	cli_durability(const char *word, struct store_opts *opts);
int	cli_nomem(void);		/* says so; CLI_FAILED */

#endif
