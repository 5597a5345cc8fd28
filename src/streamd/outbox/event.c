#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <sodium.h>
#include <xxhash.h>

#include "base/audience.h"
#include "base/log.h"
#include "streamd/outbox/event.h"
#include "streamd/fanout/topics.h"

struct chunk {
	unsigned refs;			/* events in it, and the log's own */
	size_t used, size;
	char bytes[];
};

void
log_setup(struct log *l, size_t chunk_bytes)
{
	l->now = NULL;
	l->chunk_bytes = chunk_bytes;
}

static void
chunk_unref(struct chunk *c)
{
	if (c != NULL && --c->refs == 0)
		free(c);
}

void
log_release(struct log *l)
{
	chunk_unref(l->now);
	l->now = NULL;
}

/* A chunk with room for more bytes in a row. */
static struct chunk *
log_room(struct log *l, size_t more)
{
	size_t size = more > l->chunk_bytes ? more : l->chunk_bytes;
	struct chunk *c;

	if (l->now != NULL && l->now->size - l->now->used >= more)
		return l->now;
	/* Nobody else holds it: start it again. */
	if (l->now != NULL && l->now->refs == 1 && l->now->size >= more) {
		l->now->used = 0;
		return l->now;
	}
	c = malloc(sizeof(*c) + size);
	if (c == NULL)
		return NULL;
	c->refs = 1;
	c->used = 0;
	c->size = size;
	chunk_unref(l->now);
	l->now = c;
	return c;
}

const char *
frame_name(enum frame_kind kind)
{
	static const char *const names[] = { "update", "stale", "message" };

	return names[kind];
}

#define FRAME_EXTRA	(sizeof("id: \nevent: message\ndata: \n\n") + \
			POSITION_TEXT)

static struct frame
frame_write(char *p, struct position at, enum frame_kind kind,
    struct str data)
{
	char id[POSITION_TEXT];
	struct frame f = { .p = p, .kind = (uint8_t)kind };

	position_text(at, id);
	f.data = (uint32_t)sprintf(p, "id: %s\nevent: %s\ndata: ", id,
	    frame_name(kind));
	memcpy(p + f.data, data.s, data.len);
	memcpy(p + f.data + data.len, "\n\n", 2);
	f.len = f.data + (uint32_t)data.len + 2;
	return f;
}

int
view_parse(const char *text, size_t len, unsigned char view[VIEW_BYTES])
{
	size_t n = 0;

	if (len != VIEW_TEXT || sodium_base642bin(view, VIEW_BYTES, text, len,
	    NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    n != VIEW_BYTES)
		return LVT_EINVALID;
	return 0;
}

void
view_text(const unsigned char view[VIEW_BYTES], char text[VIEW_TEXT + 1])
{
	sodium_bin2base64(text, VIEW_TEXT + 1, view, VIEW_BYTES,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* --- Making one ---------------------------------------------------------- */

static size_t
count_lines(struct str body)
{
	const char *p = body.s, *end = p + body.len;
	size_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL)
		n++, p++;
	return n;
}

/* "@" and 16 hex digits before *json: taken off. */
static int
audience_parse(struct str *json, struct variant *v)
{
	unsigned char raw[8];
	size_t i, n;

	v->audience = 0;
	if (json->len == 0 || json->s[0] != '@')
		return 0;
	if (json->len <= AUDIENCE_TEXT + 1 || json->s[AUDIENCE_TEXT] != ' ' ||
	    sodium_hex2bin(raw, sizeof(raw), json->s + 1, AUDIENCE_TEXT - 1,
	    NULL, &n, NULL) != 0 || n != sizeof(raw))
		return LVT_EINVALID;
	for (i = 0; i < sizeof(raw); i++)
		v->audience = v->audience << 8 | raw[i];
	json->s += AUDIENCE_TEXT + 1;
	json->len -= AUDIENCE_TEXT + 1;
	return 0;
}

/* BASE SP VIEW SP [AUDIENCE SP] JSON LF */
static int
variant_parse(struct str line, struct variant *v, struct str *json)
{
	size_t head = 2 * VIEW_TEXT + 2;

	if (line.len <= head || line.s[VIEW_TEXT] != ' ' ||
	    line.s[head - 1] != ' ' ||
	    view_parse(line.s, VIEW_TEXT, v->base) != 0 ||
	    view_parse(line.s + VIEW_TEXT + 1, VIEW_TEXT, v->view) != 0)
		return LVT_EINVALID;
	*json = (struct str){ line.s + head, line.len - head };
	if (audience_parse(json, v) != 0)
		return LVT_EINVALID;
	/* A carriage return would end a line of the stream. */
	return memchr(json->s, '\r', json->len) != NULL ? LVT_EINVALID : 0;
}

static int
variants_parse(struct event *ev, struct chunk *c, struct str body,
    size_t lines)
{
	const char *p = body.s, *end = p + body.len;

	while (ev->nvariants < lines && p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		struct variant *v = &ev->variants[ev->nvariants];
		struct str json;

		if (lf == NULL || variant_parse((struct str){ p,
		    (size_t)(lf - p) }, v, &json) != 0) {
			ev->nvariants = 0;
			log_warn("outbox row %" PRId64 " is malformed: told "
			    "as stale", ev->at.seq);
			return LVT_EINVALID;
		}
		memset(&v->frame, 0, sizeof(v->frame));
		if (str_is(json, "=") && ev->nvariants > 0) {
			v->frame = v[-1].frame;
		} else if (!str_is(json, "-")) {
			v->frame = frame_write(c->bytes + c->used, ev->at,
			    FRAME_UPDATE, json);
			c->used += v->frame.len;
		}
		ev->nvariants++;
		p = lf + 1;
	}
	return 0;
}

static struct str
keep(char **to, struct str s)
{
	struct str kept = { *to, s.len };

	if (s.len > 0)
		memcpy(*to, s.s, s.len);
	*to += s.len;
	return kept;
}

static void
revoke_parse(struct event *ev, char **text, struct str body)
{
	json_t *doc = json_loadb(body.s, body.len, 0, NULL);
	const char *user = json_string_value(json_object_get(doc, "user"));
	const char *group = json_string_value(json_object_get(doc, "group"));

	if (user != NULL)
		ev->user = keep(text, str_z(user));
	if (group != NULL)
		ev->group = keep(text, str_z(group));
	if (user == NULL && group == NULL)
		log_warn("outbox row %" PRId64 " revokes nobody", ev->at.seq);
	json_decref(doc);
}

/* JSON that somebody wrote over several lines, as one; NULL: no JSON. */
static char *
one_line(struct str body)
{
	json_t *doc = json_loadb(body.s, body.len, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL, NULL);
	char *text = doc != NULL ?
	    json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	json_decref(doc);
	return text;
}

static int
message_make(struct event *ev, struct log *l, struct str body)
{
	char *line = NULL;
	struct chunk *c;

	if (memchr(body.s, '\n', body.len) != NULL ||
	    memchr(body.s, '\r', body.len) != NULL) {
		line = one_line(body);
		if (line == NULL) {
			log_warn("outbox row %" PRId64 " is no JSON: skipped",
			    ev->at.seq);
			ev->topic = STR_NULL;
			return 0;
		}
		body = str_z(line);
	}
	c = log_room(l, body.len + FRAME_EXTRA);
	if (c != NULL) {
		ev->frame = frame_write(c->bytes + c->used, ev->at,
		    FRAME_MESSAGE, body);
		c->used += ev->frame.len;
		ev->chunk = c;
		c->refs++;
	}
	free(line);
	return c != NULL ? 0 : LVT_ENOMEM;
}

static int
page_make(struct event *ev, struct log *l, struct str body, size_t lines)
{
	struct chunk *c;

	if (lines == 0)
		return 0;
	c = log_room(l, body.len + lines * FRAME_EXTRA);
	if (c == NULL)
		return LVT_ENOMEM;
	if (variants_parse(ev, c, body, lines) == 0) {
		ev->chunk = c;
		c->refs++;
	}
	return 0;
}

struct event *
event_make(struct log *l, const struct outbox_entry *e)
{
	size_t lines = e->kind == OUTBOX_PAGE && e->body.len > 0 ?
	    count_lines(e->body) : 0;
	size_t names = e->app.len + e->page.len + e->scope.len +
	    e->channel.len + 8, texts, head;
	struct event *ev;
	struct buf topic;
	char *text;
	int rc = 0;

	if (lines > VARIANTS_MAX)
		lines = VARIANTS_MAX;
	head = sizeof(*ev) + lines * sizeof(struct variant);
	texts = 2 * names + (e->kind == OUTBOX_REVOKE ? e->body.len : 0);
	ev = calloc(1, head + texts);
	if (ev == NULL)
		return NULL;
	text = (char *)ev + head;
	ev->at = e->at;
	ev->kind = e->kind;
	ev->app = keep(&text, e->app);
	ev->page = keep(&text, e->page);
	switch (e->kind) {
	case OUTBOX_PAGE:
		topic = (struct buf){ .s = text, .cap = names };
		topics_page(&topic, e->app, e->page, e->scope);
		ev->topic = (struct str){ text, topic.len };
		rc = page_make(ev, l, e->body, lines);
		break;
	case OUTBOX_MESSAGE:
		ev->topic = keep(&text, e->channel);
		if (e->coalesce.len > 0)
			ev->coalesce = XXH3_64bits_withSeed(e->coalesce.s,
			    e->coalesce.len, XXH3_64bits(e->channel.s,
			    e->channel.len)) | 1;
		rc = message_make(ev, l, e->body);
		break;
	case OUTBOX_REVOKE:
		revoke_parse(ev, &text, e->body);
		break;
	}
	ev->bytes = head + texts + e->body.len + (lines + 1) * FRAME_EXTRA;
	if (rc != 0) {
		event_free(ev);
		return NULL;
	}
	return ev;
}

void
event_free(struct event *ev)
{
	if (ev == NULL)
		return;
	chunk_unref(ev->chunk);
	free((char *)(uintptr_t)ev->stale.p);
	free(ev);
}

/* --- Reading one --------------------------------------------------------- */

static bool
is_for(const struct variant *v, const struct stand *at)
{
	return v->audience == 0 || v->audience == at->group ||
	    v->audience == at->user;
}

const struct variant *
event_from(const struct event *ev, const struct stand *at)
{
	const struct variant *v;
	uint32_t i;

	for (i = 0; i < ev->nvariants; i++) {
		v = &ev->variants[i];
		if (v->frame.p != NULL && is_for(v, at) &&
		    memcmp(v->base, at->view, VIEW_BYTES) == 0)
			return v;
	}
	return NULL;
}

bool
event_leads_to(const struct event *ev, const struct stand *at)
{
	uint32_t i;

	for (i = 0; i < ev->nvariants; i++)
		if (is_for(&ev->variants[i], at) &&
		    memcmp(ev->variants[i].view, at->view, VIEW_BYTES) == 0)
			return true;
	return false;
}

char *
stale_text(struct str page, int64_t spread_ms, const char *why, bool left)
{
	json_t *doc = json_pack("{s:s%, s:I, s:s, s:o*}", "page", page.s,
	    page.len, "spread", (json_int_t)spread_ms, "why", why, "left",
	    left ? json_true() : NULL);
	char *data = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;

	json_decref(doc);
	return data;
}

const struct frame *
event_stale(struct event *ev, int64_t spread_ms)
{
	char *data, *text = NULL;

	if (ev->stale.p != NULL)
		return &ev->stale;
	data = stale_text(ev->page, spread_ms, ev->nvariants > 0 ?
	    "no variant for this view" : "no variants", false);
	if (data != NULL)
		text = malloc(strlen(data) + FRAME_EXTRA);
	if (text != NULL)
		ev->stale = frame_write(text, ev->at, FRAME_STALE,
		    str_z(data));
	free(data);
	return text != NULL ? &ev->stale : NULL;
}
