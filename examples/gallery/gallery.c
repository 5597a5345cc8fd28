/*
 * gallery.c - every attribute and event of the browser client, each with the
 * markup that makes it.
 *
 * Templates show their own text: {{source "NAME"}} prints what stands between
 * the comments "demo NAME" and "end"; sources.awk makes the table of it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lvt.h>

#include "sources.h"

#define ROWS_MAX 100
#define LINES_MAX 200

static int
source(struct lvt_call *call, const json_t *args)
{
	const char *name = json_string_value(json_array_get(args, 0));
	size_t i;

	for (i = 0; name != NULL && i < sizeof(sources) / sizeof(sources[0]);
	    i++)
		if (strcmp(sources[i].name, name) == 0)
			return lvt_result_new(call,
			    json_string(sources[i].text));
	return lvt_result_error(call, "there is no demo \"%s\"",
	    name == NULL ? "" : name);
}

/* --- Small changes ------------------------------------------------------- */

static json_int_t
number(const json_t *doc, const char *member)
{
	return json_integer_value(json_object_get(doc, member));
}

static int
more(json_t *doc, const char *member)
{
	return json_object_set_new(doc, member,
	    json_integer(number(doc, member) + 1));
}

static int
keep(json_t *doc, const char *member, const char *text)
{
	return json_object_set_new(doc, member, json_string(text));
}

/* As long as a slow service may take, so that there is something to see. */
static void
be_slow(void)
{
	const struct timespec wait = { 0, 600 * 1000 * 1000 };

	nanosleep(&wait, NULL);
}

/* Actions that count, in the member of their name. */
#define COUNTS(name)                                                   \
	static int                                                     \
	name(struct lvt_ctx *cx, json_t *doc)                          \
	{                                                              \
		(void)cx;                                              \
		return more(doc, #name);                               \
	}

/* Actions that keep the text of a field, in the member of that name. */
#define KEEPS(name, field)                                             \
	static int                                                     \
	name(struct lvt_ctx *cx, json_t *doc)                          \
	{                                                              \
		return keep(doc, field, lvt_str(cx, field));           \
	}

/* --- events -------------------------------------------------------------- */

static int
plus(struct lvt_ctx *cx, json_t *doc)
{
	return json_object_set_new(doc, "n",
	    json_integer(number(doc, "n") + lvt_int(cx, "value", 1)));
}

static int
clear(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "n", json_integer(0));
}

COUNTS(clicked)
COUNTS(focused)
COUNTS(left)
COUNTS(escaped)
COUNTS(resized)
COUNTS(spelled)
COUNTS(pulled)
KEEPS(greet, "who")
KEEPS(paint, "colour")
KEEPS(mirror, "echo")

static int
search(struct lvt_ctx *cx, json_t *doc)
{
	static const char *const words[] = { "anchor", "apple", "bridge",
	    "candle", "harbour", "lantern", "maple", "orchard", "river",
	    "sparrow", "violin", "winter" };
	json_t *found = json_array();
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(words[i], lvt_str(cx, "q")) != NULL &&
		    json_array_append_new(found, json_string(words[i])) != 0)
			break;
	return json_object_set_new(doc, "found", found) != 0 ? LVT_ENOMEM :
	    keep(doc, "q", lvt_str(cx, "q"));
}

static int
pressed(struct lvt_ctx *cx, json_t *doc)
{
	return keep(doc, "pressed", lvt_str(cx, "key"));
}

static int
released(struct lvt_ctx *cx, json_t *doc)
{
	return keep(doc, "released", lvt_str(cx, "key"));
}

static int
enter(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "here", json_true());
}

static int
leave(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "here", json_false());
}

static int
menu(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "menu", json_boolean(
	    !json_is_true(json_object_get(doc, "menu"))));
}

static int
close_menu(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "menu", json_false());
}

/* What came, as JSON. */
static int
show_data(struct lvt_ctx *cx, json_t *doc, const char *member)
{
	char *text = json_dumps(lvt_data(cx), JSON_SORT_KEYS);
	int rc = text == NULL ? LVT_ENOMEM : keep(doc, member, text);

	free(text);
	return rc;
}

static int
buy(struct lvt_ctx *cx, json_t *doc)
{
	return show_data(cx, doc, "bought");
}

static int
measure(struct lvt_ctx *cx, json_t *doc)
{
	return show_data(cx, doc, "measured");
}

static const struct lvt_rule greet_rules[] = {
	{ "who", LVT_REQUIRED | LVT_TRIM, 1, 40, "1 to 40 characters" },
	{ 0 }
};

static const struct lvt_rule paint_rules[] = {
	{ .field = "colour", .oneof = "blue green red" },
	{ 0 }
};

static const struct lvt_rule search_rules[] = {
	{ "q", LVT_TRIM, 0, 40, "40 characters at most" },
	{ 0 }
};

static const struct lvt_rule mirror_rules[] = {
	{ "echo", 0, 0, 200, "200 characters at most" },
	{ 0 }
};

static const struct lvt_action event_actions[] = {
	{ "plus", plus, NULL },
	{ "clear", clear, NULL },
	{ "clicked", clicked, NULL },
	{ "greet", greet, greet_rules },
	{ "paint", paint, paint_rules },
	{ "search", search, search_rules },
	{ "pressed", pressed, NULL },
	{ "released", released, NULL },
	{ "focused", focused, NULL },
	{ "left", left, NULL },
	{ "enter", enter, NULL },
	{ "leave", leave, NULL },
	{ "menu", menu, NULL },
	{ "close", close_menu, NULL },
	{ "escaped", escaped, NULL },
	{ "resized", resized, NULL },
	{ "spelled", spelled, NULL },
	{ "buy", buy, NULL },
	{ "measure", measure, NULL },
	{ "mirror", mirror, mirror_rules },
	{ "pulled", pulled, NULL },
	{ 0 }
};

/* --- forms --------------------------------------------------------------- */

KEEPS(sign, "email")
KEEPS(ask, "question")
KEEPS(colour_in, "shade")
KEEPS(post_letter, "letter")
KEEPS(plain, "said")

static int
save(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	be_slow();
	return more(doc, "saved");
}

static int
pay(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	be_slow();
	return more(doc, "paid");
}

static int
knock(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	be_slow();
	return more(doc, "knocked");
}

static int
wipe(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "things", json_integer(0));
}

static int
refill(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return json_object_set_new(doc, "things", json_integer(3));
}

static int
rename_it(struct lvt_ctx *cx, json_t *doc)
{
	return keep(json_object_get(doc, "profile"), "name",
	    lvt_str(cx, "name"));
}

static int
repaint(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return more(json_object_get(doc, "profile"), "coats");
}

/* Two who edit one record: the second is told, and loses nothing. */
static int
edit(struct lvt_ctx *cx, json_t *doc)
{
	json_t *card = json_object_get(doc, "card");
	int rc = lvt_version(cx, card, "version");

	return rc != 0 ? rc : keep(card, "text", lvt_str(cx, "text"));
}

static int
meddle(struct lvt_ctx *cx, json_t *doc)
{
	json_t *card = json_object_get(doc, "card");
	int rc = lvt_version(cx, card, "version");

	return rc != 0 ? rc : keep(card, "text", "what somebody else wrote");
}

static int
store(struct lvt_ctx *cx, json_t *doc)
{
	struct lvt_upload file;

	if (lvt_file(cx, "file", &file) != 0)
		return lvt_invalid(cx, "file", "choose a file first");
	return json_object_set_new(doc, "file", json_pack("{s:s, s:I}",
	    "name", file.name, "size", (json_int_t)file.size));
}

static const struct lvt_rule sign_rules[] = {
	{ "email", LVT_REQUIRED | LVT_TRIM | LVT_EMAIL, 0, 80,
	  "an address, as in ann@example.org" },
	{ 0 }
};

static const struct lvt_rule ask_rules[] = {
	{ "question", LVT_REQUIRED | LVT_TRIM, 1, 80, "1 to 80 characters" },
	{ 0 }
};

static const struct lvt_rule letter_rules[] = {
	{ "letter", LVT_REQUIRED, 1, 2000, "1 to 2000 characters" },
	{ 0 }
};

static const struct lvt_rule plain_rules[] = {
	{ "said", LVT_REQUIRED, 1, 80, "1 to 80 characters" },
	{ 0 }
};

static const struct lvt_rule name_rules[] = {
	{ "name", LVT_REQUIRED | LVT_TRIM, 1, 40, "1 to 40 characters" },
	{ 0 }
};

static const struct lvt_rule edit_rules[] = {
	{ "text", LVT_REQUIRED, 1, 80, "1 to 80 characters" },
	{ 0 }
};

static const struct lvt_action form_actions[] = {
	{ "sign", sign, sign_rules },
	{ "ask", ask, ask_rules },
	{ "tint", colour_in, NULL },
	{ "save", save, NULL },
	{ "wipe", wipe, NULL },
	{ "refill", refill, NULL },
	{ "pay", pay, NULL },
	{ "knock", knock, NULL },
	{ "plain", plain, plain_rules },
	{ "post", post_letter, letter_rules },
	{ "rename", rename_it, name_rules },
	{ "repaint", repaint, NULL },
	{ "edit", edit, edit_rules },
	{ "meddle", meddle, NULL },
	{ "store", store, NULL },
	{ 0 }
};

/* --- what is kept -------------------------------------------------------- */

COUNTS(change)

static int
append_line(json_t *doc, const char *text)
{
	json_t *lines = json_object_get(doc, "lines");
	json_int_t id = number(doc, "next");

	if (json_array_append_new(lines, json_pack("{s:I, s:s}", "id", id,
	    "text", text)) != 0)
		return LVT_ENOMEM;
	if (json_array_size(lines) > LINES_MAX)
		json_array_remove(lines, 0);
	return more(doc, "next");
}

static int
say(struct lvt_ctx *cx, json_t *doc)
{
	(void)cx;
	return append_line(doc, "one more line");
}

static int
first_lines(struct lvt_ctx *cx, json_t *doc)
{
	int i, rc = 0;

	(void)cx;
	for (i = 0; i < 12 && rc == 0; i++)
		rc = append_line(doc, "a line");
	return rc;
}

static const struct lvt_action keep_actions[] = {
	{ "change", change, NULL },
	{ "say", say, NULL },
	{ 0 }
};

/* --- what is shown ------------------------------------------------------- */

COUNTS(hit)
COUNTS(agreed)
COUNTS(turned)

static int
add(struct lvt_ctx *cx, json_t *doc)
{
	json_t *items = json_object_get(doc, "items");

	if (json_array_size(items) >= 12)
		json_array_clear(items);
	return json_array_insert_new(items, 0, json_pack("{s:I, s:s}",
	    "id", number(doc, "next"), "how", lvt_str(cx, "value"))) != 0 ?
	    LVT_ENOMEM : more(doc, "next");
}

static int
load(struct lvt_ctx *cx, json_t *doc)
{
	json_t *rows = json_object_get(doc, "rows");
	size_t until = json_array_size(rows) + 20;

	(void)cx;
	while (json_array_size(rows) < until && until <= ROWS_MAX)
		if (json_array_append_new(rows, json_integer(
		    (json_int_t)json_array_size(rows) + 1)) != 0)
			return LVT_ENOMEM;
	return json_object_set_new(doc, "more", json_boolean(
	    json_array_size(rows) < ROWS_MAX));
}

static int
like(struct lvt_ctx *cx, json_t *doc)
{
	json_int_t n = number(doc, "likes") + 1;

	(void)cx;
	be_slow();
	return json_object_update_new(doc, json_pack("{s:I, s:I}",
	    "likes", n, "next_like", n + 1));
}

static int
dislike(struct lvt_ctx *cx, json_t *doc)
{
	(void)doc;
	be_slow();
	return lvt_invalid(cx, "likes", "this is not possible, really");
}

static int
jot(struct lvt_ctx *cx, json_t *doc)
{
	json_t *notes = json_object_get(doc, "notes");

	be_slow();
	if (json_array_size(notes) >= 8)
		json_array_clear(notes);
	return json_array_append_new(notes, json_pack("{s:I, s:s}", "id",
	    number(doc, "next"), "text", lvt_str(cx, "note"))) != 0 ?
	    LVT_ENOMEM : more(doc, "next");
}

static int
drop(struct lvt_ctx *cx, json_t *doc)
{
	json_t *notes = json_object_get(doc, "notes"), *one;
	size_t i;

	be_slow();
	json_array_foreach(notes, i, one)
		if (number(one, "id") == lvt_int(cx, "id", 0))
			return json_array_remove(notes, i);
	return 0;
}

static const struct lvt_rule jot_rules[] = {
	{ "note", LVT_REQUIRED | LVT_TRIM, 1, 40, "1 to 40 characters" },
	{ 0 }
};

static const struct lvt_action show_actions[] = {
	{ "hit", hit, NULL },
	{ "add", add, NULL },
	{ "load", load, NULL },
	{ "agreed", agreed, NULL },
	{ "like", like, NULL },
	{ "dislike", dislike, NULL },
	{ "jot", jot, jot_rules },
	{ "drop", drop, NULL },
	{ "turned", turned, NULL },
	{ 0 }
};

/* --- live ---------------------------------------------------------------- */

static int
ring(struct lvt_ctx *cx, json_t *doc)
{
	int rc = more(doc, "rung");

	return rc != 0 ? rc : lvt_publish_new(cx, "gallery.bell", "rang",
	    json_pack("{s:I}", "n", number(doc, "rung")));
}

static int
sum(struct lvt_ctx *cx, json_t *doc)
{
	(void)doc;
	return lvt_reply_new(cx, json_integer(
	    lvt_int(cx, "a", 0) + lvt_int(cx, "b", 0)));
}

static int
send_line(struct lvt_ctx *cx, json_t *doc)
{
	return append_line(doc, lvt_str(cx, "line"));
}

static const struct lvt_rule line_rules[] = {
	{ "line", LVT_REQUIRED | LVT_TRIM, 1, 80, "1 to 80 characters" },
	{ 0 }
};

static const struct lvt_action live_actions[] = {
	{ "ring", ring, NULL },
	{ "sum", sum, NULL },
	{ "send", send_line, line_rules },
	{ 0 }
};

/* --- the application ----------------------------------------------------- */

#define PARTS .partials = "parts.tmpl"

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "gallery.tmpl", PARTS },
	{ .path = "/events", .file = "events.tmpl", PARTS,
	  .actions = event_actions,
	  .init = LVT_JSON({"n": 0, "clicked": 0, "who": "",
	      "colour": "green", "q": "", "found": [], "pressed": "",
	      "released": "", "focused": 0, "left": 0, "here": false,
	      "menu": false, "escaped": 0, "resized": 0, "spelled": 0, "bought": "",
	      "measured": "", "echo": "", "pulled": 0}) },
	{ .path = "/forms", .file = "forms.tmpl", PARTS,
	  .actions = form_actions,
	  .init = LVT_JSON({"email": "", "question": "", "shade": "pale",
	      "saved": 0, "things": 3, "paid": 0, "knocked": 0, "said": "",
	      "letter": "", "profile": {"name": "Ann", "coats": 0},
	      "card": {"version": 1, "text": "what is written here"},
	      "file": {"name": "", "size": 0}}) },
	{ .path = "/kept", .file = "kept.tmpl", PARTS,
	  .actions = keep_actions, .setup = first_lines,
	  .init = LVT_JSON({"change": 0, "lines": [], "next": 1}) },
	{ .path = "/shown", .file = "shown.tmpl", PARTS,
	  .actions = show_actions, .setup = load,
	  .init = LVT_JSON({"hit": 0, "items": [], "next": 1, "rows": [],
	      "more": true, "agreed": 0, "likes": 0, "next_like": 1,
	      "notes": [], "turned": 0}) },
	{ .path = "/live", .file = "live.tmpl", PARTS,
	  .actions = live_actions, .channels = "gallery.*",
	  .flags = LVT_SHARED,
	  .init = LVT_JSON({"rung": 0, "lines": [], "next": 1}) },
	{ .path = "/other", .file = "other.tmpl", PARTS },
	{ 0 }
};

static const struct lvt_template_func functions[] = {
	{ "source", source, 1, 1 },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){
	    .pages = pages, .functions = functions });
}
