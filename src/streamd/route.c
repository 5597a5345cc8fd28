/* route.c - what a request asks for: streams, health, figures. */
#include <inttypes.h>

#include "base/clock.h"
#include "streamd/stream.h"

#define URL_TOKEN_S	120
#define GROUP_COOKIE	"livetemplate-id"	/* as the workers set it */

static bool
path_ends(struct str path, const char *tail)
{
	size_t n = strlen(tail);

	return path.len >= n && memcmp(path.s + path.len - n, tail, n) == 0;
}

static const char *
allowed_origin(const struct loop *lp, struct str origin)
{
	const struct option_list *l = &lp->opt->origin;
	int i;

	for (i = 0; i < l->n && origin.len > 0; i++)
		if (strcmp(l->items[i], "*") == 0 ||
		    str_is(origin, l->items[i]))
			return l->items[i];
	return NULL;
}

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

/* Last-Event-ID wins over after; a poll may say If-None-Match. 1: found,
 * 0: none, -1: one that makes no sense. */
static int
find_position(const struct request *rq, bool poll, struct position *p)
{
	char text[64];
	struct str s = rq->last_event_id;

	if (s.len == 0 && request_query(rq, "after", text, sizeof(text)) != -1)
		s = str_z(text);
	if (s.len == 0 && poll) {
		s = rq->if_none_match;
		if (s.len > 2 && memcmp(s.s, "W/", 2) == 0)
			s.s += 2, s.len -= 2;
		if (s.len >= 2 && s.s[0] == '"' && s.s[s.len - 1] == '"')
			s.s++, s.len -= 2;
	}
	if (s.len == 0)
		return 0;
	return position_parse(s.s, s.len, p) == 0 ? 1 : -1;
}

/* "a.*,b.>" to strings that end with NUL, and an empty one. */
static void
split_channels(char *text)
{
	char *from = text, *to = text;

	while (*from != '\0') {
		if (*from != ',')
			*to++ = *from;
		else if (to > text && to[-1] != '\0')
			*to++ = '\0';
		from++;
	}
	if (to > text && to[-1] != '\0')
		*to++ = '\0';
	*to = '\0';
}

/* URLs are logged, copied and bookmarked: a token in one is good for little
 * time, and only in the browser whose group it is. */
static int
check_url(const struct grant *g, const struct request *rq, int64_t now_ms,
    struct lvt_error *err)
{
	if (g->issued_s <= 0 || now_ms / 1000 - g->issued_s > URL_TOKEN_S)
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

static int
get_grant(struct conn *c, const struct request *rq, struct grant *g)
{
	int64_t now_ms = clock_wall_ms();
	struct lvt_error err = { 0 };
	char text[4097];
	bool in_url;
	struct str token = find_token(rq, text, sizeof(text), &in_url);
	int rc;

	if (token.len == 0)
		rc = lvt_error_set(&err, LVT_EDENIED, "no token");
	else
		rc = grants_get(c->lp->grants, g, c->lp->key, token, now_ms,
		    &err);
	if (rc == 0) {
		rc = in_url ? check_url(g, rq, now_ms, &err) : 0;
		if (rc == 0)
			rc = check_issue(c->lp, g, &err);
		if (rc != 0)
			grant_release(g);
	}
	if (rc == LVT_ESTORE) {
		conn_refuse(c, 503, "the outbox cannot be read");
	} else if (rc != 0) {
		c->lp->count.denied++;
		conn_refuse(c, 401, err.message);
	}
	return rc;
}

static void
open_stream(struct conn *c, const struct request *rq)
{
	char mode[16], page[1024], channels[4096 + 2], view[64];
	unsigned char id[VIEW_BYTES];
	struct stream_open o = { 0 };
	struct position after;
	struct grant g;
	int found;

	request_query(rq, "mode", mode, sizeof(mode));
	o.poll = strcmp(mode, "poll") == 0;
	if (get_grant(c, rq, &g) != 0)
		return;
	o.grant = &g;
	request_query(rq, "page", page, sizeof(page));
	o.page = grant_page(&g, page);
	if (request_query(rq, "channels", channels, sizeof(channels) - 2) ==
	    -2) {
		conn_refuse(c, 400, "channels are malformed or too many");
	} else if (o.page == NULL && *page != '\0') {
		conn_refuse(c, 403, "the token is not for this page");
	} else {
		channels[strlen(channels) + 1] = '\0';
		split_channels(channels);
		o.channels = channels;
		if (o.page == NULL)
			o.page = "";
		if (request_query(rq, "view", view, sizeof(view)) > 0 &&
		    view_parse(view, strlen(view), id) == 0)
			o.view = id;
		found = find_position(rq, o.poll, &after);
		o.after = found > 0 ? &after : NULL;
		o.bad_after = found < 0;
		stream_open(c, &o);
	}
	grant_release(&g);
}

/* --- Health and figures -------------------------------------------------- */

static void
metrics(struct conn *c, const struct request *rq)
{
	struct loop *lp = c->lp;
	struct buf b;

	(void)rq;
	buf_init(&b);
#define GAUGE(name, help, value)                                           \
	buf_printf(&b, "# HELP lvt_streamd_%s %s\n"                        \
	    "# TYPE lvt_streamd_%s gauge\nlvt_streamd_%s %" PRId64 "\n",   \
	    name, help, name, name, (int64_t)(value))
	GAUGE("connections", "open sockets", lp->nconns);
	GAUGE("streams", "open streams and long-polls", lp->nstreams);
	GAUGE("topics", "channels and scopes listened to",
	    topics_count(lp->topics));
	GAUGE("head", "outbox sequence read", lp->ring.head.seq);
	GAUGE("ring_rows", "outbox rows in memory", lp->ring.n);
	GAUGE("ring_bytes", "bytes of these", lp->ring.bytes);
	GAUGE("rest_bytes", "unsent bytes", lp->rest);
#undef GAUGE
#define COUNTER_(name, help)                                               \
	buf_printf(&b, "# HELP lvt_streamd_%s_total %s\n"                  \
	    "# TYPE lvt_streamd_%s_total counter\n"                        \
	    "lvt_streamd_%s_total %" PRIu64 "\n", #name, help, #name,      \
	    #name, lp->count.name);
	LOOP_COUNTERS(COUNTER_)
#undef COUNTER_
	if (b.failed)
		conn_refuse(c, 503, "out of memory");
	else
		conn_reply(c, 200, "text/plain; version=0.0.4", "",
		    (struct str){ b.s, b.len });
	buf_release(&b);
}

static void
healthz(struct conn *c, const struct request *rq)
{
	(void)rq;
	if (c->lp->failing)
		conn_refuse(c, 503, "the outbox cannot be read");
	else
		conn_reply(c, 200, "text/plain", "", STR("ok\n"));
}

/* --- Dispatch ------------------------------------------------------------ */

static void
options(struct conn *c, const struct request *rq)
{
	(void)rq;
	conn_reply(c, 204, "", c->cors == NULL ?
	    "Allow: GET, HEAD, OPTIONS, POST\r\n" :
	    "Allow: GET, HEAD, OPTIONS, POST\r\n"
	    "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"
	    "Access-Control-Allow-Headers: Authorization, X-LVT-Token, "
	    "Last-Event-ID, If-None-Match, Content-Type\r\n"
	    "Access-Control-Max-Age: 86400\r\n", STR_NULL);
}

static void
head_stream(struct conn *c, const struct request *rq)
{
	struct grant g;

	if (get_grant(c, rq, &g) != 0)
		return;
	grant_release(&g);
	conn_reply(c, 200, "text/event-stream", "", STR_NULL);
}

static const struct route {
	const char *tail, *method;
	void (*run)(struct conn *c, const struct request *rq);
} routes[] = {
	{ "/stream", "GET", open_stream },
	{ "/stream", "HEAD", head_stream },
	{ "/stream", "OPTIONS", options },
	{ "/stream", "POST", post_stream },
	{ "/healthz", "GET", healthz },
	{ "/healthz", "HEAD", healthz },
	{ "/metrics", "GET", metrics },
	{ "/metrics", "HEAD", metrics },
};

void
route_request(struct conn *c, const struct request *rq)
{
	bool known = false;
	size_t i;

	c->cors = allowed_origin(c->lp, rq->origin);
	/* Who came before the socket was closed to others is served. */
	if (c->lp->drain_until != 0)
		c->keep = false;
	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (!path_ends(rq->path, routes[i].tail))
			continue;
		known = true;
		if (str_is(rq->method, routes[i].method)) {
			routes[i].run(c, rq);
			return;
		}
	}
	if (known)
		conn_refuse(c, 405, "GET, HEAD, OPTIONS and POST only");
	else
		conn_refuse(c, 404, "nothing is here but streams");
}
