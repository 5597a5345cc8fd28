/*
 * test_apply.c - updates on trees as JSON: what they do, and what is refused.
 */
#include "views.h"
#include "vectors.h"

#include "view/key.h"

#define TREE "{\"s\":[\"<p>\",\"</p>\",\"\"],\"0\":\"a\",\"1\":" LIST "}"
#define LIST "{\"s\":[\"<li id=\\\"\",\"\\\">\",\"</li>\"],\"d\":[" \
	"{\"0\":\"x\",\"1\":\"1\"},{\"0\":\"y\",\"1\":\"2\"}," \
	"{\"0\":\"z\",\"1\":\"3\"},{\"0\":\"z\",\"1\":\"4\"}]}"
#define NEW(k) "{\"0\":\"" k "\",\"1\":\"n\"}"

/* html: what the tree prints after the update; NULL: it is refused. */
static const struct apply_case {
	const char *name, *update, *html;
} cases[] = {
	{ "nothing changes by an empty update", "{}",
	  "<p>a</p><li id=\"x\">1</li><li id=\"y\">2</li><li id=\"z\">3</li>"
	  "<li id=\"z\">4</li>" },
	{ "a slot takes a text", "{\"0\":\"b\",\"1\":\"\"}", "<p>b</p>" },
	{ "a slot takes a tree",
	  "{\"0\":{\"s\":[\"(\",\")\"],\"0\":\"t\"},\"1\":\"\"}",
	  "<p>(t)</p>" },
	{ "an update with statics replaces all",
	  "{\"s\":[\"whole\"]}", "whole" },
	{ "items go by key and by position",
	  "{\"1\":[[\"r\",\"x\"],[\"u\",2,{\"1\":\"33\"}],[\"r\",3]]}",
	  "<p>a</p><li id=\"y\">2</li><li id=\"z\">33</li>" },
	{ "items are inserted at the start, at the end and behind others",
	  "{\"1\":[[\"i\",null,\"start\"," NEW("s") "],[\"i\",null,\"end\",["
	  NEW("e") "," NEW("f") "]],[\"i\",\"x\",\"after\"," NEW("m") "]]}",
	  "<p>a</p><li id=\"s\">n</li><li id=\"x\">1</li><li id=\"m\">n</li>"
	  "<li id=\"y\">2</li><li id=\"z\">3</li><li id=\"z\">4</li>"
	  "<li id=\"e\">n</li><li id=\"f\">n</li>" },
	{ "positions are those of the list before the update",
	  "{\"1\":[[\"r\",0],[\"i\",null,\"start\"," NEW("s") "],[\"m\",3,1],"
	  "[\"m\",2,null]]}",
	  "<p>a</p><li id=\"z\">3</li><li id=\"s\">n</li><li id=\"y\">2</li>"
	  "<li id=\"z\">4</li>" },
	{ "an order names every item",
	  "{\"1\":[[\"o\",[3,\"y\",\"x\",2]]]}",
	  "<p>a</p><li id=\"z\">4</li><li id=\"y\">2</li><li id=\"x\">1</li>"
	  "<li id=\"z\">3</li>" },
	{ "a removed item is not named again",
	  "{\"1\":[[\"r\",\"x\"],[\"u\",\"x\",{}]]}", NULL },
	{ "a key of two items names none", "{\"1\":[[\"r\",\"z\"]]}", NULL },
	{ "a key that no item has is refused",
	  "{\"1\":[[\"r\",\"q\"]]}", NULL },
	{ "a position past the list is refused", "{\"1\":[[\"r\",4]]}", NULL },
	{ "a negative position is refused", "{\"1\":[[\"r\",-1]]}", NULL },
	{ "an inserted item has no name",
	  "{\"1\":[[\"i\",null,\"end\"," NEW("q") "],[\"r\",\"q\"]]}", NULL },
	{ "an order that leaves an item out is refused",
	  "{\"1\":[[\"o\",[0,1,2]]]}", NULL },
	{ "an order that names an item twice is refused",
	  "{\"1\":[[\"o\",[0,1,2,2]]]}", NULL },
	{ "a move behind itself is refused", "{\"1\":[[\"m\",1,1]]}", NULL },
	{ "an unknown operation is refused", "{\"1\":[[\"x\",1]]}", NULL },
	{ "an operation of the wrong length is refused",
	  "{\"1\":[[\"r\",1,2]]}", NULL },
	{ "an insertion nowhere is refused",
	  "{\"1\":[[\"i\",null,\"after\"," NEW("q") "]]}", NULL },
	{ "an insertion at the start of an item is refused",
	  "{\"1\":[[\"i\",\"x\",\"start\"," NEW("q") "]]}", NULL },
	{ "an item with a slot too few is refused",
	  "{\"1\":[[\"i\",null,\"end\",{\"0\":\"q\"}]]}", NULL },
	{ "a slot that there is not is refused", "{\"2\":\"x\"}", NULL },
	{ "the statics are no slot", "{\"0\":{\"s\":[]}}", NULL },
	{ "changes to a text are refused", "{\"0\":{\"0\":\"x\"}}", NULL },
	{ "operations on a text are refused",
	  "{\"0\":[[\"r\",0]]}", NULL },
	{ "changes to a list without operations are refused",
	  "{\"1\":{\"d\":[]}}", NULL },
	{ "a number is no slot", "{\"0\":1}", NULL },
	{ "null is no slot", "{\"0\":null}", NULL },
	{ "an array is no update", "[]", NULL },
	{ "a tree with a slot too many is refused",
	  "{\"0\":{\"s\":[\"\"],\"0\":\"x\"}}", NULL },
	{ "numbers of statics need a table",
	  "{\"0\":{\"s\":7,\"0\":\"x\"}}", NULL },
};

static void
run_case(void **state)
{
	const struct apply_case *c = *state;
	json_t *tree = json_of(TREE), *before = json_deep_copy(tree);
	json_t *update = json_of(c->update);
	struct lvt_error err = { 0 };
	struct buf html = { 0 };
	json_t *after = tree_apply(tree, update, NULL, &err);

	/* Without a table a number passes as such, but makes no page. */
	if (c->html == NULL && after != NULL)
		assert_int_equal(tree_html(after, NULL, &html, &err),
		    LVT_EINVALID);
	if (c->html == NULL) {
		assert_int_equal(err.code, LVT_EINVALID);
		assert_true(err.message[0] != '\0');
	} else {
		if (after == NULL)
			fail_msg("%s", err.message);
		assert_int_equal(tree_html(after, NULL, &html, &err), 0);
		assert_string_equal(buf_z(&html), c->html);
	}
	assert_true(json_equal(tree, before));
	json_decref(after);
	json_decref(update);
	json_decref(tree);
	json_decref(before);
	buf_release(&html);
}

static void
an_update_that_nests_without_end_is_refused(void **state)
{
	struct lvt_error err = { 0 };
	json_t *tree = json_string("x"), *update;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		tree = json_pack("{s:[s,s], s:o}", "s", "", "", "0", tree);
	update = json_object();
	assert_null(tree_apply(tree, update, NULL, &err));
	assert_int_equal(err.code, LVT_EINVALID);
	json_decref(update);
	json_decref(tree);
}

/* --- Keys --------------------------------------------------------------- */

/* The key of a list's only item, by naming it. */
static const struct key_case {
	const char *name, *item, *key;	/* NULL: it has none */
} keys[] = {
	{ "data-key is preferred to the others",
	  "<li id=\"a\" lvt-key=\"b\" data-key=\"c\">", "c" },
	{ "lvt-key is preferred to id", "<li id=\"a\" lvt-key=\"b\">", "b" },
	{ "names of attributes may be upper case", "<LI ID=\"a\">", "a" },
	{ "values may have single quotes", "<li id='a\"b'>", "a\"b" },
	{ "values may have no quotes", "<li id=a>", "a" },
	{ "space around the equals sign does not matter",
	  "<li id = \"a\">", "a" },
	{ "the first of two attributes counts", "<li id=a id=b>", "a" },
	{ "character references stay", "<li id=\"a&amp;b\">", "a&amp;b" },
	{ "space and comments before the tag do not matter",
	  "\n <!-- <b id=x> -- --> <li id=a>", "a" },
	{ "text before the tag leaves no key", "x<li id=a>", NULL },
	{ "only the first tag counts", "<li><b id=a>", NULL },
	{ "an end tag is no start tag", "</p><li id=a>", NULL },
	{ "a name inside a value is none", "<li title=\"id=a\">", NULL },
	{ "a longer name is another", "<li data-key-x=a idx=b>", NULL },
	{ "an attribute without value is empty", "<li id>", NULL },
	{ "a self-closing tag has attributes", "<br/id=a/>", "a/" },
};

static void
run_key(void **state)
{
	const struct key_case *c = *state;
	struct lvt_error err = { 0 };
	json_t *tree = json_pack("{s:[s,s], s:{s:[s], s:[{}]}}", "s", "", "",
	    "0", "s", c->item, "d");
	json_t *update = json_pack("{s:[[s,s]]}", "0", "r",
	    c->key != NULL ? c->key : "a");
	json_t *after = tree_apply(tree, update, NULL, &err);

	assert_int_equal(after != NULL, c->key != NULL);
	json_decref(tree);
	json_decref(update);
	json_decref(after);
}

/* --- What the client is tested with, too -------------------------------- */

static void
check_vector(const json_t *c, const json_t *none)
{
	const char *name = json_string_value(json_object_get(c, "name"));
	const json_t *table = json_object_get(c, "statics");
	const json_t *result = json_object_get(c, "result");
	const json_t *html = json_object_get(c, "html");
	struct lvt_error err = { 0 };
	struct buf page = { 0 };
	json_t *after;

	if (table == NULL)
		table = none;
	after = tree_apply(json_object_get(c, "tree"),
	    json_object_get(c, "update"), table, &err);
	if ((after == NULL) != (result == NULL) ||
	    (result != NULL && !json_equal(after, result)))
		fail_msg("%s: %s", name, err.message);
	if (html != NULL) {
		assert_int_equal(tree_html(after, table, &page, &err), 0);
		assert_string_equal(buf_z(&page), json_string_value(html));
	}
	json_decref(after);
	buf_release(&page);
}

static void
updates_do_what_they_do_in_the_browser(void **state)
{
	json_t *all = vectors_load("apply"), *none = json_array(), *c;
	size_t i;

	(void)state;
	json_array_foreach(all, i, c)
		check_vector(c, none);
	json_decref(all);
	json_decref(none);
}

static void
keys_are_what_they_are_in_the_browser(void **state)
{
	json_t *all = vectors_load("keys"), *c;
	const json_t *html, *key;
	struct key_machine m;
	size_t i;

	(void)state;
	json_array_foreach(all, i, c) {
		html = json_object_get(c, "html");
		key = json_object_get(c, "key");
		key_machine_init(&m);
		key_machine_feed(&m, (struct str){ json_string_value(html),
		    json_string_length(html) });
		assert_string_equal(buf_z(&m.key),
		    json_is_string(key) ? json_string_value(key) : "");
		key_machine_release(&m);
	}
	json_decref(all);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(an_update_that_nests_without_end_is_refused),
		cmocka_unit_test(updates_do_what_they_do_in_the_browser),
		cmocka_unit_test(keys_are_what_they_are_in_the_browser),
	};

	SUITE_TESTS(&s, others);
	SUITE_ROWS(&s, cases, name, run_case);
	SUITE_ROWS(&s, keys, name, run_key);
	return suite_run(&s);
}
