/*
 * delayed.c - what is said later.
 *
 *   store_commit() --> WAITING --due: delayed_release()--> an outbox row, and
 *   patches, with a sequence of their own; gone from here in the same commit
 *   WAITING --cancelled--> gone, never said
 */
#include "base/clock.h"
#include "store/db.h"

static const char sql_add[] =
	"INSERT INTO delayed (due, app, name, channel, coalesce, scope, page,"
	" expire, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char sql_add_leaf[] =
	"INSERT INTO delayed_leaf (delayed, ord, path, value)"
	" VALUES (?1, ?2, ?3, ?4)";
static const char sql_cancel_leaves[] =
	"DELETE FROM delayed_leaf WHERE delayed IN"
	" (SELECT id FROM delayed WHERE app = ?1 AND name = ?2)";
static const char sql_cancel[] =
	"DELETE FROM delayed WHERE app = ?1 AND name = ?2";
static const char sql_cancel_id_leaves[] =
	"DELETE FROM delayed_leaf WHERE delayed = ?1";
static const char sql_cancel_id[] = "DELETE FROM delayed WHERE id = ?1";
static const char sql_is_due[] =
	"SELECT EXISTS (SELECT 1 FROM delayed WHERE due <= ?1)";
#define COLUMNS "id, due, app, name, channel, coalesce, scope, page, expire," \
	" body"
static const char sql_due[] =
	"SELECT " COLUMNS " FROM delayed WHERE due <= ?1 ORDER BY due, id"
	" LIMIT 1";
static const char sql_leaves[] =
	"SELECT path, value FROM delayed_leaf WHERE delayed = ?1 ORDER BY ord";
static const char sql_list[] =
	"SELECT " COLUMNS " FROM delayed WHERE app = ?1 ORDER BY due, id";
static const char sql_list_all[] =
	"SELECT " COLUMNS " FROM delayed ORDER BY due, id";

int
delayed_write(struct store *st, const char *app, struct delayed *d,
    struct lvt_error *err)
{
	size_t i;
	int rc;

	if (d->due_ms == 0) {
		rc = db_run(st, db_query(st, err, sql_cancel_leaves, "tt",
		    app, d->name), "cancel", err);
		return rc != 0 ? rc : db_run(st, db_query(st, err, sql_cancel,
		    "tt", app, d->name), "cancel", err);
	}
	rc = db_run(st, db_query(st, err, sql_add, "ittttttis", d->due_ms,
	    app, d->name != NULL ? d->name : "", d->channel, d->coalesce,
	    d->scope, d->page, d->expire_ms, d->body), "say later", err);
	d->id = sqlite3_last_insert_rowid(st->db);
	for (i = 0; rc == 0 && i < d->nleaves; i++)
		rc = db_run(st, db_query(st, err, sql_add_leaf, "iiss", d->id,
		    (int64_t)i, d->leaves[i].path, d->leaves[i].value),
		    "say later", err);
	return rc;
}

static void
delayed_of(sqlite3_stmt *q, struct delayed *d)
{
	memset(d, 0, sizeof(*d));
	d->id = sqlite3_column_int64(q, 0);
	d->due_ms = sqlite3_column_int64(q, 1);
	d->app = db_z(q, 2);
	d->name = db_z(q, 3);
	d->channel = (const char *)sqlite3_column_text(q, 4);
	d->coalesce = (const char *)sqlite3_column_text(q, 5);
	d->scope = (const char *)sqlite3_column_text(q, 6);
	d->page = (const char *)sqlite3_column_text(q, 7);
	d->expire_ms = sqlite3_column_int64(q, 8);
	d->body = db_text(q, 9);
}

static int
release_leaves(struct store *st, const struct delayed *d, int64_t seq,
    int64_t now, struct lvt_error *err)
{
	struct patch_write p = { .scope = d->scope, .page = d->page,
	    .expires_ms = d->expire_ms > 0 ?
	    clock_after(now, d->expire_ms) : 0 };
	sqlite3_stmt *q = db_query(st, err, sql_leaves, "i", d->id);
	struct patch leaf = { .seq = seq };
	int64_t ord = 0;
	int rc;

	while ((rc = db_row(st, q, "read what is due", err)) == 1) {
		leaf.path = db_text(q, 0);
		leaf.value = db_text(q, 1);
		rc = patch_write(st, d->app, &p, &leaf, seq, ord++, err);
		if (rc != 0)
			break;
	}
	db_done(q);
	return rc;
}

static int
forget(struct store *st, int64_t id, struct lvt_error *err)
{
	int rc = db_run(st, db_query(st, err, sql_cancel_id_leaves, "i", id),
	    "take what was said later", err);

	return rc != 0 ? rc : db_run(st, db_query(st, err, sql_cancel_id, "i",
	    id), "take what was said later", err);
}

int
delayed_release(struct store *st, int64_t now, int64_t *n,
    struct lvt_error *err)
{
	struct outbox_row r;
	struct delayed d;
	sqlite3_stmt *q;
	int rc;

	for (*n = 0;; ++*n) {
		q = db_query(st, err, sql_due, "i", now);
		if ((rc = db_row(st, q, "look for what is due", err)) != 1)
			return rc;
		delayed_of(q, &d);
		r = (struct outbox_row){ .kind = d.channel != NULL ?
		    OUTBOX_MESSAGE : OUTBOX_PAGE, .app = d.app,
		    .page = d.page, .scope = d.scope, .channel = d.channel,
		    .coalesce = d.coalesce,
		    .body = d.channel != NULL ? d.body : STR("") };
		rc = outbox_append(st, &r, now, err);
		if (rc == 0 && d.channel == NULL)
			rc = release_leaves(st, &d, r.at.seq, now, err);
		db_done(q);
		if (rc == 0)
			rc = forget(st, d.id, err);
		if (rc != 0)
			return rc;
	}
}

int
store_release(struct store *st, int64_t *n, struct lvt_error *err)
{
	int64_t now = db_now(st);
	sqlite3_stmt *q = db_query(st, err, sql_is_due, "i", now);
	int rc = db_row(st, q, "look for what is due", err);
	bool due = rc == 1 && sqlite3_column_int(q, 0) != 0;

	db_done(q);
	*n = 0;
	if (rc < 0 || !due)
		return rc < 0 ? rc : 0;
	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_end(st, delayed_release(st, now, n, err), err);
	if (rc == 0 && *n > 0)
		store_ring(st);
	return rc;
}

int
store_delayed_cancel(struct store *st, int64_t id, struct lvt_error *err)
{
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	if ((rc = forget(st, id, err)) == 0 && sqlite3_changes(st->db) == 0)
		rc = lvt_error_set(err, LVT_ENOTFOUND, "there is nothing "
		    "delayed with the number %lld", (long long)id);
	return db_end(st, rc, err);
}

int
store_delayed_list(struct store *st, const char *app,
    int (*visit)(void *arg, const struct delayed *d), void *arg,
    struct lvt_error *err)
{
	struct delayed d;
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = app != NULL ? db_query(st, err, sql_list, "t", app) :
	    db_query(st, err, sql_list_all, "");
	while ((rc = db_row(st, q, "read what is delayed", err)) == 1) {
		delayed_of(q, &d);
		if ((rc = visit(arg, &d)) != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}
