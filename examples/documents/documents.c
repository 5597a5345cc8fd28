/*
 * documents.c - rooms with documents that several people edit.
 *
 * Each room is a page with a state of its own. A button says which version of
 * its document it was made of: of two who change the same one, the second is
 * told, keeps what was typed, and sees what is there now. Two who change
 * different documents of a room are both right.
 */
#include <stdio.h>
#include <string.h>

#include <lvt.h>

#define DOCS_MAX 20

/* "/": where is the room? */
static int
enter(struct lvt_ctx *cx, json_t *state)
{
	char url[80];

	(void)state;
	snprintf(url, sizeof(url), "room/%s", lvt_str(cx, "room"));
	return lvt_redirect(cx, url);
}

static int
furnish(struct lvt_ctx *cx, json_t *state)
{
	return json_object_set_new(state, "room",
	    json_string(lvt_req_path(cx, "room")));
}

static int
create(struct lvt_ctx *cx, json_t *state)
{
	json_t *docs = json_object_get(state, "docs");

	if (json_array_size(docs) >= DOCS_MAX)
		return lvt_invalid(cx, "title", "%d documents are enough for "
		    "a room", DOCS_MAX);
	return json_array_append_new(docs, json_pack("{s:o, s:s, s:s, s:i}",
	    "id", json_sprintf("d%zu", json_array_size(docs) + 1),
	    "title", lvt_str(cx, "title"), "text", "", "version", 1));
}

static int
save(struct lvt_ctx *cx, json_t *state)
{
	json_t *docs = json_object_get(state, "docs"), *doc;
	size_t i;
	int rc;

	for (i = 0; (doc = json_array_get(docs, i)) != NULL; i++)
		if (strcmp(json_string_value(json_object_get(doc, "id")),
		    lvt_str(cx, "id")) == 0)
			break;
	if (doc == NULL)
		return lvt_invalid(cx, "_general", "there is no such document");
	if ((rc = lvt_version(cx, doc, "value")) != 0)
		return rc;
	return json_object_set_new(doc, "text",
	    json_string(lvt_str(cx, "text")));
}

static const struct lvt_rule enter_rules[] = {
	{ .field = "room", .flags = LVT_REQUIRED | LVT_TRIM,
	  .pattern = "^[a-z0-9-]{1,40}$",
	  .message = "up to 40 small letters, digits and dashes" },
	{ 0 }
};

static const struct lvt_rule create_rules[] = {
	{ "title", LVT_REQUIRED | LVT_TRIM, 1, 60, "1 to 60 characters" },
	{ 0 }
};

static const struct lvt_rule save_rules[] = {
	{ "text", 0, 0, 4000, "4000 characters at most" },
	{ 0 }
};

static const struct lvt_action door[] = {
	{ "enter", enter, enter_rules },
	{ 0 }
};

static const struct lvt_action room[] = {
	{ "create", create, create_rules },
	{ "save", save, save_rules },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "door.tmpl", .partials = "part-*.tmpl",
	  .actions = door, .flags = LVT_SHARED },
	{ .path = "/room/{room}", .file = "room.tmpl",
	  .partials = "part-*.tmpl", .actions = room, .setup = furnish,
	  .init = LVT_JSON({"docs": []}), .flags = LVT_SHARED },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .pages = pages });
}
