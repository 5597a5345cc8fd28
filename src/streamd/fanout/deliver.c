/*
 * deliver.c - from an event to the sockets of those who listen.
 *
 * Two ways lead there: the live path, in which the tail hands an event to
 * every live stream, and catching up, in which a stream that is behind walks
 * the ring, or the outbox where the ring no longer has it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "streamd/fanout/stream.h"

#define RING_LOOK	4096		/* events looked at in one turn */
#define POLL_HEADERS	64
#define POLL_MAX	((size_t)64 << 20)	/* of one answer */
#define TURNS		4		/* writes before others have theirs */

/* --- What a stream gets of an event -------------------------------------- */

static int64_t
spread(const struct loop *lp, size_t streams)
{
	return (int64_t)streams * 1000 / lp->opt->sync_rate;
}

static void
out_add(struct loop *lp, const struct frame *f, const struct event *ev,
    struct follow *moved)
{
	struct mark *m = &lp->marks[lp->nout];

	m->at = ev->at;
	m->follow = moved;
	if (moved != NULL) {
		memcpy(m->view, moved->stand.view, VIEW_BYTES);
		m->known = moved->known;
	}
	lp->frames[lp->nout++] = *f;
	lp->out_bytes += f->len;
}

static void
gather_page(struct stream *s, struct follow *f, struct event *ev)
{
	struct loop *lp = s->conn->lp;
	const struct variant *v = NULL;
	const struct frame *stale;

	if (ev->at.seq <= f->at || ev->at.seq <= f->from ||
	    f->known == VIEW_TOLD)
		return;
	if (f->known == VIEW_KNOWN) {
		v = event_from(ev, &f->stand);
		if (v != NULL) {
			out_add(lp, &v->frame, ev, f);
			memcpy(f->stand.view, v->view, VIEW_BYTES);
			return;
		}
		if (event_leads_to(ev, &f->stand))
			return;
	}
	stale = event_stale(ev, spread(lp,
	    topics_listeners(lp->topics, ev->topic)));
	if (stale == NULL)
		return;
	lp->count.stale++;
	out_add(lp, stale, ev, f);
	f->known = VIEW_TOLD;
}

/* Adds what s, which listens to ev, is to be sent. */
static void
gather(struct stream *s, struct event *ev)
{
	struct follow *f;

	if (ev->kind == OUTBOX_MESSAGE) {
		if (ev->frame.p != NULL && follow_hears(s, ev))
			out_add(s->conn->lp, &ev->frame, ev, NULL);
		return;
	}
	for (f = s->follows; f != NULL; f = f->next)
		if (str_is(ev->page, follow_page(f)) &&
		    str_is(ev->app, follow_app(f)))
			gather_page(s, f, ev);
}

static void
out_clear(struct loop *lp)
{
	struct event *ev;

	lp->nout = 0;
	lp->out_bytes = 0;
	while ((ev = lp->replayed) != NULL) {
		lp->replayed = ev->next;
		event_free(ev);
	}
}

static bool
out_full(const struct loop *lp)
{
	return lp->nout >= OUT_FRAMES - 8 || lp->out_bytes >= OUT_BYTES;
}

/* Views go back to where they were before the first frame not taken. */
static void
undo(struct loop *lp, unsigned taken)
{
	unsigned i;

	for (i = lp->nout; i > taken; i--) {
		const struct mark *m = &lp->marks[i - 1];

		if (m->follow == NULL)
			continue;
		memcpy(m->follow->stand.view, m->view, VIEW_BYTES);
		m->follow->known = m->known;
	}
}

/* --- Long-poll ----------------------------------------------------------- */

static void
poll_headers(struct position at, char out[POLL_HEADERS])
{
	char id[POSITION_TEXT];

	position_text(at, id);
	snprintf(out, POLL_HEADERS, "ETag: \"%s\"\r\n", id);
}

void
poll_reply(struct conn *c, struct position at, struct str body)
{
	char headers[POLL_HEADERS];

	poll_headers(at, headers);
	c->lp->count.polls++;
	conn_reply(c, 200, "application/json", headers, body);
}

/* All that is gathered, as the answer; at: everything up to there is in it. */
static void
poll_answer(struct stream *s, struct position at)
{
	struct conn *c = s->conn;
	struct loop *lp = c->lp;
	char id[POSITION_TEXT];
	struct buf b;
	unsigned i;

	buf_init_limit(&b, POLL_MAX);
	for (i = 0; i < lp->nout; i++) {
		const struct frame *f = &lp->frames[i];

		position_text(lp->marks[i].at, id);
		buf_printf(&b, "%c{\"id\":\"%s\",\"event\":\"%s\",\"data\":",
		    i == 0 ? '[' : ',', id, frame_name(f->kind));
		buf_add(&b, f->p + f->data, f->len - f->data - 2);
		buf_putc(&b, '}');
	}
	buf_putc(&b, ']');
	lp->count.delivered += lp->nout;
	if (b.failed)
		conn_close(c);
	else
		poll_reply(c, at, (struct str){ b.s, b.len });
	buf_release(&b);
}

void
stream_timeout(struct stream *s)
{
	char headers[POLL_HEADERS];

	poll_headers(stream_position(s), headers);
	conn_reply(s->conn, 204, "", headers, STR_NULL);
}

/* --- Catching up --------------------------------------------------------- */

bool
stream_listens(const struct stream *s, const struct event *ev)
{
	return ev->kind != OUTBOX_REVOKE &&
	    topics_match(&s->members, ev->topic);
}

static bool
fill_from_ring(struct stream *s, struct position *end)
{
	struct ring *r = &s->conn->lp->ring;
	size_t i = ring_after(r, s->at.seq), looked = 0;

	for (; i < r->n && !out_full(s->conn->lp) && looked < RING_LOOK;
	    i++, looked++) {
		struct event *ev = ring_at(r, i);

		if (stream_listens(s, ev))
			gather(s, ev);
		*end = ev->at;
	}
	if (i < r->n)
		return false;
	*end = r->head;
	return true;
}

struct replay {
	struct stream *s;
	struct position *end;
	int nomem;
};

#define REPLAY_FULL	1

static int
replay_row(void *arg, const struct outbox_entry *e)
{
	struct replay *r = arg;
	struct loop *lp = r->s->conn->lp;
	struct event *ev;

	if (out_full(lp))
		return REPLAY_FULL;
	r->s->replayed++;
	ev = event_make(&lp->replay_log, e);
	if (ev == NULL)
		return LVT_ENOMEM;
	ev->next = lp->replayed;
	lp->replayed = ev;
	if (stream_listens(r->s, ev))
		gather(r->s, ev);
	*r->end = ev->at;
	return 0;
}

/* What the indexes are asked for: whatever the stream is a member of. */
struct filter {
	struct outbox_filter f;
	struct outbox_scope scopes[3 * FOLLOWS_MAX];
	const char *patterns[GRANT_CHANNELS_MAX];
	struct buf names;		/* that these point into */
};

static int
filter_make(const struct stream *s, struct filter *o)
{
	const struct members *ms = &s->members;
	struct outbox_scope *sc;
	struct str part;
	char *name;
	uint32_t i;

	o->f = (struct outbox_filter){ follow_app(s->follows), o->scopes, 0,
	    o->patterns, 0 };
	buf_init(&o->names);
	for (i = 0; i < ms->n; i++) {
		buf_str(&o->names, topics_name(&ms->list[i]));
		buf_putc(&o->names, '\0');
	}
	if (o->names.failed)
		return LVT_ENOMEM;
	name = o->names.s;
	for (i = 0; i < ms->n; i++) {
		part = topics_name(&ms->list[i]);
		if (topics_is_page(part)) {
			sc = &o->scopes[o->f.nscopes++];
			topics_page_split(name, &sc->page, &sc->scope);
		} else
			o->patterns[o->f.npatterns++] = name;
		name += part.len + 1;
	}
	return 0;
}

/* From the outbox, when the ring no longer has it. 1: all up to the ring's
 * head; 0: a part; LVT_ESTALE: it cannot be had whole. */
static int
fill_from_outbox(struct stream *s, struct position *end)
{
	struct loop *lp = s->conn->lp;
	int64_t limit = lp->opt->retention_limit - s->replayed;
	struct replay r = { s, end, 0 };
	struct lvt_error err = { 0 };
	struct filter filter;
	int rc;

	if (limit <= 0)
		return LVT_ESTALE;
	rc = filter_make(s, &filter);
	if (rc == 0)
		rc = store_outbox_replay(lp->store, s->at.seq,
		    lp->ring.head.seq, (int)limit, &filter.f, replay_row, &r,
		    &err);
	buf_release(&filter.names);
	/* Rows go from the old end only: if the position is good now, all
	 * that is after it was there while it was read. */
	if (rc >= 0 && store_position_check(lp->store, s->at, NULL) != 0)
		rc = LVT_ESTALE;
	if (rc < 0 && rc != LVT_ESTALE && rc != LVT_ETOOBIG)
		log_warn("cannot replay: %s", err.message[0] != '\0' ?
		    err.message : lvt_strerror(rc));
	if (rc < 0)
		return LVT_ESTALE;
	if (rc == REPLAY_FULL)
		return 0;
	*end = lp->ring.head;
	return 1;
}

/* 1: up to the head; 0: there is more; negative: lost, and told so. */
static int
fill(struct stream *s, struct position *end)
{
	struct loop *lp = s->conn->lp;
	int rc;

	out_clear(lp);
	*end = s->at;
	if (ring_covers(&lp->ring, s->at.seq))
		return fill_from_ring(s, end);
	rc = fill_from_outbox(s, end);
	if (rc < 0) {
		undo(lp, 0);
		out_clear(lp);
		stream_lost(s, "too much was missed");
	}
	return rc;
}

/* A frame is written or not; what is not leaves the stream before it. */
static void
settle(struct stream *s, unsigned taken, struct position end)
{
	struct loop *lp = s->conn->lp;

	if (taken == lp->nout) {
		s->at = end;
		return;
	}
	if (taken > 0)
		s->at = lp->marks[taken - 1].at;
	undo(lp, taken);
}

static void
work_poll(struct stream *s)
{
	struct position end;
	int i, rc;

	for (i = 0; i < TURNS; i++) {
		rc = fill(s, &end);
		if (rc < 0)
			return;		/* answered by stream_lost() */
		if (s->conn->lp->nout > 0) {
			poll_answer(s, end);
			return;
		}
		s->at = end;
		if (rc == 1) {
			s->state = STREAM_LIVE;
			return;
		}
	}
	conn_work(s->conn);
}

void
stream_work(struct stream *s)
{
	struct conn *c = s->conn;
	struct loop *lp = c->lp;
	struct position end;
	unsigned taken;
	int i, rc, sent;

	if (s->state == STREAM_LIVE)
		return;
	if (s->poll) {
		work_poll(s);
		out_clear(lp);
		return;
	}
	for (i = 0; i < TURNS; i++) {
		rc = fill(s, &end);
		if (rc < 0)
			return;
		sent = conn_frames(c, lp->frames, lp->nout, &taken);
		if (sent >= 0)
			settle(s, taken, end);
		out_clear(lp);
		if (sent != 0)
			return;		/* on_writable() goes on, or closed */
		if (rc == 1) {
			s->state = STREAM_LIVE;
			s->replayed = 0;
			return;
		}
	}
	conn_work(c);
}

/* --- The live path ------------------------------------------------------- */

static void
enqueue(void *arg, struct members *ms)
{
	struct event *ev = arg;
	struct stream *s = stream_of(ms);
	struct loop *lp = s->conn->lp;
	uint32_t i;

	/* Queued already: it listens by more than one pattern. */
	if (s->state != STREAM_LIVE || s->queued == ev->at.seq)
		return;
	s->queued = ev->at.seq;
	i = ++lp->npend;
	lp->pend[i] = (struct pend){ ev, 0 };
	if (s->first == 0) {
		s->first = i;
		lp->dirty[lp->ndirty++] = s;
	} else
		lp->pend[s->last].next = i;
	s->last = i;
}

void
streams_make_room(struct loop *lp)
{
	if (lp->npend + lp->nstreams >= lp->pend_cap)
		streams_flush(lp);
}

void
streams_dispatch(struct loop *lp, struct event *ev)
{
	uint32_t before = lp->npend;

	if (ev->topic.len == 0 || lp->nstreams == 0)
		return;
	topics_each(lp->topics, ev->topic, enqueue, ev);
	log_debug("row %" PRId64 " is for %" PRIu32 " streams", ev->at.seq,
	    lp->npend - before);
}

static void
flush_one(struct loop *lp, struct stream *s, struct position head)
{
	struct event *first = lp->pend[s->first].ev;
	struct conn *c = s->conn;
	uint32_t i = s->first;
	unsigned taken;
	int sent;

	out_clear(lp);
	s->first = s->last = 0;
	for (; i != 0 && lp->nout < OUT_FRAMES - 8; i = lp->pend[i].next)
		if (lp->pend[i].ev->superseded == 0)
			gather(s, lp->pend[i].ev);
	/* More than one write may hold is left to catching up. */
	if (i != 0)
		head = ring_before(&lp->ring,
		    ring_after(&lp->ring, lp->pend[i].ev->at.seq - 1));
	if (lp->nout == 0 && i == 0)
		return;
	if (s->poll) {
		poll_answer(s, head);
		return;
	}
	sent = conn_frames(c, lp->frames, lp->nout, &taken);
	if (sent < 0 || (sent == 0 && i == 0))
		return;
	s->state = STREAM_BEHIND;
	s->replayed = 0;
	s->at = ring_before(&lp->ring,
	    ring_after(&lp->ring, first->at.seq - 1));
	settle(s, taken, head);
	if (sent == 0)
		conn_work(c);
}

/* A write costs so much cache that each stream is met cold: those of the next
 * turns are called for while the kernel is busy with this one. */
static void
call_for(struct stream *const *dirty, uint32_t n)
{
	if (n > 2)
		__builtin_prefetch(dirty[2]);
	if (n > 1)
		__builtin_prefetch(dirty[1]->conn);
}

void
streams_flush(struct loop *lp)
{
	struct position head = lp->ring.head;
	uint32_t i;

	for (i = 0; i < lp->ndirty; i++) {
		call_for(&lp->dirty[i], lp->ndirty - i);
		flush_one(lp, lp->dirty[i], head);
	}
	out_clear(lp);
	lp->ndirty = 0;
	lp->npend = 0;
}
