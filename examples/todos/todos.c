/*
 * todos.c - a list of one's own: add, toggle, delete, search, sort, pages.
 *
 * The document holds what is true ("items") and what is asked for ("q", "by",
 * "page"); arrange() works out what the page shows ("rows") after each action,
 * since templates count and compare, but do not calculate.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <lvt.h>

#define ROWS_PER_PAGE 8
#define ITEMS_MAX 500

static const char *
text_of(const json_t *item)
{
	return json_string_value(json_object_get(item, "text"));
}

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(text_of(*(json_t *const *)a),
	    text_of(*(json_t *const *)b));
}

static int
by_done(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int dx = json_is_true(json_object_get(x, "done"));
	int dy = json_is_true(json_object_get(y, "done"));
	json_int_t ix = json_integer_value(json_object_get(x, "id"));
	json_int_t iy = json_integer_value(json_object_get(y, "id"));

	return dx != dy ? dx - dy : (ix > iy) - (ix < iy);
}

/* The items that match the search, in the order asked for. */
static size_t
matching(json_t *state, json_t *found[ITEMS_MAX])
{
	json_t *items = json_object_get(state, "items"), *item;
	const char *q = json_string_value(json_object_get(state, "q"));
	const char *by = json_string_value(json_object_get(state, "by"));
	size_t i, n = 0;

	json_array_foreach(items, i, item)
		if (n < ITEMS_MAX && strcasestr(text_of(item), q) != NULL)
			found[n++] = item;
	if (strcmp(by, "text") == 0)
		qsort(found, n, sizeof(found[0]), by_text);
	else if (strcmp(by, "open") == 0)
		qsort(found, n, sizeof(found[0]), by_done);
	return n;
}

static json_t *
page_numbers(json_int_t pages, json_int_t page)
{
	json_t *list = json_array();
	json_int_t p;

	for (p = 1; p <= pages; p++)
		json_array_append_new(list, json_pack("{s:I, s:b}",
		    "n", p, "here", p == page));
	return list;
}

static int
arrange(json_t *state)
{
	json_t *found[ITEMS_MAX], *rows = json_array(), *item;
	json_int_t page = json_integer_value(json_object_get(state, "page"));
	json_int_t n = (json_int_t)matching(state, found), i, open = 0;
	json_int_t pages = n == 0 ? 1 : (n + ROWS_PER_PAGE - 1) / ROWS_PER_PAGE;
	size_t k;

	page = page < 1 ? 1 : page > pages ? pages : page;
	for (i = (page - 1) * ROWS_PER_PAGE;
	    i < n && i < page * ROWS_PER_PAGE; i++)
		if (json_array_append(rows, found[i]) != 0)
			break;
	json_array_foreach(json_object_get(state, "items"), k, item)
		open += json_is_false(json_object_get(item, "done"));
	return json_object_update_new(state, json_pack(
	    "{s:o, s:I, s:I, s:I, s:o}", "rows", rows, "found", n,
	    "open", open, "page", page,
	    "pages", pages > 1 ? page_numbers(pages, page) : json_array()));
}

/* Where the item that a button's value names is; the list's size if it is gone. */
static size_t
index_of(struct lvt_ctx *cx, json_t *items)
{
	int64_t id = lvt_int(cx, "value", 0);
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
		if (json_integer_value(json_object_get(item, "id")) == id)
			return i;
	return i;
}

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_t *items = json_object_get(state, "items"), *item;
	json_int_t id = json_integer_value(json_object_get(state, "next"));
	size_t i;

	if (json_array_size(items) >= ITEMS_MAX)
		return lvt_invalid(cx, "text", "%d things are enough; "
		    "delete one first", ITEMS_MAX);
	json_array_foreach(items, i, item)
		if (strcasecmp(text_of(item), lvt_str(cx, "text")) == 0)
			return lvt_invalid(cx, "text",
			    "this is on the list already");
	item = json_pack("{s:I, s:s, s:b}", "id", id,
	    "text", lvt_str(cx, "text"), "done", 0);
	if (json_array_insert_new(items, 0, item) != 0 ||
	    json_object_set_new(state, "next", json_integer(id + 1)) != 0)
		return LVT_ENOMEM;
	return arrange(state);
}

static int
toggle(struct lvt_ctx *cx, json_t *state)
{
	json_t *items = json_object_get(state, "items");
	json_t *item = json_array_get(items, index_of(cx, items));

	if (item == NULL)		/* deleted in another tab meanwhile */
		return 0;
	if (json_object_set_new(item, "done", json_boolean(
	    json_is_false(json_object_get(item, "done")))) != 0)
		return LVT_ENOMEM;
	return arrange(state);
}

static int
delete_one(struct lvt_ctx *cx, json_t *state)
{
	json_t *items = json_object_get(state, "items");

	if (json_array_remove(items, index_of(cx, items)) != 0)
		return 0;		/* gone already */
	return arrange(state);
}

static int
search(struct lvt_ctx *cx, json_t *state)
{
	if (json_object_set_new(state, "q",
	    json_string(lvt_str(cx, "q"))) != 0 ||
	    json_object_set_new(state, "page", json_integer(1)) != 0)
		return LVT_ENOMEM;
	return arrange(state);
}

static int
sort(struct lvt_ctx *cx, json_t *state)
{
	if (json_object_set_new(state, "by",
	    json_string(lvt_str(cx, "value"))) != 0)
		return LVT_ENOMEM;
	return arrange(state);
}

static int
turn(struct lvt_ctx *cx, json_t *state)
{
	if (json_object_set_new(state, "page",
	    json_integer(lvt_int(cx, "value", 1))) != 0)
		return LVT_ENOMEM;
	return arrange(state);
}

static const struct lvt_rule add_rules[] = {
	{ "text", LVT_REQUIRED | LVT_TRIM, 2, 80, "2 to 80 characters" },
	{ 0 }
};

static const struct lvt_rule search_rules[] = {
	{ "q", LVT_TRIM, 0, 80, "80 characters at most" },
	{ 0 }
};

static const struct lvt_action actions[] = {
	{ "add", add, add_rules },
	{ "toggle", toggle, NULL },
	{ "delete", delete_one, NULL },
	{ "search", search, search_rules },
	{ "sort", sort, NULL },
	{ "page", turn, NULL },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "todos.tmpl", .actions = actions,
	  .init = LVT_JSON({"items": [], "rows": [], "pages": [], "next": 1,
	      "q": "", "by": "new", "page": 1, "open": 0, "found": 0}) },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){ .pages = pages });
}
