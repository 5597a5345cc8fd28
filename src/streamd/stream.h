/*
 * stream.h - one client's place in the flow of events.
 *
 * Owns:    its follow and its memberships in topics.
 * Borrows: its connection, which frees it.
 * Invariants:
 *   1. LIVE: given everything up to ring.head. BEHIND: given everything up
 *      to at, which is a position the outbox had.
 *   2. A view moves only with the frame that moves it: if the frame is not
 *      handed over the view is as before.
 *   3. Positions written to a stream never go back.
 */
#ifndef LVT_STREAMD_STREAM_H
#define LVT_STREAMD_STREAM_H

#include "streamd/conn.h"
#include "streamd/grant.h"

#define CONN_ID_BYTES	16
#define CONN_ID_TEXT	22

enum view_state {
	VIEW_UNKNOWN,			/* never said: the next row is stale */
	VIEW_KNOWN,
	VIEW_TOLD			/* told stale: quiet until it is said */
};

struct follow {				/* a page that a stream follows */
	struct follow *next;
	int64_t at;			/* rows up to here are in the view */
	struct stand stand;		/* the view that it shows */
	uint8_t known;			/* enum view_state */
	const char *app, *page, *group, *user;
	char text[];
};

struct stream {
	struct conn *conn;
	struct follow *follows;
	struct member *members;
	char *grants;			/* patterns, each NUL-ended, then "" */
	struct position at;		/* while BEHIND */
	int64_t queued;			/* newest row in pend for it */
	uint32_t first, last;		/* in pend; 0: none */
	uint32_t slot, replayed, nchannels;
	uint32_t expires_s;		/* the token's end, since the epoch */
	unsigned char id[CONN_ID_BYTES];
	uint8_t state;
	bool poll, present;
};
enum stream_state { STREAM_LIVE, STREAM_BEHIND };

struct stream_open {
	const struct grant *grant;
	const char *page;		/* NULL: channels only */
	const unsigned char *view;	/* NULL: not said */
	const struct position *after;	/* NULL: from now on */
	bool bad_after;			/* one was said that makes no sense */
	const char *channels;		/* patterns, each NUL-ended, then "" */
	bool poll;
};

/* Answers the request of c: a stream, or a long-poll. */
void	stream_open(struct conn *c, const struct stream_open *o);
void	stream_free(struct stream *s);		/* NULL is fine */
/* The stream with this id (22 characters), or NULL. */
struct stream *stream_find(struct loop *lp, struct str id);
/* The client says where it stands. */
void	stream_set_view(struct stream *s, const unsigned char *view,
	    const struct position *at);
/* The client goes: the stream and its presence end now. */
void	stream_leave(struct stream *s);
/* 0, LVT_EDENIED, LVT_EINVALID, LVT_ETOOBIG, LVT_ENOMEM. */
int	stream_subscribe(struct stream *s, struct str pattern);
void	stream_unsubscribe(struct stream *s, struct str pattern);
/* Everything may have been missed: page and channels are told. */
void	stream_lost(struct stream *s, const char *why);
void	stream_heartbeat(struct stream *s);
void	stream_timeout(struct stream *s);	/* of a long-poll */
/* The socket takes bytes again, or it is the stream's turn. */
void	stream_work(struct stream *s);
void	stream_present(struct stream *s);	/* say so to the database */

/* post.c */
void	post_stream(struct conn *c, const struct request *rq);
/* deliver.c: a long-poll's answer, good up to at. */
void	poll_reply(struct conn *c, struct position at, struct str body);
bool	stream_listens(const struct stream *s, const struct event *ev);
/* Is it a position of this database? */
bool	loop_knows(struct loop *lp, struct position p);
/* From the tail: an event for whoever listens, then all that was queued. */
void	streams_dispatch(struct loop *lp, struct event *ev);
void	streams_flush(struct loop *lp);
void	streams_revoke(struct loop *lp, const struct event *ev);
void	streams_lost(struct loop *lp, const char *why);

#endif
