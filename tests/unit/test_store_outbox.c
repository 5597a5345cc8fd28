/* The store: the outbox, and who is woken. */
#include "test_store.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_outbox_is_read_in_pieces),
		T(a_reader_who_is_behind_retention_or_past_the_end_is_told),
		T(replay_finds_rows_by_scope_and_pattern_each_once_in_order),
		T(replay_gives_up_where_it_would_cost_too_much),
		T(patterns_match_levels),
		T(channel_names_are_dotted_and_bounded),
		T(a_commit_of_rows_rings_and_nobody_listening_is_fine),
		T(a_ring_for_one_row_says_the_row_and_what_it_follows),
		T(a_dead_companions_bell_is_replaced_and_a_live_ones_is_not),
		T(a_path_too_long_for_a_socket_still_has_a_bell),
	};

	return RUN_TAP(tests);
}
