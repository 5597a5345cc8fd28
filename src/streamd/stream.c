/*
 * OPENING --stream_open(), resume()--> LIVE or BEHIND
 * LIVE   --flush_one(): the socket is full--> BEHIND
 * BEHIND --stream_work(): given all of ring and outbox--> LIVE
 * BEHIND --retention passed it: stream_lost()--> LIVE, told stale
 * any    --conn_close(), conn_finish()--> freed
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/audience.h"
#include "streamd/stream.h"

#define PEND_MIN	(256u << 10)
#define ID_SLOT		(CONN_ID_BYTES - sizeof(uint32_t))

/* --- Opening ------------------------------------------------------------- */

/* The live path never allocates: room for everybody is made here. */
static int
make_room(struct loop *lp)
{
	uint32_t n = lp->nslots > 0 ? lp->nslots * 2 : 64, i, cap;
	struct stream **slots, **dirty;
	struct pend *pend;

	if (lp->free_slot != UINT32_MAX)
		return 0;
	slots = realloc(lp->slots, n * sizeof(*slots));
	if (slots == NULL)
		return LVT_ENOMEM;
	lp->slots = slots;
	dirty = realloc(lp->dirty, n * sizeof(*dirty));
	if (dirty == NULL)
		return LVT_ENOMEM;
	lp->dirty = dirty;
	cap = 2 * n > PEND_MIN ? 2 * n : PEND_MIN;
	if (cap > lp->pend_cap) {
		pend = realloc(lp->pend, (cap + 1) * sizeof(*pend));
		if (pend == NULL)
			return LVT_ENOMEM;
		lp->pend = pend;
		lp->pend_cap = cap;
	}
	/* A free slot holds the index of the next one, as an odd number. */
	for (i = n; i > lp->nslots; i--) {
		lp->slots[i - 1] = (struct stream *)(((uintptr_t)
		    lp->free_slot << 1) | 1);
		lp->free_slot = i - 1;
	}
	lp->nslots = n;
	return 0;
}

static struct stream *
create(struct conn *c)
{
	struct loop *lp = c->lp;
	struct stream *s;

	if (make_room(lp) != 0 || (s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->conn = c;
	s->slot = lp->free_slot;
	lp->free_slot = (uint32_t)((uintptr_t)lp->slots[s->slot] >> 1);
	lp->slots[s->slot] = s;
	lp->nstreams++;
	/* Its first letter is always the same, so that an id is not taken for
	 * something else that begins otherwise; the slot is at its end. */
	randombytes_buf(s->id, sizeof(s->id));
	s->id[0] &= 3;
	memcpy(s->id + ID_SLOT, &s->slot, sizeof(s->slot));
	c->stream = s;
	return s;
}

static void
id_text(const struct stream *s, char text[CONN_ID_TEXT + 1])
{
	view_text(s->id, text);
}

struct stream *
stream_find(struct loop *lp, struct str id)
{
	unsigned char raw[CONN_ID_BYTES];
	struct stream *s;
	uint32_t slot;

	if (view_parse(id.s, id.len, raw) != 0)
		return NULL;
	memcpy(&slot, raw + ID_SLOT, sizeof(slot));
	if (slot >= lp->nslots || (uintptr_t)lp->slots[slot] & 1)
		return NULL;
	s = lp->slots[slot];
	return sodium_memcmp(s->id, raw, sizeof(raw)) == 0 ? s : NULL;
}

void
stream_free(struct stream *s)
{
	struct loop *lp;
	struct follow *f;
	char id[CONN_ID_TEXT + 1];

	if (s == NULL)
		return;
	lp = s->conn->lp;
	s->conn->stream = NULL;
	if (s->present && lp->presence != NULL) {
		id_text(s, id);
		presence_drop(lp->presence, id);
	}
	topics_drop(lp->topics, &s->members);
	lp->slots[s->slot] = (struct stream *)(((uintptr_t)lp->free_slot << 1)
	    | 1);
	lp->free_slot = s->slot;
	lp->nstreams--;
	while ((f = s->follows) != NULL) {
		s->follows = f->next;
		free(f);
	}
	free(s->grants);
	free(s);
}

static const char *
keep(char **to, const char *z)
{
	size_t n = strlen(z) + 1;
	char *kept = memcpy(*to, z, n);

	*to += n;
	return kept;
}

static int
join_scope(struct stream *s, const struct follow *f, const char *prefix,
    const char *who)
{
	struct buf *b = &s->conn->lp->text;
	char scope[512];
	int n = snprintf(scope, sizeof(scope), "%s%s", prefix, who);

	if (n < 0 || (size_t)n >= 256)	/* filter_make() has that room */
		return LVT_ETOOBIG;
	buf_clear(b);
	topics_page(b, str_z(f->app), str_z(f->page), str_z(scope));
	return b->failed ? b->failed : topics_join(s->conn->lp->topics,
	    (struct str){ b->s, b->len }, &s->members, s);
}

static int
follow_page(struct stream *s, const struct stream_open *o)
{
	const struct grant *g = o->grant;
	struct follow *f;
	char *text;

	f = calloc(1, sizeof(*f) + strlen(g->app) + strlen(o->page) +
	    strlen(g->group) + strlen(g->user) + 4);
	if (f == NULL)
		return LVT_ENOMEM;
	text = f->text;
	f->app = keep(&text, g->app);
	f->page = keep(&text, o->page);
	f->group = keep(&text, g->group);
	f->user = keep(&text, g->user);
	f->stand.group = audience_hash(f->group, NULL);
	f->stand.user = audience_hash(f->group, f->user);
	if (o->view != NULL) {
		memcpy(f->stand.view, o->view, VIEW_BYTES);
		f->known = VIEW_KNOWN;
	}
	s->follows = f;
	if (*f->page == '\0')
		return 0;
	if (join_scope(s, f, "*", "") != 0 ||
	    join_scope(s, f, "g:", f->group) != 0)
		return LVT_ENOMEM;
	return *f->user != '\0' ? join_scope(s, f, "u:", f->user) : 0;
}

static int
keep_grants(struct stream *s, const struct grant *g)
{
	struct buf b;
	size_t i;

	if (json_array_size(g->channels) == 0)
		return 0;
	buf_init(&b);
	for (i = 0; i < json_array_size(g->channels); i++) {
		buf_puts(&b, json_string_value(json_array_get(g->channels,
		    i)));
		buf_putc(&b, '\0');
	}
	s->grants = buf_detach(&b, NULL);
	return s->grants != NULL ? 0 : LVT_ENOMEM;
}

void
stream_present(struct stream *s)
{
	const struct follow *f = s->follows;
	struct presence row;
	char id[CONN_ID_TEXT + 1];

	if (*f->page == '\0' || s->conn->lp->presence == NULL)
		return;
	id_text(s, id);
	memset(&row, 0, sizeof(row));
	row.conn = id;
	row.at = (struct place){ f->app, f->page, f->group, f->user };
	if (f->known == VIEW_KNOWN)
		view_text(f->stand.view, row.view);
	presence_add(s->conn->lp->presence, &row);
	s->present = true;
}

/* Nearly always memory can tell. */
bool
loop_knows(struct loop *lp, struct position p)
{
	if (ring_covers(&lp->ring, p.seq)) {
		size_t i = ring_after(&lp->ring, p.seq);
		struct position q = ring_before(&lp->ring, i);

		return q.seq == p.seq && q.tag == p.tag;
	}
	return store_position_check(lp->store, p, NULL) == 0;
}

/* Where to go on from. 0, or LVT_ESTALE: start at the head, told stale. */
static int
resume(struct stream *s, const struct stream_open *o)
{
	struct loop *lp = s->conn->lp;
	struct position p;

	s->at = lp->ring.head;
	if (o->bad_after)
		return LVT_ESTALE;
	if (o->after == NULL)
		return 0;
	p = *o->after;
	if (p.seq == s->at.seq && p.tag == s->at.tag)
		return 0;
	if (p.seq > s->at.seq || p.seq < o->grant->from.seq ||
	    !loop_knows(lp, p))
		return LVT_ESTALE;
	s->at = p;
	s->state = STREAM_BEHIND;
	if (!ring_covers(&lp->ring, p.seq))
		lp->count.replays++;
	return 0;
}

static int
start_events(struct stream *s)
{
	struct loop *lp = s->conn->lp;
	char id[CONN_ID_TEXT + 1], head[POSITION_TEXT], first[320];
	int n;

	id_text(s, id);
	position_text(lp->ring.head, head);
	n = snprintf(first, sizeof(first), "retry: %" PRIu32 "\n\n",
	    loop_retry(lp));
	/* One that starts here has a position from its first event on. */
	if (s->state == STREAM_LIVE)
		n += snprintf(first + n, sizeof(first) - (size_t)n,
		    "id: %s\n", head);
	n += snprintf(first + n, sizeof(first) - (size_t)n, "event: welcome\n"
	    "data: {\"conn\":\"%s\",\"head\":\"%s\",\"heartbeat\":%" PRId64
	    "}\n\n", id, head, lp->opt->heartbeat_ms);
	return conn_stream(s->conn, (struct str){ first, (size_t)n });
}

static int
set_up(struct stream *s, const struct stream_open *o)
{
	const char *p;
	int rc = keep_grants(s, o->grant);

	s->poll = o->poll;
	s->expires_s = o->grant->expires_s < UINT32_MAX ?
	    (uint32_t)o->grant->expires_s : UINT32_MAX;
	if (rc == 0)
		rc = follow_page(s, o);
	for (p = o->channels; rc == 0 && *p != '\0'; p += strlen(p) + 1)
		rc = stream_subscribe(s, str_z(p));
	return rc;
}

void
stream_open(struct conn *c, const struct stream_open *o)
{
	struct loop *lp = c->lp;
	struct stream *s;
	bool stale;
	int rc;

	/* The worker's page may be ahead of what the tail has read. This may
	 * close other streams, so it comes first. */
	if (o->after != NULL && o->after->seq > lp->ring.head.seq)
		tail_read(lp);
	s = create(c);
	rc = s != NULL ? set_up(s, o) : LVT_ENOMEM;
	if (rc != 0) {
		stream_free(s);
		conn_refuse(c, rc == LVT_EDENIED ? 403 :
		    rc == LVT_ENOMEM ? 503 : 400, rc == LVT_EDENIED ?
		    "the token does not grant this channel" :
		    rc == LVT_ENOMEM ? "out of memory" :
		    "this is not a channel pattern");
		return;
	}
	stale = resume(s, o) != 0;
	lp->count.opened++;
	stream_present(s);
	if (o->poll) {
		c->state = CONN_WAITING;
		conn_set_timer(c, lp->opt->wait_ms);
	} else if (start_events(s) != 0)
		return;
	if (stale)
		stream_lost(s, "position is not known here");
	else
		stream_work(s);
}

/* --- What the companion says of itself ----------------------------------- */

/* A stale that names no page: everything, channel events too. */
void
stream_lost(struct stream *s, const char *why)
{
	struct conn *c = s->conn;
	struct loop *lp = c->lp;
	struct follow *f;
	char from[POSITION_TEXT], to[POSITION_TEXT], text[512];
	int n, at;

	for (f = s->follows; f != NULL; f = f->next)
		f->known = VIEW_TOLD;
	position_text(s->at, from);
	position_text(lp->ring.head, to);
	lp->count.stale++;
	at = snprintf(text, sizeof(text), s->poll ?
	    "[{\"id\":\"%s\",\"event\":\"stale\",\"data\":" :
	    "id: %s\nevent: stale\ndata: ", to);
	n = at + snprintf(text + at, sizeof(text) - (size_t)at,
	    "{\"spread\":%" PRIu32 ",\"why\":\"%s\",\"gap\":"
	    "{\"from\":\"%s\",\"to\":\"%s\"}}%s", (uint32_t)
	    ((uint64_t)lp->nstreams * 1000 / (uint64_t)lp->opt->sync_rate),
	    why, from, to, s->poll ? "}]" : "\n\n");
	s->at = lp->ring.head;
	s->replayed = 0;
	if (s->poll) {
		poll_reply(c, lp->ring.head, (struct str){ text, (size_t)n });
		return;
	}
	s->state = c->rest != NULL ? STREAM_BEHIND : STREAM_LIVE;
	conn_body(c, text, (size_t)n);
}

void
stream_heartbeat(struct stream *s)
{
	char text[POSITION_TEXT + 32], id[POSITION_TEXT];
	int n;

	if (s->state != STREAM_LIVE)
		return;
	/* With the position: a quiet stream's does not fall behind what is
	 * retained. A block without data is no event. */
	position_text(s->conn->lp->ring.head, id);
	n = snprintf(text, sizeof(text), "id: %s\n: heartbeat\n\n", id);
	conn_body(s->conn, text, (size_t)n);
}

void
streams_lost(struct loop *lp, const char *why)
{
	struct conn *c, *next;

	for (c = lp->conns; c != NULL; c = next) {
		next = c->next;
		if (c->stream != NULL)
			stream_lost(c->stream, why);
	}
}

void
streams_revoke(struct loop *lp, const struct event *ev)
{
	struct conn *c, *next;
	const struct follow *f;

	for (c = lp->conns; c != NULL; c = next) {
		next = c->next;
		if (c->stream == NULL)
			continue;
		f = c->stream->follows;
		if (str_is(ev->app, f->app) &&
		    ((ev->user.len > 0 && str_is(ev->user, f->user)) ||
		    (ev->group.len > 0 && str_is(ev->group, f->group))))
			conn_close(c);
	}
}

/* An event again, at the position that the stream has. */
static void
repeat(struct stream *s, const struct frame *f, struct position at)
{
	struct buf b;
	char id[POSITION_TEXT];

	position_text(at, id);
	buf_init(&b);
	buf_printf(&b, "id: %s\nevent: %s\ndata: ", id, frame_name(f->kind));
	buf_add(&b, f->p + f->data, f->len - f->data);
	if (b.failed)
		conn_close(s->conn);
	else
		conn_body(s->conn, b.s, b.len);
	buf_release(&b);
}

/* --- What the client says ------------------------------------------------ */

/* Rows between what the view contains and what was passed already. None: good.
 * One that leads on from the view: send it again, at the stream's position,
 * since positions never go back. Otherwise the client syncs once more. */
static void
close_gap(struct stream *s, struct follow *f, struct position upto)
{
	struct loop *lp = s->conn->lp;
	struct ring *r = &lp->ring;
	struct event *found = NULL;
	const struct variant *v;
	size_t i;

	if (f->at >= upto.seq)
		return;
	if (!ring_covers(r, f->at)) {
		stream_lost(s, "the view is too old");
		return;
	}
	for (i = ring_after(r, f->at); i < r->n; i++) {
		struct event *ev = ring_at(r, i);

		if (ev->at.seq > upto.seq)
			break;
		if (ev->kind != OUTBOX_PAGE || !stream_listens(s, ev) ||
		    event_leads_to(ev, &f->stand))
			continue;
		if (found != NULL) {
			stream_lost(s, "the view was passed");
			return;
		}
		found = ev;
	}
	f->at = upto.seq;
	if (found == NULL)
		return;
	v = event_from(found, &f->stand);
	if (v == NULL || s->poll) {
		stream_lost(s, "the view was passed");
		return;
	}
	memcpy(f->stand.view, v->view, VIEW_BYTES);
	repeat(s, &v->frame, upto);
}

void
stream_set_view(struct stream *s, const unsigned char *view,
    const struct position *at)
{
	struct loop *lp = s->conn->lp;
	struct follow *f = s->follows;

	memcpy(f->stand.view, view, VIEW_BYTES);
	f->known = VIEW_KNOWN;
	f->at = at->seq;
	stream_present(s);
	if (at->seq > lp->ring.head.seq || (at->seq > 0 &&
	    !loop_knows(lp, *at))) {
		f->at = 0;
		stream_lost(s, "position is not known here");
		return;
	}
	close_gap(s, f, s->state == STREAM_LIVE ? lp->ring.head : s->at);
}

void
stream_leave(struct stream *s)
{
	struct conn *c = s->conn;

	c->lp->count.left++;
	if (c->state == CONN_STREAMING)
		conn_finish(c);
	else
		conn_close(c);
}

int
stream_subscribe(struct stream *s, struct str pattern)
{
	const char *p = s->grants;
	int rc;

	if (!channel_pattern_is_valid(pattern.s, pattern.len))
		return LVT_EINVALID;
	if (s->nchannels >= GRANT_CHANNELS_MAX)
		return LVT_ETOOBIG;
	while (p != NULL && *p != '\0' && !topics_covers(str_z(p), pattern))
		p += strlen(p) + 1;
	if (p == NULL || *p == '\0')
		return LVT_EDENIED;
	rc = topics_join(s->conn->lp->topics, pattern, &s->members, s);
	if (rc == 0)
		s->nchannels++;
	return rc;
}

void
stream_unsubscribe(struct stream *s, struct str pattern)
{
	if (!channel_pattern_is_valid(pattern.s, pattern.len))
		return;
	if (topics_leave(s->conn->lp->topics, pattern, &s->members))
		s->nchannels--;
}
