/* test_store.h - what the tests of the store share. */
#ifndef LVT_TEST_STORE_H
#define LVT_TEST_STORE_H

#include "test.h"

#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"

#define OK(call)                                                             \
	do {                                                                 \
		struct lvt_error err = { 0 };                                \
		int rc_ = (call);                                            \
		if (rc_ != 0)                                                \
			fail_msg("%s: %d: %s", #call, rc_, err.message);     \
	} while (0)

#define FAILS(code, call)                                                    \
	do {                                                                 \
		struct lvt_error err = { 0 };                                \
		int rc_ = (call);                                            \
		if (rc_ != (code))                                           \
			fail_msg("%s: %d: %s", #call, rc_, err.message);     \
	} while (0)

/* A database in a folder of its own, and a clock that tests move. */
struct fixture {
	char dir[64], path[96];
	int64_t now;
	struct store_opts opts;
	struct store *st;
	struct arena a;
};

static inline int64_t
fixture_now(void *arg)
{
	return ((struct fixture *)arg)->now;
}

static inline struct store *
fixture_open(struct fixture *f)
{
	struct lvt_error err = { 0 };
	struct store *st = store_open(f->path, &f->opts, &err);

	if (st == NULL)
		fail_msg("%s", err.message);
	return st;
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	if (f == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "%s/lvt-store-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(f->dir) == NULL) {
		free(f);
		return -1;
	}
	snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
	f->now = 1000000000;
	f->opts.durability = STORE_NORMAL;
	f->opts.now_ms = fixture_now;
	f->opts.now_arg = f;
	f->st = fixture_open(f);
	arena_init(&f->a);
	*state = f;
	return 0;
}

/* --- Plans -------------------------------------------------------------- */

static int plans_seen;

/* What may be walked through: one row, the last; lists of all, for tools; what gc
 * looks through; one row for each companion. */
static inline bool
may_scan(const char *sql, const char *plan)
{
	static const char *const starts[] = {
		"SELECT seq, tag FROM outbox ORDER BY seq DESC LIMIT 1",
		"SELECT app, page, grp, user, rev, touched, ",
		"SELECT consumer, seq FROM cursor ORDER BY consumer",
		("SELECT id, consumer, grp, seq, tries, due, why, channel,"
		" body FROM parked WHERE substr("),
		("SELECT id, due, app, name, channel, coalesce, scope, page,"
		" expire, body FROM delayed ORDER BY due"),
		"DELETE FROM presence WHERE (lease, conn) IN",
		"DELETE FROM lease",
	};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(sql, starts[i], strlen(starts[i])) == 0)
			return true;
	return strcmp(plan, "SCAN lease") == 0 ||
	    strcmp(plan, "SCAN CONSTANT ROW") == 0;
}

static inline int
plans(void *db, void *arg)
{
	sqlite3_stmt *each = NULL, *q;
	const char *sql, *line;
	char *explain;

	while ((each = sqlite3_next_stmt(db, each)) != NULL) {
		sql = sqlite3_sql(each);
		explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
		q = NULL;
		if (sqlite3_prepare_v2(db, explain, -1, &q, NULL) == SQLITE_OK)
			while (sqlite3_step(q) == SQLITE_ROW) {
				line = (const char *)sqlite3_column_text(q, 3);
				if (strncmp(line, "SCAN", 4) == 0 &&
				    !may_scan(sql, line))
					fail_msg("%s: %s", line, sql);
			}
		sqlite3_finalize(q);
		sqlite3_free(explain);
		++*(int *)arg;
	}
	return 0;
}

/* All statements that the test has used find their rows through an index. Where
 * it left a store that cannot commit, there is nothing to see. */
static inline void
plans_check(struct fixture *f)
{
	struct commit c = { .hook = plans, .hook_arg = &plans_seen };
	struct commit_result r;

	if (f->st != NULL)
		(void)store_commit(f->st, &c, &r, NULL);
}

static inline int
teardown(void **state)
{
	static const char *const tails[] = {
		"", "-wal", "-shm", "-journal", ".lock", ".bell", ".copy",
	};
	struct fixture *f = *state;
	char path[128];
	size_t i;

	plans_check(f);
	store_close(f->st);
	arena_release(&f->a);
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, tails[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

/* --- Shorthands --------------------------------------------------------- */

static const struct place ann = { "app", "/", "g1", "ann" };
static const struct place bob = { "app", "/", "g2", "bob" };

static inline struct session
load(struct fixture *f, const struct place *at)
{
	struct session s;

	OK(store_load(f->st, at, &f->a, &s, &err));
	return s;
}

/* Saves doc for a place that was just loaded; the new revision. */
static inline int64_t
save(struct fixture *f, const struct place *at, const char *doc)
{
	struct session s = load(f, at);
	struct str state = str_z(doc);
	struct commit c = { .at = *at, .rev = s.rev, .patched = s.head.seq,
	    .state = &state };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	return r.rev;
}

/* One leaf to a scope; the head afterwards. */
static inline struct position
patch(struct fixture *f, const char *scope, const char *page,
    const char *path, const char *value, int64_t expires)
{
	struct patch leaf = { str_z(path), str_z(value), 0 };
	struct patch_write p = { scope, page, &leaf, 1, expires };
	struct commit c = { .at = { .app = "app" }, .patches = &p,
	    .npatches = 1 };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	return r.head;
}

static inline struct position
say(struct fixture *f, const char *channel, const char *body)
{
	struct outbox_row row = { .kind = OUTBOX_MESSAGE, .app = "app",
	    .channel = channel, .body = str_z(body) };
	struct commit c = { .rows = &row, .nrows = 1 };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	assert_int_equal(r.head.seq, row.at.seq);
	assert_int_equal(r.head.tag, row.at.tag);
	return row.at;
}

/* "path=value path=value", as a load gives them */
static inline const char *
patches(struct fixture *f, const struct place *at)
{
	struct session s = load(f, at);
	struct buf b;
	size_t i;
	char *text;

	buf_init(&b);
	for (i = 0; i < s.npatches; i++)
		buf_printf(&b, "%s" STR_FMT "=" STR_FMT, i > 0 ? " " : "",
		    STR_ARG(s.patches[i].path), STR_ARG(s.patches[i].value));
	text = arena_z(&f->a, buf_z(&b));
	buf_release(&b);
	return text;
}

/* Visits collect what they saw as text. */
static inline int
collect(void *arg, const struct outbox_entry *e)
{
	struct buf *b = arg;

	if (b->len > 0)
		buf_putc(b, ' ');
	buf_str(b, e->channel.len > 0 ? e->channel : e->scope);
	buf_putc(b, ':');
	buf_str(b, e->body);
	return 0;
}

static inline int
stop_at_once(void *arg, const struct outbox_entry *e)
{
	(void)arg;
	(void)e;
	return 7;
}

static inline void
raw(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
