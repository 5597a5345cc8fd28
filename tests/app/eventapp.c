/* eventapp.c - handlers, ticks, hooks, delays: what happens beside requests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lvt.h>

/* Appends text to the state's list. */
static int
push(json_t *state, const char *text)
{
	return json_array_append_new(json_object_get(state, "list"),
	    json_string(text));
}

/* --- "/jobs": a handler that can fail, one list for each owner -------------- */

static int
owner_of(struct lvt_ctx *cx, const json_t *payload, char *group, size_t size)
{
	const char *owner = json_string_value(json_object_get(payload, "owner"));

	(void)cx;
	snprintf(group, size, "%s", owner != NULL ? owner : "nobody");
	return 0;
}

/* "broken" fails until somebody has mended it: until the file is there. */
static int
job(struct lvt_ctx *cx, json_t *state)
{
	const char *mended = getenv("MENDED");

	if (strcmp(lvt_str(cx, "item"), "broken") == 0 &&
	    (mended == NULL || access(mended, F_OK) != 0))
		return LVT_EFAIL;
	return push(state, lvt_str(cx, "item"));
}

/* One function for several channels and events. */
static int
audit(struct lvt_ctx *cx, json_t *state)
{
	char line[600];

	snprintf(line, sizeof(line), "%s %s", lvt_channel(cx), lvt_event(cx));
	return push(state, line);
}

/* --- "/later": delays -------------------------------------------------------- */

static int
remind(struct lvt_ctx *cx, json_t *state)
{
	json_t *text = json_string(lvt_str(cx, "text"));
	int rc;

	(void)state;
	rc = lvt_publish_with(cx, "reminder.due", "due", text,
	    &(struct lvt_opts){ .in_ms = lvt_int(cx, "in", 0),
	    .name = lvt_str(cx, "text") });
	json_decref(text);
	return rc;
}

static int
forget(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_cancel(cx, lvt_str(cx, "text"));
}

static int
due(struct lvt_ctx *cx, json_t *state)
{
	return push(state, lvt_str(cx, "payload"));
}

/* --- "/from", "/to": two states in one commit -------------------------------- */

static int
take(struct lvt_ctx *cx, json_t *state)
{
	if (strcmp(lvt_str(cx, "what"), "poison") == 0)
		return LVT_EFAIL;
	return push(state, lvt_str(cx, "what"));
}

static int
send(struct lvt_ctx *cx, json_t *state)
{
	int rc = push(state, lvt_str(cx, "what"));

	if (rc == 0)
		rc = lvt_update(cx, "/to", NULL, take);
	return rc == 0 && lvt_bool(cx, "twice", 0) ?
	    lvt_update(cx, "/to", NULL, take) : rc;
}

static int
to_itself(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_update(cx, "/from", NULL, take) == LVT_EINVALID ?
	    lvt_reply_new(cx, json_string("refused")) : LVT_EFAIL;
}

/* Leave a word, and go on to another page. */
static int
pass(struct lvt_ctx *cx, json_t *state, const char *word, const char *page,
    lvt_fn *fn)
{
	int rc = push(state, word);

	return rc == 0 ? lvt_update(cx, page, NULL, fn) : rc;
}

static int
take_back(struct lvt_ctx *cx, json_t *state)
{
	return pass(cx, state, "there", "/from", take);
}

static int
there_and_back(struct lvt_ctx *cx, json_t *state)
{
	return pass(cx, state, "out", "/to", take_back);
}

static int
take_along(struct lvt_ctx *cx, json_t *state)
{
	return pass(cx, state, "via", "/users", take);
}

static int
further(struct lvt_ctx *cx, json_t *state)
{
	return pass(cx, state, "out", "/to", take_along);
}

/* --- Mistakes of whoever wrote it, each with a name of its own ---------------- */

static int
shout_badly(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_publish_new(cx, "no channel", "said", json_true());
}

static int
shout_latin(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_publish_new(cx, "caf\351", "said", json_true());
}

static int
forget_why(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	(void)state;
	return LVT_EINVALID;
}

static int
forget_return(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	(void)state;
	return 42;
}

static int
misspell(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	return push(json_object_get(state, "lenes"), "x");
}

static int
misbind(struct lvt_ctx *cx, json_t *state)
{
	struct { int count, beside; } o = { 0, 7 };
	static const struct lvt_field fields[] = {
		{ "count", LVT_KIND_INT64, 0, sizeof(int) },
		{ 0 }
	};
	int rc = lvt_bind(cx, fields, &o);

	(void)state;
	return o.beside == 7 ? rc : 0;
}

/* Without a page of its own. */
static int
forward(struct lvt_ctx *cx, json_t *payload)
{
	(void)payload;
	return lvt_update(cx, "/to", NULL, take);
}

/* --- "/clock", "/lounge": while somebody is there ------------------------------ */

static int
beat(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	return json_object_set_new(state, "beats", json_integer(1 +
	    json_integer_value(json_object_get(state, "beats"))));
}

static int
pulse(struct lvt_ctx *cx, json_t *doc)
{
	return lvt_publish(cx, "pulse.beat", "beat", doc);
}

static int
hello(struct lvt_ctx *cx, json_t *state)
{
	int rc = push(state, "came");

	if (rc == 0)
		rc = lvt_send_new(cx, json_pack("{s:s}", "greeting", "welcome"));
	return rc == 0 ? lvt_publish_new(cx, "lounge.came", "came",
	    json_string(lvt_user(cx))) : rc;
}

static int
goodbye(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	return push(state, "left");
}

/* --- "/users": several channels, one commit ----------------------------------- */

static int
create(struct lvt_ctx *cx, json_t *state)
{
	json_t *data = lvt_data(cx);
	int rc = push(state, lvt_str(cx, "name"));

	if (rc == 0)
		rc = lvt_publish(cx, "user.events", "created", data);
	if (rc == 0)
		rc = lvt_publish_new(cx, "analytics.events", "signup",
		    json_pack("{s:s}", "source", lvt_str(cx, "source")));
	if (rc == 0)
		rc = lvt_publish_new(cx, "audit.events", "user_created",
		    json_pack("{s:s, s:I}", "name", lvt_str(cx, "name"), "at",
		    (json_int_t)lvt_now(cx)));
	if (rc == 0)
		rc = lvt_reply(cx, data);
	return rc == 0 && strcmp(lvt_str(cx, "name"), "nobody") == 0 ?
	    LVT_EFAIL : rc;
}

/* What changed decides which events there are, and on which channels. */
static int
profile(struct lvt_ctx *cx, json_t *state)
{
	static const char *const fields[][2] = {
		{ "email", "user.email" }, { "address", "user.address" },
		{ "nick", "user.events" },
	};
	int rc = 0, said = 0;
	size_t i;

	for (i = 0; rc == 0 && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (lvt_has(cx, fields[i][0])) {
			rc = lvt_publish(cx, fields[i][1], "changed",
			    json_object_get(lvt_data(cx), fields[i][0]));
			if (rc == 0)
				rc = push(state, fields[i][0]);
			said++;
		}
	return rc == 0 ? lvt_reply_new(cx, json_pack("{s:i}", "events", said)) :
	    rc;
}

/* Many orders are one event. */
static int
bulk(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_publish(cx, "order.events", "bulk", lvt_data(cx));
}

/* What cannot be said does not spoil the rest, where the action says so. */
static int
careful(struct lvt_ctx *cx, json_t *state)
{
	int rc = lvt_publish(cx, lvt_str(cx, "channel"), "said", lvt_data(cx));

	return rc == LVT_EINVALID ? push(state, "not said") : rc;
}

/* --- "/health": a change is an alert ------------------------------------------- */

static int
health(struct lvt_ctx *cx, json_t *state)
{
	const char *fault = getenv("FAULT");
	const char *was = json_string_value(json_object_get(state, "status"));
	const char *now = fault != NULL && access(fault, F_OK) == 0 ?
	    "unhealthy" : "healthy";
	int rc = 0;

	if (strcmp(was, now) != 0)
		rc = lvt_publish_new(cx, "system.alerts", "alert", json_pack(
		    "{s:s}", "level", now[0] == 'u' ? "critical" : "info"));
	if (rc == 0)
		rc = lvt_publish_new(cx, "health.events", "status", json_pack(
		    "{s:s, s:s}", "status", now, "previous", was));
	return rc == 0 ? json_object_set_new(state, "status",
	    json_string(now)) : rc;
}

/* --- Though nobody watches: where a test asks for it --------------------------- */

static int
guard(struct lvt_ctx *cx, json_t *state)
{
	if (getenv("GUARD") == NULL)
		return 0;
	return lvt_publish_new(cx, "guard.alerts", "alert", json_null()) != 0 ?
	    LVT_EFAIL : json_object_set_new(state, "status",
	    json_string("unhealthy"));
}

static int
guard_pulse(struct lvt_ctx *cx, json_t *none)
{
	(void)none;
	return getenv("GUARD") == NULL ? 0 : lvt_publish_new(cx,
	    "guard.pulse", "beat", json_null());
}

/* --- The rows ---------------------------------------------------------------------- */

static int
named(struct lvt_ctx *cx, const char *user, char *group, size_t size)
{
	(void)user;
	snprintf(group, size, "%s", lvt_req_query(cx, "who"));
	return *group == '\0';
}

static const struct lvt_auth by_name = { .group = named };

static const struct lvt_action later_actions[] = {
	{ "remind", remind, NULL },
	{ "forget", forget, NULL },
	{ 0 }
};

static const struct lvt_action from_actions[] = {
	{ "send", send, NULL },
	{ "itself", to_itself, NULL },
	{ "back", there_and_back, NULL },
	{ "further", further, NULL },
	{ "shout_badly", shout_badly, NULL },
	{ "shout_latin", shout_latin, NULL },
	{ "forget_why", forget_why, NULL },
	{ "forget_return", forget_return, NULL },
	{ "misspell", misspell, NULL },
	{ "misbind", misbind, NULL },
	{ 0 }
};

static const struct lvt_action users_actions[] = {
	{ "create", create, NULL },
	{ "profile", profile, NULL },
	{ "bulk", bulk, NULL },
	{ "careful", careful, NULL },
	{ 0 }
};

#define LIST(title)	"{\"title\": \"" title "\", \"list\": []}"

static const struct lvt_page pages[] = {
	{ .path = "/jobs", .file = "list.tmpl", .init = LIST("Jobs"),
	  .auth = &by_name },
	{ .path = "/audit", .file = "list.tmpl", .init = LIST("Audit"),
	  .flags = LVT_SHARED },
	{ .path = "/later", .file = "list.tmpl", .init = LIST("Later"),
	  .flags = LVT_SHARED, .actions = later_actions },
	{ .path = "/from", .file = "list.tmpl", .init = LIST("From"),
	  .flags = LVT_SHARED, .actions = from_actions },
	{ .path = "/to", .file = "list.tmpl", .init = LIST("To"),
	  .flags = LVT_SHARED },
	{ .path = "/clock", .file = "clock.tmpl", .init = "{\"beats\": 0}",
	  .flags = LVT_SHARED },
	{ .path = "/lounge", .file = "lounge.tmpl", .init = LIST("Lounge"),
	  .flags = LVT_SHARED | LVT_PRESENCE, .connect = hello,
	  .disconnect = goodbye, .channels = "presence.> lounge.*" },
	{ .path = "/users", .file = "list.tmpl", .init = LIST("Users"),
	  .flags = LVT_SHARED, .actions = users_actions,
	  .channels = "user.* analytics.events order.>" },
	{ .path = "/mine", .file = "clock.tmpl", .init = "{\"beats\": 0}",
	  .auth = &by_name },
	{ .path = "/health", .file = "health.tmpl", .flags = LVT_SHARED,
	  .init = LVT_JSON({"status": "healthy"}) },
	{ .path = "/guard", .file = "health.tmpl", .flags = LVT_SHARED,
	  .init = LVT_JSON({"status": "healthy"}) },
	{ 0 }
};

static const struct lvt_handler handlers[] = {
	{ .channel = "job.*", .fn = job, .page = "/jobs", .group = owner_of },
	{ .channel = "order.>", .fn = audit, .page = "/audit" },
	{ .channel = "user.events", .fn = audit, .page = "/audit" },
	{ .channel = "reminder.due", .fn = due, .page = "/later" },
	{ .channel = "forward.>", .fn = forward },
	{ 0 }
};

static const struct lvt_tick ticks[] = {
	{ .name = "beat", .every_ms = 50, .fn = beat, .page = "/clock" },
	{ .name = "pulse", .every_ms = 50, .fn = pulse },
	{ .name = "mine", .every_ms = 50, .fn = beat, .page = "/mine" },
	{ .name = "health", .every_ms = 50, .fn = health, .page = "/health" },
	{ .name = "guard", .every_ms = 50, .fn = guard, .page = "/guard",
	  .flags = LVT_ALWAYS },
	{ .name = "guard pulse", .every_ms = 50, .fn = guard_pulse,
	  .flags = LVT_ALWAYS },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .name = "events",
	    .pages = pages, .handlers = handlers, .ticks = ticks });
}
