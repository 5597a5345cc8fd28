/*
 * excerpt.h - a line of a text, and a caret where something is wrong with it.
 */
#ifndef LVT_BASE_EXCERPT_H
#define LVT_BASE_EXCERPT_H

#include "base/buf.h"

/* Line n, from 1; .s NULL: there are fewer. */
struct str excerpt_line(struct str text, int n);
/*
 * The line behind a margin, cut to what is near the column (in bytes, from 1);
 * below it, behind another margin of the same width, a caret: tabs stay below
 * tabs. A column that the line does not have gives no caret.
 */
void	excerpt(struct buf *out, const char *margin, struct str line,
	    const char *below, int column);

#endif
