/* test_store.h - what the tests of the store share. */
#ifndef LVT_TEST_STORE_H
#define LVT_TEST_STORE_H

#include "test.h"

#include <unistd.h>

#include "store/store.h"

#define OK(call)                                                             \
	do {                                                                 \
		struct lvt_error err = { 0 };                                \
		int rc_ = (call);                                            \
		if (rc_ != 0)                                                \
			fail_msg("%s: %d: %s", #call, rc_, err.message);     \
	} while (0)

#define FAILS(code, call)                                                    \
	do {                                                                 \
		struct lvt_error err = { 0 };                                \
		int rc_ = (call);                                            \
		if (rc_ != (code))                                           \
			fail_msg("%s: %d: %s", #call, rc_, err.message);     \
	} while (0)

/* A database in a folder of its own, and a clock that tests move. */
struct fixture {
	char dir[64], path[96];
	int64_t now;
	struct store_opts opts;
	struct store *st;
	struct arena a;
};

static inline int64_t
fixture_now(void *arg)
{
	return ((struct fixture *)arg)->now;
}

static inline struct store *
fixture_open(struct fixture *f)
{
	struct lvt_error err = { 0 };
	struct store *st = store_open(f->path, &f->opts, &err);

	if (st == NULL)
		fail_msg("%s", err.message);
	return st;
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	if (f == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "%s/lvt-store-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(f->dir) == NULL) {
		free(f);
		return -1;
	}
	snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
	f->now = 1000000000;
	f->opts.durability = STORE_NORMAL;
	f->opts.now_ms = fixture_now;
	f->opts.now_arg = f;
	f->st = fixture_open(f);
	arena_init(&f->a);
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	static const char *const tails[] = {
		"", "-wal", "-shm", "-journal", ".lock", ".bell", ".copy",
	};
	struct fixture *f = *state;
	char path[128];
	size_t i;

	store_close(f->st);
	arena_release(&f->a);
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, tails[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
