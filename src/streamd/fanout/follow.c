#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

#include "base/audience.h"
#include "streamd/fanout/stream.h"

#define ID_MAX		(CONN_ID_TEXT + 16)
#define REPEAT_MAX	256		/* rows handed over again */
#define TOO_OLD		"the view is too old"

struct follow *
follow_find(const struct stream *s, const char *page)
{
	struct follow *f = s->follows;

	while (f != NULL && strcmp(follow_page(f), page) != 0)
		f = f->next;
	return f;
}

/* --- Scopes of a page ---------------------------------------------------- */

struct scopes {
	char text[3][SCOPE_MAX];
	int n;
};

static int
scopes_of(const struct follow *f, struct scopes *o)
{
	const char *const rows[][2] = {
		{ "*", "" }, { "g:", follow_group(f) }, { "u:", follow_user(f) },
	};
	int i, n, all = *follow_page(f) == '\0' ? 0 : *follow_user(f) == '\0' ? 2 : 3;

	for (i = 0; i < all; i++) {
		n = snprintf(o->text[i], SCOPE_MAX, "%s%s", rows[i][0],
		    rows[i][1]);
		if (n < 0 || n >= SCOPE_MAX)
			return LVT_ETOOBIG;
	}
	o->n = all;
	return 0;
}

static struct str
topic_of(struct stream *s, const struct follow *f, const char *scope)
{
	struct buf *b = &s->conn->lp->text;

	buf_clear(b);
	topics_page(b, str_z(follow_app(f)), str_z(follow_page(f)), str_z(scope));
	return b->failed ? STR_NULL : (struct str){ b->s, b->len };
}

static void
leave_scopes(struct stream *s, const struct follow *f)
{
	struct scopes sc;
	int i;

	if (scopes_of(f, &sc) != 0)
		return;
	for (i = 0; i < sc.n; i++)
		topics_leave(s->conn->lp->topics, topic_of(s, f, sc.text[i]),
		    &s->members);
}

static int
join_scopes(struct stream *s, const struct follow *f)
{
	struct scopes sc;
	int i, rc = scopes_of(f, &sc);

	for (i = 0; rc == 0 && i < sc.n; i++) {
		struct str topic = topic_of(s, f, sc.text[i]);

		rc = topic.s == NULL ? LVT_ENOMEM : topics_join(
		    s->conn->lp->topics, topic, &s->members);
	}
	return rc;
}

/* --- Coming and going ---------------------------------------------------- */

/* Where it is put. */
static uint16_t
keep(struct buf *b, const char *z)
{
	uint16_t at = (uint16_t)b->len;

	buf_add(b, z, strlen(z) + 1);
	return at;
}

/* All texts, one behind the other. */
static int
put_texts(struct follow *f, struct buf *b, const struct stream_page *p)
{
	const struct grant *g = p->grant;
	size_t i;

	keep(b, g->app);
	f->page = keep(b, p->page);
	f->group = keep(b, g->group);
	f->user = keep(b, g->user);
	f->grants = (uint16_t)b->len;
	for (i = 0; i < json_array_size(g->channels); i++)
		keep(b, json_string_value(json_array_get(g->channels, i)));
	buf_putc(b, '\0');
	return b->failed ? LVT_ENOMEM : b->len > UINT16_MAX ? LVT_ETOOBIG : 0;
}

static struct follow *
create(struct loop *lp, const struct stream_page *p)
{
	const struct grant *g = p->grant;
	struct follow head = { .stand = {
	    .group = audience_hash(g->group, NULL),
	    .user = audience_hash(g->group, g->user) } }, *f;

	head.at = p->at;
	head.from = g->from.seq;
	head.counted = g->counted;
	head.expires_s = g->expires_s < UINT32_MAX ?
	    (uint32_t)g->expires_s : UINT32_MAX;
	if (p->view != NULL) {
		memcpy(head.stand.view, p->view, VIEW_BYTES);
		head.known = VIEW_KNOWN;
	}
	buf_clear(&lp->text);
	if (put_texts(&head, &lp->text, p) != 0)
		return NULL;
	f = malloc(offsetof(struct follow, text) + lp->text.len);
	if (f == NULL)
		return NULL;
	memcpy(f, &head, offsetof(struct follow, text));
	memcpy(f->text, lp->text.s, lp->text.len);
	return f;
}

struct whose
follow_whose(struct str group, struct str user)
{
	return (struct whose){
		(uint32_t)XXH3_64bits(group.s, group.len) | 1,
		user.len > 0 ? (uint32_t)XXH3_64bits(user.s, user.len) | 1 :
		    2,		/* nobody's */
	};
}

/* What the loop knows of a stream without looking at its pages. */
static void
sum_up(struct stream *s)
{
	const struct follow *f = s->follows;

	s->conn->lp->whose[s->slot] = f->next != NULL ?
	    (struct whose){ 0, 0 } :
	    follow_whose(str_z(follow_group(f)), str_z(follow_user(f)));

	s->expires_s = UINT32_MAX;
	s->from = 0;
	for (f = s->follows; f != NULL; f = f->next) {
		if (f->expires_s < s->expires_s)
			s->expires_s = f->expires_s;
		if (f->from > s->from)
			s->from = f->from;
	}
}

static bool
grants(const struct follow *f, struct str pattern)
{
	const char *p;

	for (p = f->text + f->grants; *p != '\0'; p += strlen(p) + 1)
		if (topics_covers(str_z(p), pattern))
			return true;
	return false;
}

bool
follow_grants(const struct stream *s, struct str pattern)
{
	const struct follow *f;

	for (f = s->follows; f != NULL; f = f->next)
		if (grants(f, pattern))
			return true;
	return false;
}

bool
follow_hears(const struct stream *s, const struct event *ev)
{
	const struct follow *f;

	if (ev->at.seq > s->from)
		return true;
	for (f = s->follows; f != NULL; f = f->next)
		if (ev->at.seq > f->from && grants(f, ev->topic))
			return true;
	return false;
}

const struct follow *
follow_counted(const struct stream *s, struct str pattern)
{
	const struct follow *f;
	const char *p;

	for (f = s->follows; f != NULL; f = f->next)
		for (p = f->text + f->grants; f->counted && *p != '\0';
		    p += strlen(p) + 1)
			if (topics_covers(str_z(p), pattern))
				return f;
	return NULL;
}

/* Channels that no token grants any more. */
static void
leave_channels(struct stream *s)
{
	uint32_t i;

	for (i = s->members.n; i-- > 0; ) {
		struct str name = topics_name(&s->members.list[i]);

		if (!topics_is_page(name) && !follow_grants(s, name))
			stream_unsubscribe(s, name);
	}
}

/* A fresh token, and perhaps another view, for what is followed already. */
static void
renew(struct stream *s, struct follow **at, struct follow *fresh)
{
	struct follow *old = *at;

	fresh->nth = old->nth;
	fresh->present = old->present;
	if (old->from < fresh->from)
		fresh->from = old->from;
	if (fresh->known == VIEW_UNKNOWN) {
		fresh->known = old->known;
		fresh->stand = old->stand;
		fresh->at = old->at;
	}
	fresh->next = old->next;
	*at = fresh;
	free(old);
	leave_channels(s);
	sum_up(s);
}

/* May f be followed beside what is followed, old being the same page? */
static bool
fits(const struct stream *s, const struct follow *old,
    const struct follow *f)
{
	if (s->follows != NULL &&
	    strcmp(follow_app(s->follows), follow_app(f)) != 0)
		return false;
	return old == NULL ||
	    (strcmp(follow_group(old), follow_group(f)) == 0 &&
	    strcmp(follow_user(old), follow_user(f)) == 0);
}

int
follow_add(struct stream *s, const struct stream_page *p)
{
	struct follow **at = &s->follows, *f = create(s->conn->lp, p);
	int rc, n = 0;

	if (f == NULL)
		return LVT_ENOMEM;
	for (; *at != NULL && strcmp(follow_page(*at), p->page) != 0; n++)
		at = &(*at)->next;
	rc = n == FOLLOWS_MAX ? LVT_ETOOBIG : fits(s, *at, f) ? 0 :
	    LVT_ECONFLICT;
	if (rc == 0 && *at != NULL) {
		renew(s, at, f);
		return 0;
	}
	if (rc == 0 && (rc = join_scopes(s, f)) != 0)
		leave_scopes(s, f);
	if (rc != 0) {
		free(f);
		return rc;
	}
	f->nth = s->nth++;
	*at = f;
	sum_up(s);
	return 0;
}

static void
id_text(const struct stream *s, const struct follow *f, char id[ID_MAX])
{
	view_text(s->id, id);
	if (f->nth > 0)
		snprintf(id + CONN_ID_TEXT, ID_MAX - CONN_ID_TEXT, ".%u",
		    (unsigned)f->nth);
}

static void
drop(struct stream *s, struct follow *f)
{
	struct loop *lp = s->conn->lp;
	char id[ID_MAX];

	if (f->present && lp->presence != NULL) {
		id_text(s, f, id);
		presence_drop(lp->presence, id);
	}
	free(f);
}

void
follow_remove(struct stream *s, struct follow *f)
{
	struct follow **at = &s->follows;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	leave_scopes(s, f);
	drop(s, f);
	leave_channels(s);
	sum_up(s);
}

void
follow_free_all(struct stream *s)
{
	struct follow *f;

	while ((f = s->follows) != NULL) {
		s->follows = f->next;
		drop(s, f);
	}
}

/* --- Views --------------------------------------------------------------- */

void
follow_present(struct stream *s, struct follow *f)
{
	struct presence row;
	char id[ID_MAX];

	if (*follow_page(f) == '\0' || s->conn->lp->presence == NULL)
		return;
	id_text(s, f, id);
	memset(&row, 0, sizeof(row));
	row.conn = id;
	row.at = (struct place){ follow_app(f), follow_page(f),
	    follow_group(f), follow_user(f) };
	if (f->known == VIEW_KNOWN)
		view_text(f->stand.view, row.view);
	presence_add(s->conn->lp->presence, &row);
	f->present = true;
}

/* An event again, at a position that the stream has: its own, where it differs,
 * is told within. */
static int
repeat(struct stream *s, const struct frame *fr, const struct event *ev,
    struct position upto)
{
	struct buf b;
	char id[POSITION_TEXT];
	const char *data = fr->p + fr->data;
	size_t n = fr->len - fr->data;
	int rc = -1;

	position_text(upto, id);
	buf_init(&b);
	buf_printf(&b, "id: %s\nevent: %s\ndata: ", id, frame_name(fr->kind));
	if (ev->at.seq < upto.seq && n > 2 && data[0] == '{' &&
	    data[1] != '}') {
		position_text(ev->at, id);
		buf_printf(&b, "{\"at\":\"%s\",", id);
		data++, n--;
	}
	buf_add(&b, data, n);
	if (b.failed)
		conn_close(s->conn);
	else
		rc = conn_body(s->conn, b.s, b.len);
	buf_release(&b);
	return rc;
}

/* Tells the page to sync; at: where the stream is. 0 or -1 (closed). */
static int
lost(struct stream *s, struct follow *f, struct position at,
    const char *why)
{
	f->known = VIEW_TOLD;
	f->at = at.seq;
	return stream_stale(s, follow_page(f), at, why);
}

int
follow_tell_old(struct stream *s)
{
	struct follow *f;

	for (f = s->follows; f != NULL; f = f->next)
		if (f->known == VIEW_KNOWN && f->at < f->from &&
		    lost(s, f, stream_position(s), TOO_OLD) != 0)
			return -1;
	return 0;
}

void
follow_restart(struct stream *s, int64_t head)
{
	struct follow *f;

	for (f = s->follows; f != NULL; f = f->next) {
		f->known = VIEW_TOLD;
		if (f->from > head)
			f->from = head;
	}
	sum_up(s);
}

/* One row, given by itself. 0; 1: there is no way on; -1: closed. */
static int
hand_over(struct stream *s, struct follow *f, const struct event *ev,
    struct position upto)
{
	const struct variant *v = event_from(ev, &f->stand);

	if (v == NULL)
		return event_leads_to(ev, &f->stand) ? 0 : 1;
	memcpy(f->stand.view, v->view, VIEW_BYTES);
	return repeat(s, &v->frame, ev, upto);
}

/* Rows between what the view contains and what the stream has passed are
 * handed over again, at the position that the stream has: positions never go
 * back. Where no line leads on, or the token replays none so old, the client
 * syncs once more. */
static void
close_gap(struct stream *s, struct follow *f, struct position upto)
{
	struct ring *r = &s->conn->lp->ring;
	size_t i;
	int rc = 0, n = 0;

	if (f->at >= upto.seq && f->at >= f->from)
		return;
	if (f->at < f->from || !ring_covers(r, f->at)) {
		lost(s, f, upto, TOO_OLD);
		return;
	}
	for (i = ring_after(r, f->at); i < r->n && rc == 0; i++) {
		struct event *ev = ring_at(r, i);

		if (ev->at.seq > upto.seq)
			break;
		if (ev->kind == OUTBOX_PAGE && str_is(ev->page, follow_page(f)) &&
		    stream_listens(s, ev))
			rc = n++ < REPEAT_MAX ? hand_over(s, f, ev, upto) : 1;
	}
	if (rc == 0)
		f->at = upto.seq;
	else if (rc > 0)
		lost(s, f, upto, "the view was passed");
}

void
follow_set_view(struct stream *s, struct follow *f,
    const unsigned char *view, struct position at)
{
	struct loop *lp = s->conn->lp;
	struct position upto = stream_position(s);

	if (view != NULL) {
		memcpy(f->stand.view, view, VIEW_BYTES);
		f->known = VIEW_KNOWN;
	}
	f->at = at.seq;
	follow_present(s, f);
	if (at.seq > lp->ring.head.seq || (at.seq > 0 &&
	    !loop_knows(lp, at)))
		lost(s, f, upto, "position is not known here");
	else
		close_gap(s, f, upto);
}

/* --- The end of a token -------------------------------------------------- */

/* Its tab may sync and come again; the others go on. A long-poll has no room
 * for more than one answer: the next one is refused. -1: closed. */
static int
part(struct stream *s, struct follow *f, const char *why)
{
	if (s->poll) {
		stream_timeout(s);
		return -1;
	}
	if (s->follows->next == NULL) {
		conn_finish(s->conn);
		return -1;
	}
	if (stream_left(s, follow_page(f), why) != 0)
		return -1;
	follow_remove(s, f);
	return 0;
}

void
follow_expire(struct stream *s, int64_t now_s)
{
	struct follow *f, *next;

	for (f = s->follows; f != NULL; f = next) {
		next = f->next;
		if (f->expires_s <= now_s) {
			s->conn->lp->count.expired++;
			if (part(s, f, "the token has expired") != 0)
				return;
		}
	}
}

void
follow_revoke(struct stream *s, const struct event *ev)
{
	struct follow *f, *next;

	for (f = s->follows; f != NULL; f = next) {
		next = f->next;
		if (str_is(ev->app, follow_app(f)) &&
		    ((ev->user.len > 0 && str_is(ev->user, follow_user(f))) ||
		    (ev->group.len > 0 && str_is(ev->group, follow_group(f)))) &&
		    part(s, f, "the token was revoked") != 0)
			return;
	}
}
