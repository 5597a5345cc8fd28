/*
 * rewrite.h - text of a template as it is printed.
 *
 * Comments go, a "<" that begins no tag is escaped, and what would confuse
 * a browser inside a script's literal is written otherwise.
 */
#ifndef LVT_TEMPLATE_REWRITE_H
#define LVT_TEMPLATE_REWRITE_H

#include "template/escape/context.h"

/* Bytes before done are in out already, or dropped. */
struct rewrite {
	struct buf *out;
	struct str s;
	size_t done;
	bool changed;
};

/* c is about to become c1 by the bytes from .. to. */
void	rewrite_step(struct rewrite *r, const struct context *c,
	    const struct context *c1, size_t from, size_t to);
/* Keep the bytes up to here. */
void	rewrite_keep(struct rewrite *r, size_t to);

#endif
