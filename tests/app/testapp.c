/* testapp.c - an application with a page for every behaviour that is tested. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lvt.h>

/* --- "/": a number that all share ------------------------------------------ */

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "n"));

	return json_object_set_new(state, "n",
	    json_integer(n + lvt_int(cx, "value", 1)));
}

static int
nothing(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	(void)state;
	return 0;
}

static int
fail(struct lvt_ctx *cx, json_t *state)
{
	json_object_set_new(state, "n", json_integer(-1));
	lvt_publish_new(cx, "never.said", "said", json_true());
	return LVT_EFAIL;
}

static int
answer(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_reply_new(cx, json_pack("{s:s}", "you", lvt_str(cx, "q")));
}

static int
leave(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_redirect(cx, "/elsewhere?ok=1");
}

static int
shout(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_broadcast_new(cx, json_pack("{s:s}", "notice",
	    lvt_str(cx, "text")));
}

static int
quote(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_invalid(cx, "q", "'%s' is not here", lvt_str(cx, "q"));
}

static int
measure(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_reply_new(cx, json_real(lvt_real(cx, "q", -1)));
}

static int
go(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_redirect(cx, lvt_str(cx, "q"));
}

/* What a program of one's own may hold, and no browser can send. */
static int
mumble(struct lvt_ctx *cx, json_t *state)
{
	json_t *text = json_stringn("a\0b", 3);
	int rc = lvt_broadcast_new(cx, json_pack("{s:O}", "notice", text));

	(void)state;
	if (rc == 0)
		rc = lvt_publish(cx, "ops.mumbled", "said", text);
	if (rc == 0)
		rc = lvt_reply(cx, text);
	json_decref(text);
	return rc;
}

static int
last(struct lvt_ctx *cx, json_t *state)
{
	struct lvt_opts opts = { .expire_ms = INT64_MAX, .in_ms = 0 };
	json_t *patch = json_pack("{s:s}", "notice", "for ever");
	int rc = lvt_broadcast_with(cx, patch, &opts);

	(void)state;
	opts.in_ms = INT64_MAX;
	if (rc == 0)
		rc = lvt_publish_with(cx, "never.said", "said", patch, &opts);
	json_decref(patch);
	return rc;
}

static int
slow(struct lvt_ctx *cx, json_t *state)
{
	usleep(20000);	/* so that two of them overlap */
	return add(cx, state);
}

static const struct lvt_action counter_actions[] = {
	{ "add", add, NULL },
	{ "slow", slow, NULL },
	{ "nothing", nothing, NULL },
	{ "fail", fail, NULL },
	{ "answer", answer, NULL },
	{ "leave", leave, NULL },
	{ "shout", shout, NULL },
	{ "quote", quote, NULL },
	{ "measure", measure, NULL },
	{ "go", go, NULL },
	{ "last", last, NULL },
	{ "mumble", mumble, NULL },
	{ 0 }
};

/* --- "/notes": each visitor's own, validated -------------------------------- */

static int
note(struct lvt_ctx *cx, json_t *state)
{
	if (strstr(lvt_str(cx, "text"), "http://") != NULL)
		return lvt_invalid(cx, "text", "links are not %s", "allowed");
	return json_array_append_new(json_object_get(state, "notes"),
	    json_string(lvt_str(cx, "text")));
}

static int
is_even(struct lvt_ctx *cx, const char *value)
{
	return atoi(value) % 2 == 0 ? 0 :
	    lvt_error(cx, "size", "%s is odd", value);
}

static const struct lvt_rule note_rules[] = {
	{ "text", LVT_REQUIRED | LVT_TRIM, 1, 20, "1 to 20 characters" },
	{ "mail", LVT_EMAIL, 0, 0, NULL },
	{ .field = "kind", .oneof = "red green" },
	{ .field = "code", .pattern = "^[A-Z]{3}$", .message = "three capitals" },
	{ .field = "size", .flags = LVT_INTEGER, .min = 1, .max = 10,
	  .check = is_even },
	{ 0 }
};

static const struct lvt_action note_actions[] = {
	{ "note", note, note_rules },
	{ 0 }
};

/* --- "/room/{room}": channels and parameters ---------------------------------- */

static int
say(struct lvt_ctx *cx, json_t *state)
{
	json_t *line = json_string(lvt_str(cx, "text"));
	int rc = json_array_append(json_object_get(state, "lines"), line);

	if (rc == 0)
		rc = lvt_publish(cx, "room.lobby", "said", line);
	json_decref(line);
	return rc;
}

static int
enter(struct lvt_ctx *cx, json_t *state)
{
	if (strcmp(lvt_req_path(cx, "room"), "closed") == 0)
		return LVT_ENOTFOUND;
	if (json_object_get(state, "name") != NULL)
		return 0;
	return json_object_set_new(state, "name",
	    json_string(lvt_req_path(cx, "room")));
}

static const struct lvt_action room_actions[] = {
	{ "say", say, NULL },
	{ 0 }
};

/* --- "/two": several documents --------------------------------------------------- */

static const struct lvt_action left_actions[] = { { "add", add, NULL }, { 0 } };
static const struct lvt_action right_actions[] = {
	{ "add", add, NULL },
	{ "fail", fail, NULL },
	{ 0 }
};

static const struct lvt_store two_stores[] = {
	{ "left", left_actions, LVT_JSON({"n": 1}) },
	{ "right", right_actions, LVT_JSON({"n": 2}) },
	{ 0 }
};

/* --- "/grants/{n}": as many channels as the path says ------------------------------ */

static int
grant_many(struct lvt_ctx *req)
{
	char pattern[64];
	int i, n = atoi(lvt_req_path(req, "n")), rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		snprintf(pattern, sizeof(pattern), "a-rather-long-name.%d.*", i);
		rc = lvt_grant(req, pattern);
	}
	return rc;
}

/* --- "/me": who are you? ------------------------------------------------------------ */

static int
password_is_secret(void *arg, const char *user, const char *password)
{
	(void)arg;
	(void)user;
	return strcmp(password, "secret");
}

/* --- "/orders": written by a handler alone --------------------------------------------- */

static int
ordered(struct lvt_ctx *cx, json_t *state)
{
	json_t *list = json_object_get(state, "orders");

	if (strcmp(lvt_str(cx, "item"), "broken") == 0)
		return LVT_EFAIL;
	if (json_array_append_new(list, json_string(lvt_str(cx, "item"))) != 0)
		return LVT_ENOMEM;
	return lvt_publish_new(cx, "order.done", "done",
	    json_integer((json_int_t)json_array_size(list)));
}

static int
announce(struct lvt_ctx *cx, json_t *payload)
{
	return lvt_broadcast_new(cx, json_pack("{s:O}", "notice", payload));
}

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "counter.tmpl", .actions = counter_actions,
	  .init = LVT_JSON({"n": 0, "notice": ""}), .flags = LVT_SHARED },
	{ .path = "/notes", .file = "notes.tmpl", .partials = "part-*.tmpl",
	  .actions = note_actions, .init = LVT_JSON({"notes": []}) },
	{ .path = "/room/{room}", .file = "room.tmpl", .actions = room_actions,
	  .init = LVT_JSON({"lines": []}), .flags = LVT_SHARED, .mount = enter,
	  .channels = "room.* user.{user}.> group.{group}" },
	{ .path = "/two", .file = "two.tmpl", .stores = two_stores },
	{ .path = "/grants/{n}", .file = "me.tmpl", .init = LVT_JSON({"n": 0}),
	  .flags = LVT_SHARED, .grant = grant_many },
	{ .path = "/me", .file = "me.tmpl", .actions = counter_actions,
	  .init = LVT_JSON({"n": 0}),
	  .auth = lvt_auth_basic(password_is_secret, NULL) },
	{ .path = "/orders", .file = "orders.tmpl", .flags = LVT_SHARED,
	  .init = LVT_JSON({"orders": []}) },
	{ .path = "/token", .file = "me.tmpl", .init = LVT_JSON({"n": 0}),
	  .auth = lvt_auth_token },
	{ 0 }
};

static const struct lvt_handler handlers[] = {
	{ "ops.announce", announce },
	{ .channel = "order.placed", .fn = ordered, .page = "/orders" },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .name = "testapp",
	    .pages = pages, .handlers = handlers });
}
