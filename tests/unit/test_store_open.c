/* The store: its file, its keys, and positions in it. */
#include "test_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>
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

/* As version 4 had them; what moved on in the schema since is no matter here. */
static void
names_like_those_of_browsers_move_and_no_others(void **state)
{
#define ID	"0123456789012345678901234567890123456789-_A"
	static const struct place was[] = {
		{ "app", "/", ID, ID }, { "app", "/", ID "B", ID "B" },
		{ "app", "/two", ID, "" }, { "app", "/", "ann", "ann" },
		{ "app", "/", ":" ID, ":" ID },
	}, is[] = {
		{ "app", "/", ":" ID, ID }, { "app", "/", ID "B", ID "B" },
		{ "app", "/two", ID, "" }, { "app", "/", "ann", "ann" },
		{ "app", "/", "::" ID, ":" ID },
	};
	struct fixture *f = *state;
	struct session s;
	sqlite3 *db = NULL;
	size_t i;

	for (i = 0; i < sizeof(was) / sizeof(was[0]); i++)
		save(f, &was[i], "{}");
	store_close(f->st);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 4", NULL,
	    NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	f->st = fixture_open(f);
	for (i = 0; i < sizeof(was) / sizeof(was[0]); i++) {
		OK(store_load(f->st, &is[i], &f->a, &s, &err));
		assert_true(s.exists);
	}
	OK(store_load(f->st, &was[0], &f->a, &s, &err));
	assert_false(s.exists);
#undef ID
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
		T(names_like_those_of_browsers_move_and_no_others),
		T(the_schema_that_one_reads_is_the_one_that_migrations_make),
		T(a_position_reads_back_from_its_text),
		T(text_that_is_no_position_is_refused),
		T(a_position_is_good_only_with_the_tag_of_its_row),
		T(a_position_of_another_database_is_stale_even_at_the_start),
		T(the_boundary_stays_good_when_its_row_is_gone),
		T(a_sequence_number_is_never_used_twice_though_all_rows_are_gone),
	};

	return RUN_TAP(tests);
}
