/*
 * commits.c - what the database alone takes: the writes of an action, in a loop.
 *
 *   commits DB full|normal SECONDS BYTES [PROCESSES]
 *
 * Each commit saves a state of that many bytes and one outbox row, as an action
 * does; each process has a session of its own. Prints
 *   commits N rate R p50_us P p99_us P max_us P
 * where the times are those of the first process. What workers do between two
 * requests, moving the log into the database, is in the rate, not in the times.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"

#define TIMES_MAX	1000000

static uint32_t times[TIMES_MAX];

static int
by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* How many commits in that time; -1: they fail. */
static long
run(const char *db, enum store_durability how, double seconds, size_t bytes,
    int who)
{
	char group[16], row_text[200], *text = malloc(bytes + 1);
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = "commits",
	    .page = "/", .scope = "*", .body = { row_text, 150 } };
	struct lvt_error err = { 0 };
	struct str state = { text, bytes };
	struct commit c = { .at = { "commits", "/", group, "" },
	    .rev = STORE_REV_ANY, .state = &state, .rows = &row, .nrows = 1 };
	struct store *st = store_open(db, &(struct store_opts){
	    .durability = how, .tidies = true }, &err);
	int64_t end = now_us() + (int64_t)(seconds * 1e6), at;
	struct commit_result r;
	long n = 0;

	snprintf(group, sizeof(group), "g%d", who);
	if (text == NULL || st == NULL)
		return -1;
	memset(text, 'x', bytes);
	memset(row_text, 'y', sizeof(row_text));
	while ((at = now_us()) < end) {
		if (store_commit(st, &c, &r, &err) != 0) {
			fprintf(stderr, "commits: %s\n", err.message);
			return -1;
		}
		if (n < TIMES_MAX)
			times[n] = (uint32_t)(now_us() - at);
		n++;
		store_tidy(st);
	}
	store_close(st);
	free(text);
	return n;
}

int
main(int argc, char *argv[])
{
	enum store_durability how;
	long n, more, all;
	int i, processes = argc > 5 ? atoi(argv[5]) : 1, fds[2];
	double seconds;

	if (argc < 5 || processes < 1 || pipe(fds) != 0) {
		fprintf(stderr, "usage: commits DB full|normal SECONDS BYTES "
		    "[PROCESSES]\n");
		return 2;
	}
	how = strcmp(argv[2], "normal") == 0 ? STORE_NORMAL : STORE_FULL;
	seconds = atof(argv[3]);
	for (i = 1; i < processes; i++)
		if (fork() == 0) {
			n = run(argv[1], how, seconds, (size_t)atol(argv[4]),
			    i);
			if (write(fds[1], &n, sizeof(n)) != sizeof(n))
				return 1;
			return n < 0;
		}
	all = n = run(argv[1], how, seconds, (size_t)atol(argv[4]), 0);
	for (i = 1; i < processes; i++)
		if (read(fds[0], &more, sizeof(more)) == sizeof(more))
			all += more;
	while (wait(NULL) > 0)
		continue;
	if (n <= 0)
		return 1;
	if (n > TIMES_MAX)
		n = TIMES_MAX;
	qsort(times, (size_t)n, sizeof(*times), by_time);
	printf("commits %ld rate %.0f p50_us %u p99_us %u max_us %u\n", all,
	    (double)all / seconds, times[n / 2], times[n * 99 / 100],
	    times[n - 1]);
	return 0;
}
