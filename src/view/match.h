/*
 * match.h - which item of a new list is which of the old one.
 *
 * Items at both ends that are equal are set aside first. Of the rest, items
 * match by key where it is not empty and unique on both sides, then by equal
 * content, each with the first that is left; what still stands between the
 * same neighbours, and has no key or the same one, matches in order, with
 * what it shares the most bytes with.
 *
 * Invariants:
 *   1. An item matches at most one other.
 *   2. The matches that stay are in the same order on both sides, and no
 *      larger set of matches is, except for those of the last kind.
 */
#ifndef LVT_VIEW_MATCH_H
#define LVT_VIEW_MATCH_H

#include "base/arena.h"
#include "view/tree.h"

#define MATCH_NONE	UINT32_MAX

struct item {
	const char *p;		/* its slots */
	size_t len;
};

struct items {
	struct item *v;
	struct str *keys;	/* NULL: not asked for yet */
	uint32_t n;
};

struct match {
	const struct statics *st;
	uint32_t statics;
	struct arena *arena;
	struct items old, new;
	uint32_t head, tail;	/* equal items at the start and the end */
	uint32_t *from;		/* of new item i: the old one, or MATCH_NONE */
	uint32_t *to;		/* of old item i: the new one, or MATCH_NONE */
	bool *stays;		/* of new item i: matched, and not moved */
	bool *repeated;		/* of old item i: its key is not its own */
	uint32_t asked;		/* how often match_name() looked through all */
	uint32_t cells;		/* what comparing items in gaps has cost */
};

/* What is to be matched is from head up to here. */
static inline uint32_t
match_old_end(const struct match *m)
{
	return m->old.n - m->tail;
}

static inline uint32_t
match_new_end(const struct match *m)
{
	return m->new.n - m->tail;
}

static inline void
match_pair(struct match *m, uint32_t old, uint32_t new)
{
	m->from[new] = old;
	m->to[old] = new;
}

/* Everything is in the arena. Return: 0, LVT_ENOMEM. */
int	match_init(struct match *m, const struct statics *st,
	    const struct node *a, const struct node *b, struct arena *arena);
/* The key of old item i if it names that item alone, else "". */
struct str match_name(struct match *m, uint32_t i);

#endif
