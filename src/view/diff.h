/*
 * diff.h - the update from one view to another, for the files that make it.
 *
 * What is equal is skipped by its length and memcmp(), so the cost follows
 * the change: one pass over the bytes, and work only where they differ.
 */
#ifndef LVT_VIEW_DIFF_H
#define LVT_VIEW_DIFF_H

#include "base/arena.h"
#include "view/encode.h"

struct differ {
	struct encoder e;
	struct arena arena;	/* what ranges need; until the update is made */
};

/* {"1":...}: of two lists or items of the same statics, the slots that
 * differ. The new ones are at b .. bend. */
void	diff_slots(struct differ *d, const char *a, const char *b,
	    const char *bend);
/* range_diff.c: two ranges of the same statics that differ. Appends the
 * operations, or the whole range where that is smaller. */
void	diff_range(struct differ *d, const struct node *a,
	    const struct node *b);

#endif
