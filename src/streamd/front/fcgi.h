/*
 * fcgi.h - FastCGI 1.0 requests out of a stream of bytes, responder role.
 *
 * Owns:    the record in progress, parameters and body of the request.
 * May not: touch a socket or a clock.
 * Invariants:
 *   1. One request at a time; others on the connection are told
 *      CANT_MPX_CONN, which is what the specification provides for.
 *   2. Memory is bounded: one record, parameters, body.
 *   3. Answers that the protocol itself asks for wait in out, at most 8 KiB.
 */
#ifndef LVT_STREAMD_FCGI_H
#define LVT_STREAMD_FCGI_H

#include "base/buf.h"
#include "streamd/front/request.h"

enum fcgi_type {
	FCGI_BEGIN = 1, FCGI_ABORT, FCGI_END, FCGI_PARAMS, FCGI_STDIN,
	FCGI_STDOUT, FCGI_STDERR, FCGI_DATA, FCGI_GET_VALUES,
	FCGI_GET_VALUES_RESULT, FCGI_UNKNOWN
};
enum fcgi_end { FCGI_COMPLETE, FCGI_CANT_MPX, FCGI_OVERLOADED, FCGI_BAD_ROLE };
enum fcgi_event { FCGI_MORE, FCGI_REQUEST, FCGI_ABORTED };

#define FCGI_HEADER	8	/* bytes */
#define FCGI_CONTENT	65535

struct fcgi {
	struct buf in, params, body, path, out;
	struct request rq;
	uint16_t id;		/* of the request; 0: none */
	bool params_done, body_done, given;
};

void	fcgi_init(struct fcgi *f);
void	fcgi_release(struct fcgi *f);
int	fcgi_feed(struct fcgi *f, const void *p, size_t n);
/* An fcgi_event, or minus an HTTP status (the request is refused, see id), or
 * FCGI_BROKEN (no FastCGI at all: close). */
int	fcgi_next(struct fcgi *f, const struct request **rq);
void	fcgi_done(struct fcgi *f);	/* forgets the request */
void	fcgi_header(unsigned char h[FCGI_HEADER], enum fcgi_type type,
	    uint16_t id, size_t content);
/* The empty STDOUT record and END_REQUEST: 24 bytes. */
void	fcgi_end(struct buf *out, uint16_t id, enum fcgi_end why);

#define FCGI_BROKEN	(-10000)

#endif
