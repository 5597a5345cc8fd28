/* The store: patches, kept replies, and turns. */
#include "test_store.h"

#include <signal.h>
#include <sys/wait.h>
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
a_turn_ends_with_what_is_written(void **state)
{
	struct fixture *f = *state;
	struct store *st = fixture_open(f);

	assert_int_equal(store_turn_take(f->st, &ann, 0), 0);
	save(f, &ann, "{}");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
		T(a_turn_ends_with_what_is_written),
		T(the_turn_of_a_dead_process_is_free),
	};

	return RUN_TAP(tests);
}
