/* peopleapp.c - users who share pages, and who come and go. */
#include <string.h>

#include <lvt.h>

static int
by_header(struct lvt_ctx *req, char *user, size_t size)
{
	const char *name = lvt_req_header(req, "X-User");

	if (name[0] == '\0' || strlen(name) >= size)
		return LVT_EDENIED;
	strcpy(user, name);
	return 0;
}

static const struct lvt_auth named = { .identify = by_header };

/* --- "/board": one document for all, and what is said to one alone --------- */

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "n"));

	return json_object_set_new(state, "n",
	    json_integer(n + lvt_int(cx, "value", 1)));
}

static int
unfold(struct lvt_ctx *cx, json_t *state)
{
	return json_object_set_new(state, "open",
	    json_boolean(lvt_bool(cx, "on", 1)));
}

static int
whisper(struct lvt_ctx *cx, json_t *state)
{
	int rc = lvt_broadcast_to_user_new(cx, lvt_str(cx, "to"),
	    json_pack("{s:s}", "note", lvt_str(cx, "text")));

	return rc == 0 ? add(cx, state) : rc;
}

static const struct lvt_action board_actions[] = {
	{ "add", add, NULL },
	{ "unfold", unfold, NULL },
	{ "whisper", whisper, NULL },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/board", .file = "board.tmpl", .actions = board_actions,
	  .init = LVT_JSON({"n": 0, "open": false, "note": "-"}),
	  .flags = LVT_SHARED, .auth = &named },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .name = "people",
	    .pages = pages });
}
