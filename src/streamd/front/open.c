/* open.c - requests that open a stream: GET for a page, POST for several. */
#include <jansson.h>

#include "base/json.h"
#include "streamd/front/access.h"
#include "streamd/fanout/stream.h"

#define CHANNELS_BYTES	4096		/* all patterns of a request */
#define PAGE_BYTES	2049		/* of a path: as much as a worker takes */

struct opening {
	struct stream_open o;
	struct position after;
	struct stream_page pages[FOLLOWS_MAX];
	struct grant grants[FOLLOWS_MAX];
	unsigned char views[FOLLOWS_MAX][VIEW_BYTES];
	const char *refused[FOLLOWS_MAX];	/* pages whose token is bad */
	size_t nrefused;
	char channels[CHANNELS_BYTES + 2];
	size_t used;			/* bytes of these */
};

static void
opening_init(struct opening *o)
{
	memset(&o->o, 0, sizeof(o->o));
	o->nrefused = o->used = 0;
	o->channels[0] = '\0';
	o->o.pages = o->pages;
	o->o.channels = o->channels;
}

static void
opening_release(struct opening *o)
{
	while (o->o.npages > 0)
		grant_release(&o->grants[--o->o.npages]);
}

/* Last-Event-ID wins over after; a poll may say If-None-Match. */
static void
find_position(struct opening *o, const struct request *rq, const char *after)
{
	struct str s = rq->last_event_id;

	if (s.len == 0 && after != NULL)
		s = str_z(after);
	if (s.len == 0 && o->o.poll) {
		s = rq->if_none_match;
		if (s.len > 2 && memcmp(s.s, "W/", 2) == 0)
			s.s += 2, s.len -= 2;
		if (s.len >= 2 && s.s[0] == '"' && s.s[s.len - 1] == '"')
			s.s++, s.len -= 2;
	}
	if (s.len == 0 && !o->o.bad_after)
		return;
	o->o.bad_after = position_parse(s.s, s.len, &o->after) != 0;
	if (!o->o.bad_after)
		o->o.after = &o->after;
}

/* "a.*,b.>" to strings that end with NUL, and an empty one. */
static void
split_channels(char *text)
{
	char *from = text, *to = text;

	while (*from != '\0') {
		if (*from != ',')
			*to++ = *from;
		else if (to > text && to[-1] != '\0')
			*to++ = '\0';
		from++;
	}
	if (to > text && to[-1] != '\0')
		*to++ = '\0';
	*to = '\0';
}

/* The page that is asked for, with the grant just taken. */
static void
add_page(struct opening *o, const char *page, const char *view, int64_t at)
{
	size_t i = o->o.npages++;

	o->pages[i] = (struct stream_page){ &o->grants[i], page, NULL, at };
	if (view_parse(view, strlen(view), o->views[i]) == 0)
		o->pages[i].view = o->views[i];
}

void
get_stream(struct conn *c, const struct request *rq)
{
	char mode[16], page[PAGE_BYTES], after[64], view[64];
	struct opening o;
	const char *granted;
	int n, named;

	opening_init(&o);
	request_query(rq, "mode", mode, sizeof(mode));
	o.o.poll = strcmp(mode, "poll") == 0;
	if (access_request(c, rq, o.o.poll, &o.grants[0]) != 0)
		return;
	named = request_query(rq, "page", page, sizeof(page));
	request_query(rq, "view", view, sizeof(view));
	n = request_query(rq, "after", after, sizeof(after));
	o.o.bad_after = n == -2;
	granted = named == -2 ? NULL : grant_page(&o.grants[0], page);
	add_page(&o, granted != NULL ? granted : "", view,
	    o.grants[0].from.seq);
	find_position(&o, rq, n != -1 ? after : NULL);
	n = request_query(rq, "channels", o.channels, CHANNELS_BYTES);
	if (n == -2)
		conn_refuse(c, 400, "channels are malformed or too many");
	else if (granted == NULL && named != -1 && named != 0)
		conn_refuse(c, 403, "the token is not for this page");
	else {
		split_channels(o.channels);
		stream_open(c, &o.o);
	}
	opening_release(&o);
}

/* --- Several pages ------------------------------------------------------- */

static int
add_channels(struct opening *o, const json_t *list)
{
	size_t i, n;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		n = json_string_length(one);
		if (n == 0 || o->used + n + 1 > CHANNELS_BYTES)
			return LVT_EINVALID;
		memcpy(o->channels + o->used, json_string_value(one), n);
		o->used += n + 1;
		o->channels[o->used - 1] = o->channels[o->used] = '\0';
	}
	return 0;
}

/* One of the pages: 0, or what was wrong, into *err. A token that is no
 * longer good is that page's affair; it is told later. */
static int
take_page(struct conn *c, struct opening *o, const json_t *doc,
    struct lvt_error *err)
{
	const char *page = lvt_json_text(doc, "page"), *granted;
	const char *at = lvt_json_text(doc, "at");
	struct position p = { 0, 0 };
	struct grant *g = &o->grants[o->o.npages];
	int rc = access_check(c->lp, str_z(lvt_json_text(doc, "token")),
	    o->o.poll, g, err);

	if (rc == LVT_EDENIED && !o->o.poll && *page != '\0') {
		o->refused[o->nrefused++] = page;
		c->lp->count.denied++;
		return 0;
	}
	if (rc != 0)
		return rc;
	granted = grant_page(g, page);
	p.seq = g->from.seq;		/* as if it were there, where none is said */
	if (*at != '\0' && position_parse(at, strlen(at), &p) != 0)
		rc = LVT_EINVALID;
	/* The tail may be late. This closes no stream of this request. */
	if (p.seq > c->lp->ring.head.seq)
		tail_read(c->lp);
	/* One from another database is not to hold back what is to come. */
	if (p.seq > c->lp->ring.head.seq)
		p.seq = c->lp->ring.head.seq;
	add_page(o, granted != NULL ? granted : "", lvt_json_text(doc, "view"),
	    p.seq);
	if (rc != 0 || (granted == NULL && *page != '\0'))
		return LVT_EINVALID;
	return add_channels(o, json_object_get(doc, "channels"));
}

static int
take_pages(struct conn *c, struct opening *o, const json_t *list,
    struct lvt_error *err)
{
	size_t i;
	int rc = 0;

	if (json_array_size(list) == 0 || json_array_size(list) > FOLLOWS_MAX)
		return LVT_EINVALID;
	for (i = 0; i < json_array_size(list) && rc == 0; i++)
		rc = take_page(c, o, json_array_get(list, i), err);
	if (rc == 0 && o->o.npages == 0)
		rc = LVT_EDENIED;
	return rc;
}

/* The refused are told once the others are on their way. */
static void
tell_refused(struct conn *c, const struct opening *o)
{
	size_t i;

	for (i = 0; i < o->nrefused && c->state == CONN_STREAMING; i++)
		if (stream_left(c->stream, o->refused[i],
		    "the token is no longer good") != 0)
			return;
}

void
open_stream(struct conn *c, const struct request *rq, const json_t *doc)
{
	const char *after = json_string_value(json_object_get(doc, "after"));
	struct lvt_error err = { 0 };
	struct opening o;
	int rc;

	opening_init(&o);
	o.o.poll = strcmp(lvt_json_text(doc, "mode"), "poll") == 0;
	rc = take_pages(c, &o, json_object_get(doc, "open"), &err);
	find_position(&o, rq, after);
	if (rc == LVT_EINVALID)
		conn_refuse(c, 400, "these are not pages of their tokens");
	else if (rc != 0)
		access_refuse(c, rc, &err);
	else {
		stream_open(c, &o.o);
		tell_refused(c, &o);
	}
	opening_release(&o);
}
