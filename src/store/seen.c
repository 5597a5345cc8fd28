/*
 * seen.c - whose coming and going was told.
 *
 *   presence without seen: CAME --store_commit()--> seen
 *   seen without live presence: LEFT --store_commit()--> gone
 */
#include "store/db.h"

static const char sql_changes[] =
	"SELECT 1, lease, conn, page, grp, user FROM presence p"
	" WHERE app = ?1 AND lease IN"
	" (SELECT id FROM lease WHERE expires > ?2) AND NOT EXISTS"
	" (SELECT 1 FROM seen s WHERE s.lease = p.lease AND s.conn = p.conn)"
	" UNION ALL "
	"SELECT 0, lease, conn, page, grp, user FROM seen s"
	" WHERE app = ?1 AND NOT EXISTS (SELECT 1 FROM presence p"
	" WHERE p.lease = s.lease AND p.conn = s.conn AND p.page = s.page"
	" AND p.lease IN (SELECT id FROM lease WHERE expires > ?2))"
	" ORDER BY 1";
static const char sql_add[] =
	"INSERT OR IGNORE INTO seen (lease, conn, app, page, grp, user)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char sql_del[] = "DELETE FROM seen WHERE lease = ?1 AND conn = ?2";
static const char sql_others[] =
	"SELECT count(*) FROM seen WHERE app = ?1 AND page = ?2 AND user = ?3"
	" AND (?3 <> '' OR grp = ?4) AND NOT (lease = ?5 AND conn = ?6)";

int
seen_write(struct store *st, const struct coming *s, struct lvt_error *err)
{
	int rc;

	rc = s->came ? db_run(st, db_query(st, err, sql_add, "ittttt",
	    s->lease, s->conn, s->at.app, s->at.page, s->at.group,
	    s->at.user), "note who came", err) :
	    db_run(st, db_query(st, err, sql_del, "it", s->lease, s->conn),
	    "note who left", err);
	if (rc == 0 && sqlite3_changes(st->db) == 0)
		rc = lvt_error_set(err, LVT_ECONFLICT,
		    "somebody else has told this");
	return rc;
}

int
store_seen_changes(struct store *st, const char *app,
    int (*visit)(void *arg, const struct coming *s), void *arg,
    struct lvt_error *err)
{
	struct coming s = { .at = { .app = app } };
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = db_query(st, err, sql_changes, "ti", app, db_now(st));
	while ((rc = db_row(st, q, "read who came and left", err)) == 1) {
		s.came = sqlite3_column_int(q, 0) != 0;
		s.lease = sqlite3_column_int64(q, 1);
		s.conn = db_z(q, 2);
		s.at.page = db_z(q, 3);
		s.at.group = db_z(q, 4);
		s.at.user = db_z(q, 5);
		if ((rc = visit(arg, &s)) != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}

int
store_seen_others(struct store *st, const struct coming *s, int64_t *n,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_others, "ttttit", s->at.app,
	    s->at.page, s->at.user, s->at.group, s->lease, s->conn);
	int rc = db_row(st, q, "count who was seen", err);

	*n = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
	db_done(q);
	return rc < 0 ? rc : 0;
}
