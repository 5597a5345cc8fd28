#include <stdlib.h>

#include "base/clock.h"
#include "streamd/front/access.h"
#include "streamd/fanout/stream.h"

#define URL_TOKEN_S	120
#define GROUP_COOKIE	"livetemplate-id"	/* as the workers set it */

/* Authorization: LVT, X-LVT-Token, or token= in the URL. */
static struct str
find_token(const struct request *rq, char *text, size_t size, bool *in_url)
{
	struct str a = rq->authorization;
	int n;

	*in_url = false;
	if (a.len > 4 && (memcmp(a.s, "LVT ", 4) == 0 ||
	    memcmp(a.s, "lvt ", 4) == 0))
		return (struct str){ a.s + 4, a.len - 4 };
	if (rq->lvt_token.len > 0)
		return rq->lvt_token;
	n = request_query(rq, "token", text, size);
	*in_url = true;
	return n > 0 ? (struct str){ text, (size_t)n } : STR_NULL;
}

/* URLs are logged, copied and bookmarked: a token in one is good for little
 * time, and only in the browser whose group it is. */
static int
check_url(const struct grant *g, const struct request *rq, int64_t now_ms,
    struct lvt_error *err)
{
	/* Nor one of a clock that was ahead: it would be good for longer. */
	if (g->issued_s <= 0 ||
	    llabs(now_ms / 1000 - g->issued_s) > URL_TOKEN_S)
		return lvt_error_set(err, LVT_EDENIED,
		    "a token in a URL is good for %d s only", URL_TOKEN_S);
	if (*g->group == '\0' ||
	    !request_has_cookie(rq, GROUP_COOKIE, g->group))
		return lvt_error_set(err, LVT_EDENIED,
		    "a token in a URL needs the cookie of its group");
	return 0;
}

/* Of this database, and nobody was revoked since? */
static int
check_issue(struct loop *lp, const struct grant *g, struct lvt_error *err)
{
	int rc;

	if (g->dated && g->issued.seq > lp->ring.head.seq)
		tail_read(lp);
	if (g->dated && !loop_knows(lp, g->issued))
		return lvt_error_set(err, LVT_EDENIED,
		    "token is from another time of this database");
	if (g->issued.seq >= lp->revoked)
		return 0;
	rc = store_revoked(lp->store, g->app, g->user, g->group,
	    g->issued.seq, err);
	return rc <= 0 ? rc :
	    lvt_error_set(err, LVT_EDENIED, "token was revoked");
}

int
access_check(struct loop *lp, struct str token, bool polls,
    struct grant *g, struct lvt_error *err)
{
	int64_t now_ms = clock_wall_ms();
	int rc;

	if (token.len == 0)
		return lvt_error_set(err, LVT_EDENIED, "no token");
	rc = polls ? grants_get(lp->grants, g, lp->key, token, now_ms, err) :
	    grant_init(g, lp->key, token, now_ms, err);
	if (rc == 0 && (rc = check_issue(lp, g, err)) != 0)
		grant_release(g);
	return rc;
}

void
access_refuse(struct conn *c, int rc, const struct lvt_error *err)
{
	if (rc != LVT_EDENIED) {
		conn_refuse(c, 503, "the outbox cannot be read");
		return;
	}
	c->lp->count.denied++;
	conn_refuse(c, 401, err->message);
}

int
access_request(struct conn *c, const struct request *rq, bool polls,
    struct grant *g)
{
	struct lvt_error err = { 0 };
	char text[4097];
	bool in_url;
	struct str token = find_token(rq, text, sizeof(text), &in_url);
	int rc = access_check(c->lp, token, polls, g, &err);

	if (rc == 0 && in_url) {
		rc = check_url(g, rq, clock_wall_ms(), &err);
		if (rc != 0)
			grant_release(g);
	}
	if (rc != 0)
		access_refuse(c, rc, &err);
	return rc;
}
