/*
 * split.h - where a page is cut: what is inside <body>, and what is around.
 *
 * Each statics array is read once for the tags: where <body ...> ends, where
 * </body> (or </html>) begins. They may stand in one list, or in two, such as
 * a header and a footer that a page calls; part.c finds them in a view.
 */
#ifndef LVT_VIEW_SPLIT_H
#define LVT_VIEW_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* A place in a statics array: before byte `at` of string `string`. */
struct place {
	uint32_t string;
	size_t at;
};

enum split_tag {
	SPLIT_BODY,		/* behind <body ...> */
	SPLIT_BODY_END,		/* before </body> */
	SPLIT_HTML_END,		/* before </html> */
	SPLIT_TAGS
};

/* An end tag is one behind <body>, where the array has that. */
struct split {
	bool has[SPLIT_TAGS];
	struct place at[SPLIT_TAGS];
	/* Slot i stands in text, so that a list there may hold the tags. */
	unsigned char *text_slots;	/* a bit each; NULL: none */
};

/* Return: 0, LVT_ENOMEM. */
int	split_find(struct split *s, const struct str *strs, uint32_t count,
	    struct arena *a);

static inline bool
split_text_slot(const struct split *s, uint32_t i)
{
	return s->text_slots != NULL && (s->text_slots[i / 8] >> i % 8 & 1);
}

#endif
