/*
 * http.h - HTTP/1.1 requests out of a stream of bytes.
 *
 * Owns:    the bytes of the request in progress and of those behind it.
 * May not: touch a socket or a clock.
 * Invariants:
 *   1. Memory is bounded: HTTP_BUFFER bytes, whatever the peer sends.
 *   2. What RFC 9112 calls malformed is refused, never repaired: bare LF,
 *      folded headers, spaces before the colon, two lengths, NUL.
 *   3. No byte is looked at twice while a head is incomplete.
 */
#ifndef LVT_STREAMD_HTTP_H
#define LVT_STREAMD_HTTP_H

#include "base/buf.h"
#include "streamd/front/request.h"

struct http {
	struct buf in;
	size_t scanned;		/* no end of head before here */
	size_t line;		/* length of the request line, 0: unknown */
	size_t head;		/* length of the whole head, 0: unknown */
	size_t body;		/* Content-Length */
	bool expects;		/* the body comes after 100 has been said */
	struct request rq;	/* good once the head is there */
};

#define HTTP_BUFFER	(REQUEST_LINE_MAX + REQUEST_HEAD_MAX + \
			REQUEST_BODY_MAX + 1024)

void	http_init(struct http *h);
void	http_release(struct http *h);
/* 0, LVT_ETOOBIG (more than one request may hold), LVT_ENOMEM. */
int	http_feed(struct http *h, const void *p, size_t n);
/* 1: *rq is a request; 0: more bytes are needed; else minus the status of
 * the refusal (-400, -413, ...), after which the connection is over. */
int	http_next(struct http *h, const struct request **rq);
void	http_done(struct http *h);	/* drops the request that was given */
static inline bool
http_is_empty(const struct http *h)
{
	return h->in.len == 0;
}

#endif
