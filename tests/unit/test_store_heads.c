/* The store: head files, which pages poll where there is no companion. */
#include "test_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

static char folder[96];

/* --- Around each test ------------------------------------------------------ */

static void
reopen(struct fixture *f, const char *heads)
{
	store_close(f->st);
	f->opts.heads = heads;
	f->st = fixture_open(f);
}

static int
setup_heads(void **state)
{
	int rc = setup(state);
	struct fixture *f = *state;

	if (rc != 0)
		return rc;
	snprintf(folder, sizeof(folder), "%s/heads", f->dir);
	assert_int_equal(mkdir(folder, 0755), 0);
	reopen(f, folder);
	return 0;
}

static int
teardown_heads(void **state)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(folder);
	return teardown(state);
}

#define H(name)	{ #name, name, setup_heads, teardown_heads, NULL }

/* --- Words ------------------------------------------------------------------- */

/* Ask for the file of a scope of "app", as a page does that is going to poll. */
static char *
want(struct fixture *f, const char *scope)
{
	struct head_file h = { .scope = scope };

	OK(store_heads(f->st, "app", &h, 1, true, &err));
	return arena_printf(&f->a, "%s/%s", folder, h.name);
}

static void
look(struct fixture *f)
{
	OK(store_heads(f->st, "app", NULL, 0, false, &err));
}

/* What a file says; "" where it is not there. */
static const char *
text(struct fixture *f, const char *path)
{
	char t[2048] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return "";
	n = read(fd, t, sizeof(t) - 1);
	close(fd);
	t[n > 0 ? n : 0] = '\0';
	return arena_z(&f->a, t);
}

static void
says(struct fixture *f, const char *path, struct position p)
{
	const char *t = text(f, path);
	char want_[POSITION_TEXT];
	size_t n;

	position_text(p, want_);
	n = strlen(want_);
	assert_memory_equal(t, want_, n);
	assert_int_equal(strspn(t + n, " "), strlen(t) - n);
	assert_int_equal(strlen(t) - n, p.seq % 1024);
}

static struct position
row(struct store *st, const char *page, const char *scope)
{
	struct outbox_row r = { .kind = OUTBOX_PAGE, .app = "app",
	    .page = page, .scope = scope, .body = STR("") };
	struct commit c = { .rows = &r, .nrows = 1 };
	struct commit_result res;

	OK(store_commit(st, &c, &res, &err));
	return r.at;
}

static struct position
revocation(struct fixture *f, const char *body)
{
	struct outbox_row r = { .kind = OUTBOX_REVOKE, .app = "app",
	    .body = str_z(body) };
	struct commit c = { .rows = &r, .nrows = 1 };
	struct commit_result res;

	OK(store_commit(f->st, &c, &res, &err));
	return r.at;
}

static bool
is_there(const char *path)
{
	struct stat sb;

	return lstat(path, &sb) == 0;
}

static void
age(const char *path, int seconds)
{
	struct timeval t[2];

	gettimeofday(&t[0], NULL);
	t[0].tv_sec -= seconds;
	t[1] = t[0];
	assert_int_equal(utimes(path, t), 0);
}

static char *
sibling(struct fixture *f, const char *tail)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char *path = NULL;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strlen(e->d_name) > 22 && strcmp(e->d_name + 22, ".done") == 0)
			path = arena_printf(&f->a, "%s/%.22s%s", folder,
			    e->d_name, tail);
	closedir(d);
	assert_non_null(path);
	return path;
}

static void
gc(struct fixture *f)
{
	struct gc_opts o = { 0 };
	struct gc_result g;

	OK(store_gc(f->st, &o, &g, &err));
}

/* --- What they say ------------------------------------------------------------ */

static void
a_row_moves_the_file_of_its_scope_and_no_other(void **state)
{
	struct fixture *f = *state;
	char *all = want(f, "*"), *g = want(f, "g:g1"), *u = want(f, "u:ann");
	struct position start, p;

	OK(store_head(f->st, &start, &err));
	says(f, all, start);
	p = row(f->st, "/", "g:g1");
	says(f, g, p);
	says(f, all, start);
	says(f, u, start);
	p = row(f->st, "*", "*");
	says(f, all, p);
	p = row(f->st, "/", "u:ann");
	says(f, u, p);
	p = patch(f, "u:ann", "*", "[\"a\"]", "1", 0);
	says(f, u, p);
}

static void
of_rows_in_one_transaction_the_last_one_counts(void **state)
{
	struct fixture *f = *state;
	char *all = want(f, "*"), *g = want(f, "g:g1");
	struct outbox_row rows[3] = {
		{ .kind = OUTBOX_PAGE, .app = "app", .page = "/",
		  .scope = "*", .body = STR("") },
		{ .kind = OUTBOX_PAGE, .app = "app", .page = "/a",
		  .scope = "*", .body = STR("") },
		{ .kind = OUTBOX_PAGE, .app = "app", .page = "/",
		  .scope = "g:g1", .body = STR("") },
	};
	struct commit c = { .rows = rows, .nrows = 3 };
	struct commit_result r;

	OK(store_commit(f->st, &c, &r, &err));
	says(f, all, rows[1].at);
	says(f, g, rows[2].at);
}

static void
messages_and_the_lists_of_logins_move_nothing(void **state)
{
	struct fixture *f = *state;
	char *all = want(f, "*"), *u = want(f, "u:ann");
	const char *before = text(f, all);

	say(f, "a.b", "{}");
	row(f->st, "/_lvt/logins", "*");
	row(f->st, "/_lvt/logins", "u:ann");
	assert_string_equal(text(f, all), before);
	assert_string_equal(text(f, u), before);
}

static void
who_is_revoked_is_told(void **state)
{
	struct fixture *f = *state;
	char *u = want(f, "u:ann"), *g = want(f, "g:g1");

	says(f, u, revocation(f, "{\"user\":\"ann\"}"));
	says(f, g, revocation(f, "{\"group\":\"g1\"}"));
}

static void
what_expires_or_comes_due_moves_files(void **state)
{
	struct fixture *f = *state;
	struct str doc = STR("{}");
	struct commit c = { .at = ann, .state = &doc,
	    .expires_ms = f->now + 1000 };
	struct commit_result r;
	struct patch leaf = { STR("[\"a\"]"), STR("1"), 0 };
	struct delayed later = { .due_ms = f->now + 1000, .app = "app",
	    .scope = "u:ann", .page = "*", .leaves = &leaf, .nleaves = 1,
	    .body = STR("{}") };
	struct commit d = { .at = { .app = "app" }, .delayed = &later,
	    .ndelayed = 1 };
	char *g = want(f, "g:g1"), *u = want(f, "u:ann");
	const char *before = text(f, g);
	int64_t n;

	OK(store_commit(f->st, &c, &r, &err));
	OK(store_commit(f->st, &d, &r, &err));
	assert_string_equal(text(f, g), before);
	f->now += 1001;
	OK(store_release(f->st, &n, &err));
	assert_string_not_equal(text(f, u), before);
	gc(f);
	assert_string_not_equal(text(f, g), before);
}

static void
sizes_differ_for_whatever_comes_within_a_second(void **state)
{
	struct fixture *f = *state;
	struct outbox_row rows[995];
	struct commit c = { .rows = rows, .nrows = 995 };
	struct commit_result r;
	bool seen[4096] = { false };
	char *all = want(f, "*");
	int i;

	for (i = 0; i < 995; i++)
		rows[i] = (struct outbox_row){ .kind = OUTBOX_MESSAGE,
		    .app = "app", .channel = "a", .body = STR("x") };
	OK(store_commit(f->st, &c, &r, &err));
	for (i = 0; i < 100; i++) {
		size_t n;

		row(f->st, "/", "*");
		n = strlen(text(f, all));
		assert_false(seen[n]);
		seen[n] = true;
	}
}

/* --- Names --------------------------------------------------------------------- */

static void
names_cannot_be_guessed_from_one_another(void **state)
{
	struct fixture *f = *state;
	struct head_file a[3] = { { .scope = "*" }, { .scope = "g:g1" },
	    { .scope = "../../etc" } }, b = { .scope = "*" };
	size_t i;

	OK(store_heads(f->st, "app", a, 3, true, &err));
	OK(store_heads(f->st, "other", &b, 1, false, &err));
	assert_string_not_equal(a[0].name, a[1].name);
	assert_string_not_equal(a[0].name, b.name);
	for (i = 0; i < 3; i++) {
		assert_int_equal(strcspn(a[i].name, "/."), 22);
		assert_string_equal(a[i].name + 22, ".txt");
	}
	/* Another database has other names. */
	store_close(f->st);
	f->st = NULL;
	assert_int_equal(unlink(f->path), 0);
	unlink(arena_printf(&f->a, "%s-wal", f->path));
	unlink(arena_printf(&f->a, "%s-shm", f->path));
	f->st = fixture_open(f);
	OK(store_heads(f->st, "app", &b, 1, false, &err));
	assert_string_not_equal(a[0].name, b.name);
	assert_false(is_there(arena_printf(&f->a, "%s/%s", folder,
	    a[0].name)));
}

static void
who_only_looks_makes_no_files(void **state)
{
	struct fixture *f = *state;
	struct head_file h = { .scope = "g:robot" };
	char *path;

	OK(store_heads(f->st, "app", &h, 1, false, &err));
	path = arena_printf(&f->a, "%s/%s", folder, h.name);
	assert_false(is_there(path));
	row(f->st, "/", "g:robot");
	assert_false(is_there(path));
	assert_string_equal(want(f, "g:robot"), path);
	assert_true(is_there(path));
}

static void
everybody_may_read_them_whatever_the_umask_is(void **state)
{
	struct fixture *f = *state;
	mode_t mask = umask(0077);
	struct stat sb;
	char *all = want(f, "*");

	row(f->st, "/", "*");
	umask(mask);
	assert_int_equal(stat(all, &sb), 0);
	assert_int_equal(sb.st_mode, S_IFREG | 0644);
}

/* --- Repair ----------------------------------------------------------------------- */

static void
what_others_left_undone_is_done_next_time(void **state)
{
	struct fixture *f = *state;
	struct store_opts none = f->opts;
	char *all = want(f, "*"), *g = want(f, "g:g1");
	struct position p, q;
	struct store *other;

	none.heads = NULL;
	other = store_open(f->path, &none, NULL);
	assert_non_null(other);
	p = row(other, "/", "*");
	look(f);
	says(f, all, p);
	p = row(other, "/", "*");
	q = row(f->st, "/", "g:g1");
	says(f, all, p);
	says(f, g, q);
	p = row(other, "/", "g:g1");
	gc(f);
	says(f, g, p);
	store_close(other);
}

static void
where_the_place_is_lost_all_are_removed(void **state)
{
	struct fixture *f = *state;
	struct store_opts none = f->opts;
	struct gc_opts o = { .outbox_keep_ms = 1 };
	struct gc_result g;
	char *all = want(f, "*"), *one = want(f, "g:g1");
	struct store *other;

	none.heads = NULL;
	other = store_open(f->path, &none, NULL);
	assert_non_null(other);
	row(other, "/", "*");
	row(other, "/", "g:g1");
	f->now += 1000;
	OK(store_gc(other, &o, &g, &err));
	store_close(other);
	look(f);
	assert_false(is_there(all));
	assert_false(is_there(one));
	/* And from there on all is well. */
	assert_string_equal(want(f, "*"), all);
	says(f, all, row(f->st, "/", "*"));
}

static void
a_place_too_far_back_is_lost(void **state)
{
	struct fixture *f = *state;
	struct outbox_row rows[1000];
	struct commit c = { .rows = rows, .nrows = 1000 };
	struct commit_result r;
	char *all = want(f, "*");
	int i;

	for (i = 0; i < 1000; i++)
		rows[i] = (struct outbox_row){ .kind = OUTBOX_PAGE,
		    .app = "app", .page = "/", .scope = arena_printf(&f->a,
		    "g:%d", i), .body = STR("") };
	c.nrows = 999;
	OK(store_commit(f->st, &c, &r, &err));
	assert_true(is_there(all));
	c.nrows = 1000;
	OK(store_commit(f->st, &c, &r, &err));
	assert_false(is_there(all));
}

static void
gc_takes_those_that_nobody_asks_for(void **state)
{
	struct fixture *f = *state;
	char *old = want(f, "g:g1"), *used = want(f, "g:g2"), *mine;

	mine = arena_printf(&f->a, "%s/index.html", folder);
	close(open(mine, O_WRONLY | O_CREAT, 0644));
	age(mine, 7200);
	age(old, 3600);
	age(used, 3600);
	age(sibling(f, ".done"), 7200);
	want(f, "g:g2");
	gc(f);
	assert_false(is_there(old));
	assert_true(is_there(used));
	assert_true(is_there(mine));
	/* The place was not lost by it. */
	says(f, used, row(f->st, "/", "g:g2"));
}

/* --- Trouble ------------------------------------------------------------------------ */

static void
a_folder_that_is_missing_fails_no_commit(void **state)
{
	struct fixture *f = *state;
	struct head_file h = { .scope = "*" };

	reopen(f, "/nonexistent/heads");
	row(f->st, "/", "*");
	FAILS(LVT_EIO, store_heads(f->st, "app", &h, 1, true, &err));
	gc(f);
	/* A folder in which nothing can be made. */
	reopen(f, "/proc");
	row(f->st, "/", "*");
	FAILS(LVT_EIO, store_heads(f->st, "app", &h, 1, true, &err));
	reopen(f, NULL);
	row(f->st, "/", "*");
	FAILS(LVT_ENOTFOUND, store_heads(f->st, "app", &h, 1, true, &err));
}

static void
what_cannot_be_written_is_removed_until_it_can(void **state)
{
	struct fixture *f = *state;
	char *all = want(f, "*"), *other = want(f, "g:g1"), *way;
	struct head_file h = { .scope = "*" };

	way = sibling(f, ".new");
	assert_int_equal(mkdir(way, 0755), 0);
	row(f->st, "/", "*");
	assert_false(is_there(all));
	assert_true(is_there(other));
	FAILS(LVT_EIO, store_heads(f->st, "app", &h, 1, true, &err));
	assert_int_equal(rmdir(way), 0);
	assert_string_equal(want(f, "*"), all);
	says(f, all, row(f->st, "/", "*"));
}

static void
nothing_is_written_or_read_through_a_link(void **state)
{
	static const char *const tails[] = { ".new", ".done", ".txt" };
	struct fixture *f = *state;
	char *victim = arena_printf(&f->a, "%s.copy", f->path), *all, *link;
	struct stat sb;
	size_t i;
	int fd;

	all = want(f, "*");
	fd = open(victim, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "secret", 6), 6);
	close(fd);
	for (i = 0; i < 3; i++) {
		link = i < 2 ? sibling(f, tails[i]) : all;
		unlink(link);
		assert_int_equal(symlink(victim, link), 0);
		row(f->st, "/", "*");
		want(f, "*");
		assert_string_equal(text(f, victim), "secret");
		assert_int_equal(stat(victim, &sb), 0);
		assert_int_equal(sb.st_mode & 0777, 0600);
		says(f, all, row(f->st, "/", "*"));
		assert_int_equal(lstat(all, &sb), 0);
		assert_true(S_ISREG(sb.st_mode));
	}
}

static void
a_place_that_is_told_by_a_link_is_lost(void **state)
{
	struct fixture *f = *state;
	char *victim = arena_printf(&f->a, "%s.copy", f->path);
	char *all = want(f, "*"), *done = sibling(f, ".done");

	assert_int_equal(rename(done, victim), 0);
	assert_int_equal(symlink(victim, done), 0);
	look(f);
	assert_false(is_there(all));
}

/* --- Many at once ---------------------------------------------------------------------- */

#define WRITERS	4
#define ROUNDS	100

static void
write_rows(struct fixture *f)
{
	struct store *st = store_open(f->path, &f->opts, NULL);
	int i;

	if (st == NULL)
		_exit(1);
	for (i = 0; i < ROUNDS; i++)
		row(st, "/", "*");
	store_close(st);
	_exit(0);
}

static void
a_file_never_moves_back_while_many_write_it(void **state)
{
	struct fixture *f = *state;
	struct position p, last = { 0, 0 };
	int i, ended = 0, status;
	char all[128];
	const char *t;

	snprintf(all, sizeof(all), "%s", want(f, "*"));
	store_close(f->st);
	f->st = NULL;
	for (i = 0; i < WRITERS; i++)
		if (fork() == 0)
			write_rows(f);
	while (ended < WRITERS) {
		t = text(f, all);
		assert_int_equal(position_parse(t, strcspn(t, " "), &p), 0);
		assert_int_equal(strlen(t) - strcspn(t, " "), p.seq % 1024);
		assert_true(p.seq >= last.seq);
		last = p;
		arena_clear(&f->a);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			ended++;
		}
	}
	f->st = fixture_open(f);
	OK(store_head(f->st, &p, &err));
	assert_int_equal(p.seq, WRITERS * ROUNDS);
	says(f, all, p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		H(a_row_moves_the_file_of_its_scope_and_no_other),
		H(of_rows_in_one_transaction_the_last_one_counts),
		H(messages_and_the_lists_of_logins_move_nothing),
		H(who_is_revoked_is_told),
		H(what_expires_or_comes_due_moves_files),
		H(sizes_differ_for_whatever_comes_within_a_second),
		H(names_cannot_be_guessed_from_one_another),
		H(who_only_looks_makes_no_files),
		H(everybody_may_read_them_whatever_the_umask_is),
		H(what_others_left_undone_is_done_next_time),
		H(where_the_place_is_lost_all_are_removed),
		H(a_place_too_far_back_is_lost),
		H(gc_takes_those_that_nobody_asks_for),
		H(a_folder_that_is_missing_fails_no_commit),
		H(what_cannot_be_written_is_removed_until_it_can),
		H(nothing_is_written_or_read_through_a_link),
		H(a_place_that_is_told_by_a_link_is_lost),
		H(a_file_never_moves_back_while_many_write_it),
	};

	return RUN_TAP(tests);
}
