/*
 * ring.h - the newest rows of the outbox, in memory.
 *
 * Owns:    its events and their log.
 * Invariants:
 *   1. Every row after base and up to head is here, in order, none missing.
 *   2. Bytes are bounded: the oldest go, and base moves up to them.
 *   3. base and head are positions that the outbox had.
 */
#ifndef LVT_STREAMD_RING_H
#define LVT_STREAMD_RING_H

#include "streamd/outbox/event.h"

struct ring {
	struct event **slots;		/* a power of two */
	size_t nslots, first, n;
	size_t bytes, limit;
	struct position base, head;
	struct log log;
};

int	ring_init(struct ring *r, size_t limit_bytes);
void	ring_release(struct ring *r);
void	ring_reset(struct ring *r, struct position at);
/* The event is taken. 0 or LVT_ENOMEM. */
int	ring_push(struct ring *r, struct event *ev);
/* Index of the first event after seq; r->n: none. */
size_t	ring_after(const struct ring *r, int64_t seq);
/* The position just before the event at index. */
struct position ring_before(const struct ring *r, size_t index);
/* Lets the oldest go until the limit holds. No event may be in use. */
void	ring_trim(struct ring *r);

static inline struct event *
ring_at(const struct ring *r, size_t index)
{
	return r->slots[(r->first + index) & (r->nslots - 1)];
}

static inline bool
ring_covers(const struct ring *r, int64_t seq)
{
	return seq >= r->base.seq;
}

#endif
