/*
 * variants.h - what a commit does to the views on screens: its page rows.
 *
 * Owns:    the lines and rows that it makes, until variants_release().
 * Invariants:
 *   1. A line leads from the view before the commit to the one after it.
 *   2. A line is for those alone whose document was rendered: where others
 *      may stand at its base, it names its audience.
 *   3. A row without lines is written only where somebody whose view was not
 *      rendered may watch.
 */
#ifndef LVT_APP_VARIANTS_H
#define LVT_APP_VARIANTS_H

#include "app/state/session.h"
#include "app/state/update.h"

struct variants {
	struct arena arena;
	struct outbox_row *rows;
	size_t nrows, cap;
};

/* What becomes of one place's document. */
struct change {
	struct sight *before;		/* NULL: no place of its own */
	const json_t *after;		/* with the casts that reach it */
	bool changed;			/* what its page shows, not counting casts */
	int64_t watching;		/* after the commit */
	const struct update *update;	/* of the actor's view; NULL: none */
	bool seen;			/* the actor's view changed */
	bool blind;			/* render nothing: all are stale */
	int64_t rev;			/* after the commit */
};

void	variants_init(struct variants *vs);
void	variants_release(struct variants *vs);
int	variants_make(struct variants *vs, struct lvt_ctx *cx,
	    const struct change *ch, struct lvt_error *err);
/* The row of one more place that the same commit changes. */
int	variants_also(struct variants *vs, struct lvt_ctx *cx,
	    const struct change *ch, struct lvt_error *err);

#endif
