/* write.c - bytes to sockets: whole frames, and the rest of one that a socket
 * did not take. */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "streamd/fanout/stream.h"

#define IOV_N		1024
#define REPLY_REST_MAX	((size_t)20 << 20)

void
conn_drop_rest(struct conn *c)
{
	if (c->rest != NULL)
		c->lp->rest -= c->rest->len - c->rest->at;
	free(c->rest);
	c->rest = NULL;
}

/* What is left of pieces after skip bytes, to the end of a buffer. */
static void
copy_after(char *to, const struct iovec *iov, size_t skip, size_t len)
{
	for (; len > 0; iov++) {
		size_t have = iov->iov_len, use;

		if (skip >= have) {
			skip -= have;
			continue;
		}
		use = have - skip < len ? have - skip : len;
		memcpy(to, (const char *)iov->iov_base + skip, use);
		to += use;
		len -= use;
		skip = 0;
	}
}

static int
keep_rest(struct conn *c, const struct iovec *iov, size_t skip, size_t len)
{
	struct loop *lp = c->lp;
	size_t old = c->rest != NULL ? c->rest->len - c->rest->at : 0;
	struct rest *to = NULL;

	if (len == 0)
		return 0;
	if (lp->rest + len <= (size_t)lp->opt->rest_bytes &&
	    old + len <= REPLY_REST_MAX)
		to = malloc(sizeof(*to) + old + len);
	if (to == NULL) {
		log_warn("a reader is dropped: no room for what it has "
		    "not taken (%zu bytes of it, %zu of all)", old + len,
		    lp->rest);
		lp->count.dropped++;
		conn_close(c);
		return -1;
	}
	if (old > 0)
		memcpy(to->bytes, c->rest->bytes + c->rest->at, old);
	copy_after(to->bytes + old, iov, skip, len);
	free(c->rest);
	c->rest = to;
	to->at = 0;
	to->len = (uint32_t)(old + len);
	lp->rest += len;
	if (old == 0) {
		c->moved = lp->wheel.now;
		lp->count.blocked++;
	}
	conn_want(c, true);
	return 0;
}

/* So many bytes were sent; 0 where the socket is full; -1: closed. */
static ssize_t
send_some(struct conn *c, struct iovec *iov, int n)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t w;

	/* The common case, one event for one reader, without the vector. */
	w = n == 1 ? send(c->fd, iov->iov_base, iov->iov_len,
	    MSG_NOSIGNAL | MSG_DONTWAIT) :
	    sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (w < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (w < 0) {
		conn_close(c);
		return -1;
	}
	c->wrote = c->lp->wheel.now;
	c->lp->count.sent_bytes += (uint64_t)w;
	return w;
}

int
conn_bytes(struct conn *c, const void *p, size_t n)
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
	return keep_rest(c, &iov, (size_t)w, n - (size_t)w);
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
	return conn_bytes(c, wire->s, wire->len);
}

int
conn_body(struct conn *c, const void *p, size_t n)
{
	if (c->front == FRONT_HTTP)
		return conn_bytes(c, p, n);
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
		if (keep_rest(c, g->iov, (size_t)w,
		    g->ends[i] - (size_t)w) != 0)
			return -1;
	} else if (c->rest == NULL) {
		c->moved = c->lp->wheel.now;
		c->lp->count.blocked++;
		conn_want(c, true);
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

/* --- The socket takes more ----------------------------------------------- */

static bool
write_rest(struct conn *c)
{
	struct rest *r = c->rest;
	struct iovec iov = { r->bytes + r->at, r->len - r->at };
	ssize_t w = send_some(c, &iov, 1);

	if (w <= 0)
		return false;
	c->moved = c->lp->wheel.now;
	r->at += (uint32_t)w;
	c->lp->rest -= (size_t)w;
	if (r->at < r->len)
		return false;
	conn_drop_rest(c);
	return true;
}

void
conn_write(struct conn *c)
{
	if (c->rest != NULL && !write_rest(c))
		return;
	conn_want(c, false);
	if (c->state == CONN_CLOSING)
		conn_end(c);
	else if (c->state == CONN_STREAMING && c->stream != NULL)
		stream_work(c->stream);
}
