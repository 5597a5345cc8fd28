/* The store: what is removed in time, and at what cost rows are found. */
#include "test_store.h"

#include <sys/stat.h>
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

/* teardown() looks at the statements of each test; here, that it did. */
static void
every_statement_finds_its_rows_through_an_index(void **state)
{
	(void)state;
	assert_true(plans_seen > 20);
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
		T(gc_takes_what_is_old_and_tells_the_pages_that_lose_by_it),
		T(gc_of_many_rows_goes_in_batches_and_empties_the_log),
		T(a_clock_that_went_back_makes_no_holes),
		T(a_store_in_memory_works_as_one_in_a_file),
		cmocka_unit_test(every_statement_finds_its_rows_through_an_index),
	};

	return RUN_TAP(tests);
}
