/*
 * chat.c - one room for everybody, and a channel that operators, scripts and
 * other programs can listen and speak to.
 */
#include <string.h>

#include <lvt.h>

#define LINES_KEPT 100

static int
say(struct lvt_ctx *cx, json_t *state)
{
	json_t *lines = json_object_get(state, "lines");
	json_int_t id = json_integer_value(json_object_get(state, "next"));
	json_t *line;

	line = json_pack("{s:I, s:s, s:s}", "id", id,
	    "who", lvt_str(cx, "who"), "text", lvt_str(cx, "text"));
	if (json_array_append_new(lines, line) != 0 ||
	    json_object_set_new(state, "next", json_integer(id + 1)) != 0)
		return LVT_ENOMEM;
	if (json_array_size(lines) > LINES_KEPT)
		json_array_remove(lines, 0);
	return lvt_publish(cx, "room.lobby", "said", line);
}

/* In the agent: operators reach every open page through a channel. */
static int
announce(struct lvt_ctx *cx, json_t *payload)
{
	return lvt_broadcast_new(cx, json_pack("{s:O}", "notice", payload));
}

static const struct lvt_rule say_rules[] = {
	{ "who", LVT_REQUIRED | LVT_TRIM, 1, 30, "your name, please" },
	{ "text", LVT_REQUIRED | LVT_TRIM, 1, 500, "1 to 500 characters" },
	{ 0 }
};

static const struct lvt_action actions[] = {
	{ "say", say, say_rules },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "chat.tmpl", .actions = actions,
	  .init = LVT_JSON({"lines": [], "next": 1, "notice": ""}),
	  .channels = "room.*", .flags = LVT_SHARED },
	{ 0 }
};

static const struct lvt_handler handlers[] = {
	{ "ops.announce", announce },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){
	    .pages = pages, .handlers = handlers });
}
