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
	bool counted;			/* who hears its channels is registered */
	int64_t issued_s, expires_s;	/* since the epoch; 0: not said */
};

int	grant_init(struct grant *g, const unsigned char key[32],
	    struct str token, int64_t now_ms, struct lvt_error *err);
void	grant_release(struct grant *g);
/* As grant_init(), but remembers: whoever polls says the same token again and
 * again. A bounded number of tokens is kept, each by its whole text. */
struct grants;
struct grants *grants_create(void);		/* NULL: out of memory */
void	grants_free(struct grants *c);		/* NULL is fine */
int	grants_get(struct grants *c, struct grant *g,
	    const unsigned char key[32], struct str token, int64_t now_ms,
	    struct lvt_error *err);
void	grants_clear(struct grants *c);		/* the key has changed */
/* The page to follow: want, if granted; the first one where want is empty.
 * NULL: want is not granted, or there is none. */
const char *grant_page(const struct grant *g, const char *want);
bool	grant_has_channel(const struct grant *g, struct str pattern);

#endif
