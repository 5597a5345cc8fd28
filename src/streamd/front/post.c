/* post.c - what a client says to its stream: where it stands, what it follows,
 * that it leaves. The id of the connection is the key to it: only who was told
 * welcome knows it. */
#include <jansson.h>

#include "base/json.h"
#include "streamd/front/access.h"
#include "streamd/fanout/stream.h"

static struct str
channel_at(const json_t *list, size_t i)
{
	const char *p = json_string_value(json_array_get(list, i));

	return p != NULL ? str_z(p) : STR_NULL;
}

/* All of them or none is refused for what it says: nothing is done by half.
 * grant: of a page that is to be added, or NULL. 0, or it has been answered. */
static int
check_all(struct conn *c, const struct stream *s, const struct grant *grant,
    const json_t *list)
{
	size_t i;
	int rc;

	for (i = 0; i < json_array_size(list); i++) {
		rc = stream_may_hear(s, grant, channel_at(list, i));
		if (rc != 0) {
			stream_refuse(c, rc, channel_at(list, i));
			return rc;
		}
	}
	return 0;
}

static int
subscribe_all(struct conn *c, struct stream *s, const json_t *list)
{
	size_t i;
	int rc;

	for (i = 0; i < json_array_size(list); i++) {
		rc = stream_subscribe(s, channel_at(list, i));
		if (rc != 0) {
			stream_refuse(c, rc, channel_at(list, i));
			return rc;
		}
	}
	return 0;
}

static void
unsubscribe_all(struct stream *s, const json_t *list)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		stream_unsubscribe(s, channel_at(list, i));
}

/* --- Pages --------------------------------------------------------------- */

struct added {				/* a page of another tab */
	const json_t *doc;
	struct grant grant;
	struct stream_page page;
	unsigned char view[VIEW_BYTES];
	struct position at;
	bool dated;			/* at is known */
};

/* Its position is the token's where none is said: both come with a page. 0, or
 * it has been refused. */
static int
read_page(struct conn *c, struct added *a)
{
	const char *token = lvt_json_text(a->doc, "token");
	const char *view = lvt_json_text(a->doc, "view");
	const char *at = lvt_json_text(a->doc, "at");
	struct lvt_error err = { 0 };
	int rc = access_check(c->lp, str_z(token), false, &a->grant, &err);

	if (rc != 0) {
		access_refuse(c, rc, &err);
		return rc;
	}
	a->page.grant = &a->grant;
	a->page.page = grant_page(&a->grant, lvt_json_text(a->doc, "page"));
	a->at = a->grant.issued;
	a->dated = a->grant.dated || *at != '\0';
	if (a->page.page == NULL) {
		conn_refuse(c, 403, "the token is not for this page");
		return LVT_EDENIED;
	}
	if ((*view != '\0' && view_parse(view, strlen(view), a->view) != 0) ||
	    (*at != '\0' && position_parse(at, strlen(at), &a->at) != 0)) {
		conn_refuse(c, 400, "view or position is malformed");
		return LVT_EINVALID;
	}
	if (*view != '\0')
		a->page.view = a->view;
	return 0;
}

/* s may be gone after. */
static void
add_page(struct conn *c, struct stream *s, const struct added *a)
{
	const json_t *channels = json_object_get(a->doc, "channels");
	struct conn *sc = s->conn;
	struct follow *f;
	int rc;

	if (check_all(c, s, &a->grant, channels) != 0)
		return;
	if ((rc = follow_add(s, &a->page)) != 0) {
		stream_refuse(c, rc, STR_NULL);
		return;
	}
	if (subscribe_all(c, s, channels) != 0)
		return;
	f = follow_find(s, a->page.page);
	/* What its token may replay begins before here: resuming may, too. */
	stream_tell_position(s);
	if (sc->state == CONN_STREAMING)
		follow_set_view(s, f, NULL, a->dated ? a->at :
		    stream_position(s));
	conn_reply(c, 204, "", "", STR_NULL);
}

/* With its last page a stream ends. */
static void
remove_page(struct stream *s, const char *page)
{
	struct follow *f = follow_find(s, page);

	if (f == NULL)
		return;
	if (s->follows->next == NULL)
		stream_leave(s);
	else
		follow_remove(s, f);
}

/* --- Where it stands, what it hears -------------------------------------- */

static void
set_view(struct conn *c, struct stream *s, const json_t *doc,
    const unsigned char *view, struct position at)
{
	const char *page = json_string_value(json_object_get(doc, "page"));
	struct follow *f = page != NULL ? follow_find(s, page) : s->follows;

	if (f == NULL) {
		conn_refuse(c, 409, "this page is not followed");
		return;
	}
	follow_set_view(s, f, view, at);
	conn_reply(c, 204, "", "", STR_NULL);
}

static void
tell_stream(struct conn *c, struct stream *s, const json_t *doc,
    const unsigned char *view, struct position at)
{
	const json_t *more = json_object_get(doc, "subscribe");

	if (check_all(c, s, NULL, more) != 0)
		return;
	unsubscribe_all(s, json_object_get(doc, "unsubscribe"));
	if (subscribe_all(c, s, more) != 0)
		return;
	if (view != NULL)
		set_view(c, s, doc, view, at);
	else
		conn_reply(c, 204, "", "", STR_NULL);
}

/* --- The request --------------------------------------------------------- */

static void
end_page(struct conn *c, struct stream *s, const json_t *doc)
{
	if (json_is_true(json_object_get(doc, "bye")))
		stream_leave(s);
	else
		remove_page(s, lvt_json_text(json_object_get(doc, "remove"),
		    "page"));
	conn_reply(c, 204, "", "", STR_NULL);
}

static void
post_to(struct conn *c, const json_t *doc, struct added *a)
{
	const char *view = lvt_json_text(doc, "view"), *at = lvt_json_text(doc, "at");
	unsigned char raw[VIEW_BYTES];
	struct position p = { 0, 0 };
	struct stream *s;

	if ((*view != '\0' && view_parse(view, strlen(view), raw) != 0) ||
	    (*at != '\0' && position_parse(at, strlen(at), &p) != 0)) {
		conn_refuse(c, 400, "view or position is malformed");
		return;
	}
	/* The reply that the client has may be ahead of the tail. This may
	 * close streams, so it comes before one is looked up. */
	if (p.seq > c->lp->ring.head.seq || a->at.seq > c->lp->ring.head.seq)
		tail_read(c->lp);
	s = stream_find(c->lp, str_z(lvt_json_text(doc, "conn")));
	if (s == NULL)
		conn_refuse(c, 404, "no such connection");
	else if (a->doc != NULL)
		add_page(c, s, a);
	else if (json_is_true(json_object_get(doc, "bye")) ||
	    json_object_get(doc, "remove") != NULL)
		end_page(c, s, doc);
	else
		tell_stream(c, s, doc, *view != '\0' ? raw : NULL, p);
}

void
post_stream(struct conn *c, const struct request *rq)
{
	json_t *doc = json_loadb(rq->body.s != NULL ? rq->body.s : "",
	    rq->body.len, JSON_REJECT_DUPLICATES, NULL);
	struct added a = { .doc = json_object_get(doc, "add") };

	if (!json_is_object(doc))
		conn_refuse(c, 400, "the body is no JSON object");
	else if (json_object_get(doc, "open") != NULL)
		open_stream(c, rq, doc);
	else if (a.doc == NULL || read_page(c, &a) == 0)
		post_to(c, doc, &a);
	if (a.grant.claims != NULL)
		grant_release(&a.grant);
	json_decref(doc);
}
