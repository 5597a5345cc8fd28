/* say.c - what a handler says to others: broadcasts and messages, now or later. */
#include <stdio.h>

#include "app/action/context.h"
#include "app/state/doc.h"
#include "base/clock.h"

/* When it is to be said; 0: with the commit. */
static int64_t
due_ms(const struct lvt_ctx *cx, const struct lvt_opts *opts)
{
	int64_t due = opts == NULL ? 0 : opts->at > 0 ? opts->at :
	    opts->in_ms > 0 ? clock_after(cx->now_ms, opts->in_ms) : 0;

	return due > cx->now_ms ? due : 0;
}

static int
say_later(struct lvt_ctx *cx, struct delayed d, const char *name)
{
	if (cx->nlater == CTX_SAYS)
		return LVT_ETOOBIG;
	if (name != NULL && (d.name = arena_z(&cx->arena, name)) == NULL)
		return LVT_ENOMEM;
	cx->later = ctx_more(cx, cx->later, cx->nlater, sizeof(d));
	if (cx->later == NULL) {
		cx->nlater = 0;
		return LVT_ENOMEM;
	}
	cx->later[cx->nlater++] = d;
	return 0;
}

int
lvt_cancel(struct lvt_ctx *cx, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return ctx_wrong(cx, "lvt_cancel(): no name is given");
	return say_later(cx, (struct delayed){ .due_ms = 0 }, name);
}

static int
cast_add(struct lvt_ctx *cx, struct cast c)
{
	struct cast *casts;

	if (cx->ncasts == CTX_SAYS)
		return LVT_ETOOBIG;
	casts = ctx_more(cx, cx->casts, cx->ncasts, sizeof(c));
	if (casts == NULL || (c.patch = json_deep_copy(c.patch)) == NULL)
		return LVT_ENOMEM;
	cx->casts = casts;
	casts[cx->ncasts++] = c;
	return 0;
}

int
ctx_cast(struct lvt_ctx *cx, const char *scope, const char *page,
    json_t *patch, const struct lvt_opts *opts)
{
	struct cast c = { .scope = arena_z(&cx->arena, scope),
	    .page = arena_z(&cx->arena, page), .patch = patch,
	    .expire_ms = opts != NULL ? opts->expire_ms : 0 };
	int64_t due = due_ms(cx, opts);
	struct str text;
	int rc;

	if (!json_is_object(patch))
		return ctx_wrong(cx, "what is broadcast must be a JSON object, "
		    "such as {\"notice\": \"hello\"}");
	if (c.scope == NULL || c.page == NULL)
		return LVT_ENOMEM;
	if (json_dumpb(patch, NULL, 0, JSON_COMPACT) > CTX_SAY_BYTES)
		return LVT_ETOOBIG;
	rc = doc_leaves(patch, &cx->arena, &c.leaves, &c.nleaves);
	if (rc != 0 || due == 0)
		return rc != 0 ? rc : cast_add(cx, c);
	if ((text = doc_text(&cx->arena, patch)).s == NULL)
		return LVT_ENOMEM;
	return say_later(cx, (struct delayed){ .due_ms = due,
	    .scope = c.scope, .page = c.page, .leaves = c.leaves,
	    .nleaves = c.nleaves, .expire_ms = c.expire_ms, .body = text },
	    opts->name);
}

bool
cast_reaches(const struct cast *c, const struct place *at)
{
	if (strcmp(c->page, "*") != 0 && strcmp(c->page, at->page) != 0)
		return false;
	if (strncmp(c->scope, "u:", 2) == 0)
		return strcmp(c->scope + 2, at->user) == 0;
	if (strncmp(c->scope, "g:", 2) == 0)
		return strcmp(c->scope + 2, at->group) == 0;
	return true;
}

/* The page that a handler speaks about: its own, or all. */
static const char *
cast_page(const struct lvt_ctx *cx)
{
	return cx->at.page[0] != '\0' ? cx->at.page : "*";
}

int
lvt_broadcast_with(struct lvt_ctx *cx, json_t *patch,
    const struct lvt_opts *opts)
{
	return ctx_cast(cx, "*", cast_page(cx), patch, opts);
}

int
lvt_broadcast(struct lvt_ctx *cx, json_t *patch)
{
	return ctx_cast(cx, "*", cast_page(cx), patch, NULL);
}

static int
cast_to(struct lvt_ctx *cx, const char *kind, const char *name, json_t *patch)
{
	char scope[600];

	if (name == NULL || name[0] == '\0' ||
	    strlen(name) > sizeof(scope) - 3)
		return ctx_wrong(cx, "a broadcast to a %s names one: this name "
		    "is empty, or too long", kind[0] == 'u' ? "user" : "group");
	snprintf(scope, sizeof(scope), "%s:%s", kind, name);
	return ctx_cast(cx, scope, cast_page(cx), patch, NULL);
}

int
lvt_broadcast_to_user(struct lvt_ctx *cx, const char *user, json_t *patch)
{
	return cast_to(cx, "u", user, patch);
}

int
lvt_broadcast_to_users(struct lvt_ctx *cx, const char *const *users, size_t n,
    json_t *patch)
{
	size_t i;
	int rc = n > 0 ? 0 : ctx_wrong(cx, "a broadcast to users names some: "
	    "this list is empty");

	for (i = 0; rc == 0 && i < n; i++)
		rc = cast_to(cx, "u", users[i], patch);
	return rc;
}

int
lvt_broadcast_to_group(struct lvt_ctx *cx, const char *group, json_t *patch)
{
	return cast_to(cx, "g", group, patch);
}

int
lvt_send(struct lvt_ctx *cx, json_t *patch)
{
	return cast_to(cx, "g", cx->at.group, patch);
}

/* {"channel","event","payload"}; 0, LVT_EINVALID, LVT_ETOOBIG, LVT_ENOMEM. */
static int
message_text(struct lvt_ctx *cx, const char *channel, const char *event,
    const json_t *payload, struct str *out)
{
	json_t *c = json_string(channel), *e = json_string(event);
	struct str channel_text, event_text, payload_text;
	int rc = LVT_ENOMEM;

	if (!channel_is_valid(channel, strlen(channel))) {
		rc = ctx_wrong(cx, "'%.200s' is not a channel's name: levels of "
		    "A-Z a-z 0-9 _ : - with dots between", channel);
		goto out;
	}
	if (c == NULL || e == NULL || payload == NULL) {
		rc = ctx_wrong(cx, "what is published on '%.200s' has no "
		    "payload, or an event that is not UTF-8", channel);
		goto out;
	}
	channel_text = doc_text(&cx->arena, c);
	event_text = doc_text(&cx->arena, e);
	payload_text = doc_text(&cx->arena, payload);
	if (channel_text.s == NULL || event_text.s == NULL ||
	    payload_text.s == NULL)
		goto out;
	if (payload_text.len > CTX_SAY_BYTES) {
		rc = LVT_ETOOBIG;
		goto out;
	}
	out->s = arena_printf(&cx->arena,
	    "{\"channel\":%s,\"event\":%s,\"payload\":%s}", channel_text.s,
	    event_text.s, payload_text.s);
	if (out->s != NULL) {
		out->len = strlen(out->s);
		rc = 0;
	}
out:
	json_decref(c);
	json_decref(e);
	return rc;
}

int
ctx_message(struct lvt_ctx *cx, const struct message *m)
{
	struct message *messages;

	if (cx->nmessages == CTX_SAYS)
		return LVT_ETOOBIG;
	messages = ctx_more(cx, cx->messages, cx->nmessages, sizeof(*m));
	if (messages == NULL)
		return LVT_ENOMEM;
	cx->messages = messages;
	messages[cx->nmessages++] = *m;
	return 0;
}

int
lvt_publish_with(struct lvt_ctx *cx, const char *channel, const char *event,
    json_t *payload, const struct lvt_opts *opts)
{
	struct message m = { .coalesce = NULL };
	int64_t due = due_ms(cx, opts);
	int rc = message_text(cx, channel, event, payload, &m.body);

	if (rc != 0)
		return rc;
	m.channel = arena_z(&cx->arena, channel);
	if (opts != NULL && opts->coalesce != NULL &&
	    (m.coalesce = arena_z(&cx->arena, opts->coalesce)) == NULL)
		return LVT_ENOMEM;
	if (m.channel == NULL)
		return LVT_ENOMEM;
	if (due > 0)
		return say_later(cx, (struct delayed){ .due_ms = due,
		    .channel = m.channel, .coalesce = m.coalesce,
		    .body = m.body }, opts->name);
	return ctx_message(cx, &m);
}

int
lvt_publish(struct lvt_ctx *cx, const char *channel, const char *event,
    json_t *payload)
{
	return lvt_publish_with(cx, channel, event, payload, NULL);
}

/* --- The twins that take their reference ---------------------------------------- */

/* A NULL is a json_pack() that failed. */
#define TAKES(name, params, call)                                      \
	int                                                            \
	name params                                                    \
	{                                                              \
		int rc = j != NULL ? call : LVT_ENOMEM;                \
                                                                       \
		json_decref(j);                                        \
		return rc;                                             \
	}

TAKES(lvt_broadcast_new, (struct lvt_ctx *cx, json_t *j),
    lvt_broadcast(cx, j))
TAKES(lvt_broadcast_to_user_new, (struct lvt_ctx *cx, const char *user,
    json_t *j), lvt_broadcast_to_user(cx, user, j))
TAKES(lvt_broadcast_to_users_new, (struct lvt_ctx *cx,
    const char *const *users, size_t n, json_t *j),
    lvt_broadcast_to_users(cx, users, n, j))
TAKES(lvt_broadcast_to_group_new, (struct lvt_ctx *cx, const char *group,
    json_t *j), lvt_broadcast_to_group(cx, group, j))
TAKES(lvt_send_new, (struct lvt_ctx *cx, json_t *j), lvt_send(cx, j))
TAKES(lvt_publish_new, (struct lvt_ctx *cx, const char *channel,
    const char *event, json_t *j), lvt_publish(cx, channel, event, j))
