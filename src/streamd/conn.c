/*
 * READING --route: reply--> READING (kept) or CLOSING
 * READING --conn_stream()--> STREAMING --conn_finish()--> READING or CLOSING
 * READING --long-poll--> WAITING --conn_reply()--> READING or CLOSING
 * CLOSING --rest written, peer closed or 2 s--> DEAD
 * any --conn_close()--> DEAD --loop_reap()--> freed
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "streamd/stream.h"

#define IOV_N		1024
#define REQUEST_MS	10000		/* to say a request */
#define IDLE_MS		60000		/* between two */
#define LINGER_MS	2000
#define REPLY_REST_MAX	((size_t)20 << 20)

static void on_io(struct ev_loop *ev, ev_io *w, int events);

static int
parser_create(struct conn *c)
{
	if (c->front == FRONT_HTTP) {
		c->in.http = malloc(sizeof(*c->in.http));
		if (c->in.http == NULL)
			return LVT_ENOMEM;
		http_init(c->in.http);
	} else {
		c->in.fcgi = malloc(sizeof(*c->in.fcgi));
		if (c->in.fcgi == NULL)
			return LVT_ENOMEM;
		fcgi_init(c->in.fcgi);
	}
	return 0;
}

static void
parser_free(struct conn *c)
{
	if (c->in.http == NULL)
		return;
	if (c->front == FRONT_HTTP) {
		http_release(c->in.http);
		free(c->in.http);
	} else {
		fcgi_release(c->in.fcgi);
		free(c->in.fcgi);
	}
	c->in.http = NULL;
}

void
conn_set_timer(struct conn *c, int64_t ms)
{
	wheel_set(&c->lp->wheel, &c->timer, ms);
}

void
conn_accept(struct loop *lp, int fd, enum conn_front front)
{
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1;

	if (c == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		close(fd);
		free(c);
		return;
	}
	/* Fails on Unix sockets, where it is not needed. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	c->lp = lp;
	c->front = (uint8_t)front;
	c->state = CONN_READING;
	c->next = lp->conns;
	if (c->next != NULL)
		c->next->prev = c;
	lp->conns = c;
	lp->nconns++;
	lp->count.accepted++;
	ev_io_init(&c->io, on_io, fd, EV_READ);
	ev_io_start(lp->ev, &c->io);
	conn_set_timer(c, REQUEST_MS);
}

static void
drop_rest(struct conn *c)
{
	c->lp->rest -= c->rest_len - c->rest_at;
	free(c->rest);
	c->rest = NULL;
	c->rest_len = c->rest_at = 0;
}

void
conn_close(struct conn *c)
{
	struct loop *lp = c->lp;

	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_DEAD;
	stream_free(c->stream);
	c->stream = NULL;
	ev_io_stop(lp->ev, &c->io);
	wheel_cancel(&c->timer);
	close(c->io.fd);
	drop_rest(c);
	parser_free(c);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		lp->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	lp->nconns--;
	/* One that waits for its turn is found dead there, and freed. */
	if (!c->in_work) {
		c->queued = lp->dead;
		lp->dead = c;
	}
}

void
conn_free(struct conn *c)
{
	free(c);
}

void
conn_work(struct conn *c)
{
	struct loop *lp = c->lp;

	if (c->in_work || c->state == CONN_DEAD)
		return;
	c->in_work = true;
	c->queued = lp->work;
	lp->work = c;
	ev_idle_start(lp->ev, &lp->idle);
}

/* --- Writing ------------------------------------------------------------- */

static void
want(struct conn *c, int events)
{
	if (c->io.events == events)
		return;
	ev_io_stop(c->lp->ev, &c->io);
	ev_io_modify(&c->io, events);
	ev_io_start(c->lp->ev, &c->io);
}

static bool
try_again(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Keeps bytes that the socket did not take. */
static int
keep_rest(struct conn *c, const struct iovec *iov, int n, size_t skip,
    size_t len)
{
	struct loop *lp = c->lp;
	size_t old = c->rest_len - c->rest_at;
	char *to;
	int i;

	if (len == 0)
		return 0;
	if (lp->rest + len > (size_t)lp->opt->rest_bytes ||
	    old + len > REPLY_REST_MAX ||
	    (to = malloc(old + len)) == NULL) {
		log_warn("a reader is dropped: no room for what it has "
		    "not taken");
		lp->count.dropped++;
		conn_close(c);
		return -1;
	}
	if (old > 0)
		memcpy(to, c->rest + c->rest_at, old);
	free(c->rest);
	c->rest = to;
	c->rest_at = 0;
	c->rest_len = (uint32_t)(old + len);
	lp->rest += len;
	to += old;
	for (i = 0; i < n && len > 0; i++) {
		size_t have = iov[i].iov_len, use;

		if (skip >= have) {
			skip -= have;
			continue;
		}
		use = have - skip < len ? have - skip : len;
		memcpy(to, (const char *)iov[i].iov_base + skip, use);
		to += use;
		len -= use;
		skip = 0;
	}
	if (old == 0) {
		c->moved = lp->wheel.now;
		lp->count.blocked++;
	}
	want(c, EV_READ | EV_WRITE);
	return 0;
}

/* So many bytes were sent; 0 where the socket is full; -1: closed. */
static ssize_t
send_some(struct conn *c, struct iovec *iov, int n)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t w;

	/* The common case, one event for one reader, without the vector. */
	w = n == 1 ? send(c->io.fd, iov->iov_base, iov->iov_len,
	    MSG_NOSIGNAL | MSG_DONTWAIT) :
	    sendmsg(c->io.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (w < 0 && try_again())
		return 0;
	if (w < 0) {
		conn_close(c);
		return -1;
	}
	c->wrote = c->lp->wheel.now;
	c->lp->count.sent_bytes += (uint64_t)w;
	return w;
}

static int
send_bytes(struct conn *c, const void *p, size_t n)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };
	ssize_t w = 0;

	if (c->state == CONN_DEAD)
		return -1;
	if (n == 0)
		return 0;
	if (c->rest == NULL)
		w = send_some(c, &iov, 1);
	if (w < 0)
		return -1;
	return keep_rest(c, &iov, 1, (size_t)w, n - (size_t)w);
}

static void
wrap(struct buf *to, uint16_t id, const char *p, size_t n)
{
	unsigned char h[FCGI_HEADER];

	while (n > 0) {
		size_t part = n < FCGI_CONTENT ? n : FCGI_CONTENT;

		fcgi_header(h, FCGI_STDOUT, id, part);
		buf_add(to, h, sizeof(h));
		buf_add(to, p, part);
		p += part;
		n -= part;
	}
}

static int
send_wire(struct conn *c)
{
	struct buf *wire = &c->lp->wire;

	if (wire->failed) {
		buf_release(wire);
		conn_close(c);
		return -1;
	}
	return send_bytes(c, wire->s, wire->len);
}

int
conn_body(struct conn *c, const void *p, size_t n)
{
	if (c->front == FRONT_HTTP)
		return send_bytes(c, p, n);
	buf_clear(&c->lp->wire);
	wrap(&c->lp->wire, c->in.fcgi->id, p, n);
	return send_wire(c);
}

/* One gathering write: pieces, and where on the wire each frame ends. */
struct gather {
	struct iovec iov[IOV_N];
	unsigned char heads[IOV_N / 2][FCGI_HEADER];
	size_t ends[OUT_FRAMES];
	int n, nheads;
};

static bool
gather_http(struct gather *g, const struct frame *f)
{
	/* Events that lie behind one another are one piece. */
	if (g->n > 0 && (const char *)g->iov[g->n - 1].iov_base +
	    g->iov[g->n - 1].iov_len == f->p) {
		g->iov[g->n - 1].iov_len += f->len;
		return true;
	}
	if (g->n == IOV_N)
		return false;
	g->iov[g->n++] = (struct iovec){ (void *)(uintptr_t)f->p, f->len };
	return true;
}

static bool
gather_fcgi(struct gather *g, const struct frame *f, uint16_t id)
{
	size_t parts = (f->len + FCGI_CONTENT - 1) / FCGI_CONTENT, at = 0;

	/* A frame has its own records, so that it alone can be the rest. */
	if ((size_t)g->nheads + parts > IOV_N / 2)
		return false;
	while (at < f->len) {
		size_t n = f->len - at < FCGI_CONTENT ? f->len - at :
		    FCGI_CONTENT;
		unsigned char *h = g->heads[g->nheads++];

		fcgi_header(h, FCGI_STDOUT, id, n);
		g->iov[g->n++] = (struct iovec){ h, FCGI_HEADER };
		g->iov[g->n++] = (struct iovec){
		    (void *)(uintptr_t)(f->p + at), n };
		at += n;
	}
	return true;
}

static size_t
wire_length(const struct conn *c, const struct frame *f)
{
	return c->front == FRONT_HTTP ? f->len : f->len + FCGI_HEADER *
	    ((f->len + FCGI_CONTENT - 1) / FCGI_CONTENT);
}

static int
send_gathered(struct conn *c, struct gather *g, unsigned n, unsigned *taken)
{
	ssize_t w = send_some(c, g->iov, g->n);
	unsigned i = 0;

	if (w < 0)
		return -1;
	if ((size_t)w == g->ends[n - 1]) {
		*taken += n;
		return 0;
	}
	while (g->ends[i] <= (size_t)w)
		i++;
	*taken += i;
	if ((i > 0 ? g->ends[i - 1] : 0) < (size_t)w) {
		(*taken)++;
		if (keep_rest(c, g->iov, g->n, (size_t)w,
		    g->ends[i] - (size_t)w) != 0)
			return -1;
	} else if (c->rest == NULL) {
		c->moved = c->lp->wheel.now;
		c->lp->count.blocked++;
		want(c, EV_READ | EV_WRITE);
	}
	return 1;
}

int
conn_frames(struct conn *c, const struct frame *f, unsigned n,
    unsigned *taken)
{
	struct gather g;
	unsigned i = 0, start;
	size_t wire;
	int rc = 0;

	*taken = 0;
	if (c->rest != NULL)
		return 1;
	while (i < n && rc == 0) {
		g.n = g.nheads = 0;
		wire = 0;
		for (start = i; i < n; i++) {
			if (!(c->front == FRONT_HTTP ? gather_http(&g, &f[i]) :
			    gather_fcgi(&g, &f[i], c->in.fcgi->id)))
				break;
			wire += wire_length(c, &f[i]);
			g.ends[i - start] = wire;
		}
		if (i == start) {	/* event.c makes none so large */
			conn_close(c);
			return -1;
		}
		rc = send_gathered(c, &g, i - start, taken);
	}
	c->lp->count.delivered += *taken;
	return rc;
}

/* --- Responses ----------------------------------------------------------- */

static const char *
reason(int status)
{
	static const struct { int status; const char *text; } reasons[] = {
		{ 200, "OK" }, { 204, "No Content" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 411, "Length Required" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Error";
}

static void
status_line(struct conn *c, struct buf *b, int status)
{
	buf_printf(b, "%s%d %s\r\n", c->front == FRONT_HTTP ?
	    "HTTP/1.1 " : "Status: ", status, reason(status));
	if (c->cors != NULL)
		buf_printf(b, "Access-Control-Allow-Origin: %s\r\n"
		    "Vary: Origin\r\n"
		    "Access-Control-Expose-Headers: ETag\r\n", c->cors);
}

int
conn_reply(struct conn *c, int status, const char *type,
    const char *headers, struct str body)
{
	struct buf *b = &c->lp->text;
	int rc;

	if (c->state == CONN_DEAD)
		return -1;
	if (status >= 400)
		c->lp->count.refused++;
	buf_clear(b);
	status_line(c, b, status);
	buf_puts(b, headers);
	buf_puts(b, "Cache-Control: no-store\r\n");
	if (status != 204)
		buf_printf(b, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    type, body.len);
	if (c->front == FRONT_HTTP && !c->keep)
		buf_puts(b, "Connection: close\r\n");
	buf_puts(b, "\r\n");
	if (!c->head_only && status != 204)
		buf_str(b, body);
	if (b->failed) {
		buf_release(b);
		conn_close(c);
		return -1;
	}
	rc = conn_body(c, b->s, b->len);
	if (rc == 0)
		conn_finish(c);
	return rc;
}

int
conn_refuse(struct conn *c, int status, const char *why)
{
	char body[256];
	int n = snprintf(body, sizeof(body),
	    "{\"error\":{\"code\":%d,\"message\":\"%s\"}}\n", status, why);

	return conn_reply(c, status, "application/json",
	    status == 503 ? "Retry-After: 1\r\n" :
	    status == 401 ? "WWW-Authenticate: LVT\r\n" : "",
	    (struct str){ body, (size_t)n });
}

int
conn_stream(struct conn *c, struct str first)
{
	struct buf *b = &c->lp->text;

	buf_clear(b);
	status_line(c, b, 200);
	/* The two last headers ask proxies to pass on each event at once. */
	buf_puts(b, "Content-Type: text/event-stream\r\n"
	    "Cache-Control: no-store, no-transform\r\n"
	    "X-Accel-Buffering: no\r\n");
	if (c->front == FRONT_HTTP)
		buf_puts(b, "Connection: close\r\n");
	buf_puts(b, "\r\n");
	buf_str(b, first);
	if (b->failed) {
		buf_release(b);
		conn_close(c);
		return -1;
	}
	c->state = CONN_STREAMING;
	if (c->front == FRONT_HTTP)
		c->keep = false;
	/* The first beats are spread, the others follow from them. */
	conn_set_timer(c, c->lp->opt->heartbeat_ms / 2 + loop_random(c->lp,
	    (uint32_t)(c->lp->opt->heartbeat_ms / 2)));
	if (c->front == FRONT_HTTP)
		parser_free(c);
	return conn_body(c, b->s, b->len);
}

static void
begin_closing(struct conn *c)
{
	c->state = CONN_CLOSING;
	conn_set_timer(c, c->rest != NULL ? REQUEST_MS : LINGER_MS);
	/* Closing with unread input would take the reply back. */
	if (c->rest == NULL)
		shutdown(c->io.fd, SHUT_WR);
}

void
conn_finish(struct conn *c)
{
	stream_free(c->stream);
	c->stream = NULL;
	if (c->state == CONN_DEAD)
		return;
	if (c->front == FRONT_FCGI) {
		buf_clear(&c->lp->wire);
		fcgi_end(&c->lp->wire, c->in.fcgi->id, FCGI_COMPLETE);
		fcgi_done(c->in.fcgi);
		if (send_wire(c) != 0)
			return;
	} else if (c->in.http != NULL && c->keep)
		http_done(c->in.http);
	if (!c->keep || c->lp->drain_until != 0) {
		begin_closing(c);
		return;
	}
	c->state = CONN_READING;
	c->head_only = false;
	c->cors = NULL;
	conn_set_timer(c, IDLE_MS);
	if (c->front == FRONT_FCGI || !http_is_empty(c->in.http))
		conn_work(c);
	else
		parser_free(c);
}

/* --- Reading ------------------------------------------------------------- */

static int
next_request(struct conn *c, const struct request **rq)
{
	struct fcgi *f = c->in.fcgi;
	int rc;

	if (c->in.http == NULL)
		return 0;
	if (c->front == FRONT_HTTP)
		return http_next(c->in.http, rq);
	rc = fcgi_next(f, rq);
	if (f->out.len > 0) {
		if (send_bytes(c, f->out.s, f->out.len) != 0)
			return FCGI_BROKEN;
		buf_clear(&f->out);
	}
	return rc;
}

static void
refuse_malformed(struct conn *c, int status)
{
	static const struct { int status; const char *why; } whys[] = {
		{ 400, "the request is malformed" },
		{ 411, "a body needs a Content-Length" },
		{ 413, "the body is too large" },
		{ 414, "the request line is too long" },
		{ 431, "the headers are too many or too long" },
		{ 505, "only HTTP/1.0 and HTTP/1.1 are spoken" },
	};
	size_t i = 0;

	while (i < 5 && whys[i].status != status)
		i++;
	c->keep = false;
	conn_refuse(c, status, whys[i].why);
}

/* What has been read, as far as it goes. */
static void
process(struct conn *c)
{
	const struct request *rq;
	int rc;

	while (c->state == CONN_READING || (c->front == FRONT_FCGI &&
	    (c->state == CONN_STREAMING || c->state == CONN_WAITING))) {
		rc = next_request(c, &rq);
		if (rc == 0 || c->state == CONN_DEAD)
			return;
		if (rc == FCGI_BROKEN) {
			conn_close(c);
			return;
		}
		if (rc < 0) {
			refuse_malformed(c, -rc);
			return;
		}
		if (c->front == FRONT_FCGI && rc == FCGI_ABORTED) {
			conn_finish(c);
			continue;
		}
		c->keep = rq->keep;
		c->head_only = str_is(rq->method, "HEAD");
		route_request(c, rq);
	}
}

static void
on_bytes(struct conn *c, const char *p, size_t n)
{
	bool idle;

	/* Nothing more is expected from these; what comes is let go. */
	if (c->state == CONN_CLOSING ||
	    (c->state == CONN_STREAMING && c->front == FRONT_HTTP))
		return;
	idle = c->front == FRONT_HTTP && c->in.http == NULL;
	if (c->in.http == NULL && parser_create(c) != 0) {
		conn_close(c);
		return;
	}
	if (idle && c->state == CONN_READING)
		conn_set_timer(c, REQUEST_MS);
	if ((c->front == FRONT_HTTP ? http_feed(c->in.http, p, n) :
	    fcgi_feed(c->in.fcgi, p, n)) != 0) {
		conn_close(c);
		return;
	}
	process(c);
}

static void
on_readable(struct conn *c)
{
	struct loop *lp = c->lp;
	ssize_t n = recv(c->io.fd, lp->scratch, 16 << 10, 0);

	if (n < 0 && try_again())
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	on_bytes(c, lp->scratch, (size_t)n);
}

static void
on_writable(struct conn *c)
{
	struct loop *lp = c->lp;
	struct iovec iov = { c->rest + c->rest_at, c->rest_len - c->rest_at };
	ssize_t w;

	if (c->rest != NULL) {
		w = send_some(c, &iov, 1);
		if (w <= 0)
			return;
		c->moved = lp->wheel.now;
		c->rest_at += (uint32_t)w;
		lp->rest -= (size_t)w;
		if (c->rest_at < c->rest_len)
			return;
		drop_rest(c);
	}
	want(c, EV_READ);
	if (c->state == CONN_CLOSING)
		shutdown(c->io.fd, SHUT_WR);
	else if (c->state == CONN_STREAMING && c->stream != NULL)
		stream_work(c->stream);
}

static void
on_io(struct ev_loop *ev, ev_io *w, int events)
{
	struct conn *c = (struct conn *)(void *)w;

	(void)ev;
	if (events & EV_WRITE)
		on_writable(c);
	if (events & EV_READ && c->state != CONN_DEAD)
		on_readable(c);
}

void
conn_run(struct conn *c)
{
	if (c->state == CONN_READING)
		process(c);
	else if (c->stream != NULL && c->rest == NULL)
		stream_work(c->stream);
}

void
conn_timer(struct conn *c)
{
	struct loop *lp = c->lp;
	int64_t beat = lp->opt->heartbeat_ms, quiet;

	switch (c->state) {
	case CONN_WAITING:
		stream_timeout(c->stream);
		break;
	case CONN_STREAMING:
		/* It comes back, is told 401, and syncs for another token. */
		if (clock_wall_ms() / 1000 >= c->stream->expires_s) {
			follow_expire(c->stream, clock_wall_ms() / 1000);
			if (c->state != CONN_STREAMING)
				return;
		}
		quiet = (int64_t)(lp->wheel.now - c->wrote) * WHEEL_TICK_MS;
		if (c->rest != NULL || c->io.events & EV_WRITE) {
			if ((int64_t)(lp->wheel.now - c->moved) *
			    WHEEL_TICK_MS >= lp->opt->stall_ms) {
				log_info("a reader is dropped: it took "
				    "nothing for %" PRId64 " ms",
				    lp->opt->stall_ms);
				lp->count.stalled++;
				conn_close(c);
				return;
			}
		} else if (quiet >= beat / 2) {
			stream_heartbeat(c->stream);
			if (c->state == CONN_DEAD)
				return;
			quiet = 0;
		}
		conn_set_timer(c, quiet >= beat / 2 || c->rest != NULL ?
		    beat < lp->opt->stall_ms ? beat : lp->opt->stall_ms :
		    beat - quiet);
		break;
	default:
		conn_close(c);
	}
}
