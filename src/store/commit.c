/*
 * commit.c - one short transaction: checks first, then rows, patches, state.
 *
 *   key: NEW --store_commit()--> KEPT --ten minutes--> NEW
 *        KEPT --same hash--> its reply    KEPT --other hash--> LVT_EINVALID
 */
#include <stdlib.h>

#include "store/db.h"

#define REPLY_KEEP_MS	(10 * 60 * 1000)
#define KEY_MAX		64

static const char sql_row_now[] =
	"SELECT rev, user, expires FROM session"
	" WHERE app = ?1 AND page = ?2 AND grp = ?3";
static const char sql_moved[] =
	"SELECT EXISTS (SELECT 1 FROM outbox WHERE seq > ?1 AND app = ?2"
	" AND page IS NOT NULL)";
static const char sql_insert[] =
	"INSERT INTO session (app, page, grp, user, rev, epoch, patched,"
	" touched, expires, state) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8,"
	" ?9)";
static const char sql_update[] =
	"UPDATE session SET user = ?4, rev = ?5, patched = ?6, touched = ?7,"
	" state = ?8, expires = ?9 WHERE app = ?1 AND page = ?2 AND grp = ?3";
/* The same without expires, so that its index is not written each time. */
static const char sql_update_soon[] =
	"UPDATE session SET user = ?4, rev = ?5, patched = ?6, touched = ?7,"
	" state = ?8 WHERE app = ?1 AND page = ?2 AND grp = ?3";
static const char sql_drop_below[] =
	"DELETE FROM patch WHERE app = ?1 AND scope = ?2 AND page = ?3"
	" AND path >= ?4 || ',' AND path < ?4 || '-'";
static const char sql_patch[] =
	"INSERT INTO patch (app, scope, page, path, seq, ord, expires, value)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (app, scope, page, path) DO UPDATE SET"
	" seq = excluded.seq, ord = excluded.ord, expires = excluded.expires,"
	" value = excluded.value";
static const char sql_reply[] =
	"INSERT INTO reply (app, grp, user, page, key, at, hash, reply)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (app, grp, user, page, key) DO UPDATE SET"
	" at = excluded.at, hash = excluded.hash, reply = excluded.reply"
	" WHERE reply.at <= ?9";
static const char sql_reply_find[] =
	"SELECT hash, reply FROM reply WHERE app = ?1 AND grp = ?2"
	" AND user = ?3 AND page = ?4 AND key = ?5 AND at > ?6";
static const char sql_watching[] =
	"INSERT INTO watching (app, page, grp, n, seq)"
	" VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (app, page, grp) DO UPDATE SET n = excluded.n,"
	" seq = excluded.seq";
static const char sql_cursor_forward[] =
	"INSERT INTO cursor (consumer, seq) VALUES (?1, ?2)"
	" ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq"
	" WHERE excluded.seq > cursor.seq";

/* --- Is it well formed? ------------------------------------------------- */

static bool
scope_is_valid(const char *scope)
{
	return scope != NULL && (strcmp(scope, "*") == 0 ||
	    ((scope[0] == 'u' || scope[0] == 'g') && scope[1] == ':' &&
	    scope[2] != '\0'));
}

static bool
row_is_valid(const struct outbox_row *r)
{
	switch (r->kind) {
	case OUTBOX_PAGE:
		return r->app != NULL && r->page != NULL &&
		    scope_is_valid(r->scope) && r->channel == NULL;
	case OUTBOX_MESSAGE:
		return r->channel != NULL && r->page == NULL &&
		    channel_is_valid(r->channel, strlen(r->channel));
	case OUTBOX_REVOKE:
		return r->app != NULL && r->channel == NULL && r->page == NULL;
	}
	return false;
}

static bool
has_session(const struct commit *c)
{
	return c->at.page != NULL && c->at.group != NULL;
}

static bool
patch_is_valid(const struct patch_write *p)
{
	size_t i;

	for (i = 0; i < p->nleaves; i++)
		if (p->leaves[i].path.len < 3)	/* [""] names a member */
			return false;
	return p->page != NULL && scope_is_valid(p->scope);
}

static bool
delayed_is_valid(const struct delayed *d)
{
	struct patch_write p = { d->scope, d->page, d->leaves, d->nleaves, 0 };

	if (d->due_ms <= 0)
		return d->due_ms == 0 && d->name != NULL && *d->name != '\0';
	return d->channel != NULL ? d->scope == NULL && d->page == NULL &&
	    channel_is_valid(d->channel, strlen(d->channel)) :
	    patch_is_valid(&p);
}

static int
check_form(const struct commit *c, struct lvt_error *err)
{
	const char *wrong = NULL;
	size_t i, len;

	for (i = 0; i < c->nrows; i++)
		if (!row_is_valid(&c->rows[i]))
			wrong = "outbox row";
	for (i = 0; i < c->npatches; i++)
		if (!patch_is_valid(&c->patches[i]))
			wrong = "patch";
	for (i = 0; i < c->ndelayed; i++)
		if (!delayed_is_valid(&c->delayed[i]))
			wrong = "delayed message";
	if (c->at.app == NULL && (c->npatches > 0 || c->still ||
	    c->ndelayed > 0 ||
	    c->at.page != NULL))
		wrong = "place";
	if ((c->state != NULL || c->reply != NULL || c->watching != NULL) &&
	    !has_session(c))
		wrong = "place";
	if (c->reply != NULL && ((len = strlen(c->reply->key)) == 0 ||
	    len > KEY_MAX))
		wrong = "key";
	return wrong == NULL ? 0 : lvt_error_set(err, LVT_EINVALID,
	    "cannot commit: malformed %s", wrong);
}

/* --- Does it still stand? ----------------------------------------------- */

struct work {
	struct store *st;
	struct commit *c;
	struct commit_result *r;
	struct lvt_error *err;
	int64_t now;
	int64_t rev, expires;	/* of the row as it is now; 0: absent */
	struct position last;	/* row that was appended last */
	bool wrote;		/* rows, so that the bell is rung */
};

static int
conflict(struct work *w, const char *why)
{
	return lvt_error_set(w->err, LVT_ECONFLICT, "%s", why);
}

static int
check_session(struct work *w)
{
	const struct place *at = &w->c->at;
	sqlite3_stmt *q = db_query(w->st, w->err, sql_row_now, "ttt", at->app,
	    at->page, at->group);
	int rc = db_row(w->st, q, "read a session", w->err);
	bool newer = false;

	if (rc == 1) {
		w->rev = sqlite3_column_int64(q, 0);
		w->expires = sqlite3_column_int64(q, 2);
	}
	if (rc >= 0 && w->c->rev != STORE_REV_ANY) {
		if (w->rev != w->c->rev)
			rc = conflict(w, "session was changed by somebody");
		else
			rc = patches_newer(w->st, at, rc == 1 ? db_z(q, 1) :
			    "", w->c->patched, &newer, w->err);
		if (newer)
			rc = conflict(w, "session was patched by somebody");
	}
	db_done(q);
	return rc < 0 ? rc : 0;
}

static int
check_still(struct work *w)
{
	sqlite3_stmt *q = db_query(w->st, w->err, sql_moved, "it",
	    w->c->patched, w->c->at.app);
	int rc = db_row(w->st, q, "look at the outbox", w->err);

	if (rc == 1 && sqlite3_column_int(q, 0) != 0)
		rc = conflict(w, "pages were changed by somebody");
	db_done(q);
	return rc < 0 ? rc : 0;
}

/* --- Write -------------------------------------------------------------- */

static int
write_rows(struct work *w)
{
	struct commit *c = w->c;
	struct outbox_row r = { .kind = OUTBOX_PAGE, .body = STR("") };
	size_t i;
	int rc;

	for (i = 0; i < c->nrows; i++) {
		rc = outbox_append(w->st, &c->rows[i], w->now, w->err);
		if (rc != 0)
			return rc;
		w->last = c->rows[i].at;
	}
	for (i = 0; c->nrows == 0 && i < c->npatches; i++) {
		r.app = c->at.app;
		r.page = c->patches[i].page;
		r.scope = c->patches[i].scope;
		rc = outbox_append(w->st, &r, w->now, w->err);
		if (rc != 0)
			return rc;
		w->last = r.at;
	}
	w->wrote = w->wrote || c->nrows > 0 || c->npatches > 0;
	return 0;
}

int
patch_write(struct store *st, const char *app, const struct patch_write *p,
    const struct patch *leaf, int64_t seq, int64_t ord, struct lvt_error *err)
{
	struct str head = { leaf->path.s, leaf->path.len - 1 };	/* no "]" */
	int rc;

	rc = db_run(st, db_query(st, err, sql_drop_below, "ttts", app,
	    p->scope, p->page, head), "drop patches", err);
	if (rc != 0)
		return rc;
	return db_run(st, db_query(st, err, sql_patch, "tttsiiis", app,
	    p->scope, p->page, leaf->path, seq, ord, p->expires_ms,
	    leaf->value), "write a patch", err);
}

static int
write_patches(struct work *w)
{
	int64_t ord = 0;
	size_t i, k;
	int rc;

	for (i = 0; i < w->c->npatches; i++)
		for (k = 0; k < w->c->patches[i].nleaves; k++) {
			rc = patch_write(w->st, w->c->at.app,
			    &w->c->patches[i], &w->c->patches[i].leaves[k],
			    w->last.seq, ord++, w->err);
			if (rc != 0)
				return rc;
		}
	return 0;
}

/* Close enough: within a part in 24 of the time to live (an hour of a day). */
static bool
expires_as_before(const struct work *w)
{
	int64_t later = w->c->expires_ms - w->expires;

	return later == 0 || (w->expires > 0 && later > 0 &&
	    later < (w->c->expires_ms - w->now) / 24);
}

static int
update_state(struct work *w, const char *user)
{
	const struct commit *c = w->c;
	bool same = expires_as_before(w);
	sqlite3_stmt *q = db_query(w->st, w->err, same ? sql_update_soon :
	    sql_update, same ? "ttttiiis" : "ttttiiisi", c->at.app, c->at.page,
	    c->at.group, user, w->r->rev, c->patched, w->now, *c->state,
	    c->expires_ms);

	return db_run(w->st, q, "save a session", w->err);
}

static int
write_state(struct work *w)
{
	const struct commit *c = w->c;
	const char *user = c->at.user != NULL ? c->at.user : "";
	struct position head;
	int rc;

	w->r->rev = w->rev;
	if (c->state == NULL)
		return 0;
	w->r->rev = w->rev + 1;
	if (w->rev > 0)
		return update_state(w, user);
	/* A row that comes after one that gc took has another epoch. */
	if ((rc = outbox_head(w->st, &head, w->err)) != 0)
		return rc;
	return db_run(w->st, db_query(w->st, w->err, sql_insert, "ttttiiiis",
	    c->at.app, c->at.page, c->at.group, user, head.seq + 1,
	    c->patched, w->now, c->expires_ms, *c->state), "save a session",
	    w->err);
}

static int
write_reply(struct work *w)
{
	const struct place *at = &w->c->at;
	const struct reply_write *y = w->c->reply;
	int rc;

	if (y == NULL)
		return 0;
	rc = db_run(w->st, db_query(w->st, w->err, sql_reply, "tttttibsi",
	    at->app, at->group, at->user != NULL ? at->user : "", at->page,
	    y->key, w->now, y->hash, sizeof(y->hash), y->reply,
	    w->now - REPLY_KEEP_MS), "keep a reply", w->err);
	if (rc == 0 && sqlite3_changes(w->st->db) == 0)
		rc = conflict(w, "somebody else has answered this key");
	return rc;
}

static int
write_delayed(struct work *w)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < w->c->ndelayed; i++)
		rc = delayed_write(w->st, w->c->at.app, &w->c->delayed[i],
		    w->err);
	return rc;
}

static int
write_cursor(struct work *w)
{
	const struct cursor_write *cursor = w->c->cursor;
	int rc;

	if (cursor == NULL)
		return 0;
	if (cursor->seen != NULL)
		return seen_write(w->st, cursor->seen, w->err);
	if (cursor->parked != 0)
		return parked_done(w->st, cursor->parked, NULL) == 0 ? 0 :
		    conflict(w, "somebody else has handled this event");
	rc = db_run(w->st, db_query(w->st, w->err, sql_cursor_forward, "ti",
	    w->c->cursor->consumer, w->c->cursor->seq), "move a cursor",
	    w->err);
	if (rc == 0 && sqlite3_changes(w->st->db) == 0)
		rc = conflict(w, "somebody else has handled this event");
	return rc;
}

/* With the sequence of the row that says so, or of the head where no view
 * says it. */
static int
write_watching(struct work *w)
{
	const struct place *at = &w->c->at;
	struct position p = w->last;
	int rc;

	if (w->c->watching == NULL)
		return 0;
	if (w->c->nrows == 0 && (rc = outbox_head(w->st, &p, w->err)) != 0)
		return rc;
	return db_run(w->st, db_query(w->st, w->err, sql_watching, "tttii",
	    at->app, at->page, at->group, *w->c->watching, p.seq),
	    "write how many watch", w->err);
}

static int
run_hook(struct work *w)
{
	int rc;

	if (w->c->hook == NULL)
		return 0;
	rc = w->c->hook(w->st->db, w->c->hook_arg);
	if (rc != 0)
		return lvt_error_set(w->err, rc, "the application's part of"
		    " the commit failed");
	if (sqlite3_get_autocommit(w->st->db))
		return lvt_error_set(w->err, LVT_ESTORE, "the application"
		    " ended a transaction that is not its own");
	return 0;
}

/* A further session, as if it were the only one of a commit. */
static int
also_check(struct work *w, const struct also_write *also, bool write)
{
	struct commit c = { .at = also->at, .rev = also->rev,
	    .patched = also->patched, .state = &also->state,
	    .expires_ms = also->expires_ms };
	struct commit_result r;
	struct work sub = { .st = w->st, .c = &c, .r = &r, .err = w->err,
	    .now = w->now };
	int rc = check_session(&sub);

	return rc == 0 && write ? write_state(&sub) : rc;
}

static int
check(struct work *w)
{
	size_t i;
	int rc = 0;

	if (has_session(w->c))
		rc = check_session(w);
	for (i = 0; rc == 0 && i < w->c->nalso; i++)
		rc = also_check(w, &w->c->also[i], false);
	if (rc == 0 && w->c->still)
		rc = check_still(w);
	return rc;
}

/* Before the patches of this very commit, which they have not taken. */
static int
write_also(struct work *w)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < w->c->nalso; i++)
		rc = also_check(w, &w->c->also[i], true);
	return rc;
}

static int
write_all(struct work *w)
{
	int rc;

	if ((rc = write_also(w)) != 0 || (rc = write_delayed(w)) != 0 ||
	    (rc = write_rows(w)) != 0 || (rc = write_patches(w)) != 0 ||
	    (rc = write_state(w)) != 0 || (rc = write_watching(w)) != 0 ||
	    (rc = write_reply(w)) != 0 ||
	    (rc = write_cursor(w)) != 0 || (rc = run_hook(w)) != 0)
		return rc;
	if (w->c->nrows > 0 && w->c->hook == NULL) {
		w->r->head = w->last;
		return 0;
	}
	return outbox_head(w->st, &w->r->head, w->err);
}

int
store_commit(struct store *st, struct commit *c, struct commit_result *r,
    struct lvt_error *err)
{
	struct work w = { .st = st, .c = c, .r = r, .err = err };
	int64_t cleared, released = 0;
	int rc;

	memset(r, 0, sizeof(*r));
	if ((rc = check_form(c, err)) != 0 || (rc = db_write(st, err)) != 0)
		return rc;
	w.now = db_now(st);
	rc = patches_clear_due(st, w.now, &cleared, err);
	if (rc == 0)
		rc = delayed_release(st, w.now, &released, err);
	cleared += released;
	if (rc == 0 && (rc = check(&w)) == LVT_ECONFLICT && cleared > 0) {
		/* What was due is committed all the same, or the next try
		 * would meet it again. */
		if (db_end(st, 0, NULL) == 0)
			store_ring(st);
		return rc;
	}
	if (rc == 0)
		rc = write_all(&w);
	rc = db_end(st, rc, err);
	if (rc == 0 && c->nrows == 1 && st->appended == 1)
		bell_ring_row(st, &c->rows[0], w.now);
	else if (rc == 0 && (w.wrote || cleared > 0))
		store_ring(st);
	return rc;
}

int
store_reply_find(struct store *st, const struct place *at, const char *key,
    const unsigned char hash[16], struct arena *a, struct str *reply,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_reply_find, "ttttti",
	    at->app, at->group, at->user != NULL ? at->user : "", at->page,
	    key, db_now(st) - REPLY_KEEP_MS);
	struct str kept;
	int rc;

	if ((rc = db_row(st, q, "look for a reply", err)) != 1)
		return rc < 0 ? rc : LVT_ENOTFOUND;
	kept = db_text(q, 0);
	if (kept.len != 16 || memcmp(kept.s, hash, 16) != 0) {
		rc = lvt_error_set(err, LVT_EINVALID,
		    "this key was used before with other data");
	} else {
		kept = db_text(q, 1);
		*reply = arena_str(a, kept.s, kept.len);
		rc = reply->s == NULL ? lvt_error_nomem(err) : 0;
	}
	db_done(q);
	return rc;
}
