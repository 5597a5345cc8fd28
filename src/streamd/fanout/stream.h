/*
 * stream.h - one client's place in the flow of events.
 *
 * Owns:    its follows and its memberships in topics.
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

#include "streamd/front/conn.h"
#include "streamd/fanout/follow.h"

#define CONN_ID_BYTES	16
#define CONN_ID_TEXT	22

/* What each delivery looks at comes first, as in struct conn. */
struct stream {
	struct conn *conn;
	struct follow *follows;
	int64_t queued;			/* newest row in pend for it */
	int64_t from;			/* all tokens may replay rows after it */
	uint32_t first, last;		/* in pend; 0: none */
	uint8_t state;
	bool poll;
	bool heard;			/* presence was told of channels */
	uint32_t expires_s;		/* the first token's end */
	struct members members;
	struct position at;		/* while BEHIND */
	uint32_t slot, replayed, nchannels;
	uint32_t nth;			/* of the next page */
	unsigned char id[CONN_ID_BYTES];
};
enum stream_state { STREAM_LIVE, STREAM_BEHIND };

static inline struct stream *
stream_of(struct members *ms)
{
	return (struct stream *)(void *)((char *)ms -
	    offsetof(struct stream, members));
}

struct stream_open {
	const struct stream_page *pages;
	size_t npages;			/* one at least */
	const struct position *after;	/* NULL: from now on */
	bool bad_after;			/* one was said that makes no sense */
	const char *channels;		/* patterns, each NUL-ended, then "" */
	bool poll;
};

/* Answers the request of c: a stream, or a long-poll. */
void	stream_open(struct conn *c, const struct stream_open *o);
void	stream_free(struct stream *s);		/* NULL is fine */
/* Answers for a result of follow_add() or stream_subscribe(); channel: which
 * one it was, or STR_NULL. */
void	stream_refuse(struct conn *c, int rc, struct str channel);
/* The stream with this id (22 characters), or NULL. Not a long-poll. */
struct stream *stream_find(struct loop *lp, struct str id);
/* Everything up to here was given to it. */
struct position stream_position(const struct stream *s);
/* Tells that the page is to sync. 0 or -1 (closed). */
int	stream_stale(struct stream *s, const char *page, struct position at,
	    const char *why);
/* Tells that the page is not followed, as its token is no longer good, nor the
 * channels that this alone granted. Likewise. */
int	stream_left(struct stream *s, const char *page, const char *why);
/* The client goes: the stream and its presence end now. */
void	stream_leave(struct stream *s);
/* May it be subscribed to, also by a grant to come (NULL: none)? 0,
 * LVT_EINVALID, LVT_EDENIED. */
int	stream_may_hear(const struct stream *s, const struct grant *more,
	    struct str pattern);
/* As above, LVT_ETOOBIG or LVT_ENOMEM. */
int	stream_subscribe(struct stream *s, struct str pattern);
void	stream_unsubscribe(struct stream *s, struct str pattern);
/* Everything may have been missed: page and channels are told. */
void	stream_lost(struct stream *s, const char *why);
void	stream_heartbeat(struct stream *s);
void	stream_timeout(struct stream *s);	/* of a long-poll */
/* The socket takes bytes again, or it is the stream's turn. */
void	stream_work(struct stream *s);
/* Tells the database which pages are looked at. */
void	stream_present(struct stream *s);
/* Its position, which may have moved without an event. */
void	stream_tell_position(struct stream *s);

/* open.c, post.c: what a request says */
void	get_stream(struct conn *c, const struct request *rq);
void	open_stream(struct conn *c, const struct request *rq,
	    const json_t *doc);
void	post_stream(struct conn *c, const struct request *rq);
/* deliver.c: a long-poll's answer, good up to at. */
void	poll_reply(struct conn *c, struct position at, struct str body);
bool	stream_listens(const struct stream *s, const struct event *ev);
/* Is it a position of this database? */
bool	loop_knows(struct loop *lp, struct position p);
/* From the tail. Room for one more event, before it is the ring's head: what is
 * handed over for it says that a stream has all up to the head. Then the event
 * for whoever listens; in the end, all that was queued. */
void	streams_make_room(struct loop *lp);
void	streams_dispatch(struct loop *lp, struct event *ev);
void	streams_flush(struct loop *lp);
void	streams_revoke(struct loop *lp, const struct event *ev);
void	streams_lost(struct loop *lp, const char *why);

#endif
