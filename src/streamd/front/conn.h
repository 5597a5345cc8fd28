/*
 * conn.h - one socket, HTTP or FastCGI, and what is said on it: its life
 * (conn.c), requests (read.c), bytes that go out (write.c), answers (reply.c).
 *
 * Owns:    descriptor, parser, the unsent rest of what was begun.
 * Invariants:
 *   1. Of a stream's events at most one is partly written; its remainder is
 *      copied to rest. What comes after it is a position, not a queue.
 *   2. rest of all connections together is bounded; who would exceed it is
 *      closed, and resumes by position.
 *   3. An idle stream holds no buffer. Parser memory goes when it starts.
 */
#ifndef LVT_STREAMD_CONN_H
#define LVT_STREAMD_CONN_H

#include "streamd/front/fcgi.h"
#include "streamd/front/http.h"
#include "streamd/loop.h"

enum conn_front { FRONT_HTTP, FRONT_FCGI };
enum conn_state {
	CONN_READING, CONN_WAITING, CONN_STREAMING, CONN_CLOSING, CONN_DEAD
};

#define REQUEST_MS	10000		/* to say a request */
#define IDLE_MS		60000		/* between two */

struct rest {				/* bytes that a socket did not take */
	uint32_t len, at;
	char bytes[];
};

/* There are tens of thousands: what is rare hangs by a pointer, and what each
 * delivery looks at comes first, in one line of the cache or two. */
struct conn {
	struct loop *lp;
	struct rest *rest;		/* NULL: none */
	union {
		struct http *http;	/* NULL while nothing is read */
		struct fcgi *fcgi;
	} in;
	int fd;
	uint32_t wrote, moved;		/* tick of the last write, progress */
	uint8_t front, state;
	bool full;			/* waits until the socket takes more */
	bool keep, head_only, in_work;
	uint8_t origin;			/* allowed one, from 1; 0: none said */
	struct stream *stream;
	struct conn *prev, *next;
	struct conn *queued;		/* in work or dead */
	struct timer timer;
};

void	conn_accept(struct loop *lp, int fd, enum conn_front front);
/* The socket is closed now, the memory goes later: see loop.h. */
void	conn_close(struct conn *c);
void	conn_free(struct conn *c);
/* Frames 0 to n - 1. *taken: so many are handed over (the last perhaps with
 * a rest). 0: all; 1: the socket is full; -1: closed. */
int	conn_frames(struct conn *c, const struct frame *f, unsigned n,
	    unsigned *taken);
/* Bytes of the body of the response in progress: 0 or -1 (closed). */
int	conn_body(struct conn *c, const void *p, size_t n);
/* A whole response. headers: lines, each with its CRLF, or "". */
int	conn_reply(struct conn *c, int status, const char *type,
	    const char *headers, struct str body);
int	conn_refuse(struct conn *c, int status, const char *why);
int	conn_refuse_with(struct conn *c, int status, const char *headers,
	    const char *why);
/* Headers of an event stream, and its first bytes. 0 or -1 (closed). */
int	conn_stream(struct conn *c, struct str first);
/* The end of the response in progress. */
void	conn_finish(struct conn *c);
/* Call stream_work() or read on soon, after others had their turn. */
void	conn_work(struct conn *c);
void	conn_run(struct conn *c);	/* that turn */
void	conn_timer(struct conn *c);
void	conn_set_timer(struct conn *c, int64_t ms);
/* Sockets that are ready, as many as there are. */
void	conn_ready(struct loop *lp);

/* --- Between conn.c, read.c, write.c and reply.c alone --- */
void	conn_read(struct conn *c);	/* the socket has bytes */
void	conn_write(struct conn *c);	/* the socket takes bytes */
void	conn_requests(struct conn *c);	/* what was read, as far as it goes */
void	conn_want(struct conn *c, bool room);
void	conn_end(struct conn *c);	/* closes once all is written */
void	conn_drop_parser(struct conn *c);
void	conn_drop_rest(struct conn *c);
/* Bytes as they are, without the front's framing: 0 or -1 (closed). */
int	conn_bytes(struct conn *c, const void *p, size_t n);

/* route.c */
void	route_request(struct conn *c, const struct request *rq);

#endif
