#include "test.h"

#include <unistd.h>

#include "store/store.h"

static const struct place ann = { "app", "/", "g1", "ann" };

static struct store *
open_memory(void)
{
	struct lvt_error err = { 0 };
	struct store *st = store_open(":memory:", NULL, &err);

	if (st == NULL)
		fail_msg("%s", err.message);
	return st;
}

static void
a_commit_is_what_the_next_load_reads(void **state)
{
	struct store *st = open_memory();
	struct str doc = STR("{\"\":{\"n\":1}}");
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = "app",
	    .page = "/", .scope = "g:g1", .body = STR("") };
	struct commit c = { .at = ann, .state = &doc, .rows = &row,
	    .nrows = 1 };
	struct lvt_error err = { 0 };
	struct commit_result r;
	struct session s;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(store_load(st, &ann, &a, &s, &err), 0);
	assert_false(s.exists);
	c.patched = s.head.seq;
	if (store_commit(st, &c, &r, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(r.rev, 1);
	assert_int_equal(r.head.seq, row.at.seq);
	assert_int_equal(store_load(st, &ann, &a, &s, &err), 0);
	assert_true(s.exists);
	assert_true(str_eq(s.state, doc));
	assert_int_equal(s.rev, 1);
	assert_int_equal(s.head.tag, row.at.tag);
	assert_int_equal(store_commit(st, &c, &r, &err), LVT_ECONFLICT);
	arena_release(&a);
	store_close(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_what_the_next_load_reads),
	};

	return RUN_TAP(tests);
}
