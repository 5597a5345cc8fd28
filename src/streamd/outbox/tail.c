/*
 * tail.c - the one reader of the outbox.
 *
 * QUIET --bell, or the poll's time--> tail_read() --fewer rows than asked
 * for--> QUIET. Each read starts with the row that was read last, so that
 * a database that was put in its place is noticed before a row of it is sent.
 */
#include <config.h>		/* _GNU_SOURCE: recvmmsg */

#include <sys/socket.h>
#include <sys/stat.h>

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "streamd/fanout/stream.h"

#define BATCH		256		/* rows of one read */
#define TURNS		8		/* reads before others have theirs */
#define LEAST_MS	10
#define CHECK_MS	1000
#define RINGS		(SCRATCH_BYTES / STORE_BELL_MAX)

struct reading {
	struct loop *lp;
	bool first, other;
	int rows;
};

/* In one batch only the last message with a coalesce key is sent live. */
static void
supersede(struct ring *r, const struct event *ev, int rows)
{
	size_t i;

	if (ev->coalesce == 0)
		return;
	for (i = 2; i <= (size_t)rows && i <= r->n; i++) {
		struct event *old = ring_at(r, r->n - i);

		if (old->coalesce == ev->coalesce) {
			old->superseded = ev->at.seq;
			return;
		}
	}
}

static int
take_row(struct reading *r, const struct outbox_entry *e)
{
	struct loop *lp = r->lp;
	struct event *ev = event_make(&lp->ring.log, e);

	if (ev == NULL)
		return LVT_ENOMEM;
	streams_make_room(lp);
	if (ring_push(&lp->ring, ev) != 0)
		return LVT_ENOMEM;
	r->rows++;
	lp->count.rows++;
	supersede(&lp->ring, ev, r->rows);
	if (ev->kind == OUTBOX_REVOKE) {
		lp->revoked = ev->at.seq;
		streams_flush(lp);
		streams_revoke(lp, ev);
	} else
		streams_dispatch(lp, ev);
	return 0;
}

static int
on_row(void *arg, const struct outbox_entry *e)
{
	struct reading *r = arg;
	struct loop *lp = r->lp;

	if (r->first) {
		r->first = false;
		if (e->at.seq == lp->ring.head.seq) {
			r->other = e->at.tag != lp->ring.head.tag;
			return r->other ? 1 : 0;
		}
		/* Retention took it, or it never was: ask. */
		r->other = true;
		return 1;
	}
	return take_row(r, e);
}

static void
failed(struct loop *lp, const struct lvt_error *err)
{
	if (!lp->failing)
		log_error("cannot read the outbox: %s", err->message);
	lp->failing = true;
	lp->count.errors++;
}

/* The position is not of this database, or retention passed the tail. */
static void
lost(struct loop *lp)
{
	struct lvt_error err = { 0 };
	struct position head;

	/* Restored in place, it may be another's, and have other keys. */
	grants_clear(lp->grants);
	if (store_key(lp->store, "token", lp->key, &err) != 0 ||
	    store_head(lp->store, &head, &err) != 0 ||
	    store_last_revoked(lp->store, &lp->revoked, &err) != 0) {
		failed(lp, &err);
		return;
	}
	log_warn("the outbox is not the one that was read before: streams "
	    "start again at %" PRId64, head.seq);
	ring_reset(&lp->ring, head);
	streams_lost(lp, "the database changed");
}

/* Rows read, or negative. */
static int
read_batch(struct loop *lp)
{
	struct reading r = { lp, true, false, 0 };
	struct lvt_error err = { 0 };
	int64_t last = 0;
	int rc;

	rc = store_outbox_read(lp->store, lp->ring.head.seq - 1, BATCH + 1,
	    on_row, &r, &last, &err);
	streams_flush(lp);
	ring_trim(&lp->ring);
	if (rc < 0 && rc != LVT_ESTALE) {
		failed(lp, &err);
		return rc;
	}
	lp->failing = false;
	if (rc != LVT_ESTALE && !r.first && !r.other)
		return r.rows;
	/* Our row is not there: fine only if it is where retention ends. */
	if (store_position_check(lp->store, lp->ring.head, NULL) != 0) {
		lost(lp);
		return 0;
	}
	r.first = false;
	rc = store_outbox_read(lp->store, lp->ring.head.seq, BATCH, on_row,
	    &r, &last, &err);
	streams_flush(lp);
	ring_trim(&lp->ring);
	return rc < 0 ? rc : r.rows;
}

static void
set_poll(struct loop *lp, int64_t ms)
{
	lp->poll.repeat = (double)ms / 1000;
	ev_timer_again(lp->ev, &lp->poll);
}

static int
read_all(struct loop *lp)
{
	int i, n = BATCH, rows = 0;

	/* A flush may close a stream, but nothing calls back in here. */
	if (lp->tailing)
		return 0;
	lp->tailing = true;
	for (i = 0; i < TURNS && n >= BATCH; i++) {
		n = read_batch(lp);
		rows += n > 0 ? n : 0;
	}
	lp->tailing = false;
	lp->looked_ms = clock_mono_ms();
	if (n >= BATCH)
		set_poll(lp, 1);
	return n >= BATCH ? BATCH : rows > 0;
}

void
tail_read(struct loop *lp)
{
	read_all(lp);
}

/* One ring that says which row follows ours: no need to read the outbox. */
static bool
take_ring(struct loop *lp, const struct mmsghdr *m)
{
	struct reading r = { lp, false, false, 0 };
	struct position before;
	struct outbox_entry e;

	if (m->msg_hdr.msg_flags & MSG_TRUNC || lp->tailing || lp->failing ||
	    store_bell_row(m->msg_hdr.msg_iov->iov_base, m->msg_len, &before,
	    &e) != 0 || before.seq != lp->ring.head.seq ||
	    before.tag != lp->ring.head.tag)
		return false;
	if (take_row(&r, &e) != 0)
		return false;
	streams_flush(lp);
	ring_trim(&lp->ring);
	lp->looked_ms = clock_mono_ms();
	return true;
}

/* A sender finds the queue full only where many rings wait here, and then
 * the outbox is read: no row waits for the poll's time. */
static void
on_bell(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *lp = w->data;
	struct mmsghdr rings[RINGS];
	struct iovec iov[RINGS];
	unsigned i;
	int n, all = 0;

	(void)ev;
	(void)events;
	do {
		memset(rings, 0, sizeof(rings));
		for (i = 0; i < RINGS; i++) {
			iov[i].iov_base = lp->scratch + i * STORE_BELL_MAX;
			iov[i].iov_len = STORE_BELL_MAX;
			rings[i].msg_hdr.msg_iov = &iov[i];
			rings[i].msg_hdr.msg_iovlen = 1;
		}
		n = recvmmsg(w->fd, rings, RINGS, MSG_DONTWAIT, NULL);
		all += n > 0 ? n : 0;
	} while (n == (int)RINGS && all < 1024);
	if (all == 0 || (all == 1 && take_ring(lp, &rings[0])))
		return;
	if (read_all(lp) < BATCH)
		set_poll(lp, lp->quiet_ms);
}

static void
on_poll(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *lp = w->data;
	int n;

	(void)ev;
	(void)events;
	n = read_all(lp);
	if (n >= BATCH)
		return;
	/* Rows without a bell: somebody writes who cannot ring. Look more
	 * often while that goes on. */
	if (n > 0) {
		lp->count.missed_bells++;
		lp->quiet_ms = lp->quiet_ms / 4 > LEAST_MS ?
		    lp->quiet_ms / 4 : LEAST_MS;
	} else if (lp->quiet_ms < lp->opt->poll_ms)
		lp->quiet_ms = lp->quiet_ms * 2 < lp->opt->poll_ms ?
		    lp->quiet_ms * 2 : lp->opt->poll_ms;
	set_poll(lp, lp->quiet_ms);
}

static void
bind_bell(struct loop *lp)
{
	struct lvt_error err = { 0 };
	int fd;

	if (store_bell_bind(lp->store, &fd, &err) != 0) {
		log_warn("no doorbell, looking every %" PRId64 " ms: %s",
		    lp->opt->poll_ms, err.message);
		return;
	}
	ev_io_set(&lp->bell, fd, EV_READ);
	ev_io_start(lp->ev, &lp->bell);
	lp->bound = true;
}

static void
close_bell(struct loop *lp)
{
	if (!lp->bound)
		return;
	ev_io_stop(lp->ev, &lp->bell);
	close(lp->bell.fd);
	lp->bound = false;
}

void
tail_check(struct loop *lp)
{
	int64_t now = clock_mono_ms();
	struct lvt_error err = { 0 };
	bool told = lp->ino == 0;	/* that it cannot be opened */
	struct stat st;

	if (now - lp->checked_ms < CHECK_MS)
		return;
	lp->checked_ms = now;
	if (stat(lp->opt->db, &st) != 0 || (st.st_dev == lp->dev &&
	    st.st_ino == lp->ino))
		return;
	if (!told)
		log_warn("the database file was replaced");
	close_bell(lp);
	if (loop_open_store(lp, &err) != 0) {
		if (!told)
			failed(lp, &err);
		lp->ino = 0;
		return;
	}
	presence_reopen(lp->presence);
	bind_bell(lp);
	lost(lp);
}

int
tail_start(struct loop *lp, struct lvt_error *err)
{
	struct position head;
	int rc = store_head(lp->store, &head, err);

	if (rc == 0)
		rc = store_last_revoked(lp->store, &lp->revoked, err);
	if (rc != 0)
		return rc;
	ring_reset(&lp->ring, head);
	ev_init(&lp->bell, on_bell);
	lp->bell.data = lp;
	bind_bell(lp);
	lp->quiet_ms = lp->opt->poll_ms;
	ev_init(&lp->poll, on_poll);
	lp->poll.data = lp;
	set_poll(lp, lp->quiet_ms);
	return 0;
}

void
tail_stop(struct loop *lp)
{
	close_bell(lp);
	ev_timer_stop(lp->ev, &lp->poll);
}
