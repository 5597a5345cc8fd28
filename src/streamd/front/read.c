/* read.c - from the bytes of a socket to requests. */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>

#include "streamd/fanout/stream.h"

#define READ_BYTES	((size_t)16 << 10)

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

void
conn_drop_parser(struct conn *c)
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

static int
next_http(struct conn *c, const struct request **rq)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http *h = c->in.http;
	int rc = http_next(h, rq);

	if (rc == 0 && h->expects) {
		h->expects = false;
		conn_bytes(c, go_on, sizeof(go_on) - 1);
	}
	return rc;
}

static int
next_request(struct conn *c, const struct request **rq)
{
	struct fcgi *f = c->in.fcgi;
	int rc;

	if (c->in.http == NULL)
		return 0;
	if (c->front == FRONT_HTTP)
		return next_http(c, rq);
	rc = fcgi_next(f, rq);
	if (f->out.len > 0) {
		if (conn_bytes(c, f->out.s, f->out.len) != 0)
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
void
conn_requests(struct conn *c)
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
	conn_requests(c);
}

void
conn_read(struct conn *c)
{
	char *to = c->lp->scratch;
	ssize_t n = recv(c->fd, to, READ_BYTES, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		conn_close(c);
	else
		on_bytes(c, to, (size_t)n);
}
