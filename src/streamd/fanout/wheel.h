/*
 * wheel.h - one deadline for each connection, thousands of them, one timer.
 *
 * Owns:    the slots. Borrows every struct timer, which its owner embeds.
 * Invariants:
 *   1. A timer is in at most one slot; setting it again moves it.
 *   2. A deadline fires in its tick or the one after, never before.
 *   3. A callback may set or cancel any timer, its own too.
 */
#ifndef LVT_STREAMD_WHEEL_H
#define LVT_STREAMD_WHEEL_H

#include <stdint.h>

#define WHEEL_SLOTS	512
#define WHEEL_TICK_MS	250

struct timer {
	struct timer *prev, *next;	/* NULL: not set */
	uint32_t due;			/* tick */
};

struct wheel {
	struct timer slots[WHEEL_SLOTS];
	uint32_t now;			/* tick */
};

void	wheel_init(struct wheel *w);
void	wheel_set(struct wheel *w, struct timer *t, int64_t in_ms);
void	wheel_cancel(struct timer *t);
/* One tick on: fires what is due. */
void	wheel_tick(struct wheel *w, void (*fire)(void *arg, struct timer *t),
	    void *arg);

#endif
