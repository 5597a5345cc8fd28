/*
 * views.h - the views that this process rendered last, by their id.
 *
 * A client that missed an update names the view it shows; if it is still here
 * it gets an update, else the whole tree. Both are right.
 *
 * Owns:    copies of view bytes: at most VIEWS_KEPT, VIEWS_BYTES in all.
 * Invariants:
 *   1. A kept view belongs to a program that lives: views_forget() comes
 *      before program_free().
 */
#ifndef LVT_APP_VIEWS_H
#define LVT_APP_VIEWS_H

#include "view/view.h"

#define VIEWS_KEPT	64
#define VIEWS_BYTES	((size_t)16 << 20)

struct views {
	struct kept_view {
		struct view_id id;
		const struct program *program;
		char *bytes;
		size_t len;
	} kept[VIEWS_KEPT];
	size_t next, bytes;
};

void	views_release(struct views *vs);
void	views_forget(struct views *vs, const struct program *p);
/* Keeps a copy; silently not, when there is no room. */
void	views_put(struct views *vs, const struct view_id *id,
	    const struct view *v);
/* Into v, initialised here. false: not here. */
bool	views_find(const struct views *vs, const struct view_id *id,
	    const struct program *p, struct view *v);

#endif
