/* parked.c - lvt outbox --parked: events that consumers could not handle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/database/database.h"

#define NUMBERS	1000

struct numbers {
	int64_t v[NUMBERS];
	size_t n;
};

static int
print(void *arg, const struct parked *p)
{
	json_t *row = json_pack("{s:I, s:s, s:s, s:I, s:i, s:I, s:s}", "id",
	    (json_int_t)p->id, "consumer", p->consumer, "group", p->group,
	    "seq", (json_int_t)p->seq, "tries", p->tries, "due",
	    (json_int_t)p->due_ms, "why", p->why);
	json_t *body = json_loadb(p->body.s, p->body.len, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL, NULL);
	char *line = NULL;
	int rc = LVT_ENOMEM;

	(void)arg;
	if (row != NULL && (body == NULL ||
	    json_object_set(row, "message", body) == 0))
		line = json_dumps(row, JSON_COMPACT);
	if (line != NULL)
		rc = puts(line) == EOF ? LVT_EIO : 0;
	free(line);
	json_decref(row);
	json_decref(body);
	return rc;
}

static int
add(void *arg, const struct parked *p)
{
	struct numbers *all = arg;

	if (p->due_ms == 0)
		all->v[all->n++] = p->id;
	return all->n == NUMBERS;
}

/* words: none, or "retry" or "drop" and "all" or a number. */
int
cli_parked(const char *db, int nwords, char *const *words)
{
	bool drop = nwords > 0 && strcmp(words[0], "drop") == 0;
	struct numbers all = { .n = 0 };
	struct lvt_error err = { 0 };
	struct store *st;
	size_t i;
	int rc = 0;

	if (nwords != 0 && (nwords != 2 || (!drop &&
	    strcmp(words[0], "retry") != 0)))
		return cli_usage("outbox", "--parked [retry|drop N|all]");
	if ((st = cli_open(db, NULL, &err)) == NULL)
		return cli_fail(&err);
	if (nwords == 0)
		rc = store_parked_list(st, NULL, print, NULL, &err);
	else if (strcmp(words[1], "all") == 0)
		rc = store_parked_list(st, NULL, add, &all, &err);
	else
		all.v[all.n++] = atoll(words[1]);
	for (i = 0; rc >= 0 && i < all.n; i++)
		rc = drop ? store_parked_drop(st, all.v[i], &err) :
		    store_parked_again(st, all.v[i], 0, clock_wall_ms(),
		    "somebody asked for it", &err);
	store_close(st);
	if (rc >= 0)
		return CLI_OK;
	lvt_error_set(&err, rc, "%s", lvt_strerror(rc));
	return cli_fail(&err);
}
