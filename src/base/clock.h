/* clock.h - durations from the monotonic clock, dates from the wall clock. */
#ifndef LVT_BASE_CLOCK_H
#define LVT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ms(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline int64_t
clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

static inline int64_t
clock_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* at + span; of what is as good as for ever it is the end of time. */
static inline int64_t
clock_after(int64_t at, int64_t span_ms)
{
	return span_ms > INT64_MAX - at ? INT64_MAX : at + span_ms;
}

#endif
