/*
 * part.h - a view's body, or what is around it, as a tree of its own.
 */
#ifndef LVT_VIEW_PART_H
#define LVT_VIEW_PART_H

#include "base/buf.h"
#include "view/tree.h"
#include "view/view.h"

/* A list: its slots stand at p .. end, in the view or in own. */
struct part {
	uint32_t statics;
	const char *p, *end;
	const char *hole;	/* VIEW_OUTER: the slot where the body stands */
	struct buf own;
};

/* Return: 0, LVT_ENOMEM. */
int	part_open(struct part *part, struct statics *st, const struct view *v,
	    enum view_part which);
void	part_close(struct part *part);

#endif
