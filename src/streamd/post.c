/* post.c - what a client says to its stream: where it stands, what it follows,
 * that it leaves. The id of the connection is the key to it: only who was told
 * welcome knows it. */
#include <jansson.h>

#include "streamd/stream.h"

static int
subscribe_all(struct stream *s, const json_t *list)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < json_array_size(list) && rc == 0; i++) {
		const char *p = json_string_value(json_array_get(list, i));

		rc = p == NULL ? LVT_EINVALID : stream_subscribe(s, str_z(p));
	}
	return rc;
}

static void
unsubscribe_all(struct stream *s, const json_t *list)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *p = json_string_value(json_array_get(list, i));

		if (p != NULL)
			stream_unsubscribe(s, str_z(p));
	}
}

static const char *
member(const json_t *doc, const char *name)
{
	const char *s = json_string_value(json_object_get(doc, name));

	return s != NULL ? s : "";
}

static void
tell_stream(struct conn *c, const json_t *doc)
{
	struct loop *lp = c->lp;
	const char *id = member(doc, "conn"), *view = member(doc, "view");
	const char *at = member(doc, "at");
	unsigned char raw[VIEW_BYTES];
	struct position p = { 0, 0 };
	struct stream *s;
	int rc;

	if ((*view != '\0' && view_parse(view, strlen(view), raw) != 0) ||
	    (*at != '\0' && position_parse(at, strlen(at), &p) != 0)) {
		conn_refuse(c, 400, "view or position is malformed");
		return;
	}
	/* The reply that the client has may be ahead of the tail. This may
	 * close streams, so it comes before one is looked up. */
	if (p.seq > lp->ring.head.seq)
		tail_read(lp);
	s = stream_find(lp, str_z(id));
	if (s == NULL) {
		conn_refuse(c, 404, "no such connection");
		return;
	}
	if (json_is_true(json_object_get(doc, "bye"))) {
		stream_leave(s);
		conn_reply(c, 204, "", "", STR_NULL);
		return;
	}
	unsubscribe_all(s, json_object_get(doc, "unsubscribe"));
	rc = subscribe_all(s, json_object_get(doc, "subscribe"));
	if (*view != '\0')
		stream_set_view(s, raw, &p);
	if (rc == 0)
		conn_reply(c, 204, "", "", STR_NULL);
	else
		conn_refuse(c, rc == LVT_EDENIED ? 403 :
		    rc == LVT_ENOMEM ? 503 : 400, rc == LVT_EDENIED ?
		    "the token does not grant this channel" :
		    "this is not a list of channel patterns");
}

void
post_stream(struct conn *c, const struct request *rq)
{
	json_t *doc = json_loadb(rq->body.s != NULL ? rq->body.s : "",
	    rq->body.len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(doc))
		conn_refuse(c, 400, "the body is no JSON object");
	else
		tell_stream(c, doc);
	json_decref(doc);
}

