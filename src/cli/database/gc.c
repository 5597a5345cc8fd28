/* gc.c - lvt gc: what is old goes, of all apps of a database. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/when.h"
#include "cli/commands.h"
#include "cli/database/database.h"
#include "cli/database/options.h"

#define KEEP	"1d"

static int
collect(const char *db, const struct gc_opts *o)
{
	struct lvt_error err = { 0 };
	struct store *st = cli_open(db, NULL, &err);
	struct gc_result r;
	int rc = st != NULL ? store_gc(st, o, &r, &err) : LVT_ESTORE;

	store_close(st);
	if (rc != 0)
		return cli_fail(&err);
	printf("removed: %" PRId64 " outbox rows, %" PRId64 " replies, %"
	    PRId64 " sessions, %" PRId64 " patches, %" PRId64 " presences\n",
	    r.outbox, r.replies, r.sessions, r.patches, r.presence);
	return CLI_OK;
}

/* A number of seconds, as apps take it from the environment, or a span. */
int
cmd_gc(int argc, char *argv[])
{
	const char *db = NULL, *keep = getenv("LVT_OUTBOX_KEEP");
	struct gc_opts o = { .outbox_keep_ms = 0 };
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &db, NULL },
		{ "keep", CLI_TEXT, &keep, NULL },
		{ "keep-rows", CLI_COUNT, &o.outbox_keep_rows, NULL },
		{ 0 }
	};
	struct lvt_error err = { 0 };

	if (cli_options("gc", options, argc, argv) != CLI_OK ||
	    cli_no_words("gc", argc, argv) != CLI_OK)
		return CLI_USAGE;
	if (when_span(keep != NULL && *keep != '\0' ? keep : KEEP,
	    &o.outbox_keep_ms, &err) != 0)
		return cli_usage("gc", "%s", err.message);
	if (o.outbox_keep_ms == 0)	/* which would mean: all of them */
		o.outbox_keep_ms = 1;
	return collect(db, &o);
}
