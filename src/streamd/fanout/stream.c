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

#include "base/log.h"
#include "streamd/fanout/stream.h"

#define PEND_MIN	(256u << 10)
#define ID_SLOT		(CONN_ID_BYTES - sizeof(uint32_t))

/* --- Opening ------------------------------------------------------------- */

/* The live path never allocates: room for everybody is made here. */
static int
make_room(struct loop *lp)
{
	uint32_t n = lp->nslots > 0 ? lp->nslots * 2 : 64, i, cap;
	struct stream **slots, **dirty;
	struct whose *whose;
	struct pend *pend;

	if (lp->free_slot != UINT32_MAX)
		return 0;
	slots = realloc(lp->slots, n * sizeof(*slots));
	if (slots == NULL)
		return LVT_ENOMEM;
	lp->slots = slots;
	whose = realloc(lp->whose, n * sizeof(*whose));
	if (whose == NULL)
		return LVT_ENOMEM;
	lp->whose = whose;
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
	lp->whose[s->slot] = (struct whose){ 0, 0 };
	lp->nstreams++;
	c->stream = s;
	return s;
}

/* Its first letter is always the same, so that an id is not taken for
 * something else that begins otherwise; the slot is at its end. That of a
 * long-poll is told to nobody, so it need not be hard to guess. */
static void
make_id(struct stream *s)
{
	if (s->poll)
		memcpy(s->id, &s->conn->lp->count.opened, sizeof(uint64_t));
	else
		randombytes_buf(s->id, sizeof(s->id));
	s->id[0] &= 3;
	memcpy(s->id + ID_SLOT, &s->slot, sizeof(s->slot));
}

static void
id_text(const struct stream *s, char text[CONN_ID_TEXT + 1])
{
	view_text(s->id, text);
}

/* Who comes and goes, and how many there are with it; polls do all the time. */
static void
log_stream(const struct stream *s, const char *what, uint32_t streams)
{
	char id[CONN_ID_TEXT + 1];

	if (s->poll)
		return;
	id_text(s, id);
	log_debug("stream %s %s: %" PRIu32, id, what, streams);
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
	return !s->poll && sodium_memcmp(s->id, raw, sizeof(raw)) == 0 ? s :
	    NULL;
}

/* --- Who hears a channel ------------------------------------------------- */

/* Rows of presence beside those of pages, for tokens that ask for it. */
static void
hear(struct stream *s, struct str pattern, bool there)
{
	char conn[CONN_ID_TEXT + CHANNEL_MAX + 2];
	char page[sizeof(STORE_HEARS) + CHANNEL_MAX];
	const struct follow *f;
	struct presence row;

	if (s->conn->lp->presence == NULL || pattern.len > CHANNEL_MAX)
		return;
	id_text(s, conn);
	snprintf(conn + CONN_ID_TEXT, sizeof(conn) - CONN_ID_TEXT,
	    "/" STR_FMT, STR_ARG(pattern));
	if (!there) {
		presence_drop(s->conn->lp->presence, conn);
		return;
	}
	if ((f = follow_counted(s, pattern)) == NULL)
		return;
	snprintf(page, sizeof(page), STORE_HEARS STR_FMT, STR_ARG(pattern));
	memset(&row, 0, sizeof(row));
	row.conn = conn;
	row.at = (struct place){ follow_app(f), page, follow_group(f),
	    follow_user(f) };
	presence_add(s->conn->lp->presence, &row);
	s->heard = true;
}

static void
hear_all(struct stream *s, bool there)
{
	uint32_t i;

	for (i = 0; i < s->members.n; i++) {
		struct str name = topics_name(&s->members.list[i]);

		if (!topics_is_page(name))
			hear(s, name, there);
	}
}

void
stream_free(struct stream *s)
{
	struct loop *lp;

	if (s == NULL)
		return;
	lp = s->conn->lp;
	s->conn->stream = NULL;
	if (s->heard)
		hear_all(s, false);
	topics_drop(lp->topics, &s->members);
	lp->slots[s->slot] = (struct stream *)(((uintptr_t)lp->free_slot << 1)
	    | 1);
	lp->free_slot = s->slot;
	lp->nstreams--;
	log_stream(s, "ends", lp->nstreams);
	follow_free_all(s);
	free(s);
}

void
stream_present(struct stream *s)
{
	struct follow *f;

	for (f = s->follows; f != NULL; f = f->next)
		follow_present(s, f);
	hear_all(s, true);
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
	const struct follow *f = s->follows;
	struct position p;

	s->at = lp->ring.head;
	if (o->bad_after)
		return LVT_ESTALE;
	if (o->after == NULL)
		return 0;
	p = *o->after;
	if (p.seq == s->at.seq && p.tag == s->at.tag)
		return 0;
	/* Also where it leads nowhere: from there on something may be missing. */
	s->at = p;
	/* The others begin where they may; their tabs were there already. */
	while (f != NULL && p.seq < f->from)
		f = f->next;
	if (f == NULL || p.seq > lp->ring.head.seq || !loop_knows(lp, p))
		return LVT_ESTALE;
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
set_up(struct stream *s, const struct stream_open *o, struct str *channel)
{
	const char *p;
	size_t i;
	int rc = 0;

	s->poll = o->poll;
	make_id(s);
	log_stream(s, "begins", s->conn->lp->nstreams);
	for (i = 0; rc == 0 && i < o->npages; i++)
		rc = follow_add(s, &o->pages[i]);
	for (p = o->channels; rc == 0 && *p != '\0'; p += strlen(p) + 1) {
		*channel = str_z(p);
		rc = stream_subscribe(s, *channel);
	}
	return rc;
}

void
stream_refuse(struct conn *c, int rc, struct str channel)
{
	static const struct { int rc, status; const char *why; } rows[] = {
		{ LVT_EDENIED, 403, "the token does not grant this channel" },
		{ LVT_ENOMEM, 503, "out of memory" },
		{ LVT_ECONFLICT, 409, "the stream is of another app, or "
		    "follows this page for somebody else" },
		{ LVT_ETOOBIG, 409, "the stream follows as much as it may" },
		{ 0, 400, "this is not a list of channel patterns" },
	};
	char why[128 + CHANNEL_MAX];
	size_t i = 0;

	while (rows[i].rc != 0 && rows[i].rc != rc)
		i++;
	if (channel.len > CHANNEL_MAX)
		channel.len = CHANNEL_MAX;
	snprintf(why, sizeof(why), "%s%s" STR_FMT, rows[i].why,
	    channel.len > 0 ? ": " : "", STR_ARG(channel));
	conn_refuse(c, rows[i].status, why);
}

void
stream_open(struct conn *c, const struct stream_open *o)
{
	struct loop *lp = c->lp;
	struct str channel = STR_NULL;
	struct stream *s;
	bool stale;
	int rc;

	/* The worker's page may be ahead of what the tail has read. This may
	 * close other streams, so it comes first. */
	if (o->after != NULL && o->after->seq > lp->ring.head.seq)
		tail_read(lp);
	s = create(c);
	rc = s != NULL ? set_up(s, o, &channel) : LVT_ENOMEM;
	if (rc != 0) {
		stream_free(s);
		stream_refuse(c, rc, channel);
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
	else if (follow_tell_old(s) == 0)
		stream_work(s);
}

/* --- What the companion says of itself ----------------------------------- */

/* A stale that names no page: everything, channel events too. */
void
stream_lost(struct stream *s, const char *why)
{
	struct conn *c = s->conn;
	struct loop *lp = c->lp;
	char from[POSITION_TEXT], to[POSITION_TEXT], text[512];
	int n, at;

	follow_restart(s, lp->ring.head.seq);
	s->queued = 0;		/* in another history its number comes again */
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

struct position
stream_position(const struct stream *s)
{
	return s->state == STREAM_LIVE ? s->conn->lp->ring.head : s->at;
}

static int
tell_stale(struct stream *s, const char *page, struct position at,
    const char *why, bool left)
{
	char *data = stale_text(str_z(page), 0, why, left);
	char id[POSITION_TEXT];
	struct buf b;
	int rc = -1;

	position_text(at, id);
	buf_init(&b);
	buf_printf(&b, s->poll ?
	    "[{\"id\":\"%s\",\"event\":\"stale\",\"data\":%s}]" :
	    "id: %s\nevent: stale\ndata: %s\n\n", id,
	    data != NULL ? data : "");
	s->conn->lp->count.stale++;
	if (data == NULL || b.failed)
		conn_close(s->conn);
	else if (s->poll)
		poll_reply(s->conn, at, (struct str){ b.s, b.len });
	else
		rc = conn_body(s->conn, b.s, b.len);
	buf_release(&b);
	free(data);
	return rc;
}

int
stream_stale(struct stream *s, const char *page, struct position at,
    const char *why)
{
	return tell_stale(s, page, at, why, false);
}

int
stream_left(struct stream *s, const char *page, const char *why)
{
	return tell_stale(s, page, stream_position(s), why, true);
}

/* A block without data is no event, but moves the position: a quiet stream's
 * does not fall behind what is retained, or what its tokens may replay. */
static void
tell_position(struct stream *s, const char *comment)
{
	char text[POSITION_TEXT + 32], id[POSITION_TEXT];
	int n;

	if (s->state != STREAM_LIVE)
		return;
	position_text(s->conn->lp->ring.head, id);
	n = snprintf(text, sizeof(text), "id: %s\n%s\n", id, comment);
	conn_body(s->conn, text, (size_t)n);
}

void
stream_tell_position(struct stream *s)
{
	tell_position(s, "");
}

void
stream_heartbeat(struct stream *s)
{
	tell_position(s, ": heartbeat\n");
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
	struct whose w = follow_whose(ev->group, ev->user);
	uint32_t i;

	/* Most need no look at the stream: a row is read in no time. */
	for (i = 0; i < lp->nslots; i++)
		if ((lp->whose[i].group == w.group ||
		    lp->whose[i].user == w.user ||
		    lp->whose[i].group == 0) &&
		    ((uintptr_t)lp->slots[i] & 1) == 0)
			follow_revoke(lp->slots[i], ev);
}

/* --- What the client says ------------------------------------------------ */

void
stream_leave(struct stream *s)
{
	s->conn->lp->count.left++;
	conn_finish(s->conn);
}

int
stream_may_hear(const struct stream *s, const struct grant *more,
    struct str pattern)
{
	if (!channel_pattern_is_valid(pattern.s, pattern.len))
		return LVT_EINVALID;
	return follow_grants(s, pattern) || (more != NULL &&
	    grant_has_channel(more, pattern)) ? 0 : LVT_EDENIED;
}

int
stream_subscribe(struct stream *s, struct str pattern)
{
	bool more = !topics_has(&s->members, pattern);
	int rc = stream_may_hear(s, NULL, pattern);

	if (rc != 0)
		return rc;
	if (more && s->nchannels >= GRANT_CHANNELS_MAX)
		return LVT_ETOOBIG;
	rc = topics_join(s->conn->lp->topics, pattern, &s->members);
	if (rc == 0) {
		s->nchannels += more;
		hear(s, pattern, true);
	}
	return rc;
}

void
stream_unsubscribe(struct stream *s, struct str pattern)
{
	if (topics_is_page(pattern) || !topics_has(&s->members, pattern))
		return;
	/* The last to leave takes the name with it, which this may be. */
	if (s->heard)
		hear(s, pattern, false);
	topics_leave(s->conn->lp->topics, pattern, &s->members);
	s->nchannels--;
}
