/* revoke.c - who was told to go, and when. */
#include <jansson.h>

#include "store/db.h"

#define ROWS_MAX	1000		/* looked at for one token */

static const char sql_after[] =
	"SELECT app, body FROM outbox INDEXED BY outbox_revoke"
	" WHERE kind = 3 AND seq > ?1 ORDER BY seq LIMIT ?2";
static const char sql_last[] =
	"SELECT max(seq) FROM outbox INDEXED BY outbox_revoke WHERE kind = 3";

static bool
names(const json_t *doc, const char *member, const char *who)
{
	const char *s = json_string_value(json_object_get(doc, member));

	return s != NULL && *who != '\0' && strcmp(s, who) == 0;
}

int
store_revoked(struct store *st, const char *app, const char *user,
    const char *group, int64_t after, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_after, "ii", after,
	    (int64_t)ROWS_MAX);
	bool found = false;
	json_t *doc;
	int rc, n = 0;

	while ((rc = db_row(st, q, "look for revocations", err)) == 1) {
		struct str body = db_text(q, 1);

		n++;
		if (!str_is(db_text(q, 0), app))
			continue;
		doc = json_loadb(body.s != NULL ? body.s : "", body.len, 0,
		    NULL);
		found = names(doc, "user", user) ||
		    names(doc, "group", group);
		json_decref(doc);
		if (found)
			break;
	}
	db_done(q);
	return rc < 0 ? rc : found || n == ROWS_MAX;
}

int
store_last_revoked(struct store *st, int64_t *seq, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_last, "");
	int rc = db_row(st, q, "look for revocations", err);

	*seq = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
	db_done(q);
	return rc < 0 ? rc : 0;
}
