/*
 * session.c - load a group's state with the patches that it has to take.
 *
 *   row:   absent --commit--> LIVE --commit--> LIVE (rev + 1)
 *          LIVE --store_session_delete(), or its time ran out and nobody
 *          watches--> EMPTY
 *          EMPTY --commit--> LIVE     EMPTY --store_gc(), later--> absent
 *   patch: WRITTEN (store_commit) --newer write at or above it--> gone
 *          WRITTEN --its time ran out--> DUE: reads as a removal, last
 *          DUE --patches_clear_due()--> WRITTEN as a removal, newest
 */
#include <stdlib.h>

#include "store/db.h"

static const char sql_load[] =
	"SELECT rev, epoch, patched, expires, user, state FROM session"
	" WHERE app = ?1 AND page = ?2 AND grp = ?3";
static const char sql_any_patch[] =
	"SELECT EXISTS (SELECT 1 FROM patch WHERE app = ?1 AND seq > ?2),"
	" EXISTS (SELECT 1 FROM patch WHERE expires > 0 AND expires <= ?3)";
static const char sql_patches[] =
	"SELECT path, value, seq FROM patch WHERE app = ?1"
	" AND scope IN ('*', 'g:' || ?2, 'u:' || ?3, 'u:' || ?4)"
	" AND page IN (?5, '*') AND seq > ?6"
	" AND (expires = 0 OR expires > ?7) ORDER BY seq, ord";
static const char sql_patches_due[] =
	"SELECT path, 'null', ?7 FROM patch INDEXED BY patch_expires"
	" WHERE expires > 0 AND expires <= ?6 AND app = ?1"
	" AND scope IN ('*', 'g:' || ?2, 'u:' || ?3, 'u:' || ?4)"
	" AND page IN (?5, '*') ORDER BY seq, ord";
static const char sql_layer[] =
	"SELECT path, value, seq FROM patch WHERE app = ?1"
	" AND scope = 'u:' || ?2 AND page IN (?3, '*')"
	" AND (expires = 0 OR expires > ?4) ORDER BY seq, ord";
static const char sql_has_layers[] =
	"SELECT EXISTS (SELECT 1 FROM patch INDEXED BY patch_of_user"
	" WHERE app = ?1 AND page IN (?2, '*')"
	" AND scope >= 'u:' AND scope < 'u;')";
static const char sql_watching[] =
	"SELECT n FROM watching WHERE app = ?1 AND page = ?2 AND grp = ?3";
/* Nearly always no patch is newer, which the first look finds without the lists
 * that IN makes. */
static const char sql_newer[] =
	"SELECT CASE WHEN EXISTS (SELECT 1 FROM patch WHERE app = ?1"
	" AND seq > ?6) THEN EXISTS (SELECT 1 FROM patch WHERE app = ?1"
	" AND scope IN ('*', 'g:' || ?2, 'u:' || ?3, 'u:' || ?4)"
	" AND page IN (?5, '*') AND seq > ?6) ELSE 0 END"
	" OR EXISTS (SELECT 1 FROM watching WHERE app = ?1 AND page = ?5"
	" AND grp = ?2 AND seq > ?6)";
static const char sql_due[] =
	"SELECT id, app, scope, page FROM patch"
	" WHERE expires > 0 AND expires <= ?1 ORDER BY expires LIMIT 1";
static const char sql_clear[] =
	"UPDATE patch SET value = 'null', seq = ?2, ord = 0, expires = 0"
	" WHERE id = ?1";
static const char sql_sessions[] =
	"SELECT app, page, grp, user, rev, touched, expires, state FROM session"
	" WHERE app = ?1 AND state IS NOT NULL ORDER BY page, grp";
static const char sql_all_sessions[] =
	"SELECT app, page, grp, user, rev, touched, expires, state FROM session"
	" WHERE state IS NOT NULL ORDER BY app, page, grp";
static const char sql_touch[] =
	"UPDATE session SET expires = ?4, touched = ?5"
	" WHERE app = ?1 AND page = ?2"
	" AND grp = ?3 AND state IS NOT NULL AND expires > ?5 AND expires < ?4";
/* Its time to live is what lies between its last use and its end. */
#define WATCHED                                                               \
	" FROM presence p JOIN session s ON s.app = p.app"                    \
	" AND s.page = p.page AND s.grp = p.grp"                              \
	" WHERE p.lease IN (SELECT id FROM lease WHERE expires > ?1)"         \
	" AND s.expires > 0 AND s.state IS NOT NULL"                          \
	" AND ?1 - s.touched > (s.expires - s.touched) / 24"
static const char sql_any_watched[] = "SELECT EXISTS (SELECT 1" WATCHED ")";
static const char sql_keep[] =
	"UPDATE session SET expires = ?1 + expires - touched, touched = ?1"
	" WHERE id IN (SELECT s.id" WATCHED " LIMIT 500)";
static const char sql_is_watched[] =
	"SELECT EXISTS (SELECT 1 FROM presence WHERE app = ?1 AND page = ?2"
	" AND grp = ?3"
	" AND lease IN (SELECT id FROM lease WHERE expires > ?4))";
static const char sql_delete[] =
	"UPDATE session SET state = NULL, rev = rev + 1, epoch = epoch + 1,"
	" touched = ?4, expires = ?4"
	" WHERE app = ?1 AND page = ?2 AND grp = ?3 AND state IS NOT NULL";

/* "u:" with no user matches no patch: no scope is written so. */
static const char *
user_of(const char *user)
{
	return user != NULL ? user : "";
}

struct patch_list {
	struct patch *v;
	size_t n, cap;
};

static int
add_patches(struct store *st, sqlite3_stmt *q, struct arena *a,
    struct patch_list *out, struct lvt_error *err)
{
	struct patch *p, *more;
	int rc;

	while ((rc = db_row(st, q, "read patches", err)) == 1) {
		if (out->n == out->cap) {
			out->cap = out->cap * 2 + 8;
			more = arena_alloc(a, out->cap * sizeof(*more));
			if (more == NULL)
				goto nomem;
			if (out->n > 0)
				memcpy(more, out->v, out->n * sizeof(*more));
			out->v = more;
		}
		p = &out->v[out->n++];
		p->path = arena_str(a, db_text(q, 0).s, db_text(q, 0).len);
		p->value = arena_str(a, db_text(q, 1).s, db_text(q, 1).len);
		p->seq = sqlite3_column_int64(q, 2);
		if (p->path.s == NULL || p->value.s == NULL)
			goto nomem;
	}
	return rc;
nomem:
	db_done(q);
	return lvt_error_nomem(err);
}

static int
load_patches(struct store *st, const struct place *at, const char *user,
    int64_t patched, struct arena *a, struct session *out,
    struct lvt_error *err)
{
	int64_t now = db_now(st);
	sqlite3_stmt *q = db_query(st, err, sql_any_patch, "tii", at->app,
	    patched, now);
	struct patch_list all = { .n = 0 };
	bool some, due;
	int rc;

	/* Two seeks tell the common case, that there is nothing. */
	if ((rc = db_row(st, q, "look for patches", err)) != 1)
		return rc;
	some = sqlite3_column_int(q, 0) != 0;
	due = sqlite3_column_int(q, 1) != 0;
	db_done(q);
	if (some)
		rc = add_patches(st, db_query(st, err, sql_patches, "tttttii",
		    at->app, at->group, user_of(at->user), user, at->page,
		    patched, now), a, &all, err);
	else
		rc = 0;
	if (due && rc == 0)
		rc = add_patches(st, db_query(st, err, sql_patches_due,
		    "tttttii", at->app, at->group, user_of(at->user), user,
		    at->page, now, out->head.seq), a, &all, err);
	out->patches = all.v;
	out->npatches = all.n;
	return rc;
}

static int
load_layer(struct store *st, const struct place *at, struct arena *a,
    struct session *out, struct lvt_error *err)
{
	struct patch_list all = { .n = 0 };
	int rc;

	if (user_of(at->user)[0] == '\0')
		return 0;
	rc = add_patches(st, db_query(st, err, sql_layer, "ttti", at->app,
	    at->user, at->page, db_now(st)), a, &all, err);
	out->layer = all.v;
	out->nlayer = all.n;
	return rc;
}

int
store_has_layers(struct store *st, const char *app, const char *page,
    bool *any, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_has_layers, "tt", app, page);
	int rc = db_row(st, q, "look for patches", err);

	*any = rc == 1 && sqlite3_column_int(q, 0) != 0;
	db_done(q);
	return rc < 0 ? rc : 0;
}

static int
load_watching(struct store *st, const struct place *at, struct session *out,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_watching, "ttt", at->app,
	    at->page, at->group);
	int rc = db_row(st, q, "load how many watch", err);

	if (rc == 1)
		out->watching = sqlite3_column_int64(q, 0);
	db_done(q);
	return rc < 0 ? rc : 0;
}

/* Its time ran out, but somebody looks at it. */
static bool
is_watched(struct store *st, const struct place *at, int64_t now)
{
	sqlite3_stmt *q = db_query(st, NULL, sql_is_watched, "ttti", at->app,
	    at->page, at->group, now);
	bool watched = db_row(st, q, "look for watchers", NULL) == 1 &&
	    sqlite3_column_int(q, 0) != 0;

	db_done(q);
	return watched;
}

/* The row; *user and *patched are those of its last commit. */
static int
load_row(struct store *st, const struct place *at, struct arena *a,
    struct session *out, const char **user, int64_t *patched,
    struct lvt_error *err)
{
	int64_t now = db_now(st), expires;
	sqlite3_stmt *q;
	struct str s;
	int rc;

	if ((rc = outbox_head(st, &out->head, err)) != 0 ||
	    (rc = load_watching(st, at, out, err)) != 0)
		return rc;
	q = db_query(st, err, sql_load, "ttt", at->app, at->page, at->group);
	rc = db_row(st, q, "load a session", err);
	if (rc == 1) {
		out->rev = sqlite3_column_int64(q, 0);
		out->epoch = sqlite3_column_int64(q, 1);
		expires = sqlite3_column_int64(q, 3);
		if (sqlite3_column_type(q, 5) != SQLITE_NULL &&
		    (expires == 0 || expires > now ||
		    is_watched(st, at, now))) {
			out->exists = true;
			out->expires_ms = expires;
			*patched = sqlite3_column_int64(q, 2);
			*user = arena_z(a, db_z(q, 4));
			s = db_text(q, 5);
			out->state = arena_str(a, s.s, s.len);
			if (*user == NULL || out->state.s == NULL)
				rc = lvt_error_nomem(err);
		}
	}
	db_done(q);
	return rc < 0 ? rc : 0;
}

static int
load(struct store *st, const struct place *at, bool shared, struct arena *a,
    struct session *out, struct lvt_error *err)
{
	struct place group = *at;
	const char *user = "";
	int64_t patched = 0;
	int rc;

	memset(out, 0, sizeof(*out));
	out->state = STR("");
	if ((rc = db_read(st, err)) != 0)
		return rc;
	rc = load_row(st, at, a, out, &user, &patched, err);
	if (shared)
		group.user = user = "";
	if (rc == 0)
		rc = load_patches(st, &group, user, patched, a, out, err);
	if (rc == 0 && shared)
		rc = load_layer(st, at, a, out, err);
	return db_end(st, rc, err);
}

int
store_load(struct store *st, const struct place *at, struct arena *a,
    struct session *out, struct lvt_error *err)
{
	return load(st, at, false, a, out, err);
}

int
store_load_shared(struct store *st, const struct place *at, struct arena *a,
    struct session *out, struct lvt_error *err)
{
	return load(st, at, true, a, out, err);
}

int
patches_newer(struct store *st, const struct place *at, const char *user,
    int64_t seq, bool *newer, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_newer, "ttttti", at->app,
	    at->group, user_of(at->user), user, at->page, seq);
	int rc = db_row(st, q, "look for patches", err);

	*newer = rc == 1 && sqlite3_column_int(q, 0) != 0;
	db_done(q);
	return rc < 0 ? rc : 0;
}

int
patches_clear_due(struct store *st, int64_t now, int64_t *n,
    struct lvt_error *err)
{
	struct outbox_row r = { .kind = OUTBOX_PAGE, .body = STR("") };
	sqlite3_stmt *q;
	int64_t id;
	int rc;

	for (*n = 0;; ++*n) {
		q = db_query(st, err, sql_due, "i", now);
		if ((rc = db_row(st, q, "look for patches", err)) != 1)
			return rc;
		id = sqlite3_column_int64(q, 0);
		r.app = db_z(q, 1);
		r.scope = db_z(q, 2);
		r.page = db_z(q, 3);
		rc = outbox_append(st, &r, now, err);
		db_done(q);
		if (rc == 0)
			rc = db_run(st, db_query(st, err, sql_clear, "ii", id,
			    r.at.seq), "clear a patch", err);
		if (rc != 0)
			return rc;
	}
}

/* --- For tools ---------------------------------------------------------- */

int
store_sessions(struct store *st, const char *app,
    int (*visit)(void *arg, const struct session_row *row), void *arg,
    struct lvt_error *err)
{
	struct session_row row;
	int64_t expires;
	sqlite3_stmt *q;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	q = app != NULL ? db_query(st, err, sql_sessions, "t", app) :
	    db_query(st, err, sql_all_sessions, "");
	while ((rc = db_row(st, q, "read sessions", err)) == 1) {
		row.at = (struct place){ db_z(q, 0), db_z(q, 1), db_z(q, 2),
		    db_z(q, 3) };
		row.rev = sqlite3_column_int64(q, 4);
		row.touched_ms = sqlite3_column_int64(q, 5);
		expires = sqlite3_column_int64(q, 6);
		row.ttl_ms = expires > 0 ? expires - row.touched_ms : 0;
		row.state = db_text(q, 7);
		if ((rc = visit(arg, &row)) != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}

int
store_sessions_keep(struct store *st, int64_t *n, struct lvt_error *err)
{
	int64_t now = db_now(st);
	sqlite3_stmt *q = db_query(st, err, sql_any_watched, "i", now);
	int rc = db_row(st, q, "look for groups in use", err);
	bool any = rc == 1 && sqlite3_column_int(q, 0) != 0;

	db_done(q);
	*n = 0;
	if (rc < 0 || !any)
		return rc < 0 ? rc : 0;
	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_run(st, db_query(st, err, sql_keep, "i", now),
	    "keep groups in use", err);
	if (rc == 0)
		*n = sqlite3_changes(st->db);
	return db_end(st, rc, err);
}

int
store_session_touch(struct store *st, const struct place *at,
    int64_t expires_ms, struct lvt_error *err)
{
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	rc = db_run(st, db_query(st, err, sql_touch, "tttii", at->app,
	    at->page, at->group, expires_ms, db_now(st)), "touch a session",
	    err);
	return db_end(st, rc, err);
}

int
store_session_delete(struct store *st, const struct place *at,
    struct lvt_error *err)
{
	struct outbox_row r = { .kind = OUTBOX_PAGE, .app = at->app,
	    .page = at->page, .body = STR("") };
	char *scope = sqlite3_mprintf("g:%s", at->group);
	int64_t now = db_now(st);
	int rc;

	if (scope == NULL)
		return lvt_error_nomem(err);
	if ((rc = db_write(st, err)) == 0) {
		r.scope = scope;
		rc = db_run(st, db_query(st, err, sql_delete, "ttti", at->app,
		    at->page, at->group, now), "delete a session", err);
		if (rc == 0 && sqlite3_changes(st->db) == 0)
			rc = lvt_error_set(err, LVT_ENOTFOUND,
			    "no such session");
		if (rc == 0)
			rc = outbox_append(st, &r, now, err);
		rc = db_end(st, rc, err);
	}
	sqlite3_free(scope);
	if (rc == 0)
		store_ring(st);
	return rc;
}
