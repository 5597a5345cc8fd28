/*
 * rate.h - how often somebody may act, counted by all processes together.
 *
 * A file beside the database, mapped by every worker and CGI program, holds
 * for each key the time at which its allowance is used up (the generic cell
 * rate algorithm): one number, moved by compare and swap, no lock.
 *
 * Owns:    the mapping.
 * Invariants:
 *   1. Losing the file loses allowances that were used, nothing else.
 *   2. Keys that share a slot share its allowance: rather too strict for one of
 *      65,536 than a table that somebody can fill.
 */
#ifndef LVT_APP_RATE_H
#define LVT_APP_RATE_H

#include "app/app.h"

#define RATE_BURST_S	10		/* seconds' worth at once */

struct rate;

/* NULL is fine for the others: everybody may. path: of the database. */
struct rate *rate_open(const char *path);
void	rate_close(struct rate *r);
/* One more by key; per_s: how many a second. 0, or the milliseconds to wait. */
int64_t	rate_take(struct rate *r, const char *key, long long per_s,
	    int64_t now_ms);

#endif
