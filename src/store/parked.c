/*
 * parked.c - events that a consumer could not handle.
 *
 *   event --store_park(due)--> WAITING --store_commit(its id)--> gone: handled
 *   WAITING --store_parked_again(due)--> WAITING
 *   WAITING --store_parked_again(0)--> GIVEN UP --…again(now)--> WAITING
 *   any --store_parked_drop()--> gone
 *
 * A waiting event holds up those of its consumer and group that come later;
 * one that was given up holds up nobody.
 */
#include "store/db.h"

static const char sql_park[] =
	"INSERT INTO parked (consumer, grp, seq, tries, due, why, channel,"
	" body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char sql_forward[] =
	"INSERT INTO cursor (consumer, seq) VALUES (?1, ?2)"
	" ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq"
	" WHERE excluded.seq > cursor.seq";
static const char sql_again[] =
	"UPDATE parked SET tries = ?2, due = ?3, why = ?4 WHERE id = ?1";
static const char sql_drop[] = "DELETE FROM parked WHERE id = ?1";
static const char sql_waits[] =
	"SELECT EXISTS (SELECT 1 FROM parked WHERE consumer = ?1"
	" AND grp = ?2 AND due > 0)";
#define COLUMNS "id, consumer, grp, seq, tries, due, why, channel, body"
static const char sql_next[] =
	"SELECT " COLUMNS " FROM parked p WHERE consumer = ?1 AND due > 0"
	" AND due <= ?2 AND NOT EXISTS (SELECT 1 FROM parked q"
	" WHERE q.consumer = p.consumer AND q.grp = p.grp AND q.due > 0"
	" AND q.seq < p.seq) ORDER BY due, seq LIMIT 1";
static const char sql_list[] =
	"SELECT " COLUMNS " FROM parked WHERE substr(consumer, 1, length(?1))"
	" = ?1 ORDER BY consumer, grp, seq";

int
store_park(struct store *st, const struct parked *p, struct lvt_error *err)
{
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_run(st, db_query(st, err, sql_park, "ttiiitts", p->consumer,
	    p->group, p->seq, (int64_t)p->tries, p->due_ms, p->why,
	    p->channel, p->body), "park an event", err);
	if (rc == 0)
		rc = db_run(st, db_query(st, err, sql_forward, "ti",
		    p->consumer, p->seq), "move a cursor", err);
	if (rc == 0 && sqlite3_changes(st->db) == 0)
		rc = lvt_error_set(err, LVT_ECONFLICT,
		    "somebody else has handled this event");
	return db_end(st, rc, err);
}

int
store_parked_again(struct store *st, int64_t id, int tries, int64_t due_ms,
    const char *why, struct lvt_error *err)
{
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_run(st, db_query(st, err, sql_again, "iiit", id,
	    (int64_t)tries, due_ms, why), "park an event again", err);
	if (rc == 0 && sqlite3_changes(st->db) == 0)
		rc = lvt_error_set(err, LVT_ENOTFOUND,
		    "there is no parked event %lld", (long long)id);
	return db_end(st, rc, err);
}

int
store_parked_drop(struct store *st, int64_t id, struct lvt_error *err)
{
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	return db_end(st, parked_done(st, id, err), err);
}

int
parked_done(struct store *st, int64_t id, struct lvt_error *err)
{
	int rc = db_run(st, db_query(st, err, sql_drop, "i", id),
	    "drop a parked event", err);

	if (rc == 0 && sqlite3_changes(st->db) == 0)
		rc = lvt_error_set(err, LVT_ENOTFOUND,
		    "there is no parked event %lld", (long long)id);
	return rc;
}

int
store_parked_waits(struct store *st, const char *consumer,
    const char *group, bool *waits, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_waits, "tt", consumer, group);
	int rc = db_row(st, q, "look for parked events", err);

	*waits = rc == 1 && sqlite3_column_int(q, 0) != 0;
	db_done(q);
	return rc < 0 ? rc : 0;
}

static void
parked_of(sqlite3_stmt *q, struct parked *p)
{
	p->id = sqlite3_column_int64(q, 0);
	p->consumer = db_z(q, 1);
	p->group = db_z(q, 2);
	p->seq = sqlite3_column_int64(q, 3);
	p->tries = sqlite3_column_int(q, 4);
	p->due_ms = sqlite3_column_int64(q, 5);
	p->why = db_z(q, 6);
	p->channel = db_z(q, 7);
	p->body = db_text(q, 8);
}

int
store_parked_next(struct store *st, const char *consumer, struct arena *a,
    struct parked *out, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_next, "ti", consumer,
	    db_now(st));
	int rc = db_row(st, q, "look for parked events", err);

	if (rc != 1)
		return rc < 0 ? rc : LVT_ENOTFOUND;
	parked_of(q, out);
	out->consumer = arena_z(a, out->consumer);
	out->group = arena_z(a, out->group);
	out->why = arena_z(a, out->why);
	out->channel = arena_z(a, out->channel);
	out->body = arena_str(a, out->body.s, out->body.len);
	db_done(q);
	return out->consumer == NULL || out->group == NULL ||
	    out->why == NULL || out->channel == NULL || out->body.s == NULL ?
	    lvt_error_nomem(err) : 0;
}

int
store_parked_list(struct store *st, const char *prefix,
    int (*visit)(void *arg, const struct parked *p), void *arg,
    struct lvt_error *err)
{
	struct parked p;
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = db_query(st, err, sql_list, "t", prefix != NULL ? prefix : "");
	while ((rc = db_row(st, q, "read parked events", err)) == 1) {
		parked_of(q, &p);
		if ((rc = visit(arg, &p)) != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}
