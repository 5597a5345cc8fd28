/*
 * cut.h - the ways from a page's list down to the ends of its body.
 *
 * Where a page is cut, its lists are cut: each window of a statics array that
 * this takes follows from the two ways alone. part.c finds them in a view,
 * cut.c all those that a program's pages may have, so that the windows can be
 * in the table before there is a page.
 */
#ifndef LVT_VIEW_CUT_H
#define LVT_VIEW_CUT_H

#include "view/statics.h"

#define CUT_LISTS	16	/* tags are not looked for deeper than this */

/* statics[0] is the page's list, statics[i + 1] that of a list in slot
 * slots[i] of the one before, and the place is in the last. */
struct cut_path {
	uint32_t statics[CUT_LISTS], slots[CUT_LISTS];
	int n;
	struct place at;
};

/* Where a way leaves list `level`: at its place, or before (behind) the slot
 * that it goes on through. */
struct place cut_before(const struct statics *st, const struct cut_path *path,
	    int level);
struct place cut_behind(const struct cut_path *path, int level);
/* The page ends with its own list, as HTML may. */
void	cut_at_end(const struct statics *st, uint32_t root,
	    struct cut_path *path);
/* May a body begin and end there? common: the last list on both ways. */
bool	cut_fits(const struct statics *st, const struct cut_path *open,
	    const struct cut_path *close, int common);

/* The numbers of the windows that a cut takes; UINT32_MAX: out of memory. */
uint32_t cut_head(struct statics *st, const struct cut_path *path, int level);
uint32_t cut_tail(struct statics *st, const struct cut_path *path, int level);
uint32_t cut_body(struct statics *st, const struct cut_path *open,
	    const struct cut_path *close, int common);
uint32_t cut_outer(struct statics *st, const struct cut_path *open,
	    const struct cut_path *close, int common);

/* Make all windows that pages of the program may need, within reason.
 * Return: 0, LVT_ENOMEM. */
int	cut_all(struct statics *st, const struct program *p);

#endif
