/* pagesapp.c - pages of one app, each with its own number and bell, for tabs
 * that show different ones. At /desk the query says whose number it is. */
#include <stdio.h>

#include <lvt.h>

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "n"));

	(void)cx;
	return json_object_set_new(state, "n", json_integer(n + 1));
}

static int
ring(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_publish_new(cx, lvt_str(cx, "bell"), "rang",
	    json_integer(lvt_int(cx, "n", 0)));
}

static int
nobody(struct lvt_ctx *req, char *user, size_t size)
{
	(void)req;
	(void)size;
	user[0] = '\0';
	return 0;
}

static int
by_query(struct lvt_ctx *req, const char *user, char *group, size_t size)
{
	int n = snprintf(group, size, "desk:%s", lvt_req_query(req, "of"));

	(void)user;
	return n > 0 && (size_t)n < size ? 0 : LVT_EFAIL;
}

static const struct lvt_auth desk = { nobody, by_query, NULL, NULL, NULL };

static const struct lvt_action actions[] = {
	{ "add", add, NULL }, { "ring", ring, NULL }, { 0 }
};

#define PAGE	.file = "pages.tmpl", .actions = actions, \
		.init = LVT_JSON({"n": 0})

static const struct lvt_page pages[] = {
	{ .path = "/", PAGE, .flags = LVT_SHARED, .channels = "bell.>" },
	{ .path = "/a", PAGE, .flags = LVT_SHARED, .channels = "bell.a" },
	{ .path = "/b", PAGE, .flags = LVT_SHARED, .channels = "bell.b" },
	{ .path = "/c", PAGE, .flags = LVT_SHARED },
	{ .path = "/room/{name}", PAGE, .flags = LVT_SHARED },
	{ .path = "/desk", PAGE, .auth = &desk, .channels = "bell.d" },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){
	    .name = "pagesapp", .pages = pages });
}
