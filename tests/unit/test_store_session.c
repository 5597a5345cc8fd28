/* The store: what a commit does and what a load sees. */
#include "test_store.h"

#include <sqlite3.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return RUN_TAP(tests);
}
