/* The store where things go wrong: killed writers, full disks, no memory. */
#include "test_store.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <sqlite3.h>

#define WRITERS		4
#define COUNTS		120		/* of each writer */

static const struct place shared = { "app", "/", "all", "" };

/* --- Memory that runs out ----------------------------------------------- */

static sqlite3_mem_methods real;
static int countdown = -1;		/* this allocation fails; -1: none */

static bool
fails_now(void)
{
	return countdown > 0 && --countdown == 0;
}

static void *
failing_malloc(int n)
{
	return fails_now() ? NULL : real.xMalloc(n);
}

static void *
failing_realloc(void *p, int n)
{
	return fails_now() ? NULL : real.xRealloc(p, n);
}

/* --- A counter, as an action would do it -------------------------------- */

/* One more, by an action with the key; again and again until it is so. */
static int
count_once(struct store *st, const char *key, struct lvt_error *err)
{
	static const unsigned char hash[16];
	struct reply_write y = { .key = key, .reply = STR("ok") };
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = "app",
	    .page = "/", .scope = "g:all" };
	struct commit c = { .at = shared, .rows = &row, .nrows = 1,
	    .reply = &y };
	struct commit_result r;
	struct session s;
	struct arena a;
	struct str state;
	char doc[32];
	int rc;

	arena_init(&a);
	for (;;) {
		rc = store_reply_find(st, &shared, key, hash, &a, &state, err);
		if (rc != LVT_ENOTFOUND ||
		    (rc = store_load(st, &shared, &a, &s, err)) != 0)
			break;
		snprintf(doc, sizeof(doc), "%d", s.exists ?
		    atoi(s.state.s) + 1 : 1);
		state = row.body = str_z(doc);
		c.state = &state;
		c.rev = s.rev;
		c.patched = s.head.seq;
		rc = store_commit(st, &c, &r, err);
		if (rc != LVT_ECONFLICT)
			break;
		lvt_error_init(err);
	}
	arena_release(&a);
	return rc;
}

/* Counts from the given number on, and says each time that it is done. */
static void
writer(struct fixture *f, int me, int from, int out)
{
	struct lvt_error err = { 0 };
	struct store *st = store_open(f->path, &f->opts, &err);
	char key[32];
	int i;

	for (i = from; st != NULL && i < COUNTS; i++) {
		snprintf(key, sizeof(key), "%d-%d", me, i);
		if (store_turn_take(st, &shared, 2000) == 0) {
			int rc = count_once(st, key, &err);

			store_turn_give(st);
			if (rc != 0)
				break;
		}
		if (write(out, "x", 1) != 1)
			break;
	}
	if (err.code != 0)
		fprintf(stderr, "# writer %d: %s\n", me, err.message);
	_exit(err.code != 0);
}

struct child {
	pid_t pid;
	int in, done;			/* how many it acknowledged */
};

static void
start(struct fixture *f, struct child *c, int me)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		close(fds[0]);
		writer(f, me, c->done, fds[1]);
	}
	close(fds[1]);
	c->in = fds[0];
}

static void
stop(struct child *c, int sig)
{
	int status;

	if (sig != 0)
		kill(c->pid, sig);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	if (sig == 0)
		assert_int_equal(status, 0);
	close(c->in);
	c->in = -1;
}

/* Rows come one after the other and count what they count without a hole. */
struct reader {
	int64_t seq, n;
};

static int
next_row(void *arg, const struct outbox_entry *e)
{
	struct reader *r = arg;
	char body[32];

	if (e->at.seq != r->seq + 1)
		return -100;
	snprintf(body, sizeof(body), STR_FMT, STR_ARG(e->body));
	if (atoi(body) != r->n + 1)
		return -101;
	r->seq++;
	r->n++;
	return 0;
}

static void
read_on(struct fixture *f, struct reader *r)
{
	int64_t last;

	OK(store_outbox_read(f->st, r->seq, 10000, next_row, r, &last, &err));
}

/* Acknowledgements of one child; kills it now and then in the middle of its
 * next commit. Returns whether it has ended of itself. */
static bool
listen_to(struct fixture *f, struct child *c, int me, int *kills)
{
	char acks[16];
	ssize_t n = read(c->in, acks, sizeof(acks));

	if (n <= 0) {
		stop(c, 0);
		return true;
	}
	c->done += (int)n;
	if ((c->done * 7 + me * 3) % 5 == 0 && c->done < COUNTS - 1) {
		stop(c, SIGKILL);
		++*kills;
		start(f, c, me);
	}
	return false;
}

static void
writers_killed_at_any_moment_lose_and_double_nothing(void **state)
{
	struct fixture *f = *state;
	struct child kids[WRITERS] = { { 0 } };
	struct pollfd fds[WRITERS];
	struct reader r = { 0 };
	struct session s;
	int i, live = WRITERS, kills = 0;

	for (i = 0; i < WRITERS; i++)
		start(f, &kids[i], i);
	while (live > 0) {
		for (i = 0; i < WRITERS; i++)
			fds[i] = (struct pollfd){ kids[i].in, POLLIN, 0 };
		assert_true(poll(fds, WRITERS, 60000) > 0);
		for (i = 0; i < WRITERS; i++)
			if (fds[i].revents != 0 &&
			    listen_to(f, &kids[i], i, &kills))
				live--;
		read_on(f, &r);
	}
	OK(store_load(f->st, &shared, &f->a, &s, &err));
	assert_int_equal(atoi(s.state.s), WRITERS * COUNTS);
	assert_int_equal(s.rev, WRITERS * COUNTS);
	assert_int_equal(r.n, WRITERS * COUNTS);
	printf("# %d actions, %d kills\n", WRITERS * COUNTS, kills);
}

/* --- Nobody starves ----------------------------------------------------- */

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
busy_writer(struct fixture *f, int me, int out)
{
	struct store *st = store_open(f->path, &f->opts, NULL);
	int64_t us[500], t;
	char key[32];
	int i;

	for (i = 0; st != NULL && i < 500; i++) {
		struct outbox_row row = { .kind = OUTBOX_MESSAGE,
		    .app = "app", .channel = key, .body = STR("{}") };
		struct commit c = { .rows = &row, .nrows = 1 };
		struct commit_result r;

		snprintf(key, sizeof(key), "c.%d", me);
		t = now_us();
		if (store_commit(st, &c, &r, NULL) != 0)
			_exit(1);
		us[i] = now_us() - t;
	}
	store_close(st);
	qsort(us, 500, sizeof(us[0]), by_size);
	t = us[499];
	us[0] = us[250];
	us[1] = t;
	_exit(write(out, us, 2 * sizeof(us[0])) == 2 * sizeof(us[0]) ? 0 : 1);
}

static void
four_busy_writers_all_come_to_their_end(void **state)
{
	struct fixture *f = *state;
	int64_t us[2], worst = 0, median = 0;
	int fds[2], i, status;
	struct position head;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	for (i = 0; i < WRITERS; i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			busy_writer(f, i, fds[1]);
	}
	for (i = 0; i < WRITERS; i++) {
		assert_int_equal(read(fds[0], us, sizeof(us)), sizeof(us));
		worst = us[1] > worst ? us[1] : worst;
		median += us[0] / WRITERS;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(fds[0]);
	close(fds[1]);
	OK(store_head(f->st, &head, &err));
	assert_int_equal(head.seq, WRITERS * 500);
	printf("# commit: median %lld us, longest %lld us\n",
	    (long long)median, (long long)worst);
}

static void
a_writer_who_never_ends_is_waited_for_only_so_long(void **state)
{
	struct fixture *f = *state;
	struct lvt_error why = { 0 };
	char byte;
	int fds[2], rc;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		struct store *st = store_open(f->path, &f->opts, NULL);
		int64_t lease = 0;
		(void)!write(fds[1], "x", 1);
		while (st != NULL && store_lease(st, &lease, 1, NULL) != 99)
			lease = 0;
		_exit(1);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	store_close(f->st);
	f->opts.busy_ms = 30;
	f->st = NULL;
	/* Stopped again and again, it soon stands where it holds the lock. */
	do {
		kill(pid, SIGCONT);
		if (f->st == NULL)
			f->st = store_open(f->path, &f->opts, NULL);
		kill(pid, SIGSTOP);
		lvt_error_init(&why);
		rc = f->st != NULL ? store_cursor_set(f->st, "a", 1, &why) : 0;
	} while (rc == 0);
	assert_int_equal(rc, LVT_EBUSY);
	assert_non_null(strstr(why.message, f->path));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	OK(store_cursor_set(f->st, "a", 1, &err));
	close(fds[0]);
	close(fds[1]);
}

/* --- A full disk -------------------------------------------------------- */

static void
a_full_disk_fails_the_commit_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct rlimit was, small;
	char big[20000];
	struct outbox_row row = { .kind = OUTBOX_MESSAGE, .app = "app",
	    .channel = "a", .body = { big, sizeof(big) } };
	struct commit c = { .rows = &row, .nrows = 1 };
	struct lvt_error why = { 0 };
	struct commit_result r;
	struct position before, after;
	int i, rc = 0;

	memset(big, 'x', sizeof(big));
	assert_int_equal(count_once(f->st, "k1", &why), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 300000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 100 && rc == 0; i++)
		rc = store_commit(f->st, &c, &r, &why);
	/* Rows that fit are still possible, or not: never half of one. */
	OK(store_head(f->st, &before, &err));
	FAILS(LVT_ESTORE, store_commit(f->st, &c, &r, &err));
	OK(store_head(f->st, &after, &err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, LVT_ESTORE);
	assert_int_equal(before.seq, after.seq);
	OK(count_once(f->st, "k2", &err));
	OK(store_head(f->st, &after, &err));
	assert_int_equal(after.seq, before.seq + 1);
}

/* --- No memory ---------------------------------------------------------- */

static int
all_of_it(struct store *st, struct lvt_error *err)
{
	struct patch leaf = { STR("[\"a\"]"), STR("1"), 0 };
	struct patch_write p = { "*", "*", &leaf, 1, 0 };
	struct commit c = { .at = { .app = "app" }, .patches = &p,
	    .npatches = 1 };
	struct gc_opts o = { 0 };
	struct commit_result r;
	struct gc_result g;
	int64_t lease = 0, seq;
	int rc;

	if ((rc = count_once(st, "k", err)) != 0 ||
	    (rc = store_commit(st, &c, &r, err)) != 0 ||
	    (rc = store_lease(st, &lease, 1000, err)) != 0 ||
	    (rc = store_cursor_get(st, "c", &seq, err)) != 0)
		return rc;
	return store_gc(st, &o, &g, err);
}

static void
whichever_allocation_fails_the_call_fails_whole(void **state)
{
	struct fixture *f = *state;
	struct lvt_error why;
	struct store *st;
	struct session s;
	int n, rc;

	for (n = 1;; n += n < 600 ? 1 : 13) {
		lvt_error_init(&why);
		countdown = n;
		st = store_open(":memory:", &f->opts, &why);
		rc = st != NULL ? all_of_it(st, &why) : why.code;
		if (countdown != 0)
			break;
		countdown = -1;
		/* SQLite hides some of them from us, and goes on. */
		if (rc != 0 && rc != LVT_ENOMEM && rc != LVT_ESTORE)
			fail_msg("allocation %d: %d %s", n, rc, why.message);
		if (st != NULL) {
			/* The same store, with memory, goes on. */
			OK(all_of_it(st, &err));
			OK(store_load(st, &shared, &f->a, &s, &err));
			assert_int_equal(atoi(s.state.s), 1);
			assert_int_equal(s.rev, 1);
		}
		store_close(st);
		arena_clear(&f->a);
	}
	countdown = -1;
	assert_int_equal(rc, 0);
	store_close(st);
	printf("# allocations up to number %d failed\n", n - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(writers_killed_at_any_moment_lose_and_double_nothing),
		T(four_busy_writers_all_come_to_their_end),
		T(a_writer_who_never_ends_is_waited_for_only_so_long),
		T(a_full_disk_fails_the_commit_and_nothing_else),
		T(whichever_allocation_fails_the_call_fails_whole),
	};
	sqlite3_mem_methods failing;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
	failing = real;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	return RUN_TAP(tests);
}
