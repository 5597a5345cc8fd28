#include <stdlib.h>

#include "streamd/outbox/ring.h"

#define CHUNK_BYTES	((size_t)256 << 10)

int
ring_init(struct ring *r, size_t limit_bytes)
{
	memset(r, 0, sizeof(*r));
	r->nslots = 256;
	r->limit = limit_bytes;
	r->slots = calloc(r->nslots, sizeof(*r->slots));
	log_setup(&r->log, CHUNK_BYTES);
	return r->slots != NULL ? 0 : LVT_ENOMEM;
}

void
ring_release(struct ring *r)
{
	if (r->slots != NULL)
		ring_reset(r, r->head);
	log_release(&r->log);
	free(r->slots);
	r->slots = NULL;
}

static void
drop_first(struct ring *r)
{
	struct event *ev = ring_at(r, 0);

	r->base = ev->at;
	r->bytes -= ev->bytes;
	r->first = (r->first + 1) & (r->nslots - 1);
	r->n--;
	event_free(ev);
}

void
ring_reset(struct ring *r, struct position at)
{
	while (r->n > 0)
		drop_first(r);
	r->base = r->head = at;
}

static int
grow(struct ring *r)
{
	struct event **to = calloc(r->nslots * 2, sizeof(*to));
	size_t i;

	if (to == NULL)
		return LVT_ENOMEM;
	for (i = 0; i < r->n; i++)
		to[i] = ring_at(r, i);
	free(r->slots);
	r->slots = to;
	r->first = 0;
	r->nslots *= 2;
	return 0;
}

int
ring_push(struct ring *r, struct event *ev)
{
	if (r->n == r->nslots && grow(r) != 0) {
		event_free(ev);
		return LVT_ENOMEM;
	}
	r->slots[(r->first + r->n) & (r->nslots - 1)] = ev;
	r->n++;
	r->bytes += ev->bytes;
	r->head = ev->at;
	return 0;
}

size_t
ring_after(const struct ring *r, int64_t seq)
{
	size_t low = 0, high = r->n;

	/* Nearly always the answer is at the end. */
	if (seq >= r->head.seq)
		return r->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ring_at(r, mid)->at.seq > seq)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct position
ring_before(const struct ring *r, size_t index)
{
	return index == 0 ? r->base : ring_at(r, index - 1)->at;
}

void
ring_trim(struct ring *r)
{
	while (r->bytes > r->limit && r->n > 0)
		drop_first(r);
}
