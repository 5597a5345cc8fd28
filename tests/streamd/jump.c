/* jump.c - a wall clock that jumps: preloaded into a daemon, it adds the seconds
 * that the file named by JUMP_FILE says to the time of day. */
#include <config.h>		/* _GNU_SOURCE: RTLD_NEXT */

#include <sys/time.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Not const-clean by nature: dlsym() gives a pointer to data. */
union clock_fn {
	void *p;
	int (*fn)(clockid_t id, struct timespec *ts);
};

static long
seconds(void)
{
	const char *path = getenv("JUMP_FILE");
	FILE *f = path != NULL ? fopen(path, "r") : NULL;
	char text[32] = "";

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	fclose(f);
	return strtol(text, NULL, 10);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	static union clock_fn next;
	int rc;

	if (next.p == NULL)
		next.p = dlsym(RTLD_NEXT, "clock_gettime");
	rc = next.fn(id, ts);
	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += seconds();
	return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
