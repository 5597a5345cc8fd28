/* The store, function by function: what a commit does and what a load sees. */
#include "test_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <sqlite3.h>

static const struct place ann = { "app", "/", "g1", "ann" };
static const struct place bob = { "app", "/", "g2", "bob" };

/* --- Shorthands --------------------------------------------------------- */

static struct session
load(struct fixture *f, const struct place *at)
{
	struct session s;

	OK(store_load(f->st, at, &f->a, &s, &err));
	return s;
}

/* Saves doc for a place that was just loaded; the new revision. */
static int64_t
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
static struct position
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

static struct position
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
static const char *
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
static int
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

static int
stop_at_once(void *arg, const struct outbox_entry *e)
{
	(void)arg;
	(void)e;
	return 7;
}

/* --- Opening ------------------------------------------------------------ */

static void
a_new_database_and_all_that_belongs_to_it_is_private(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".lock" };
	struct fixture *f = *state;
	struct stat sb;
	size_t i;

	save(f, &ann, "{}");
	for (i = 0; i < 4; i++) {
		assert_int_equal(stat(arena_printf(&f->a, "%s%s", f->path,
		    tails[i]), &sb), 0);
		assert_int_equal(sb.st_mode & 0777, 0600);
	}
}

static void
keys_stay_for_the_life_of_the_database_and_differ_by_purpose(void **state)
{
	struct fixture *f = *state;
	unsigned char a[32], b[32], c[32];

	OK(store_key(f->st, "token", a, &err));
	OK(store_key(f->st, "view", b, &err));
	assert_memory_not_equal(a, b, 32);
	store_close(f->st);
	f->st = fixture_open(f);
	OK(store_key(f->st, "token", c, &err));
	assert_memory_equal(a, c, 32);
	store_close(f->st);
	unlink(f->path);
	f->st = fixture_open(f);
	OK(store_key(f->st, "token", c, &err));
	assert_memory_not_equal(a, c, 32);
}

static void
raw(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

static void
refused(struct fixture *f, const char *word)
{
	struct lvt_error err = { 0 };

	assert_null(store_open(f->path, &f->opts, &err));
	assert_int_equal(err.code, LVT_ESTORE);
	assert_non_null(strstr(err.message, word));
}

static void
a_newer_database_is_refused_and_says_what_is_needed(void **state)
{
	struct fixture *f = *state;

	raw(f, "PRAGMA user_version = 999");
	refused(f, "a newer lvt is needed");
}

static void
a_database_of_some_other_program_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;

	store_close(f->st);
	f->st = NULL;
	unlink(f->path);
	raw(f, "CREATE TABLE theirs (x)");
	refused(f, "some other program");
	raw(f, "INSERT INTO theirs VALUES (1)");
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	static const char junk[] = "this is not a database, but long enough"
	    " to look like a page of one, were it not for what it says.....";
	struct fixture *f = *state;
	int fd;

	store_close(f->st);
	f->st = NULL;
	unlink(f->path);
	fd = open(f->path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
	refused(f, "not a database");
}

static void
a_folder_that_is_not_there_is_an_error_that_names_the_path(void **state)
{
	struct lvt_error err = { 0 };

	(void)state;
	assert_null(store_open("/nonexistent/lvt.db", NULL, &err));
	assert_non_null(strstr(err.message, "/nonexistent/lvt.db"));
}

static void
a_reader_opens_what_is_there_and_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct commit c = { 0 };
	struct commit_result r;
	struct session s;
	struct store *st;

	save(f, &ann, "{\"n\":1}");
	f->opts.readonly = true;
	st = fixture_open(f);
	OK(store_load(st, &ann, &f->a, &s, &err));
	assert_true(str_is(s.state, "{\"n\":1}"));
	FAILS(LVT_ESTORE, store_commit(st, &c, &r, &err));
	store_close(st);
}

static void
a_file_put_in_its_place_is_noticed(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(store_path(f->st), f->path);
	assert_false(store_replaced(f->st));
	rename(f->path, arena_printf(&f->a, "%s.copy", f->path));
	assert_true(store_replaced(f->st));
}

static void
a_store_of_the_parent_is_refused_to_a_child(void **state)
{
	struct fixture *f = *state;
	struct position p;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		status = store_head(f->st, &p, NULL) == LVT_ESTORE ? 0 : 1;
		store_close(f->st);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	save(f, &ann, "{}");
}

static void
dump(sqlite3 *db, struct buf *b)
{
	sqlite3_stmt *q = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema"
	    " WHERE sql IS NOT NULL ORDER BY name", -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		buf_printf(b, "%s\n", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
}

static void
the_schema_that_one_reads_is_the_one_that_migrations_make(void **state)
{
	const char *top = getenv("LVT_SRCDIR");
	struct fixture *f = *state;
	struct buf text, want, have;
	sqlite3 *db = NULL;
	char part[4096];
	size_t n;
	FILE *in;

	buf_init(&text);
	buf_init(&want);
	buf_init(&have);
	in = fopen(arena_printf(&f->a, "%s/sql/schema.sql",
	    top != NULL ? top : "."), "r");
	if (in == NULL)
		skip();
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		buf_add(&text, part, n);
	fclose(in);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, buf_z(&text), NULL, NULL, NULL),
	    SQLITE_OK);
	dump(db, &want);
	sqlite3_close(db);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	dump(db, &have);
	sqlite3_close(db);
	/* Comments inside a statement are the only licence that the reader's
	 * file has. */
	assert_string_equal(buf_z(&want), buf_z(&have));
	buf_release(&text);
	buf_release(&want);
	buf_release(&have);
}

/* --- Positions ---------------------------------------------------------- */

static void
a_position_reads_back_from_its_text(void **state)
{
	struct position p = { 812, 0x00ab34cd }, q;
	char text[POSITION_TEXT];

	(void)state;
	position_text(p, text);
	assert_string_equal(text, "812-00ab34cd");
	assert_int_equal(position_parse(text, strlen(text), &q), 0);
	assert_int_equal(q.seq, 812);
	assert_int_equal(q.tag, 0x00ab34cd);
}

static void
text_that_is_no_position_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "-", "812", "812-", "812-00ab34c", "812-00ab34cde",
		"-812-00ab34cd", " 812-00ab34cd", "812-00AB34CD",
		"812-0xab34cd", "12345678901234567890-00ab34cd", "a-00ab34cd",
	};
	struct position p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (position_parse(bad[i], strlen(bad[i]), &p) !=
		    LVT_EINVALID)
			fail_msg("'%s' was accepted", bad[i]);
}

static void
a_position_is_good_only_with_the_tag_of_its_row(void **state)
{
	struct fixture *f = *state;
	struct position start, p;

	OK(store_head(f->st, &start, &err));
	assert_int_equal(start.seq, 0);
	OK(store_position_check(f->st, start, &err));
	p = say(f, "a", "1");
	assert_int_equal(p.seq, 1);
	OK(store_position_check(f->st, p, &err));
	OK(store_position_check(f->st, start, &err));
	p.tag ^= 1;
	FAILS(LVT_ESTALE, store_position_check(f->st, p, &err));
	p.tag ^= 1;
	p.seq = 2;
	FAILS(LVT_ESTALE, store_position_check(f->st, p, &err));
}

static void
a_position_of_another_database_is_stale_even_at_the_start(void **state)
{
	struct fixture *f = *state;
	struct position p, old, start;

	OK(store_head(f->st, &start, &err));
	old = say(f, "a", "1");
	store_close(f->st);
	unlink(f->path);
	unlink(arena_printf(&f->a, "%s-wal", f->path));
	f->st = fixture_open(f);
	FAILS(LVT_ESTALE, store_position_check(f->st, start, &err));
	FAILS(LVT_ESTALE, store_position_check(f->st, old, &err));
	p = say(f, "a", "1");
	assert_int_equal(p.seq, old.seq);
	FAILS(LVT_ESTALE, store_position_check(f->st, old, &err));
}

static void
the_boundary_stays_good_when_its_row_is_gone(void **state)
{
	struct fixture *f = *state;
	struct gc_opts o = { .outbox_keep_ms = 1000, .outbox_keep_rows = 1 };
	struct position p[4], edge;
	struct gc_result r;
	int i;

	for (i = 0; i < 4; i++)
		p[i] = say(f, "a", "x");
	f->now += 5000;
	OK(store_gc(f->st, &o, &r, &err));
	assert_int_equal(r.outbox, 3);
	OK(store_boundary(f->st, &edge, &err));
	assert_int_equal(edge.seq, p[2].seq);
	FAILS(LVT_ESTALE, store_position_check(f->st, p[1], &err));
	OK(store_position_check(f->st, p[2], &err));
	OK(store_position_check(f->st, p[3], &err));
	p[2].tag ^= 4;
	FAILS(LVT_ESTALE, store_position_check(f->st, p[2], &err));
}

static void
a_sequence_number_is_never_used_twice_though_all_rows_are_gone(void **state)
{
	struct fixture *f = *state;
	struct gc_opts o = { .outbox_keep_ms = 1 };
	struct position p = say(f, "a", "x"), head;
	struct gc_result r;

	f->now += 5000;
	OK(store_gc(f->st, &o, &r, &err));
	OK(store_head(f->st, &head, &err));
	assert_int_equal(head.seq, p.seq);
	assert_int_equal(head.tag, p.tag);
	assert_int_equal(say(f, "a", "y").seq, p.seq + 1);
}

/* --- Sessions and commits ----------------------------------------------- */

static void
a_group_that_never_acted_has_no_row(void **state)
{
	struct session s = load(*state, &ann);

	assert_false(s.exists);
	assert_int_equal(s.rev, 0);
	assert_int_equal(s.npatches, 0);
}

static void
a_commit_is_what_the_next_load_reads(void **state)
{
	struct fixture *f = *state;
	struct session s;

	assert_int_equal(save(f, &ann, "{\"n\":1}"), 1);
	assert_int_equal(save(f, &ann, "{\"n\":2}"), 2);
	s = load(f, &ann);
	assert_true(s.exists);
	assert_true(str_is(s.state, "{\"n\":2}"));
	assert_int_equal(s.rev, 2);
	assert_false(load(f, &bob).exists);
}

static void
the_same_group_on_another_page_or_app_is_another_session(void **state)
{
	static const struct place others[] = {
		{ "app", "/b", "g1", "ann" }, { "other", "/", "g1", "ann" },
	};
	struct fixture *f = *state;

	save(f, &ann, "{}");
	assert_false(load(f, &others[0]).exists);
	assert_false(load(f, &others[1]).exists);
}

static void
a_commit_from_an_old_revision_is_a_conflict_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{\"n\":9}");
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = "app",
	    .page = "/", .scope = "g:g1", .body = STR("") };
	struct commit c = { .at = ann, .rev = 0, .state = &doc, .rows = &row,
	    .nrows = 1 };
	struct commit_result r;
	struct session s;

	save(f, &ann, "{\"n\":1}");
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	s = load(f, &ann);
	assert_true(str_is(s.state, "{\"n\":1}"));
	assert_int_equal(s.head.seq, 0);
	c.state = NULL;
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	c.rev = STORE_REV_ANY;
	OK(store_commit(f->st, &c, &r, &err));
	assert_int_equal(r.rev, 1);
}

static void
a_commit_that_has_not_seen_a_patch_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	struct session s;
	struct str doc = STR("{}");
	struct commit c = { .at = ann, .state = &doc };
	struct commit_result r;

	s = load(f, &ann);
	c.patched = s.head.seq;
	patch(f, "u:bob", "*", "[\"a\"]", "1", 0);
	OK(store_commit(f->st, &c, &r, &err));
	c.rev = 1;
	patch(f, "u:ann", "*", "[\"a\"]", "1", 0);
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	c.patched = load(f, &ann).head.seq;
	OK(store_commit(f->st, &c, &r, &err));
}

static void
variants_of_other_groups_can_insist_that_no_page_moved(void **state)
{
	struct fixture *f = *state;
	struct commit c = { .at = { .app = "app" }, .still = true };
	struct commit_result r;

	say(f, "a", "a message moves no page");
	OK(store_commit(f->st, &c, &r, &err));
	patch(f, "u:bob", "/b", "[\"a\"]", "1", 0);
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
}

static void
rows_get_consecutive_positions_in_the_order_given(void **state)
{
	struct fixture *f = *state;
	struct outbox_row rows[3] = {
		{ .kind = OUTBOX_PAGE, .app = "app", .page = "/",
		  .scope = "*", .body = STR("p") },
		{ .kind = OUTBOX_MESSAGE, .app = "app", .channel = "a.b",
		  .coalesce = "k", .body = STR("m\0n") },
		{ .kind = OUTBOX_REVOKE, .app = "app", .scope = "u:ann",
		  .body = STR("{}") },
	};
	struct commit c = { .rows = rows, .nrows = 3 };
	struct commit_result r;
	struct buf b;
	int64_t last;

	OK(store_commit(f->st, &c, &r, &err));
	assert_int_equal(rows[0].at.seq, 1);
	assert_int_equal(rows[2].at.seq, 3);
	buf_init(&b);
	OK(store_outbox_read(f->st, 0, 10, collect, &b, &last, &err));
	assert_int_equal(last, 3);
	assert_int_equal(b.len, sizeof("*:p a.b:m\0n u:ann:{}") - 1);
	assert_memory_equal(b.s, "*:p a.b:m\0n u:ann:{}", b.len);
	buf_release(&b);
}

static void
malformed_commits_are_refused(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{}");
	struct patch root = { STR("[]"), STR("1"), 0 };
	struct outbox_row rows[] = {
		{ .kind = OUTBOX_PAGE, .app = "a", .page = "/" },
		{ .kind = OUTBOX_PAGE, .app = "a", .page = "/", .scope = "x" },
		{ .kind = OUTBOX_PAGE, .app = "a", .page = "/", .scope = "u:" },
		{ .kind = OUTBOX_MESSAGE, .app = "a" },
		{ .kind = OUTBOX_MESSAGE, .app = "a", .channel = "a.*" },
		{ .kind = 0, .app = "a" },
	};
	struct patch_write p = { "*", "*", &root, 1, 0 };
	struct commit c = { 0 };
	struct commit_result r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = (struct commit){ .rows = &rows[i], .nrows = 1 };
		FAILS(LVT_EINVALID, store_commit(f->st, &c, &r, &err));
	}
	c = (struct commit){ .state = &doc };
	FAILS(LVT_EINVALID, store_commit(f->st, &c, &r, &err));
	c = (struct commit){ .at.app = "a", .patches = &p, .npatches = 1 };
	FAILS(LVT_EINVALID, store_commit(f->st, &c, &r, &err));
}

static int
own_table(void *db, void *arg)
{
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS own (x);"
	    "INSERT INTO own VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
	return *(int *)arg;
}

static int
ends_the_transaction(void *db, void *arg)
{
	(void)arg;
	return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
}

static void
the_hook_is_part_of_the_commit(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{}");
	int code = LVT_EDENIED;
	struct commit c = { .at = ann, .state = &doc, .hook = own_table,
	    .hook_arg = &code };
	struct commit_result r;

	FAILS(LVT_EDENIED, store_commit(f->st, &c, &r, &err));
	assert_false(load(f, &ann).exists);
	code = 0;
	OK(store_commit(f->st, &c, &r, &err));
	assert_true(load(f, &ann).exists);
	raw(f, "SELECT x FROM own");
	c.rev = 1;
	c.hook = ends_the_transaction;
	FAILS(LVT_ESTORE, store_commit(f->st, &c, &r, &err));
	save(f, &bob, "{}");
}

static void
an_expired_session_is_absent_but_its_revision_goes_on(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{}");
	struct commit c = { .at = ann, .state = &doc,
	    .expires_ms = f->now + 1000 };
	struct commit_result r;
	struct session s;

	OK(store_commit(f->st, &c, &r, &err));
	f->now += 999;
	assert_true(load(f, &ann).exists);
	f->now += 1;
	s = load(f, &ann);
	assert_false(s.exists);
	assert_int_equal(s.rev, 1);
	assert_int_equal(save(f, &ann, "{}"), 2);
}

static void
a_deleted_session_tells_its_pages_and_starts_another_epoch(void **state)
{
	struct fixture *f = *state;
	struct session before, after;
	struct buf b;
	int64_t last;

	save(f, &ann, "{}");
	before = load(f, &ann);
	OK(store_session_delete(f->st, &ann, &err));
	after = load(f, &ann);
	assert_false(after.exists);
	assert_true(after.epoch != before.epoch);
	assert_true(after.rev > before.rev);
	FAILS(LVT_ENOTFOUND, store_session_delete(f->st, &ann, &err));
	buf_init(&b);
	OK(store_outbox_read(f->st, before.head.seq, 10, collect, &b, &last,
	    &err));
	assert_string_equal(buf_z(&b), "g:g1:");
	buf_release(&b);
}

static int
list(void *arg, const struct session_row *row)
{
	buf_printf(arg, "%s%s/%s/%s=" STR_FMT "@%d ", row->at.app,
	    row->at.page, row->at.group, row->at.user, STR_ARG(row->state),
	    (int)row->rev);
	return row->touched_ms == 1000000000 ? 0 : -1;
}

static void
sessions_are_listed_by_app(void **state)
{
	static const struct place other = { "b", "/", "g", "" };
	struct fixture *f = *state;
	struct buf b;

	save(f, &ann, "1");
	save(f, &bob, "2");
	save(f, &other, "3");
	buf_init(&b);
	OK(store_sessions(f->st, "app", list, &b, &err));
	assert_string_equal(buf_z(&b), "app//g1/ann=1@1 app//g2/bob=2@1 ");
	buf_clear(&b);
	OK(store_sessions(f->st, NULL, list, &b, &err));
	assert_non_null(strstr(buf_z(&b), "b//g/=3@1"));
	buf_release(&b);
}

/* --- Patches ------------------------------------------------------------ */

static void
a_patch_reaches_who_is_in_its_scope(void **state)
{
	static const struct scope_case {
		const char *scope, *page, *ann, *bob;
	} rows[] = {
		{ "*", "*", "[\"a\"]=1", "[\"a\"]=1" },
		{ "u:ann", "/", "[\"a\"]=1", "" },
		{ "g:g2", "*", "", "[\"a\"]=1" },
		{ "*", "/b", "", "" },
		{ "u:eve", "*", "", "" },
	};
	struct fixture *f;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f = *state;
		patch(f, rows[i].scope, rows[i].page, "[\"a\"]", "1", 0);
		assert_string_equal(patches(f, &ann), rows[i].ann);
		assert_string_equal(patches(f, &bob), rows[i].bob);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void
a_patch_to_the_user_who_acted_last_reaches_the_row_without_him(void **state)
{
	static const struct place nobody = { "app", "/", "g1", NULL };
	struct fixture *f = *state;

	patch(f, "u:ann", "*", "[\"a\"]", "1", 0);
	assert_string_equal(patches(f, &nobody), "");
	save(f, &ann, "{}");
	patch(f, "u:ann", "*", "[\"a\"]", "2", 0);
	assert_string_equal(patches(f, &nobody), "[\"a\"]=2");
}

static void
a_session_takes_each_patch_once(void **state)
{
	struct fixture *f = *state;

	patch(f, "*", "*", "[\"a\"]", "1", 0);
	save(f, &ann, "{\"a\":1}");
	assert_string_equal(patches(f, &ann), "");
	assert_string_equal(patches(f, &bob), "[\"a\"]=1");
	patch(f, "*", "*", "[\"b\"]", "2", 0);
	assert_string_equal(patches(f, &ann), "[\"b\"]=2");
}

static void
only_the_newest_write_of_a_leaf_is_kept_in_order(void **state)
{
	struct fixture *f = *state;

	patch(f, "*", "*", "[\"a\"]", "1", 0);
	patch(f, "g:g1", "/", "[\"b\"]", "2", 0);
	patch(f, "*", "*", "[\"a\"]", "3", 0);
	assert_string_equal(patches(f, &ann), "[\"b\"]=2 [\"a\"]=3");
}

static void
a_leaf_wipes_older_leaves_below_it_and_nothing_beside_it(void **state)
{
	struct fixture *f = *state;

	patch(f, "*", "*", "[\"a\",\"x\"]", "1", 0);
	patch(f, "*", "*", "[\"a\",\"y\",\"z\"]", "2", 0);
	patch(f, "*", "*", "[\"ab\"]", "3", 0);
	patch(f, "*", "/", "[\"a\",\"x\"]", "4", 0);
	patch(f, "*", "*", "[\"a\"]", "5", 0);
	patch(f, "*", "*", "[\"a\",\"x\"]", "6", 0);
	assert_string_equal(patches(f, &ann), "[\"ab\"]=3 [\"a\",\"x\"]=4"
	    " [\"a\"]=5 [\"a\",\"x\"]=6");
}

static void
patches_of_one_commit_apply_in_order_on_top_of_its_own_state(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{}");
	struct patch one[] = { { STR("[\"z\"]"), STR("1"), 0 },
	    { STR("[\"a\"]"), STR("2"), 0 } };
	struct patch two[] = { { STR("[\"z\",\"b\"]"), STR("3"), 0 } };
	struct patch_write p[] = { { "*", "*", one, 2, 0 },
	    { "*", "*", two, 1, 0 } };
	struct commit c = { .at = ann, .state = &doc, .patches = p,
	    .npatches = 2 };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	assert_int_equal(r.head.seq, 2);	/* one row for each, unasked */
	assert_string_equal(patches(f, &ann),
	    "[\"z\"]=1 [\"a\"]=2 [\"z\",\"b\"]=3");
}

static void
a_patch_whose_time_ran_out_reads_as_a_removal_that_comes_last(void **state)
{
	struct fixture *f = *state;

	patch(f, "*", "*", "[\"a\"]", "1", f->now + 1000);
	patch(f, "*", "*", "[\"b\"]", "2", 0);
	assert_string_equal(patches(f, &ann), "[\"a\"]=1 [\"b\"]=2");
	f->now += 1000;
	assert_string_equal(patches(f, &ann), "[\"b\"]=2 [\"a\"]=null");
}

static void
running_out_is_a_write_that_even_wins_over_later_actions(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{\"a\":7}");
	struct commit c = { .at = ann, .state = &doc };
	struct commit_result r;
	struct gc_opts o = { 0 };
	struct gc_result g;

	patch(f, "*", "*", "[\"a\"]", "1", f->now + 1000);
	save(f, &ann, "{\"a\":5}");
	assert_string_equal(patches(f, &ann), "");
	c.rev = 1;
	c.patched = load(f, &ann).head.seq;
	f->now += 1000;
	/* Read before, committed after: it must read again, once. */
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	assert_string_equal(patches(f, &ann), "[\"a\"]=null");
	c.patched = load(f, &ann).head.seq;
	OK(store_commit(f->st, &c, &r, &err));
	assert_string_equal(patches(f, &ann), "");
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(g.patches, 0);
}

/* --- Replies and turns -------------------------------------------------- */

static const unsigned char hash[16] = "hash of the body";
static const unsigned char other_hash[16] = "another, of same";

static void
a_key_keeps_its_reply_for_ten_minutes(void **state)
{
	struct fixture *f = *state;
	struct reply_write y = { "k1", { 0 }, STR("200\0ok") };
	struct str doc = STR("{}"), reply;
	struct commit c = { .at = ann, .state = &doc, .reply = &y };
	struct commit_result r;

	memcpy(y.hash, hash, 16);
	FAILS(LVT_ENOTFOUND, store_reply_find(f->st, &ann, "k1", hash, &f->a,
	    &reply, &err));
	OK(store_commit(f->st, &c, &r, &err));
	OK(store_reply_find(f->st, &ann, "k1", hash, &f->a, &reply, &err));
	assert_true(str_eq(reply, STR("200\0ok")));
	FAILS(LVT_EINVALID, store_reply_find(f->st, &ann, "k1", other_hash,
	    &f->a, &reply, &err));
	FAILS(LVT_ENOTFOUND, store_reply_find(f->st, &bob, "k1", hash, &f->a,
	    &reply, &err));
	f->now += 10 * 60 * 1000;
	FAILS(LVT_ENOTFOUND, store_reply_find(f->st, &ann, "k1", hash, &f->a,
	    &reply, &err));
	c.rev = 1;
	OK(store_commit(f->st, &c, &r, &err));
}

static void
a_key_that_somebody_else_answered_meanwhile_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	struct reply_write y = { "k1", { 0 }, STR("200") };
	struct str doc = STR("{}");
	struct commit c = { .at = ann, .state = &doc, .reply = &y,
	    .rev = STORE_REV_ANY };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	assert_int_equal(load(f, &ann).rev, 1);
}

static void
a_turn_is_waited_for_and_given_up_in_time(void **state)
{
	struct fixture *f = *state;
	struct store *st = fixture_open(f);

	assert_int_equal(store_turn_take(f->st, &ann, 0), 0);
	assert_int_equal(store_turn_take(st, &ann, 20), LVT_EBUSY);
	assert_int_equal(store_turn_take(st, &bob, 0), 0);
	store_turn_give(st);
	store_turn_give(f->st);
	assert_int_equal(store_turn_take(st, &ann, 0), 0);
	store_turn_give(st);
	store_close(st);
}

static void
the_turn_of_a_dead_process_is_free(void **state)
{
	struct fixture *f = *state;
	char byte;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		struct store *st = store_open(f->path, &f->opts, NULL);

		if (st == NULL || store_turn_take(st, &ann, 1000) != 0)
			_exit(1);
		(void)!write(fds[1], "x", 1);
		pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(store_turn_take(f->st, &ann, 1), LVT_EBUSY);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(store_turn_take(f->st, &ann, 1000), 0);
	store_turn_give(f->st);
	close(fds[0]);
	close(fds[1]);
}

/* --- Outbox ------------------------------------------------------------- */

static void
the_outbox_is_read_in_pieces(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	int64_t last;

	say(f, "a", "1");
	say(f, "b", "2");
	say(f, "c", "3");
	buf_init(&b);
	OK(store_outbox_read(f->st, 0, 2, collect, &b, &last, &err));
	assert_string_equal(buf_z(&b), "a:1 b:2");
	OK(store_outbox_read(f->st, last, 2, collect, &b, &last, &err));
	assert_string_equal(buf_z(&b), "a:1 b:2 c:3");
	OK(store_outbox_read(f->st, last, 2, collect, &b, &last, &err));
	assert_int_equal(last, 3);
	FAILS(7, store_outbox_read(f->st, 0, 9, stop_at_once, NULL, &last,
	    &err));
	assert_int_equal(last, 1);
	buf_release(&b);
}

static void
a_reader_who_is_behind_retention_or_past_the_end_is_told(void **state)
{
	struct fixture *f = *state;
	struct gc_opts o = { .outbox_keep_ms = 1, .outbox_keep_rows = 1 };
	struct outbox_filter all = { .app = "app" };
	struct gc_result r;
	int64_t last;

	say(f, "a", "1");
	say(f, "a", "2");
	say(f, "a", "3");
	f->now += 100;
	OK(store_gc(f->st, &o, &r, &err));
	FAILS(LVT_ESTALE, store_outbox_read(f->st, 1, 9, stop_at_once, NULL,
	    &last, &err));
	FAILS(7, store_outbox_read(f->st, 2, 9, stop_at_once, NULL, &last,
	    &err));
	FAILS(LVT_ESTALE, store_outbox_read(f->st, 4, 9, stop_at_once, NULL,
	    &last, &err));
	FAILS(LVT_ESTALE, store_outbox_replay(f->st, 1, 3, 9, &all,
	    stop_at_once, NULL, &err));
}

static void
replay_finds_rows_by_scope_and_pattern_each_once_in_order(void **state)
{
	static const struct outbox_scope scopes[] = {
		{ "/", "*" }, { "/", "u:ann" }, { "/", "g:g1" },
		{ "/b", "g:g1" },
	};
	static const char *const wide[] = { "room.*", "room.>", "room.a" };
	static const char *const other[] = { "x.>" };
	struct outbox_filter o = { "app", scopes, 3, wide, 3 };
	struct fixture *f = *state;
	struct buf b;

	say(f, "room.b", "1");
	patch(f, "u:ann", "/", "[\"a\"]", "1", 0);	/* 2 */
	say(f, "roomx", "3");
	say(f, "room.a", "4");
	patch(f, "*", "*", "[\"b\"]", "1", 0);		/* 5 */
	patch(f, "g:g2", "/", "[\"a\"]", "1", 0);	/* 6 */
	patch(f, "g:g1", "/b", "[\"a\"]", "1", 0);	/* 7 */
	say(f, "room.a.c", "8");
	say(f, "room.b", "9");
	buf_init(&b);
	OK(store_outbox_replay(f->st, 0, 9, 100, &o, collect, &b, &err));
	assert_string_equal(buf_z(&b), "room.b:1 u:ann: room.a:4 *:"
	    " room.a.c:8 room.b:9");
	buf_clear(&b);
	OK(store_outbox_replay(f->st, 1, 8, 100, &o, collect, &b, &err));
	assert_string_equal(buf_z(&b), "u:ann: room.a:4 *: room.a.c:8");
	buf_clear(&b);
	o.nscopes = 4;
	OK(store_outbox_replay(f->st, 4, 8, 100, &o, collect, &b, &err));
	assert_string_equal(buf_z(&b), "*: g:g1: room.a.c:8");
	buf_clear(&b);
	o.patterns = other;
	o.npatterns = 1;
	o.nscopes = 0;
	OK(store_outbox_replay(f->st, 0, 9, 100, &o, collect, &b, &err));
	assert_string_equal(buf_z(&b), "");
	buf_release(&b);
}

static void
replay_gives_up_where_it_would_cost_too_much(void **state)
{
	static const char *const all[] = { ">" };
	static const char *const bad[] = { "a.>.b" };
	struct outbox_filter o = { "app", NULL, 0, all, 1 };
	struct fixture *f = *state;
	struct buf b;
	int i;

	for (i = 0; i < 10; i++)
		say(f, "a", "x");
	buf_init(&b);
	FAILS(LVT_ETOOBIG, store_outbox_replay(f->st, 0, 10, 10, &o, collect,
	    &b, &err));
	assert_int_equal(b.len, 0);
	OK(store_outbox_replay(f->st, 0, 10, 11, &o, collect, &b, &err));
	o.patterns = bad;
	FAILS(LVT_EINVALID, store_outbox_replay(f->st, 0, 10, 11, &o, collect,
	    &b, &err));
	buf_release(&b);
}

static void
patterns_match_levels(void **state)
{
	static const struct match_case {
		const char *pattern, *channel;
		bool yes;
	} rows[] = {
		{ "a", "a", true }, { "a", "b", false }, { "a", "a.b", false },
		{ "a.b", "a", false }, { "a.*", "a.b", true },
		{ "a.*", "a", false }, { "a.*", "a.b.c", false },
		{ "*.b", "a.b", true }, { "*", "a", true },
		{ "*", "a.b", false }, { "*.*", "a.b", true },
		{ "a.*.c", "a.b.c", true }, { "a.*.c", "a.b.d", false },
		{ "a.>", "a.b", true }, { "a.>", "a.b.c", true },
		{ "a.>", "a", false }, { "a.>", "ab.c", false },
		{ ">", "a", true }, { ">", "a.b.c", true },
		{ "*.>", "a", false }, { "*.>", "a.b.c", true },
		{ "ab", "a", false }, { "", "", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (channel_matches(rows[i].pattern, strlen(rows[i].pattern),
		    rows[i].channel, strlen(rows[i].channel)) != rows[i].yes)
			fail_msg("'%s' and '%s'", rows[i].pattern,
			    rows[i].channel);
}

static void
channel_names_are_dotted_and_bounded(void **state)
{
	static const struct name_case {
		const char *name;
		bool name_ok, pattern_ok;
	} rows[] = {
		{ "a", true, true }, { "room.lobby", true, true },
		{ "a:b-c_D.9", true, true }, { "", false, false },
		{ ".", false, false }, { "a.", false, false },
		{ ".a", false, false }, { "a..b", false, false },
		{ "a b", false, false }, { "a/b", false, false },
		{ "\xc3\xa4", false, false }, { "*", false, true },
		{ ">", false, true }, { "a.*.b", false, true },
		{ "a.>", false, true }, { "a.>.b", false, false },
		{ "a*", false, false }, { "*a", false, false },
		{ "a>", false, false }, { ">a", false, false },
		{ "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6", true, true },
		{ "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7", false, false },
	};
	char big[CHANNEL_MAX + 2];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = strlen(rows[i].name);
		if (channel_is_valid(rows[i].name, n) != rows[i].name_ok ||
		    channel_pattern_is_valid(rows[i].name, n) !=
		    rows[i].pattern_ok)
			fail_msg("'%s'", rows[i].name);
	}
	memset(big, 'a', sizeof(big));
	assert_true(channel_is_valid(big, CHANNEL_MAX));
	assert_false(channel_is_valid(big, CHANNEL_MAX + 1));
}

static void
a_new_consumer_starts_at_the_head_and_stays_there(void **state)
{
	struct fixture *f = *state;
	int64_t seq;

	say(f, "a", "1");
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 1);
	say(f, "a", "2");
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 1);
	OK(store_cursor_set(f->st, "mail", 0, &err));
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 0);
}

static void
an_event_is_handled_in_one_commit_with_the_cursor_and_once(void **state)
{
	struct fixture *f = *state;
	struct cursor_write w = { "mail", 1 };
	struct commit c = { .cursor = &w };
	struct commit_result r;
	int64_t seq;

	say(f, "a", "1");
	OK(store_commit(f->st, &c, &r, &err));
	FAILS(LVT_ECONFLICT, store_commit(f->st, &c, &r, &err));
	OK(store_cursor_get(f->st, "mail", &seq, &err));
	assert_int_equal(seq, 1);
}

/* --- Doorbell ----------------------------------------------------------- */

static void
a_commit_of_rows_rings_and_nobody_listening_is_fine(void **state)
{
	struct fixture *f = *state;
	char byte;
	int fd;

	store_ring(f->st);
	say(f, "a", "1");
	OK(store_bell_bind(f->st, &fd, &err));
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	say(f, "a", "2");
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	save(f, &ann, "{}");
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	store_ring(f->st);
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	close(fd);
}

/* What a commit of n messages rings. */
static ssize_t
ring_of(struct fixture *f, int fd, size_t n, struct outbox_row *rows,
    char *ring)
{
	struct commit c = { .rows = rows, .nrows = n };
	struct commit_result r;
	size_t i;

	for (i = 0; i < n; i++)
		rows[i] = (struct outbox_row){ .kind = OUTBOX_MESSAGE,
		    .app = "chat", .channel = "room.a",
		    .body = STR("{\"payload\":1}") };
	OK(store_commit(f->st, &c, &r, &err));
	return recv(fd, ring, STORE_BELL_MAX, 0);
}

static void
a_ring_for_one_row_says_the_row_and_what_it_follows(void **state)
{
	struct fixture *f = *state;
	char ring[STORE_BELL_MAX];
	struct outbox_row rows[2];
	struct outbox_entry e;
	struct position before, head;
	ssize_t n, i;
	int fd;

	OK(store_bell_bind(f->st, &fd, &err));
	ring_of(f, fd, 1, rows, ring);
	OK(store_head(f->st, &head, &err));
	n = ring_of(f, fd, 1, rows, ring);
	assert_int_equal(store_bell_row(ring, (size_t)n, &before, &e), 0);
	assert_int_equal(before.seq, head.seq);
	assert_int_equal(before.tag, head.tag);
	assert_int_equal(e.at.seq, rows[0].at.seq);
	assert_int_equal(e.at.tag, rows[0].at.tag);
	assert_int_equal(e.kind, OUTBOX_MESSAGE);
	assert_true(str_is(e.channel, "room.a") && str_is(e.app, "chat") &&
	    str_is(e.body, "{\"payload\":1}") && e.page.len == 0);
	for (i = 0; i < n; i++)
		assert_int_equal(store_bell_row(ring, (size_t)i, &before, &e),
		    LVT_ENOTFOUND);
	n = ring_of(f, fd, 2, rows, ring);
	assert_int_equal(store_bell_row(ring, (size_t)n, &before, &e),
	    LVT_ENOTFOUND);
	close(fd);
}

static void
a_dead_companions_bell_is_replaced_and_a_live_ones_is_not(void **state)
{
	struct fixture *f = *state;
	int one, two;

	OK(store_bell_bind(f->st, &one, &err));
	FAILS(LVT_EBUSY, store_bell_bind(f->st, &two, &err));
	close(one);
	OK(store_bell_bind(f->st, &two, &err));
	close(two);
	assert_non_null(strstr(store_bell_path(f->st), "/db.bell"));
}

static void
a_path_too_long_for_a_socket_still_has_a_bell(void **state)
{
#ifdef __linux__
	struct fixture *f = *state;
	char long_name[101], *dir, *path, byte;
	struct store *st;
	int fd;

	memset(long_name, 'd', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	dir = arena_printf(&f->a, "%s/%s", f->dir, long_name);
	path = arena_printf(&f->a, "%s/%s", dir, long_name);
	assert_int_equal(mkdir(dir, 0700), 0);
	st = store_open(path, &f->opts, NULL);
	assert_non_null(st);
	OK(store_bell_bind(st, &fd, &err));
	store_ring(st);
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	close(fd);
	unlink(store_bell_path(st));
	store_close(st);
	unlink(path);
	unlink(arena_printf(&f->a, "%s-wal", path));
	unlink(arena_printf(&f->a, "%s-shm", path));
	unlink(arena_printf(&f->a, "%s.lock", path));
	assert_int_equal(rmdir(dir), 0);
#else
	(void)state;
	skip();
#endif
}

/* --- Presence and jobs -------------------------------------------------- */

static int
watcher(void *arg, const struct place *at, const char *view, int64_t n)
{
	buf_printf(arg, "%s/%s/%s=%s*%d ", at->page, at->group, at->user,
	    view, (int)n);
	return 0;
}

static const char *
watchers(struct fixture *f, const char *page, const char *group, int limit)
{
	struct buf b;
	char *text;

	buf_init(&b);
	OK(store_watchers(f->st, "app", page, group, limit, watcher, &b,
	    &err));
	text = arena_z(&f->a, buf_z(&b));
	buf_release(&b);
	return text;
}

static const struct presence here[] = {
	{ "c1", { "app", "/", "g1", "ann" }, "v1" },
	{ "c2", { "app", "/", "g2", "bob" }, "v2" },
	{ "c3", { "app", "/", "g2", "bob" }, "v2" },
	{ "c4", { "app", "/b", "g2", "bob" }, "v3" },
	{ "c5", { "app", "/", "g3", NULL }, "v4" },
};

static void
watchers_are_grouped_and_the_most_watched_comes_first(void **state)
{
	struct fixture *f = *state;
	int64_t lease = 0, n, users;

	OK(store_lease(f->st, &lease, 5000, &err));
	OK(store_presence_put(f->st, lease, here, 5, NULL, 0, &err));
	assert_string_equal(watchers(f, "/", NULL, 9),
	    "//g2/bob=v2*2 //g1/ann=v1*1 //g3/=v4*1 ");
	assert_string_equal(watchers(f, "/", NULL, 1), "//g2/bob=v2*2 ");
	assert_string_equal(watchers(f, NULL, "g2", 9),
	    "//g2/bob=v2*2 /b/g2/bob=v3*1 ");
	assert_string_equal(watchers(f, "/", "g1", 9), "//g1/ann=v1*1 ");
	OK(store_presence_count(f->st, "app", NULL, NULL, &n, &users, &err));
	assert_int_equal(n, 5);
	assert_int_equal(users, 3);
	OK(store_presence_count(f->st, "app", "/b", NULL, &n, &users, &err));
	assert_int_equal(n, 1);
	OK(store_presence_count(f->st, "app", "/", "g2", &n, &users, &err));
	assert_int_equal(n, 2);
	assert_int_equal(users, 1);
	OK(store_presence_count(f->st, "app", NULL, "g2", &n, &users, &err));
	assert_int_equal(n, 3);
}

static void
connections_come_move_and_go_in_batches(void **state)
{
	static const char *const gone[] = { "c2", "c3" };
	struct presence moved = { "c1", { "app", "/", "g1", "ann" }, "v9" };
	struct fixture *f = *state;
	int64_t lease = 0;

	OK(store_lease(f->st, &lease, 5000, &err));
	OK(store_presence_put(f->st, lease, here, 3, NULL, 0, &err));
	OK(store_presence_put(f->st, lease, &moved, 1, gone, 2, &err));
	assert_string_equal(watchers(f, "/", NULL, 9), "//g1/ann=v9*1 ");
}

/* As a page with a time to live saves it. */
static void
save_for(struct fixture *f, const struct place *at, int64_t ttl_ms)
{
	struct str text = STR("{}");
	struct commit c = { .at = *at, .rev = STORE_REV_ANY, .state = &text,
	    .expires_ms = f->now + ttl_ms };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
}

static void
a_group_that_is_watched_does_not_expire(void **state)
{
	static const struct place brief = { "app", "/", "g1", "" };
	static const struct presence watcher = { "c1", { "app", "/", "g1", "" },
	    "" };
	static const char *const gone[] = { "c1" };
	struct fixture *f = *state;
	struct gc_opts o = { 0 };
	struct gc_result r;
	int64_t lease = 0;

	save_for(f, &brief, 1000);
	OK(store_lease(f->st, &lease, 1000000, &err));
	OK(store_presence_put(f->st, lease, &watcher, 1, NULL, 0, &err));
	f->now += 5000;
	assert_true(load(f, &brief).exists);
	OK(store_gc(f->st, &o, &r, &err));
	assert_int_equal(r.sessions, 0);
	OK(store_presence_put(f->st, lease, NULL, 0, gone, 1, &err));
	/* It lives on for its time from when it was last seen to be watched. */
	f->now += 900;
	assert_true(load(f, &brief).exists);
	f->now += 200;
	assert_false(load(f, &brief).exists);
	OK(store_gc(f->st, &o, &r, &err));
	assert_int_equal(r.sessions, 1);
}

static void
groups_in_use_are_kept_seldom_and_no_others(void **state)
{
	static const struct place brief = { "app", "/", "g1", "" };
	static const struct place other = { "app", "/", "g2", "" };
	static const struct presence watcher = { "c1", { "app", "/", "g1", "" },
	    "" };
	struct fixture *f = *state;
	int64_t lease = 0, n;

	save_for(f, &brief, 24000);
	save_for(f, &other, 24000);
	OK(store_lease(f->st, &lease, 1000000, &err));
	OK(store_presence_put(f->st, lease, &watcher, 1, NULL, 0, &err));
	f->now += 900;
	OK(store_sessions_keep(f->st, &n, &err));
	assert_int_equal(n, 0);
	f->now += 200;
	OK(store_sessions_keep(f->st, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(load(f, &brief).expires_ms, f->now + 24000);
	assert_int_equal(load(f, &other).expires_ms, f->now - 1100 + 24000);
}

static void
presence_dies_with_its_lease(void **state)
{
	struct fixture *f = *state;
	struct gc_opts o = { 0 };
	struct gc_result r;
	int64_t lease = 0, other = 0;

	OK(store_lease(f->st, &lease, 5000, &err));
	OK(store_lease(f->st, &other, 5000, &err));
	assert_true(lease != other);
	OK(store_presence_put(f->st, lease, here, 1, NULL, 0, &err));
	OK(store_presence_put(f->st, other, here + 1, 1, NULL, 0, &err));
	f->now += 4000;
	OK(store_lease(f->st, &other, 5000, &err));
	f->now += 1000;
	assert_string_equal(watchers(f, "/", NULL, 9), "//g2/bob=v2*1 ");
	FAILS(LVT_ENOTFOUND, store_lease(f->st, &lease, 5000, &err));
	FAILS(LVT_ENOTFOUND, store_presence_put(f->st, lease, here, 1, NULL,
	    0, &err));
	OK(store_gc(f->st, &o, &r, &err));
	assert_int_equal(r.presence, 1);
	assert_string_equal(watchers(f, "/", NULL, 9), "//g2/bob=v2*1 ");
}

static void
one_owner_at_a_time_does_a_job(void **state)
{
	struct fixture *f = *state;

	OK(store_job_take(f->st, "agent", "one", 1000, &err));
	OK(store_job_take(f->st, "agent", "one", 1000, &err));
	FAILS(LVT_EBUSY, store_job_take(f->st, "agent", "two", 1000, &err));
	OK(store_job_give(f->st, "agent", "two", &err));
	FAILS(LVT_EBUSY, store_job_take(f->st, "agent", "two", 1000, &err));
	f->now += 1000;
	OK(store_job_take(f->st, "agent", "two", 1000, &err));
	OK(store_job_give(f->st, "agent", "two", &err));
	OK(store_job_take(f->st, "agent", "one", 1000, &err));
}

/* --- Housekeeping ------------------------------------------------------- */

static void
gc_takes_what_is_old_and_tells_the_pages_that_lose_by_it(void **state)
{
	struct fixture *f = *state;
	struct reply_write y = { "k1", { 0 }, STR("200") };
	struct str doc = STR("{}");
	struct commit c = { .at = ann, .state = &doc, .reply = &y,
	    .expires_ms = f->now + 1000 };
	struct commit_result r;
	struct gc_opts o = { 0 };
	struct gc_result g;
	struct buf b;
	int64_t last;

	OK(store_commit(f->st, &c, &r, &err));
	patch(f, "u:bob", "*", "[\"a\"]", "1", f->now + 1000);	/* row 1 */
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(g.sessions + g.patches + g.replies + g.outbox, 0);
	f->now += 10 * 60 * 1000;
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(g.sessions, 1);
	assert_int_equal(g.patches, 1);
	assert_int_equal(g.replies, 1);
	assert_int_equal(g.outbox, 0);
	buf_init(&b);
	OK(store_outbox_read(f->st, 1, 9, collect, &b, &last, &err));
	assert_string_equal(buf_z(&b), "g:g1: u:bob:");
	buf_release(&b);
	assert_true(load(f, &ann).rev > 1);
	f->now += 10 * 60 * 1000;
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(load(f, &ann).rev, 0);
}

static void
gc_of_many_rows_goes_in_batches_and_empties_the_log(void **state)
{
	struct fixture *f = *state;
	struct outbox_row rows[100];
	struct commit c = { .rows = rows, .nrows = 100 };
	struct gc_opts o = { .outbox_keep_ms = 1, .outbox_keep_rows = 10 };
	struct commit_result r;
	struct gc_result g;
	struct stat sb;
	int i;

	for (i = 0; i < 100; i++)
		rows[i] = (struct outbox_row){ .kind = OUTBOX_MESSAGE,
		    .app = "app", .channel = "a", .body = STR("x") };
	for (i = 0; i < 15; i++)
		OK(store_commit(f->st, &c, &r, &err));
	f->now += 100;
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(g.outbox, 1490);
	assert_int_equal(stat(arena_printf(&f->a, "%s-wal", f->path), &sb), 0);
	assert_int_equal(sb.st_size, 0);
}

static void
a_clock_that_went_back_makes_no_holes(void **state)
{
	struct fixture *f = *state;
	struct gc_opts o = { .outbox_keep_ms = 1000 };
	struct gc_result g;

	say(f, "a", "1");
	f->now -= 5000;
	say(f, "a", "2");
	f->now += 5500;
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(g.outbox, 0);
	f->now += 1000;
	OK(store_gc(f->st, &o, &g, &err));
	assert_int_equal(g.outbox, 2);
}

/* What may be walked through: one row, the last; a list of all, for a tool; what
 * gc looks through; one row for each companion. */
static bool
may_scan(const char *sql, const char *plan)
{
	static const char *const starts[] = {
		"SELECT seq, tag FROM outbox ORDER BY seq DESC LIMIT 1",
		("SELECT app, page, grp, user, rev, touched, state FROM session"
		" WHERE state"),
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

static int
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

static void
every_statement_finds_its_rows_through_an_index(void **state)
{
	struct fixture *f;
	int n = 0;
	struct commit c = { .hook = plans, .hook_arg = &n };
	struct commit_result r;
	static void (*const uses[])(void **) = {
		running_out_is_a_write_that_even_wins_over_later_actions,
		a_key_keeps_its_reply_for_ten_minutes,
		variants_of_other_groups_can_insist_that_no_page_moved,
		a_new_consumer_starts_at_the_head_and_stays_there,
		a_deleted_session_tells_its_pages_and_starts_another_epoch,
		replay_gives_up_where_it_would_cost_too_much,
		watchers_are_grouped_and_the_most_watched_comes_first,
		one_owner_at_a_time_does_a_job,
		gc_takes_what_is_old_and_tells_the_pages_that_lose_by_it,
	};
	size_t i;

	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		uses[i](state);
		f = *state;
		OK(store_commit(f->st, &c, &r, &err));
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
	assert_true(n > 60);
}

static void
a_store_in_memory_works_as_one_in_a_file(void **state)
{
	struct fixture *f = *state;
	struct gc_opts o = { 0 };
	struct gc_result g;

	store_close(f->st);
	f->st = store_open(":memory:", &f->opts, NULL);
	assert_non_null(f->st);
	save(f, &ann, "{}");
	say(f, "a", "1");
	assert_int_equal(store_turn_take(f->st, &ann, 0), 0);
	store_turn_give(f->st);
	OK(store_gc(f->st, &o, &g, &err));
	assert_string_equal(store_bell_path(f->st), "");
	assert_false(store_replaced(f->st));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_database_and_all_that_belongs_to_it_is_private),
		T(keys_stay_for_the_life_of_the_database_and_differ_by_purpose),
		T(a_newer_database_is_refused_and_says_what_is_needed),
		T(a_database_of_some_other_program_is_refused_and_left_alone),
		T(a_file_that_is_no_database_is_refused),
		T(a_folder_that_is_not_there_is_an_error_that_names_the_path),
		T(a_reader_opens_what_is_there_and_writes_nothing),
		T(a_file_put_in_its_place_is_noticed),
		T(a_store_of_the_parent_is_refused_to_a_child),
		T(the_schema_that_one_reads_is_the_one_that_migrations_make),
		T(a_position_reads_back_from_its_text),
		T(text_that_is_no_position_is_refused),
		T(a_position_is_good_only_with_the_tag_of_its_row),
		T(a_position_of_another_database_is_stale_even_at_the_start),
		T(the_boundary_stays_good_when_its_row_is_gone),
		T(a_sequence_number_is_never_used_twice_though_all_rows_are_gone),
		T(a_group_that_never_acted_has_no_row),
		T(a_commit_is_what_the_next_load_reads),
		T(the_same_group_on_another_page_or_app_is_another_session),
		T(a_commit_from_an_old_revision_is_a_conflict_and_changes_nothing),
		T(a_commit_that_has_not_seen_a_patch_is_a_conflict),
		T(variants_of_other_groups_can_insist_that_no_page_moved),
		T(rows_get_consecutive_positions_in_the_order_given),
		T(malformed_commits_are_refused),
		T(the_hook_is_part_of_the_commit),
		T(an_expired_session_is_absent_but_its_revision_goes_on),
		T(a_deleted_session_tells_its_pages_and_starts_another_epoch),
		T(sessions_are_listed_by_app),
		T(a_patch_reaches_who_is_in_its_scope),
		T(a_patch_to_the_user_who_acted_last_reaches_the_row_without_him),
		T(a_session_takes_each_patch_once),
		T(only_the_newest_write_of_a_leaf_is_kept_in_order),
		T(a_leaf_wipes_older_leaves_below_it_and_nothing_beside_it),
		T(patches_of_one_commit_apply_in_order_on_top_of_its_own_state),
		T(a_patch_whose_time_ran_out_reads_as_a_removal_that_comes_last),
		T(running_out_is_a_write_that_even_wins_over_later_actions),
		T(a_key_keeps_its_reply_for_ten_minutes),
		T(a_key_that_somebody_else_answered_meanwhile_is_a_conflict),
		T(a_turn_is_waited_for_and_given_up_in_time),
		T(the_turn_of_a_dead_process_is_free),
		T(the_outbox_is_read_in_pieces),
		T(a_reader_who_is_behind_retention_or_past_the_end_is_told),
		T(replay_finds_rows_by_scope_and_pattern_each_once_in_order),
		T(replay_gives_up_where_it_would_cost_too_much),
		T(patterns_match_levels),
		T(channel_names_are_dotted_and_bounded),
		T(a_new_consumer_starts_at_the_head_and_stays_there),
		T(an_event_is_handled_in_one_commit_with_the_cursor_and_once),
		T(a_commit_of_rows_rings_and_nobody_listening_is_fine),
		T(a_ring_for_one_row_says_the_row_and_what_it_follows),
		T(a_dead_companions_bell_is_replaced_and_a_live_ones_is_not),
		T(a_path_too_long_for_a_socket_still_has_a_bell),
		T(watchers_are_grouped_and_the_most_watched_comes_first),
		T(connections_come_move_and_go_in_batches),
		T(a_group_that_is_watched_does_not_expire),
		T(groups_in_use_are_kept_seldom_and_no_others),
		T(presence_dies_with_its_lease),
		T(one_owner_at_a_time_does_a_job),
		T(gc_takes_what_is_old_and_tells_the_pages_that_lose_by_it),
		T(gc_of_many_rows_goes_in_batches_and_empties_the_log),
		T(a_clock_that_went_back_makes_no_holes),
		T(every_statement_finds_its_rows_through_an_index),
		T(a_store_in_memory_works_as_one_in_a_file),
	};

	return RUN_TAP(tests);
}
