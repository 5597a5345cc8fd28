/*
 * access.h - may whoever asks have what the token says?
 *
 * Invariants:
 *   1. A token is good only if it is signed, in time, of this history of the
 *      database, and of after the last revocation of its user and group.
 *   2. Looking may read the tail, which may end streams: no stream that was
 *      looked up before may be used after.
 */
#ifndef LVT_STREAMD_ACCESS_H
#define LVT_STREAMD_ACCESS_H

#include "streamd/front/conn.h"
#include "streamd/fanout/grant.h"

/* polls: the same token will be said again and again, and is remembered. 0,
 * LVT_EDENIED, LVT_ESTORE, LVT_ENOMEM. */
int	access_check(struct loop *lp, struct str token, bool polls,
	    struct grant *g, struct lvt_error *err);
/* The token of a request. Where the result is not 0 it has been answered. */
int	access_request(struct conn *c, const struct request *rq, bool polls,
	    struct grant *g);
/* Answers: 401, or 503 for what is not the token's fault. */
void	access_refuse(struct conn *c, int rc, const struct lvt_error *err);

#endif
