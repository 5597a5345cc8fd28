/*
 * presence.c - who watches; which companion and which job is alive.
 *
 *   lease: absent --store_lease(0)--> LIVE --store_lease(id)--> LIVE
 *          LIVE --ttl passed--> DEAD (its rows count no more)
 *          DEAD --store_lease(id): LVT_ENOTFOUND; store_gc()--> absent
 */
#include "store/db.h"

static const char sql_lease_new[] = "INSERT INTO lease (expires) VALUES (?1)";
static const char sql_lease_renew[] =
	"UPDATE lease SET expires = ?2 WHERE id = ?1 AND expires > ?3";
static const char sql_lease_live[] =
	"SELECT 1 FROM lease WHERE id = ?1 AND expires > ?2";
static const char sql_put[] =
	"INSERT OR REPLACE INTO presence (lease, conn, app, page, grp, user,"
	" view) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char sql_drop[] =
	"DELETE FROM presence WHERE lease = ?1 AND conn = ?2";
/* One text for each set of conditions, so that each uses the index. */
#define WATCHERS(where)                                                       \
	"SELECT app, page, grp, user, max(view), count(*) AS n FROM presence" \
	" WHERE app = ?1" where                                               \
	" AND lease IN (SELECT id FROM lease WHERE expires > ?4)"             \
	" GROUP BY app, page, grp, user ORDER BY n DESC, page, grp, user"     \
	" LIMIT ?5"
#define COUNTS(where)                                                         \
	"SELECT count(*), count(DISTINCT CASE user WHEN '' THEN 'g:' || grp"  \
	" ELSE 'u:' || user END) FROM presence WHERE app = ?1" where          \
	" AND lease IN (SELECT id FROM lease WHERE expires > ?4)"
static const char sql_watch_group_of_page[] =
	WATCHERS(" AND page = ?2 AND grp = ?3");
static const char sql_watch_page[] = WATCHERS(" AND page = ?2");
/* Pages, not channels: those of an app as a whole begin with "/". */
static const char sql_watch_group[] =
	WATCHERS(" AND grp = ?3 AND page < '0'");
static const char sql_watch_app[] = WATCHERS(" AND page < '0'");
static const char sql_count_group_of_page[] =
	COUNTS(" AND page = ?2 AND grp = ?3");
static const char sql_count_page[] = COUNTS(" AND page = ?2");
static const char sql_count_group[] = COUNTS(" AND grp = ?3 AND page < '0'");
static const char sql_count_app[] = COUNTS(" AND page < '0'");
static const char sql_hearers[] =
	"SELECT page, grp, user, count(*) FROM presence WHERE app = ?1"
	" AND page >= 'channel:' AND page < 'channel;'"
	" AND lease IN (SELECT id FROM lease WHERE expires > ?2)"
	" GROUP BY user, grp, page ORDER BY user, grp, page";
static const char sql_watching[] =
	"SELECT page, grp, sum(users), sum(nobody), sum(n) FROM ("
	"SELECT page, grp, count(DISTINCT nullif(user, '')) AS users,"
	" sum(user = '') AS nobody, 0 AS n FROM presence WHERE app = ?1"
	" AND lease IN (SELECT id FROM lease WHERE expires > ?2)"
	" GROUP BY page, grp UNION ALL "
	"SELECT page, grp, 0, 0, n FROM watching WHERE app = ?1 AND n > 0)"
	" GROUP BY page, grp";
static const char sql_job_take[] =
	"INSERT INTO job (name, owner, expires) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,"
	" expires = excluded.expires"
	" WHERE job.owner = excluded.owner OR job.expires <= ?4 OR ?5";
static const char sql_job_give[] =
	"DELETE FROM job WHERE name = ?1 AND owner = ?2";

/* --- Leases ------------------------------------------------------------- */

static int
gone(struct lvt_error *err)
{
	return lvt_error_set(err, LVT_ENOTFOUND, "lease ran out");
}

int
store_lease(struct store *st, int64_t *lease, int ttl_ms,
    struct lvt_error *err)
{
	int64_t now = db_now(st), id = *lease;
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	if (id == 0) {
		rc = db_run(st, db_query(st, err, sql_lease_new, "i",
		    now + ttl_ms), "make a lease", err);
		id = sqlite3_last_insert_rowid(st->db);
	} else {
		rc = db_run(st, db_query(st, err, sql_lease_renew, "iii", id,
		    now + ttl_ms, now), "renew a lease", err);
		if (rc == 0 && sqlite3_changes(st->db) == 0)
			rc = gone(err);
	}
	if ((rc = db_end(st, rc, err)) == 0)
		*lease = id;
	return rc;
}

static int
put_all(struct store *st, int64_t lease, const struct presence *add,
    size_t nadd, const char *const *drop, size_t ndrop, struct lvt_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < ndrop && rc == 0; i++)
		rc = db_run(st, db_query(st, err, sql_drop, "it", lease,
		    drop[i]), "drop a connection", err);
	for (i = 0; i < nadd && rc == 0; i++)
		rc = db_run(st, db_query(st, err, sql_put, "itttttt", lease,
		    add[i].conn, add[i].at.app, add[i].at.page,
		    add[i].at.group, add[i].at.user != NULL ? add[i].at.user :
		    "", add[i].view), "register a connection", err);
	return rc;
}

int
store_presence_put(struct store *st, int64_t lease,
    const struct presence *add, size_t nadd, const char *const *drop,
    size_t ndrop, struct lvt_error *err)
{
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	q = db_query(st, err, sql_lease_live, "ii", lease, db_now(st));
	rc = db_row(st, q, "look for a lease", err);
	db_done(q);
	if (rc == 0)
		rc = gone(err);
	else if (rc == 1)
		rc = put_all(st, lease, add, nadd, drop, ndrop, err);
	return db_end(st, rc, err);
}

/* --- Who watches -------------------------------------------------------- */

int
store_watchers(struct store *st, const char *app, const char *page,
    const char *group, int limit,
    int (*visit)(void *arg, const struct place *at, const char *view,
    int64_t connections), void *arg, struct lvt_error *err)
{
	const char *sql = page != NULL ?
	    group != NULL ? sql_watch_group_of_page : sql_watch_page :
	    group != NULL ? sql_watch_group : sql_watch_app;
	struct place at;
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = db_query(st, err, sql, "tttii", app, page, group, db_now(st),
	    (int64_t)limit);
	while ((rc = db_row(st, q, "read who watches", err)) == 1) {
		at.app = db_z(q, 0);
		at.page = db_z(q, 1);
		at.group = db_z(q, 2);
		at.user = db_z(q, 3);
		rc = visit(arg, &at, db_z(q, 4), sqlite3_column_int64(q, 5));
		if (rc != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}

int
store_presence_count(struct store *st, const char *app, const char *page,
    const char *group, int64_t *connections, int64_t *users,
    struct lvt_error *err)
{
	const char *sql = page != NULL ?
	    group != NULL ? sql_count_group_of_page : sql_count_page :
	    group != NULL ? sql_count_group : sql_count_app;
	sqlite3_stmt *q = db_query(st, err, sql, "ttti", app, page, group,
	    db_now(st));
	int rc = db_row(st, q, "count who watches", err);

	*connections = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
	*users = rc == 1 ? sqlite3_column_int64(q, 1) : 0;
	db_done(q);
	return rc < 0 ? rc : 0;
}

int
store_hearers(struct store *st, const char *app,
    int (*visit)(void *arg, const struct place *at, const char *pattern,
    int64_t connections), void *arg, struct lvt_error *err)
{
	struct place at = { .app = app };
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = db_query(st, err, sql_hearers, "ti", app, db_now(st));
	while ((rc = db_row(st, q, "read who hears", err)) == 1) {
		at.page = db_z(q, 0);
		at.group = db_z(q, 1);
		at.user = db_z(q, 2);
		rc = visit(arg, &at, at.page + strlen(STORE_HEARS),
		    sqlite3_column_int64(q, 3));
		if (rc != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}

int
store_watching(struct store *st, const char *app,
    int (*visit)(void *arg, const struct place *at, int64_t users,
    int64_t nobody, int64_t committed), void *arg, struct lvt_error *err)
{
	struct place at = { .app = app, .user = "" };
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = db_query(st, err, sql_watching, "ti", app, db_now(st));
	while ((rc = db_row(st, q, "read how many watch", err)) == 1) {
		at.page = db_z(q, 0);
		at.group = db_z(q, 1);
		rc = visit(arg, &at, sqlite3_column_int64(q, 2),
		    sqlite3_column_int64(q, 3), sqlite3_column_int64(q, 4));
		if (rc != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}

/* --- Jobs --------------------------------------------------------------- */

static int
job_is_busy(const char *job, struct lvt_error *err)
{
	return lvt_error_set(err, LVT_EBUSY, "'%s' is being done by somebody"
	    " else", job);
}

/* The kernel gives a lock back when its holder dies: who gets it anew need not
 * wait for the dead one's lease to end. fresh: it is ours only now. */
static int
job_lock(struct store *st, const char *job, bool *fresh)
{
	struct place at = { .app = "", .page = "job", .group = job };
	int64_t byte = turn_byte(&at);
	int rc;

	*fresh = false;
	if (st->memory || st->job == byte)
		return 0;
	if ((rc = lock_take(&st->lock, byte, 0)) == 0) {
		*fresh = true;
		st->job = byte;
	}
	return rc;
}

int
store_job_take(struct store *st, const char *job, const char *owner,
    int ttl_ms, struct lvt_error *err)
{
	int64_t now = db_now(st);
	bool fresh;
	int rc = job_lock(st, job, &fresh);

	if (rc == LVT_EBUSY)
		return job_is_busy(job, err);
	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_run(st, db_query(st, err, sql_job_take, "ttiii", job, owner,
	    now + ttl_ms, now, (int64_t)fresh), "take a job", err);
	if (rc == 0 && sqlite3_changes(st->db) == 0)
		rc = job_is_busy(job, err);
	return db_end(st, rc, err);
}

int
store_job_give(struct store *st, const char *job, const char *owner,
    struct lvt_error *err)
{
	bool ours;
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_run(st, db_query(st, err, sql_job_give, "tt", job, owner),
	    "give a job back", err);
	ours = rc == 0 && sqlite3_changes(st->db) > 0;
	if ((rc = db_end(st, rc, err)) == 0 && ours && st->job != 0) {
		lock_give(&st->lock, st->job);
		st->job = 0;
	}
	return rc;
}
