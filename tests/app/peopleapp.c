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

/* Whoever does not say who they are is nobody, and is let in. */
static int
by_header_if_any(struct lvt_ctx *req, char *user, size_t size)
{
	return lvt_req_header(req, "X-User")[0] != '\0' ?
	    by_header(req, user, size) : 0;
}

static const struct lvt_auth open_door = { .identify = by_header_if_any };

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

/* --- "/cart", "/mine": before somebody logs in, and after --------------------- */

static int
put(struct lvt_ctx *cx, json_t *state)
{
	return json_array_append_new(json_object_get(state, "items"),
	    json_string(lvt_str(cx, "item")));
}

/* The browser's items after the user's own. */
static int
join_items(struct lvt_ctx *cx, json_t *mine)
{
	return json_array_extend(json_object_get(mine, "items"),
	    json_object_get(lvt_data(cx), "items"));
}

static int
log_in(struct lvt_ctx *cx, json_t *state)
{
	const char *how = lvt_str(cx, "carry");
	int rc = lvt_login(cx, lvt_str(cx, "user"));

	(void)state;
	if (rc != 0 || how[0] == '\0')
		return rc;
	return lvt_carry(cx, "/cart", "/mine",
	    strcmp(how, "join") == 0 ? join_items : NULL);
}

/* A name that an application has from where names are not UTF-8. */
static int
log_in_latin(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_login(cx, "Ren\351e");
}

static int
carry_only(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_carry(cx, "/cart", "/mine", NULL);
}

static int
log_out(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_logout(cx);
}

/* In the agent: what was delivered goes into its owner's state. */
static int
deliver(struct lvt_ctx *cx, json_t *state)
{
	return lvt_user(cx)[0] != '\0' ? put(cx, state) : LVT_EFAIL;
}

static int
to_owner(struct lvt_ctx *cx, const json_t *payload, char *group, size_t size)
{
	const char *to = json_string_value(json_object_get(payload, "to"));

	(void)cx;
	if (to == NULL || strlen(to) >= size)
		return LVT_EINVALID;
	strcpy(group, to);
	return 0;
}

static const struct lvt_action cart_actions[] = {
	{ "put", put, NULL }, { 0 }
};
static const struct lvt_action mine_actions[] = {
	{ "put", put, NULL }, { "logout", log_out, NULL }, { 0 }
};
static const struct lvt_action door_actions[] = {
	{ "login", log_in, NULL }, { "latin", log_in_latin, NULL },
	{ "carry", carry_only, NULL }, { 0 }
};

/* --- "/priced": a function of the app's own ---------------------------------------- */

static int
price(struct lvt_call *call, const json_t *args)
{
	json_t *cents = json_array_get(args, 0);

	if (!json_is_integer(cents))
		return lvt_result_error(call, "cents must be an integer");
	return lvt_result_new(call, json_sprintf("%.2f",
	    (double)json_integer_value(cents) / 100));
}

static const struct lvt_template_func functions[] = {
	{ "price", price, 1, 1 },
	{ 0 }
};

/* --- "/talk": who hears what ------------------------------------------------------ */

static int
count(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_reply_new(cx, json_integer(lvt_watching(cx,
	    lvt_str(cx, "channel"))));
}

static const struct lvt_action talk_actions[] = {
	{ "count", count, NULL }, { 0 }
};

#define ITEMS	LVT_JSON({"items": []})

static const struct lvt_page pages[] = {
	{ .path = "/cart", .file = "cart.tmpl", .init = ITEMS,
	  .actions = cart_actions },
	{ .path = "/mine", .file = "cart.tmpl", .init = ITEMS,
	  .actions = mine_actions, .auth = lvt_auth_token },
	{ .path = "/open", .file = "cart.tmpl", .init = ITEMS,
	  .actions = mine_actions, .auth = &open_door },
	{ .path = "/priced", .file = "priced.tmpl",
	  .init = LVT_JSON({"cents": 250}) },
	{ .path = "/talk", .file = "cart.tmpl", .init = ITEMS,
	  .actions = talk_actions, .auth = &named, .flags = LVT_PRESENCE,
	  .channels = "talk.> presence.>" },
	{ .path = "/quiet", .file = "cart.tmpl", .init = ITEMS,
	  .auth = &named, .channels = "talk.>" },
	{ .path = "/door", .file = "cart.tmpl", .init = ITEMS,
	  .actions = door_actions, .flags = LVT_SHARED },
	{ .path = "/board", .file = "board.tmpl", .actions = board_actions,
	  .init = LVT_JSON({"n": 0, "open": false, "note": "-"}),
	  .flags = LVT_SHARED, .auth = &named },
	{ 0 }
};

static const struct lvt_handler handlers[] = {
	{ .channel = "parcel.*", .fn = deliver, .page = "/mine",
	  .group = to_owner },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .name = "people",
	    .pages = pages, .handlers = handlers, .functions = functions });
}
