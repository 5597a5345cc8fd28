#include <stddef.h>

#include "streamd/fanout/wheel.h"

void
wheel_init(struct wheel *w)
{
	int i;

	for (i = 0; i < WHEEL_SLOTS; i++)
		w->slots[i].prev = w->slots[i].next = &w->slots[i];
	w->now = 0;
}

static void
insert(struct timer *head, struct timer *t)
{
	t->prev = head->prev;
	t->next = head;
	head->prev->next = t;
	head->prev = t;
}

void
wheel_set(struct wheel *w, struct timer *t, int64_t in_ms)
{
	wheel_cancel(t);
	t->due = w->now + 1 + (uint32_t)((in_ms + WHEEL_TICK_MS - 1) /
	    WHEEL_TICK_MS);
	insert(&w->slots[t->due % WHEEL_SLOTS], t);
}

void
wheel_cancel(struct timer *t)
{
	if (t->next == NULL)
		return;
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->prev = t->next = NULL;
}

void
wheel_tick(struct wheel *w, void (*fire)(void *arg, struct timer *t),
    void *arg)
{
	struct timer *slot = &w->slots[++w->now % WHEEL_SLOTS], due, *t;

	/* The slot is emptied first: whoever sets a timer for a whole turn
	 * from now comes back into it, and must not be seen again today. */
	due.prev = due.next = &due;
	while ((t = slot->next) != slot) {
		wheel_cancel(t);
		insert(&due, t);
	}
	while ((t = due.next) != &due) {
		wheel_cancel(t);
		if ((int32_t)(t->due - w->now) > 0)
			insert(slot, t);	/* of a later turn */
		else
			fire(arg, t);
	}
}
