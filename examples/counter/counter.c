/* counter.c - one number; everyone who has the page open sees it move. */
#include <lvt.h>

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "n"));

	return json_object_set_new(state, "n",
	    json_integer(n + lvt_int(cx, "value", 1)));
}

static const struct lvt_action actions[] = {
	{ "add", add, NULL },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "counter.tmpl", .actions = actions,
	  .init = LVT_JSON({"n": 0}), .flags = LVT_SHARED },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .pages = pages });
}
