/*
 * recall.h - views that this process has rendered, by the text of their state.
 *
 * A group acts several times in a row: the page that the last action ended
 * with need not be rendered again by the next.
 *
 * Owns:    texts, and for each a view of the document that it holds.
 * Invariants:
 *   1. A view is found by the whole text that the database holds now, by page,
 *      and by all else that a view depends on: so none is ever out of date,
 *      whoever has written since.
 *   2. A view belongs to a program that lives: recall_forget() comes before
 *      program_free().
 *   3. At most RECALL_SETS * RECALL_WAYS views, RECALL_BYTES in all.
 */
#ifndef LVT_APP_RECALL_H
#define LVT_APP_RECALL_H

#include "app/state/session.h"

#define RECALL_SETS	64
#define RECALL_WAYS	4
#define RECALL_BYTES	((size_t)16 << 20)

struct recall;

struct recall *recall_create(void);
void	recall_free(struct recall *r);		/* NULL is fine */
/* Views of p are gone; NULL: all are. */
void	recall_forget(struct recall *r, const struct program *p);

/* What look sees of the state of that text: a copy in v, which is initialised
 * here. false: not here. */
bool	recall_view(const struct recall *r, const struct place *at,
	    struct str text, const struct look *look, struct view *v);
/* It is v: moved out of it. text is copied. Silently not, where there is no
 * room. */
void	recall_put(struct recall *r, const struct place *at, struct str text,
	    const struct look *look, struct view *v);

#endif
