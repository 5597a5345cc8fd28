/*
 * loop.h - one event loop and all that belongs to it.
 *
 * There are no globals: a second loop is a second struct loop.
 *
 * Owns:    store, ring, topics, wheel, streams and connections.
 * Invariants:
 *   1. Nothing in a callback blocks but reads of the database, which are
 *      bounded in rows.
 *   2. A connection that is closed is freed only by reap(), between
 *      callbacks; a stream is freed at once and only through its connection.
 *   3. A live stream has been given every event up to ring.head that is for
 *      it: the tail dispatches within one callback.
 *   4. scratch, frames, marks and wire are free for use by any callback, and
 *      hold nothing between two.
 */
#ifndef LVT_STREAMD_LOOP_H
#define LVT_STREAMD_LOOP_H

#include <ev.h>

#include "streamd/front/inherit.h"
#include "streamd/options.h"
#include "streamd/presence.h"
#include "streamd/outbox/ring.h"
#include "streamd/fanout/topics.h"
#include "streamd/fanout/wheel.h"

struct conn;
struct grants;
struct stream;
struct follow;

#define OUT_FRAMES	512		/* given to a socket at once */
#define OUT_BYTES	((size_t)512 << 10)
#define SCRATCH_BYTES	((size_t)64 << 10)

/* What becomes true of a stream when frames[i] has been handed over. */
struct mark {
	struct position at;
	struct follow *follow;		/* NULL: no view moves */
	unsigned char view[VIEW_BYTES];	/* the view before, */
	uint8_t known;			/* to go back to */
};

#define LOOP_COUNTERS(X)                                                   \
	X(accepted, "connections accepted")                                \
	X(full, "times that no more connections were accepted")            \
	X(refused, "requests refused")                                     \
	X(denied, "tokens refused")                                        \
	X(expired, "streams ended with their token")                       \
	X(opened, "streams opened")                                        \
	X(left, "streams ended by a farewell")                             \
	X(polls, "long-polls answered")                                    \
	X(rows, "outbox rows read")                                        \
	X(delivered, "events handed to sockets")                           \
	X(sent_bytes, "bytes handed to sockets")                           \
	X(blocked, "times a socket was full")                              \
	X(replays, "resumes served from the outbox")                       \
	X(stale, "times a stream was told to sync")                        \
	X(stalled, "streams dropped because they took nothing")            \
	X(dropped, "streams dropped because memory for them was full")     \
	X(missed_bells, "rows found that no bell announced")               \
	X(errors, "failed reads of the database")

struct counters {
#define COUNTER_(name, help) uint64_t name;
	LOOP_COUNTERS(COUNTER_)
#undef COUNTER_
};

struct pend {				/* an event that waits for a stream */
	struct event *ev;
	uint32_t next;			/* index; 0: the last */
};

/* Whose a stream is, beside the others of all streams: a revocation looks at
 * nothing else of those that it does not concern. Hashes, never 0; 0: look. */
struct whose {
	uint32_t group, user;
};

struct listener {
	struct ev_io io;
	struct loop *lp;
	char *unlink;			/* path of a Unix socket, or NULL */
	char name[32];			/* by which a successor knows it */
	uint8_t front;
	bool given;			/* whoever started us has it, too */
	struct listener *next;
};

struct loop {
	struct ev_loop *ev;
	const struct options *opt;
	struct store *store;
	unsigned char key[32];
	struct topics *topics;
	struct ring ring;
	struct wheel wheel;
	struct presence_thread *presence;
	struct grants *grants;
	struct counters count;

	/* the tail */
	ev_io bell;
	ev_timer poll;
	int64_t quiet_ms;		/* until the next look */
	int64_t looked_ms, checked_ms;	/* last read; last look at the file */
	uint64_t dev, ino;		/* 0: what is there cannot be opened */
	bool bound, failing, tailing;
	int64_t revoked;		/* the newest row that revokes */

	/* streams by slot, for POST; free slots hold the next one's index */
	struct stream **slots;
	struct whose *whose;		/* by slot */
	uint32_t nslots, nstreams, free_slot;
	struct pend *pend;
	uint32_t npend, pend_cap;
	struct stream **dirty;
	uint32_t ndirty, dirty_cap;

	/* connections */
	struct listener *listeners;
	struct conn *conns, *dead, *work;
	ev_io conns_io;			/* an epoll of all their sockets */
	uint32_t nconns, max_conns;
	size_t rest;			/* unsent bytes of all connections */
	ev_timer tick, resume_accept;
	int64_t full_told_ms;		/* when the limit was last met; 0 */
	ev_idle idle;
	ev_prepare prepare;
	ev_async again;
	ev_signal term, intr, usr2;
	int64_t drain_since, drain_until;	/* 0: not draining */
	bool hand_over;			/* sockets go to a successor */
	uint32_t rng;

	/* scratch, see invariant 4 */
	char scratch[SCRATCH_BYTES];
	struct frame frames[OUT_FRAMES];
	struct mark marks[OUT_FRAMES];
	unsigned nout;
	size_t out_bytes;
	struct log replay_log;
	struct event *replayed;
	struct buf wire, text;
};

struct loop *loop_create(const struct options *opt, struct lvt_error *err);
/* Until a signal: 0, or 1 where the sockets are to be handed over. */
int	loop_run(struct loop *lp);
void	loop_free(struct loop *lp);	/* NULL is fine */
uint32_t loop_random(struct loop *lp, uint32_t below);
/* Milliseconds after which a client should come back: full jitter over a
 * window that grows with the number of clients. */
uint32_t loop_retry(struct loop *lp);
void	loop_accept_pause(struct loop *lp);
void	loop_accept_resume(struct loop *lp);	/* a connection has ended */
/* Opens the database named in the settings, again or for the first time. */
int	loop_open_store(struct loop *lp, struct lvt_error *err);

/* listen.c */
int	listen_all(struct loop *lp, struct lvt_error *err);
void	listen_start(struct loop *lp);
void	listen_stop(struct loop *lp);
/* Accept who waits, then take no more: the address is free for another. */
void	listen_end(struct loop *lp);
/* The sockets outlive the loop, there. Return: 0 or LVT_EIO. */
int	listen_hand_over(struct loop *lp, struct inherit *to);
void	listen_free(struct loop *lp);

/* drain.c */
void	drain_watch(struct loop *lp);	/* for signals */
void	drain_tick(struct loop *lp);	/* while drain_until is set */

/* tail.c */
int	tail_start(struct loop *lp, struct lvt_error *err);
void	tail_stop(struct loop *lp);
void	tail_read(struct loop *lp);	/* whatever there is now */
void	tail_check(struct loop *lp);	/* is it still the same database? */

#endif
