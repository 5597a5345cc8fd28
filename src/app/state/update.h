/*
 * update.h - the step from one view of a page to another, as it is sent.
 *
 * Owns:    its two texts.
 * Invariants:
 *   1. outer is empty where there is nothing to say about it.
 *   2. has_base is false exactly when tree is a whole tree.
 */
#ifndef LVT_APP_UPDATE_H
#define LVT_APP_UPDATE_H

#include "app/app.h"

struct update {
	bool has_base;
	struct view_id base, view;
	struct buf tree, outer;		/* JSON */
};

void	update_init(struct update *u);
void	update_release(struct update *u);
void	update_clear(struct update *u);		/* as after update_init() */
/* From a (NULL: from nothing) to b. Return: 0, LVT_ENOMEM, LVT_ETOOBIG. */
int	update_make(struct update *u, const struct app *app,
	    const struct view *a, const struct view *b,
	    enum view_statics mode);
/* "tree":…,"outer":… */
void	update_members(const struct update *u, struct buf *out);
/* Does the outer tree of this JSON have slots beside the wrapper's? */
bool	outer_has_slots(struct str json);

#endif
