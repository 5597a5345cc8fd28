/* status.c - a database in numbers, for people and for monitoring. */
#include <sys/stat.h>

#include "store/db.h"

static const char sql_sessions[] =
	"SELECT count(*) FROM session WHERE state IS NOT NULL"
	" AND (expires = 0 OR expires > ?1)";
static const char sql_patches[] = "SELECT count(*) FROM patch";
static const char sql_companions[] =
	"SELECT count(*) FROM lease WHERE expires > ?1";
static const char sql_connections[] =
	"SELECT count(*) FROM presence WHERE page < '0' AND lease IN"
	" (SELECT id FROM lease WHERE expires > ?1)";
static const char sql_agents[] =
	"SELECT count(*) FROM job WHERE name >= 'agent:' AND name < 'agent;'"
	" AND expires > ?1";
static const char sql_delayed[] = "SELECT count(*) FROM delayed";
static const char sql_parked[] = "SELECT count(*) FROM parked WHERE due = 0";
static const char sql_retrying[] =
	"SELECT count(*) FROM parked WHERE due > 0";
static const char sql_first_at[] =
	"SELECT at FROM outbox ORDER BY seq LIMIT 1";
static const char sql_last_at[] =
	"SELECT at FROM outbox ORDER BY seq DESC LIMIT 1";
static const char sql_cursors[] =
	"SELECT consumer, seq FROM cursor ORDER BY consumer";
static const char sql_jobs[] =
	"SELECT name, owner FROM job WHERE expires > ?1 ORDER BY name";

static const struct figure {
	const char *sql;
	size_t at;
	bool takes_now;
} figures[] = {
	{ sql_sessions, offsetof(struct store_status, sessions), true },
	{ sql_patches, offsetof(struct store_status, patches), false },
	{ sql_companions, offsetof(struct store_status, companions), true },
	{ sql_connections, offsetof(struct store_status, connections), true },
	{ sql_agents, offsetof(struct store_status, agents), true },
	{ sql_delayed, offsetof(struct store_status, delayed), false },
	{ sql_parked, offsetof(struct store_status, parked), false },
	{ sql_retrying, offsetof(struct store_status, retrying), false },
	{ sql_first_at, offsetof(struct store_status, first_ms), false },
	{ sql_last_at, offsetof(struct store_status, last_ms), false },
};

int
store_status(struct store *st, struct store_status *s, struct lvt_error *err)
{
	struct stat sb;
	sqlite3_stmt *q;
	size_t i;
	int rc;

	memset(s, 0, sizeof(*s));
	s->now_ms = db_now(st);
	if ((rc = db_read(st, err)) != 0)
		return rc;
	if ((rc = outbox_head(st, &s->head, err)) == 0)
		rc = store_boundary(st, &s->boundary, err);
	for (i = 0; i < sizeof(figures) / sizeof(*figures) && rc >= 0; i++) {
		const struct figure *f = &figures[i];

		q = f->takes_now ? db_query(st, err, f->sql, "i", s->now_ms) :
		    db_query(st, err, f->sql, "");
		rc = db_row(st, q, "read the status", err);
		if (rc == 1)
			*(int64_t *)(void *)((char *)s + f->at) =
			    sqlite3_column_int64(q, 0);
		db_done(q);
	}
	if (!st->memory && stat(st->path, &sb) == 0)
		s->bytes = sb.st_size;
	return db_end(st, rc < 0 ? rc : 0, err);
}

int
store_cursors(struct store *st,
    int (*visit)(void *arg, const char *consumer, int64_t seq), void *arg,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_cursors, "");
	int rc;

	while ((rc = db_row(st, q, "read the consumers", err)) == 1) {
		rc = visit(arg, db_z(q, 0), sqlite3_column_int64(q, 1));
		if (rc != 0)
			break;
	}
	db_done(q);
	return rc;
}

int
store_jobs(struct store *st,
    int (*visit)(void *arg, const char *job, const char *owner), void *arg,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_jobs, "i", db_now(st));
	int rc;

	while ((rc = db_row(st, q, "read the jobs", err)) == 1) {
		rc = visit(arg, db_z(q, 0), db_z(q, 1));
		if (rc != 0)
			break;
	}
	db_done(q);
	return rc;
}
