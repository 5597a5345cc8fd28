/* route.c - what a request asks for: streams, health, figures. */
#include <inttypes.h>

#include "streamd/front/access.h"
#include "streamd/fanout/stream.h"

static bool
path_ends(struct str path, const char *tail)
{
	size_t n = strlen(tail);

	return path.len >= n && memcmp(path.s + path.len - n, tail, n) == 0;
}

/* Its number among those of the settings, from 1; 0: none of them. */
static uint8_t
allowed_origin(const struct loop *lp, struct str origin)
{
	const struct option_list *l = &lp->opt->origin;
	int i;

	for (i = 0; i < l->n && origin.len > 0; i++)
		if (strcmp(l->items[i], "*") == 0 ||
		    str_is(origin, l->items[i]))
			return (uint8_t)(i + 1);
	return 0;
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
	if (c->lp->failing || c->lp->ino == 0)
		conn_refuse(c, 503, "the outbox cannot be read");
	else
		conn_reply(c, 200, "text/plain", "", STR("ok\n"));
}

/* --- Dispatch ------------------------------------------------------------ */

static void
options(struct conn *c, const struct request *rq)
{
	(void)rq;
	conn_reply(c, 204, "", c->origin == 0 ?
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

	if (access_request(c, rq, false, &g) != 0)
		return;
	grant_release(&g);
	conn_reply(c, 200, "text/event-stream", "", STR_NULL);
}

static const struct route {
	const char *tail, *method;
	void (*run)(struct conn *c, const struct request *rq);
} routes[] = {
	{ "/stream", "GET", get_stream },
	{ "/stream", "HEAD", head_stream },
	{ "/stream", "OPTIONS", options },
	{ "/stream", "POST", post_stream },
	{ "/healthz", "GET", healthz },
	{ "/healthz", "HEAD", healthz },
	{ "/metrics", "GET", metrics },
	{ "/metrics", "HEAD", metrics },
};

static void
not_allowed(struct conn *c, const struct request *rq)
{
	struct buf b;
	size_t i;

	buf_init(&b);
	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (path_ends(rq->path, routes[i].tail))
			buf_printf(&b, "%s%s", b.len > 0 ? ", " : "Allow: ",
			    routes[i].method);
	buf_puts(&b, "\r\n");
	conn_refuse_with(c, 405, b.failed ? "" : buf_z(&b),
	    "this method is not for this path");
	buf_release(&b);
}

void
route_request(struct conn *c, const struct request *rq)
{
	bool known = false;
	size_t i;

	c->origin = allowed_origin(c->lp, rq->origin);
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
		not_allowed(c, rq);
	else
		conn_refuse(c, 404, "nothing is here but streams");
}
