/*
 * orders.c - a shop in three pages that talk through channels, and a journal.
 *
 *   order    stock      payment    stock         what the order says
 *   placed   reserved   paid                     "paid"
 *   placed   missing                             "sold out"
 *   placed   reserved   refused    returned      "not paid, put back"
 *
 * Each arrow is a handler that the agent runs: what it changes, what it says
 * and its place in the outbox are one commit. So each step happens once,
 * whatever is killed in between, and no step waits for another page.
 *
 * The journal keeps the events of all channels, and works out its figures from
 * them alone: they can be thrown away and made again.
 */
#include <stdio.h>
#include <string.h>

#include <lvt.h>

#define ROWS_KEPT 50

static const struct item {
	const char *name;
	int price;
} items[] = { { "tea", 4 }, { "cup", 9 }, { "pot", 30 } };

/* --- Small changes ------------------------------------------------------- */

static const char *
text(const json_t *doc, const char *member)
{
	const char *s = json_string_value(json_object_get(doc, member));

	return s != NULL ? s : "";
}

static json_int_t
number(const json_t *doc, const char *member)
{
	return json_integer_value(json_object_get(doc, member));
}

static int
change(json_t *doc, const char *member, json_int_t by)
{
	return json_object_set_new(doc, member,
	    json_integer(number(doc, member) + by));
}

/* The newest first, and not more than a page can show. */
static int
keep(json_t *list, json_t *row)
{
	if (json_array_size(list) >= ROWS_KEPT)
		json_array_remove(list, json_array_size(list) - 1);
	return json_array_insert_new(list, 0, row);
}

/* The order's next step: {"id", "who", "item", "n", "total"} on order.STEP. */
static int
say(struct lvt_ctx *cx, const char *step, json_t *order)
{
	char channel[40];

	snprintf(channel, sizeof(channel), "order.%s", step);
	return lvt_publish(cx, channel, step, order);
}

/* --- "/": orders --------------------------------------------------------- */

static int
order(struct lvt_ctx *cx, json_t *state)
{
	json_int_t id = number(state, "next"), n = lvt_int(cx, "n", 1);
	json_t *o;
	size_t i = 0;
	int rc;

	while (strcmp(items[i].name, lvt_str(cx, "item")) != 0)
		i++;		/* its rule has seen to it */
	o = json_pack("{s:I, s:s, s:s, s:I, s:I}", "id", id,
	    "who", lvt_str(cx, "who"), "item", items[i].name, "n", n,
	    "total", n * items[i].price);
	/* Two channels in one commit: the shop's, and that of the mail. */
	if ((rc = say(cx, "placed", o)) == 0)
		rc = lvt_publish(cx, "mail.order", "thanks", o);
	if (rc == 0 && json_object_set_new(o, "status",
	    json_string("placed")) != 0)
		rc = LVT_ENOMEM;
	if (rc != 0) {
		json_decref(o);
		return rc;
	}
	if (keep(json_object_get(state, "orders"), o) != 0)
		return LVT_ENOMEM;
	return change(state, "next", 1);
}

/* What the others did, in the order in which they did it. */
static int
follow(struct lvt_ctx *cx, json_t *state)
{
	static const char *const words[][2] = {
		{ "reserved", "reserved" }, { "paid", "paid" },
		{ "missing", "sold out" }, { "refused", "not paid" },
		{ "returned", "not paid, put back" },
	};
	json_t *orders = json_object_get(state, "orders"), *o = NULL;
	size_t i, w;

	for (i = 0; (o = json_array_get(orders, i)) != NULL; i++)
		if (number(o, "id") == lvt_int(cx, "id", 0))
			break;
	if (o == NULL)
		return 0;	/* too old for the page */
	for (w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		if (strcmp(words[w][0], lvt_event(cx)) == 0)
			return json_object_set_new(o, "status",
			    json_string(words[w][1]));
	return 0;
}

/* --- "/stock" ------------------------------------------------------------ */

static int
reserve(struct lvt_ctx *cx, json_t *state)
{
	json_t *shelf = json_object_get(state, "shelf");
	json_int_t n = lvt_int(cx, "n", 0);

	if (number(shelf, lvt_str(cx, "item")) < n)
		return say(cx, "missing", lvt_data(cx));
	if (change(shelf, lvt_str(cx, "item"), -n) != 0)
		return LVT_ENOMEM;
	return say(cx, "reserved", lvt_data(cx));
}

/* Somebody could not pay: the step before is undone. */
static int
put_back(struct lvt_ctx *cx, json_t *state)
{
	if (change(json_object_get(state, "shelf"), lvt_str(cx, "item"),
	    lvt_int(cx, "n", 0)) != 0)
		return LVT_ENOMEM;
	return say(cx, "returned", lvt_data(cx));
}

static int
deliver(struct lvt_ctx *cx, json_t *state)
{
	return change(json_object_get(state, "shelf"), lvt_str(cx, "value"),
	    10);
}

/* --- "/payment" ----------------------------------------------------------- */

static int
charge(struct lvt_ctx *cx, json_t *state)
{
	json_t *accounts = json_object_get(state, "accounts");
	json_int_t total = lvt_int(cx, "total", 0);

	if (number(accounts, lvt_str(cx, "who")) < total)
		return say(cx, "refused", lvt_data(cx));
	if (change(accounts, lvt_str(cx, "who"), -total) != 0 ||
	    change(state, "till", total) != 0)
		return LVT_ENOMEM;
	return say(cx, "paid", lvt_data(cx));
}

static int
top_up(struct lvt_ctx *cx, json_t *state)
{
	return change(json_object_get(state, "accounts"),
	    lvt_str(cx, "value"), 50);
}

/* --- "/journal": a state that is nothing but its events -------------------- */

static int
apply(json_t *figures, const json_t *event)
{
	const char *what = text(event, "event");
	int rc = change(figures, what, 1);

	if (rc == 0 && strcmp(what, "paid") == 0)
		rc = change(figures, "taken", number(event, "total"));
	return rc;
}

static int
record(struct lvt_ctx *cx, json_t *state)
{
	json_t *event = json_pack("{s:s, s:O, s:O}", "event", lvt_event(cx),
	    "id", json_object_get(lvt_data(cx), "id"),
	    "total", json_object_get(lvt_data(cx), "total"));

	if (event == NULL || json_array_append_new(
	    json_object_get(state, "events"), event) != 0)
		return LVT_ENOMEM;
	return apply(json_object_get(state, "figures"), event);
}

static int
replay(struct lvt_ctx *cx, json_t *state)
{
	json_t *figures = json_object(), *event;
	size_t i;

	(void)cx;
	if (json_object_set_new(state, "figures", figures) != 0)
		return LVT_ENOMEM;
	json_array_foreach(json_object_get(state, "events"), i, event)
		if (apply(figures, event) != 0)
			return LVT_ENOMEM;
	return 0;
}

/* --- The rows -------------------------------------------------------------- */

static const struct lvt_rule order_rules[] = {
	{ "who", LVT_REQUIRED | LVT_TRIM, 1, 30, "who pays?" },
	{ .field = "item", .flags = LVT_REQUIRED, .oneof = "tea cup pot" },
	{ "n", LVT_INTEGER, 1, 20, "1 to 20" },
	{ 0 }
};

static const struct lvt_rule item_rules[] = {
	{ .field = "value", .flags = LVT_REQUIRED, .oneof = "tea cup pot" },
	{ 0 }
};

static const struct lvt_rule who_rules[] = {
	{ .field = "value", .flags = LVT_REQUIRED, .oneof = "Ann Ben" },
	{ 0 }
};

static const struct lvt_action order_actions[] = {
	{ "order", order, order_rules }, { 0 }
};
static const struct lvt_action stock_actions[] = {
	{ "deliver", deliver, item_rules }, { 0 }
};
static const struct lvt_action payment_actions[] = {
	{ "topup", top_up, who_rules }, { 0 }
};
static const struct lvt_action journal_actions[] = {
	{ "replay", replay, NULL }, { 0 }
};

#define PAGE .partials = "part-*.tmpl", .flags = LVT_SHARED

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "order.tmpl", .actions = order_actions,
	  .init = LVT_JSON({"orders": [], "next": 1}), PAGE },
	{ .path = "/stock", .file = "stock.tmpl", .actions = stock_actions,
	  .init = LVT_JSON({"shelf": {"tea": 20, "cup": 10, "pot": 2}}),
	  PAGE },
	{ .path = "/payment", .file = "payment.tmpl", PAGE,
	  .actions = payment_actions,
	  .init = LVT_JSON({"accounts": {"Ann": 100, "Ben": 20},
	      "till": 0}) },
	{ .path = "/journal", .file = "journal.tmpl",
	  .actions = journal_actions, PAGE,
	  .init = LVT_JSON({"events": [], "figures": {}}) },
	{ 0 }
};

static const struct lvt_handler handlers[] = {
	{ .channel = "order.placed", .fn = reserve, .page = "/stock" },
	{ .channel = "order.reserved", .fn = charge, .page = "/payment" },
	{ .channel = "order.refused", .fn = put_back, .page = "/stock" },
	{ .channel = "order.*", .fn = follow, .page = "/" },
	{ .channel = "order.*", .fn = record, .page = "/journal" },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){
	    .pages = pages, .handlers = handlers });
}
