/*
 * suggest.h - "did you mean": the name that was probably meant.
 *
 * Owns:    nothing; names are borrowed while a suggestion is looked for.
 * Use:     struct suggest s = suggest_for(name); suggest_try(&s, candidate)
 *          for each name that there is; then s.best, .s NULL if none is near.
 */
#ifndef LVT_BASE_SUGGEST_H
#define LVT_BASE_SUGGEST_H

#include "base/str.h"

#define SUGGEST_NAME_MAX	32	/* bytes; longer names get no advice */

struct suggest {
	struct str name, best;
	size_t distance;		/* of best */
};

struct suggest suggest_for(struct str name);
void	suggest_try(struct suggest *s, struct str candidate);

#endif
