/* The store: who is there, and who does a job. */
#include "test_store.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(watchers_are_grouped_and_the_most_watched_comes_first),
		T(connections_come_move_and_go_in_batches),
		T(a_group_that_is_watched_does_not_expire),
		T(groups_in_use_are_kept_seldom_and_no_others),
		T(presence_dies_with_its_lease),
		T(one_owner_at_a_time_does_a_job),
	};

	return RUN_TAP(tests);
}
