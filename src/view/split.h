/*
 * split.h - where a page is cut: what is inside <body>, and what is around.
 *
 * A list whose own statics hold <body ...> and </body> can be cut. From
 * s[from] behind the tag to s[to] before </body> reaches the *window*; the
 * slots from .. to - 1 are the body's, and the others stay outside:
 *
 *   body  = s[from] from from_at on, s[from + 1], ..., s[to] up to to_at
 *   outer = s[0], ..., s[from] up to from_at, s[to] from to_at on, ...
 *
 * The list is the root, or stands in a slot in text of a list that does. A
 * root may leave the end tag out, as HTML may.
 */
#ifndef LVT_VIEW_SPLIT_H
#define LVT_VIEW_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct split {
	bool found;
	bool closed;		/* else the body ends with the list: only a root */
	uint32_t from, to;
	size_t from_at, to_at;
	uint32_t body, outer;	/* numbers of the two arrays that it makes */
	/* Slot i stands in text, so that a list there may be the page. */
	unsigned char *text_slots;	/* a bit each; NULL: none */
};

/* Fills s, except the numbers. Return: 0, LVT_ENOMEM. */
int	split_find(struct split *s, const struct str *strs, uint32_t count,
	    struct arena *a);

static inline bool
split_text_slot(const struct split *s, uint32_t i)
{
	return s->text_slots != NULL && (s->text_slots[i / 8] >> i % 8 & 1);
}

#endif
