/*
 * gc.c - what is old goes, a batch at a time, so that no commit waits long.
 *
 * Each step is one short write transaction; a step that did a whole batch is
 * run again. Whatever is removed under an open page is told in the outbox; the
 * state of a group that is watched is not old.
 */
#include <limits.h>

#include "store/db.h"

#define BATCH		500
#define REPLY_KEEP_MS	(10 * 60 * 1000)
/* An action that read a session may still commit when it has run out: its
 * row, and so its revision, outlives it. */
#define EMPTY_KEEP_MS	(10 * 60 * 1000)

static const char sql_old[] =
	"SELECT seq, tag, at FROM outbox WHERE seq <= ?1 ORDER BY seq"
	" LIMIT ?2";
static const char sql_outbox_gc[] = "DELETE FROM outbox WHERE seq <= ?1";
static const char sql_boundary_set[] =
	"UPDATE meta SET seq = ?1, tag = ?2 WHERE id = 1";
static const char sql_reply_gc[] =
	"DELETE FROM reply WHERE rowid IN"
	" (SELECT rowid FROM reply WHERE at <= ?1 LIMIT ?2)";
static const char sql_expired[] =
	"SELECT id, app, page, grp FROM session WHERE expires > 0"
	" AND expires <= ?1 AND state IS NOT NULL AND NOT EXISTS (SELECT 1"
	" FROM presence p WHERE p.app = session.app AND p.page = session.page"
	" AND p.grp = session.grp AND p.lease IN (SELECT id FROM lease"
	" WHERE expires > ?1)) LIMIT 1";
static const char sql_empty[] =
	"UPDATE session SET state = NULL, rev = rev + 1, epoch = epoch + 1,"
	" expires = ?2 WHERE id = ?1";
static const char sql_session_gc[] =
	"DELETE FROM session WHERE id IN (SELECT id FROM session"
	" WHERE expires > 0 AND expires <= ?1 AND state IS NULL LIMIT ?2)";
static const char sql_presence_gc[] =
	"DELETE FROM presence WHERE (lease, conn) IN (SELECT p.lease, p.conn"
	" FROM presence p LEFT JOIN lease l ON l.id = p.lease"
	" WHERE l.id IS NULL OR l.expires <= ?1 LIMIT ?2)";
static const char sql_lease_gc[] =
	"DELETE FROM lease WHERE id IN (SELECT id FROM lease"
	" WHERE expires <= ?1 AND id NOT IN (SELECT lease FROM presence)"
	" LIMIT ?2)";

struct gc {
	struct store *st;
	const struct gc_opts *o;
	struct gc_result *r;
	struct lvt_error *err;
	int64_t now;
};

/* Each returns how much it did, BATCH for "perhaps more", or an error. */

static int
gc_outbox(struct gc *g)
{
	int64_t upto = 0, n = 0, limit;
	struct position head;
	uint32_t tag = 0;
	sqlite3_stmt *q;
	int rc;

	if (g->o->outbox_keep_ms <= 0)
		return 0;
	if ((rc = outbox_head(g->st, &head, g->err)) != 0)
		return rc;
	limit = head.seq - g->o->outbox_keep_rows;
	q = db_query(g->st, g->err, sql_old, "ii", limit, (int64_t)BATCH);
	while ((rc = db_row(g->st, q, "read the outbox", g->err)) == 1) {
		/* From the oldest on and no further than the first that
		 * stays: what is retained has no holes, even where the clock
		 * went back. */
		if (sqlite3_column_int64(q, 2) >
		    g->now - g->o->outbox_keep_ms)
			break;
		upto = sqlite3_column_int64(q, 0);
		tag = (uint32_t)sqlite3_column_int64(q, 1);
		n++;
	}
	db_done(q);
	if (rc < 0 || n == 0)
		return rc < 0 ? rc : 0;
	rc = db_run(g->st, db_query(g->st, g->err, sql_boundary_set, "ii",
	    upto, (int64_t)tag), "move the boundary", g->err);
	if (rc == 0)
		rc = db_run(g->st, db_query(g->st, g->err, sql_outbox_gc, "i",
		    upto), "shorten the outbox", g->err);
	g->r->outbox += n;
	return rc == 0 ? (int)n : rc;
}

static int
gc_delete(struct gc *g, const char *sql, int64_t before, int64_t *count)
{
	int n, rc;

	rc = db_run(g->st, db_query(g->st, g->err, sql, "ii", before,
	    (int64_t)BATCH), "remove what is old", g->err);
	if (rc != 0)
		return rc;
	n = sqlite3_changes(g->st->db);
	if (count != NULL)
		*count += n;
	return n;
}

static int
gc_replies(struct gc *g)
{
	int64_t keep = g->o->reply_keep_ms > 0 ? g->o->reply_keep_ms :
	    REPLY_KEEP_MS;

	return gc_delete(g, sql_reply_gc, g->now - keep, &g->r->replies);
}

static int
gc_expired(struct gc *g)
{
	struct outbox_row r = { .kind = OUTBOX_PAGE, .body = STR("") };
	sqlite3_stmt *q;
	int64_t id;
	char *scope;
	int n, rc;

	for (n = 0; n < BATCH; n++) {
		q = db_query(g->st, g->err, sql_expired, "i", g->now);
		if ((rc = db_row(g->st, q, "read sessions", g->err)) != 1)
			return rc < 0 ? rc : n;
		id = sqlite3_column_int64(q, 0);
		r.app = db_z(q, 1);
		r.page = db_z(q, 2);
		r.scope = scope = sqlite3_mprintf("g:%s", db_z(q, 3));
		rc = scope != NULL ? outbox_append(g->st, &r, g->now, g->err) :
		    lvt_error_nomem(g->err);
		sqlite3_free(scope);
		db_done(q);
		if (rc == 0)
			rc = db_run(g->st, db_query(g->st, g->err, sql_empty,
			    "ii", id, g->now + EMPTY_KEEP_MS),
			    "expire a session", g->err);
		if (rc != 0)
			return rc;
		g->r->sessions++;
	}
	return n;
}

static int
gc_empty(struct gc *g)
{
	return gc_delete(g, sql_session_gc, g->now, NULL);
}

static int
gc_patches(struct gc *g)
{
	int64_t n = 0;
	int rc = patches_clear_due(g->st, g->now, &n, g->err);

	g->r->patches += n;
	return rc != 0 ? rc : n < INT_MAX ? (int)n : INT_MAX;
}

static int
gc_delayed(struct gc *g)
{
	int64_t n = 0;
	int rc = delayed_release(g->st, g->now, &n, g->err);

	return rc != 0 ? rc : n < INT_MAX ? (int)n : INT_MAX;
}

static int
gc_presence(struct gc *g)
{
	return gc_delete(g, sql_presence_gc, g->now, &g->r->presence);
}

static int
gc_leases(struct gc *g)
{
	return gc_delete(g, sql_lease_gc, g->now, NULL);
}

static const struct {
	int (*run)(struct gc *g);
	bool tells;			/* appends to the outbox */
} steps[] = {
	{ gc_expired, true },
	{ gc_patches, true },
	{ gc_delayed, true },
	{ gc_outbox, false },
	{ gc_replies, false },
	{ gc_empty, false },
	{ gc_presence, false },
	{ gc_leases, false },
};

int
store_gc(struct store *st, const struct gc_opts *o, struct gc_result *r,
    struct lvt_error *err)
{
	struct gc g = { .st = st, .o = o, .r = r, .err = err };
	int64_t kept;
	size_t i;
	int n, rc;

	memset(r, 0, sizeof(*r));
	if ((rc = store_sessions_keep(st, &kept, err)) != 0)
		return rc;
	g.now = db_now(st);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		do {
			if ((rc = db_write(st, err)) != 0)
				return rc;
			n = steps[i].run(&g);
			rc = db_end(st, n < 0 ? n : 0, err);
			if (rc != 0)
				return rc;
			if (steps[i].tells && n > 0)
				store_ring(st);
		} while (n >= BATCH);
	heads_clear(st);
	/* A reader in the way only means that the file stays longer. */
	if (st->memory || (rc = lock_take(&st->lock, LOCK_WRITER,
	    st->opts.busy_ms)) != 0)
		return 0;
	wal_checkpoint(st, SQLITE_CHECKPOINT_TRUNCATE);
	lock_give(&st->lock, LOCK_WRITER);
	return 0;
}
