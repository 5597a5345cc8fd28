/*
 * outbox.c - what was said, in the order of commits; who has read how far.
 *
 *   row: store_commit() appends --> RETAINED --store_gc()--> gone; the newest
 *   that is gone is the boundary, kept in meta. Rows never change.
 */
#include <stdlib.h>

#include <sodium.h>

#include "store/db.h"

static const char sql_head[] =
	"SELECT seq, tag FROM outbox ORDER BY seq DESC LIMIT 1";
static const char sql_boundary[] = "SELECT seq, tag FROM meta WHERE id = 1";
static const char sql_tag[] = "SELECT tag FROM outbox WHERE seq = ?1";
static const char sql_append[] =
	"INSERT INTO outbox (seq, tag, at, kind, app, page, scope, channel,"
	" coalesce, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
static const char sql_after[] =
	"SELECT seq, tag, at, kind, app, page, scope, channel, coalesce, body"
	" FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2";
static const char sql_row[] =
	"SELECT seq, tag, at, kind, app, page, scope, channel, coalesce, body"
	" FROM outbox WHERE seq = ?1";
static const char sql_of_page[] =
	"SELECT seq FROM outbox WHERE app = ?1 AND page = ?2 AND scope = ?3"
	" AND seq > ?4 AND seq <= ?5 LIMIT ?6";
static const char sql_of_channel[] =
	"SELECT seq FROM outbox WHERE channel = ?1 AND seq > ?2 AND seq <= ?3"
	" LIMIT ?4";
static const char sql_next_channel[] =
	"SELECT channel FROM outbox WHERE channel > ?1 ORDER BY channel"
	" LIMIT 1";
static const char sql_cursor[] = "SELECT seq FROM cursor WHERE consumer = ?1";
static const char sql_cursor_new[] =
	"INSERT OR IGNORE INTO cursor (consumer, seq) VALUES (?1, ?2)";
static const char sql_cursor_set[] =
	"INSERT INTO cursor (consumer, seq) VALUES (?1, ?2)"
	" ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq";

/* --- Positions ---------------------------------------------------------- */

static int
position_row(struct store *st, const char *sql, struct position *p,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql, "");
	int rc = db_row(st, q, "read the head", err);

	if (rc != 1)
		return rc;
	p->seq = sqlite3_column_int64(q, 0);
	p->tag = (uint32_t)sqlite3_column_int64(q, 1);
	db_done(q);
	return 1;
}

int
outbox_head(struct store *st, struct position *p, struct lvt_error *err)
{
	int rc = position_row(st, sql_head, p, err);

	if (rc == 0)
		rc = position_row(st, sql_boundary, p, err);
	if (rc == 0)
		return lvt_error_set(err, LVT_ESTORE, "'%s' has lost its"
		    " place", st->path);
	return rc < 0 ? rc : 0;
}

int
store_head(struct store *st, struct position *head, struct lvt_error *err)
{
	int rc = db_read(st, err);

	return rc == 0 ? db_end(st, outbox_head(st, head, err), err) : rc;
}

int
store_boundary(struct store *st, struct position *p, struct lvt_error *err)
{
	int rc = position_row(st, sql_boundary, p, err);

	if (rc == 0)
		return lvt_error_set(err, LVT_ESTORE, "'%s' has lost its"
		    " place", st->path);
	return rc < 0 ? rc : 0;
}

int
outbox_knows(struct store *st, struct position p, struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_tag, "i", p.seq);
	int rc = db_row(st, q, "look for a position", err);
	struct position edge;
	uint32_t tag;

	if (rc == 1) {
		tag = (uint32_t)sqlite3_column_int64(q, 0);
		db_done(q);
		rc = tag == p.tag ? 0 : LVT_ESTALE;
	} else if (rc == 0 && (rc = store_boundary(st, &edge, err)) == 0)
		rc = edge.seq == p.seq && edge.tag == p.tag ? 0 : LVT_ESTALE;
	if (rc == LVT_ESTALE)
		lvt_error_set(err, rc, "position %lld is no longer known",
		    (long long)p.seq);
	return rc;
}

int
store_position_check(struct store *st, struct position p,
    struct lvt_error *err)
{
	int rc = db_read(st, err);

	return rc == 0 ? db_end(st, outbox_knows(st, p, err), err) : rc;
}

/* --- Rows --------------------------------------------------------------- */

int
outbox_append(struct store *st, struct outbox_row *r, int64_t now,
    struct lvt_error *err)
{
	struct position head;
	int rc;

	if (st->next_seq == 0) {
		if ((rc = outbox_head(st, &head, err)) != 0)
			return rc;
		st->next_seq = head.seq + 1;
		st->before = head;
		st->appended = 0;
	}
	r->at.seq = st->next_seq++;
	st->appended++;
	r->at.tag = randombytes_random();
	return db_run(st, db_query(st, err, sql_append, "iiiittttts",
	    r->at.seq, (int64_t)r->at.tag, now, (int64_t)r->kind,
	    r->app != NULL ? r->app : "", r->page, r->scope, r->channel,
	    r->coalesce, r->body), "append to the outbox", err);
}

static void
entry_of(sqlite3_stmt *q, struct outbox_entry *e)
{
	e->at.seq = sqlite3_column_int64(q, 0);
	e->at.tag = (uint32_t)sqlite3_column_int64(q, 1);
	e->when_ms = sqlite3_column_int64(q, 2);
	e->kind = (enum outbox_kind)sqlite3_column_int(q, 3);
	e->app = db_text(q, 4);
	e->page = db_text(q, 5);
	e->scope = db_text(q, 6);
	e->channel = db_text(q, 7);
	e->coalesce = db_text(q, 8);
	e->body = db_text(q, 9);
}

/* Rows that retention took, or that a restored copy never had, must not look
 * like rows that were never there. */
static int
check_after(struct store *st, int64_t after, struct lvt_error *err)
{
	struct position edge, head;
	int rc;

	if ((rc = store_boundary(st, &edge, err)) != 0 ||
	    (rc = outbox_head(st, &head, err)) != 0)
		return rc;
	if (after < edge.seq || after > head.seq)
		return lvt_error_set(err, LVT_ESTALE,
		    "row %lld of the outbox is not within %lld to %lld",
		    (long long)after, (long long)edge.seq,
		    (long long)head.seq);
	return 0;
}

int
store_outbox_read(struct store *st, int64_t after, int limit,
    int (*visit)(void *arg, const struct outbox_entry *e), void *arg,
    int64_t *last, struct lvt_error *err)
{
	struct outbox_entry e;
	sqlite3_stmt *q;
	int rc;

	*last = after;
	if ((rc = db_read(st, err)) != 0)
		return rc;
	if ((rc = check_after(st, after, err)) != 0)
		return db_end(st, rc, err);
	q = db_query(st, err, sql_after, "ii", after, (int64_t)limit);
	while ((rc = db_row(st, q, "read the outbox", err)) == 1) {
		entry_of(q, &e);
		*last = e.at.seq;
		if ((rc = visit(arg, &e)) != 0)
			break;
	}
	db_done(q);
	return db_end(st, rc, err);
}

/* --- Replay ------------------------------------------------------------- */

/* First the numbers of the rows, from each index in turn; then the rows. */
struct found {
	int64_t *seqs;
	size_t n, cap;
	int64_t after, upto;
	int left;			/* rows that may still be examined */
};

static int
found_add(struct store *st, struct found *f, sqlite3_stmt *q,
    struct lvt_error *err)
{
	int64_t *more;
	int rc;

	while ((rc = db_row(st, q, "search the outbox", err)) == 1) {
		if (f->left-- <= 0) {
			rc = lvt_error_set(err, LVT_ETOOBIG,
			    "too many rows to replay");
			break;
		}
		if (f->n == f->cap) {
			more = realloc(f->seqs, (f->cap + 64) * 2 *
			    sizeof(*more));
			if (more == NULL) {
				rc = lvt_error_nomem(err);
				break;
			}
			f->seqs = more;
			f->cap = (f->cap + 64) * 2;
		}
		f->seqs[f->n++] = sqlite3_column_int64(q, 0);
	}
	db_done(q);
	return rc;
}

static int
find_pages(struct store *st, struct found *f, const struct outbox_filter *o,
    struct lvt_error *err)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < o->nscopes; i++) {
		const char *pages[] = { o->scopes[i].page, "*" };

		for (k = 0; k < 2 && rc == 0; k++)
			rc = found_add(st, f, db_query(st, err, sql_of_page,
			    "tttiii", o->app, pages[k], o->scopes[i].scope,
			    f->after, f->upto, (int64_t)f->left + 1), err);
	}
	return rc;
}

static int
find_channel(struct store *st, struct found *f, const char *channel,
    struct lvt_error *err)
{
	return found_add(st, f, db_query(st, err, sql_of_channel, "tiii",
	    channel, f->after, f->upto, (int64_t)f->left + 1), err);
}

/* Walks the distinct channels that begin as the pattern does, one seek each:
 * their rows, however many, are not looked at. */
static int
find_pattern(struct store *st, struct found *f, const char *pattern,
    struct lvt_error *err)
{
	size_t fixed = strcspn(pattern, "*>"), plen = strlen(pattern);
	char name[CHANNEL_MAX + 1];
	struct str next;
	sqlite3_stmt *q;
	int rc = 0;

	if (plen > CHANNEL_MAX || !channel_pattern_is_valid(pattern, plen))
		return lvt_error_set(err, LVT_EINVALID,
		    "'%s' is not a channel pattern", pattern);
	if (fixed == plen)
		return find_channel(st, f, pattern, err);
	memcpy(name, pattern, fixed);
	name[fixed] = '\0';
	for (;;) {
		q = db_query(st, err, sql_next_channel, "t", name);
		if ((rc = db_row(st, q, "search channels", err)) != 1)
			return rc;
		next = db_text(q, 0);
		rc = next.len <= CHANNEL_MAX && next.len >= fixed &&
		    memcmp(next.s, pattern, fixed) == 0;
		if (rc) {
			memcpy(name, next.s, next.len);
			name[next.len] = '\0';
		}
		db_done(q);
		if (!rc)
			return 0;
		if (f->left-- <= 0)
			return lvt_error_set(err, LVT_ETOOBIG,
			    "too many channels to replay");
		if (channel_matches(pattern, plen, name, strlen(name)) &&
		    (rc = find_channel(st, f, name, err)) != 0)
			return rc;
	}
}

static int
by_seq(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
visit_found(struct store *st, struct found *f,
    int (*visit)(void *arg, const struct outbox_entry *e), void *arg,
    struct lvt_error *err)
{
	struct outbox_entry e;
	sqlite3_stmt *q;
	size_t i;
	int rc = 0;

	if (f->n > 0)
		qsort(f->seqs, f->n, sizeof(*f->seqs), by_seq);
	for (i = 0; i < f->n && rc == 0; i++) {
		if (i > 0 && f->seqs[i] == f->seqs[i - 1])
			continue;
		q = db_query(st, err, sql_row, "i", f->seqs[i]);
		if ((rc = db_row(st, q, "read the outbox", err)) == 1) {
			entry_of(q, &e);
			rc = visit(arg, &e);
		}
		db_done(q);
	}
	return rc;
}

int
store_outbox_replay(struct store *st, int64_t after, int64_t upto, int limit,
    const struct outbox_filter *o,
    int (*visit)(void *arg, const struct outbox_entry *e), void *arg,
    struct lvt_error *err)
{
	struct found f = { .after = after, .upto = upto, .left = limit };
	size_t i;
	int rc;

	if ((rc = db_read(st, err)) != 0)
		return rc;
	if ((rc = check_after(st, after, err)) == 0)
		rc = find_pages(st, &f, o, err);
	for (i = 0; i < o->npatterns && rc == 0; i++)
		rc = find_pattern(st, &f, o->patterns[i], err);
	if (rc == 0)
		rc = visit_found(st, &f, visit, arg, err);
	free(f.seqs);
	return db_end(st, rc, err);
}

/* --- Consumers ---------------------------------------------------------- */

static int
cursor_read(struct store *st, const char *consumer, int64_t *seq,
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_cursor, "t", consumer);
	int rc = db_row(st, q, "read a cursor", err);

	if (rc == 1)
		*seq = sqlite3_column_int64(q, 0);
	db_done(q);
	return rc;
}

int
store_cursor_get(struct store *st, const char *consumer, int64_t *seq,
    struct lvt_error *err)
{
	struct position head;
	int rc;

	if ((rc = cursor_read(st, consumer, seq, err)) != 0)
		return rc < 0 ? rc : 0;
	/* Written down at once: a consumer that dies before its first event
	 * must not miss what came meanwhile. */
	if ((rc = db_write(st, err)) != 0)
		return rc;
	if ((rc = outbox_head(st, &head, err)) == 0)
		rc = db_run(st, db_query(st, err, sql_cursor_new, "ti",
		    consumer, head.seq), "make a cursor", err);
	if (rc == 0 && (rc = cursor_read(st, consumer, seq, err)) == 1)
		rc = 0;
	return db_end(st, rc, err);
}

int
store_cursor_set(struct store *st, const char *consumer, int64_t seq,
    struct lvt_error *err)
{
	int rc;

	if ((rc = db_write(st, err)) != 0)
		return rc;
	return db_end(st, db_run(st, db_query(st, err, sql_cursor_set, "ti",
	    consumer, seq), "move a cursor", err), err);
}
