/*
 * grant.h - what a stream token allows.
 *
 * Owns:    the claims' JSON, which all strings here point into.
 * Invariants:
 *   1. A grant that grant_init() made is signed, well-formed and in time.
 */
#ifndef LVT_STREAMD_GRANT_H
#define LVT_STREAMD_GRANT_H

#include <jansson.h>

#include "store/store.h"

#define GRANT_CHANNELS_MAX	64	/* patterns of one stream */

struct grant {
	json_t *claims;
	const char *app, *group, *user;
	const json_t *pages, *channels;	/* arrays of strings; NULL: none */
	struct position from;		/* nothing before it is replayed */
	struct position issued;		/* the head when it was made */
	bool dated;			/* issued was said */
	int64_t issued_s, expires_s;	/* since the epoch; 0: not said */
};

int	grant_init(struct grant *g, const unsigned char key[32],
	    struct str token, int64_t now_ms, struct lvt_error *err);
void	grant_release(struct grant *g);
/* The page to follow: want, if granted; the first one where want is empty.
 * NULL: want is not granted, or there is none. */
const char *grant_page(const struct grant *g, const char *want);
bool	grant_has_channel(const struct grant *g, struct str pattern);

#endif
