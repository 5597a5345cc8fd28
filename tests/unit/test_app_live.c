/* An application from its own tests, and what a commit sends to whom. */
#include "caught.h"

#include <lvt.h>

#include "app/admin/outside.h"
#include "app/agent/agent.h"

static int calls;

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "n"));

	lvt_publish_new(cx, "count.up", "up", json_integer(n));
	lvt_broadcast_new(cx, json_pack("{s:s}", "notice", "moved"));
	lvt_reply_new(cx, json_integer(n));
	return json_object_set_new(state, "n",
	    json_integer(n + lvt_int(cx, "value", 1)));
}

static int
drift(struct lvt_ctx *cx, json_t *state)
{
	(void)cx;
	return json_object_set_new(state, "n", json_integer(++calls));
}

static int
refuse(struct lvt_ctx *cx, json_t *state)
{
	json_object_clear(state);
	lvt_error(cx, "a", "first %d", 1);
	lvt_error(cx, "a", "second");
	return lvt_invalid(cx, "b", "other");
}

/* Every way to read a field, as "int real bool has". */
static int
reading(struct lvt_ctx *cx, json_t *state)
{
	char text[100];

	snprintf(text, sizeof(text), "%lld %g %d %d %s",
	    (long long)lvt_int(cx, "v", -1), lvt_real(cx, "v", -1),
	    lvt_bool(cx, "v", -1), lvt_has(cx, "v"), lvt_str(cx, "v"));
	return json_object_set_new(state, "read", json_string(text));
}

static const struct lvt_rule rules[] = {
	{ "value", LVT_INTEGER, 1, 9, "1 to 9" },
	{ 0 }
};

static const struct lvt_rule needs[] = {
	{ "v", LVT_REQUIRED }, { 0 }
};

static const struct lvt_action actions[] = {
	{ "agree", reading, needs }, { "add", add, rules }, { "drift", drift, NULL },
	{ "refuse", refuse, NULL }, { "reading", reading, NULL },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "live.tmpl", .actions = actions,
	  .init = LVT_JSON({"n": 0, "notice": "", "read": ""}) },
	{ .path = "/hall", .file = "live.tmpl", .actions = actions,
	  .init = LVT_JSON({"n": 0, "notice": "", "read": ""}),
	  .flags = LVT_SHARED },
	{ 0 }
};

static const struct lvt_app app = { .name = "live", .pages = pages };

static void
write_template(const char *text)
{
	const char *dir = getenv("LVT_TEMPLATES");
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/live.tmpl", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* What the driver tells whoever wrote the test, too, begins with why. */
static void
fails_with(struct lvt_test *t, const char *action, int rc, const char *why)
{
	struct caught said;
	int got;

	caught_begin(&said);
	got = lvt_test_do(t, action, NULL);
	caught_end(&said);
	assert_int_equal(got, rc);
	said.text[strlen(why)] = '\0';
	assert_string_equal(said.text, why);
}

/* --- lvt_test_* ------------------------------------------------------------------- */

static void
an_action_is_seen_in_state_page_reply_and_what_it_said(void **state)
{
	struct lvt_test *t = lvt_test_open(&app, "/");
	json_t *sent;

	(void)state;
	assert_non_null(t);
	assert_int_equal(lvt_test_do(t, "add", "{s:i}", "value", 5), 0);
	assert_int_equal(json_integer_value(json_object_get(
	    lvt_test_state(t), "n")), 5);
	assert_non_null(strstr(lvt_test_html(t), "<b>5</b>"));
	assert_non_null(strstr(lvt_test_html(t), "moved"));
	assert_int_equal(json_integer_value(lvt_test_reply(t)), 0);
	sent = lvt_test_sent(t);
	assert_int_equal(json_array_size(sent), 2);
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(sent, 0), "channel")), "count.up");
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(sent, 1), "to")), "*");
	assert_int_equal(lvt_test_do(t, "add", NULL), 0);
	assert_non_null(strstr(lvt_test_html(t), "<b>6</b>"));
	lvt_test_close(t);
}

static void
what_is_not_valid_changes_nothing_and_says_why(void **state)
{
	struct lvt_test *t = lvt_test_open(&app, "/");

	(void)state;
	assert_int_equal(lvt_test_do(t, "add", "{s:s}", "value", "x"),
	    LVT_EINVALID);
	assert_string_equal(lvt_test_error(t, "value"), "1 to 9");
	assert_non_null(strstr(lvt_test_html(t), "value=1 to 9"));
	assert_int_equal(json_array_size(lvt_test_sent(t)), 0);
	assert_int_equal(lvt_test_do(t, "refuse", NULL), LVT_EINVALID);
	assert_string_equal(lvt_test_error(t, "a"), "first 1");
	assert_string_equal(lvt_test_error(t, "b"), "other");
	assert_non_null(strstr(lvt_test_html(t), "<b>0</b>"));
	fails_with(t, "nosuch", LVT_ENOTFOUND, "# nosuch: page \"/\" has no "
	    "action \"nosuch\"; it has: ");
	lvt_test_close(t);
}

static void
an_action_that_is_no_function_of_its_inputs_is_found_out(void **state)
{
	struct lvt_test *t = lvt_test_open(&app, "/");

	(void)state;
	assert_int_equal(lvt_test_do(t, "drift", NULL), 0);
	lvt_test_twice(t, 1);
	assert_int_equal(lvt_test_do(t, "add", NULL), 0);
	fails_with(t, "drift", LVT_EFAIL, "# drift: action \"drift\" did "
	    "something else when it ran again\n");
	lvt_test_close(t);
}

static void
users_have_groups_of_their_own(void **state)
{
	struct lvt_test *t = lvt_test_open(&app, "/");

	(void)state;
	assert_int_equal(lvt_test_as(t, "ann"), 0);
	assert_int_equal(lvt_test_do(t, "add", NULL), 0);
	assert_int_equal(lvt_test_as(t, "bob"), 0);
	assert_non_null(strstr(lvt_test_html(t), "<b>0</b> bob"));
	lvt_test_close(t);
}

static void
a_box_that_is_required_must_be_ticked(void **state)
{
	struct lvt_test *t = lvt_test_open(&app, "/");

	(void)state;
	assert_int_not_equal(lvt_test_do(t, "agree", "{s:b}", "v", 0), 0);
	assert_string_equal(lvt_test_error(t, "v"), "is required");
	assert_int_equal(lvt_test_do(t, "agree", "{s:b}", "v", 1), 0);
	lvt_test_close(t);
}

static const struct { const char *json, *read; } reads[] = {
	{ "{\"v\": 7}", "7 7 0 1 7" },
	{ "{\"v\": \"12\"}", "12 12 0 1 12" },
	{ "{\"v\": 1.5}", "-1 1.5 0 1 1.5" },
	{ "{\"v\": 0.1}", "-1 0.1 0 1 0.1" },
	{ "{\"v\": 0.00001}", "-1 1e-05 0 1 0.00001" },
	{ "{\"v\": false}", "-1 -1 0 0 false" },
	{ "{\"v\": \"\"}", "-1 -1 -1 0 " },
	{ "{\"v\": null}", "-1 -1 -1 0 " },
	{ "{}", "-1 -1 -1 0 " },
	{ "{\"v\": true}", "-1 -1 1 1 true" },
	{ "{\"v\": \"on\"}", "-1 -1 1 1 on" },
	{ "{\"v\": [\"0\", \"1\"]}", "1 1 1 1 1" },
	{ "{\"v\": {\"a\": 1}}", "-1 -1 -1 1 " },
	{ "{\"v\": \"99999999999999999999\"}",
	  "-1 1e+20 0 1 99999999999999999999" },
};

static void
fields_are_read_whatever_their_type(void **state)
{
	struct lvt_test *t = lvt_test_open(&app, "/");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		assert_int_equal(lvt_test_do(t, "reading", "o",
		    json_loads(reads[i].json, 0, NULL)), 0);
		assert_string_equal(json_string_value(json_object_get(
		    lvt_test_state(t), "read")), reads[i].read);
	}
	lvt_test_close(t);
}

static void
a_mistake_in_the_rows_stops_the_program_with_words(void **state)
{
	static const struct lvt_action twice[] = {
		{ "add", add, NULL }, { "add", add, NULL }, { 0 }
	};
	static const struct { struct lvt_page page; const char *says; } rows[] = {
		{ { .path = "/", .file = "live.tmpl", .actions = twice },
		  "page \"/\": action \"add\" appears twice" },
		{ { .path = "/", .file = "live.tmpl", .init = "{\"n\"" },
		  "page \"/\": init:1:4: " },
		{ { .path = "/", .file = "live.tmpl", .init = "[]" },
		  "init is not an object" },
		{ { .path = "/", .file = "none.tmpl" }, "none.tmpl" },
		{ { .path = "x", .file = "live.tmpl" }, "begins with" },
		{ { .path = "/x/", .file = "live.tmpl" }, "no \"/\" at its end" },
		{ { .path = "/x//y", .file = "live.tmpl" }, "no empty part" },
		{ { .path = "/x?y=1", .file = "live.tmpl" }, "has no \"?\"" },
		{ { .path = "/room/{room", .file = "live.tmpl" },
		  "page \"/room/{room\": a parameter is a whole part" },
		{ { .path = "/room-{room}", .file = "live.tmpl" },
		  "a parameter is a whole part" },
		{ { .path = "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}",
		    .file = "live.tmpl" }, "not so many parameters" },
		{ { .path = "/_lvt/x", .file = "live.tmpl" }, "begins with" },
		{ { .path = "/" }, "names no template file" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lvt_page list[2] = { rows[i].page, { 0 } };
		struct lvt_app bad = { .name = "bad", .pages = list };
		struct lvt_error err = { 0 };

		assert_null(lvt_open(&bad, ":memory:", &err));
		if (strstr(err.message, rows[i].says) == NULL)
			fail_msg("'%s' has no '%s'", err.message, rows[i].says);
	}
}

static int
one_for_all(struct lvt_ctx *cx, const char *user, char *group, size_t size)
{
	(void)cx;
	(void)user;
	return snprintf(group, size, "all") < (int)size ? 0 : -1;
}

static void
a_tick_that_always_runs_is_refused_where_a_page_may_have_many_groups(
    void **state)
{
	static const struct lvt_auth named = { .group = one_for_all };
	static const struct lvt_tick ticks[] = {
		{ .name = "guard", .every_ms = 1000, .fn = add, .page = "/",
		  .flags = LVT_ALWAYS }, { 0 }
	};
	static const struct lvt_page rows[] = {
		{ .path = "/", .file = "live.tmpl" },
		{ .path = "/", .file = "live.tmpl", .flags = LVT_SHARED,
		  .auth = &named },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lvt_page list[2] = { rows[i], { 0 } };
		struct lvt_app bad = { .name = "bad", .pages = list,
		    .ticks = ticks };
		struct lvt_error err = { 0 };
		struct lvt *l = lvt_open(&bad, ":memory:", NULL);

		assert_non_null(l);
		assert_int_equal(agent_check(&l->app, &err), LVT_EINVALID);
		assert_non_null(strstr(err.message, "has many groups"));
		lvt_close(l);
	}
}

/* --- Who is sent what ----------------------------------------------------------------- */

struct seen {
	char text[8192];
};

static int
note_row(void *arg, const struct outbox_entry *e)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%.*s%.*s %.*s\n",
	    STR_ARG(e->page), STR_ARG(e->scope), STR_ARG(e->body));
	return 0;
}

static void
read_outbox(struct store *st, int64_t after, struct seen *s)
{
	int64_t last;

	s->text[0] = '\0';
	assert_int_equal(store_outbox_read(st, after, 1000, note_row, s, &last,
	    NULL), 0);
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
watch(struct store *st, int64_t *lease, const char *page,
    const char *group, const char *user)
{
	char conn[200];
	struct presence p = { conn, { "live", page, group, user }, "" };

	snprintf(conn, sizeof(conn), "%s%s-%s", page, group, user);
	if (*lease == 0)
		assert_int_equal(store_lease(st, lease, 60000, NULL), 0);
	assert_int_equal(store_presence_put(st, *lease, &p, 1, NULL, 0, NULL),
	    0);
}

static void
a_broadcast_renders_each_distinct_view_on_screens_once(void **state)
{
	struct lvt *l = lvt_open(&app, ":memory:", NULL);
	struct store *st = l->app.store;
	json_t *patch = json_pack("{s:s}", "notice", "hi");
	int64_t lease = 0, live = 0;
	struct seen s;

	(void)state;
	watch(st, &lease, "/", "ann", "ann");
	watch(st, &lease, "/", "bob", "bob");
	watch(st, &lease, "/", "g1", "");
	watch(st, &lease, "/", "g2", "");
	assert_int_equal(lvt_app_broadcast(l, LVT_TO_ALL, NULL, "/", patch,
	    &live, NULL), 0);
	assert_int_equal(live, 4);
	read_outbox(st, 0, &s);
	assert_int_equal(count(s.text, "/* "), 1);
	/* ann, bob, and nobody's two groups, which see the same */
	assert_int_equal(count(s.text, "{\"page\":\"/\""), 3);
	json_decref(patch);
	lvt_close(l);
}

static void
a_broadcast_to_a_user_is_for_that_users_screens(void **state)
{
	struct lvt *l = lvt_open(&app, ":memory:", NULL);
	struct store *st = l->app.store;
	json_t *patch = json_pack("{s:s}", "notice", "hi");
	int64_t lease = 0, live = 0;
	struct seen s;

	(void)state;
	watch(st, &lease, "/", "phone", "ann");
	watch(st, &lease, "/", "desk", "ann");
	watch(st, &lease, "/", "bob", "bob");
	assert_int_equal(lvt_app_broadcast(l, LVT_TO_USER, "ann", "/", patch,
	    &live, NULL), 0);
	assert_int_equal(live, 2);
	read_outbox(st, 0, &s);
	assert_int_equal(count(s.text, "/u:ann "), 1);
	assert_int_equal(count(s.text, "{\"page\":\"/\""), 1);
	assert_int_equal(lvt_app_broadcast(l, LVT_TO_USER, "", "/", patch,
	    NULL, NULL), LVT_EINVALID);
	assert_int_equal(lvt_app_broadcast(l, LVT_TO_USER, "nobody", "/", patch,
	    &live, NULL), 0);
	assert_int_equal(live, 0);
	json_decref(patch);
	lvt_close(l);
}

static void
views_beyond_the_limit_are_told_to_ask(void **state)
{
	json_t *patch = json_pack("{s:s}", "notice", "hi");
	int64_t lease = 0;
	struct lvt *l;
	struct seen s;

	(void)state;
	setenv("LVT_VARIANTS", "2", 1);
	l = lvt_open(&app, ":memory:", NULL);
	unsetenv("LVT_VARIANTS");
	watch(l->app.store, &lease, "/", "ann", "ann");
	watch(l->app.store, &lease, "/", "bob", "bob");
	watch(l->app.store, &lease, "/", "eve", "eve");
	assert_int_equal(lvt_app_broadcast(l, LVT_TO_ALL, NULL, "/", patch,
	    NULL, NULL), 0);
	read_outbox(l->app.store, 0, &s);
	assert_int_equal(count(s.text, "/* "), 1);
	assert_int_equal(count(s.text, "{\"page\":\"/\""), 2);
	json_decref(patch);
	lvt_close(l);
}

static void
a_broadcast_to_all_pages_is_a_row_for_each(void **state)
{
	struct lvt *l = lvt_open(&app, ":memory:", NULL);
	json_t *patch = json_pack("{s:s}", "notice", "hi");
	int64_t lease = 0;
	struct seen s;

	(void)state;
	watch(l->app.store, &lease, "/", "ann", "ann");
	watch(l->app.store, &lease, "/hall", "shared", "ann");
	assert_int_equal(lvt_app_broadcast(l, LVT_TO_ALL, NULL, NULL, patch,
	    NULL, NULL), 0);
	read_outbox(l->app.store, 0, &s);
	assert_int_equal(count(s.text, "/* "), 1);
	assert_int_equal(count(s.text, "/hall* "), 1);
	assert_int_equal(count(s.text, "{\"page\":\"/hall\""), 1);
	json_decref(patch);
	lvt_close(l);
}

static void
what_is_published_from_outside_is_a_message(void **state)
{
	struct lvt *l = lvt_open(&app, ":memory:", NULL);
	struct seen s;
	json_t *one = json_integer(1);

	(void)state;
	assert_int_equal(lvt_app_publish(l, "a.b", "c", one, NULL), 0);
	assert_int_equal(lvt_app_publish(l, "a.*", "c", one, NULL),
	    LVT_EINVALID);
	read_outbox(l->app.store, 0, &s);
	assert_string_equal(s.text,
	    " {\"channel\":\"a.b\",\"event\":\"c\",\"payload\":1}\n");
	json_decref(one);
	lvt_close(l);
}

static void
a_password_is_known_by_its_hash_alone(void **state)
{
	char hash[LVT_PASSWORD_SIZE];

	(void)state;
	assert_int_equal(lvt_password_hash("tea", hash), 0);
	assert_int_equal(lvt_password_check(hash, "tea"), 0);
	assert_int_equal(lvt_password_check(hash, "coffee"), LVT_EDENIED);
	assert_int_equal(lvt_password_check("nonsense", "tea"), LVT_EDENIED);
}

static int
templates_open(void **state)
{
	static char dir[] = "/tmp/lvt-app-XXXXXX";

	*state = mkdtemp(dir);
	setenv("LVT_TEMPLATES", dir, 1);
	write_template("<b>{{.n}}</b> {{.lvt.User}} {{.notice}}"
	    "{{range $f, $e := .lvt.Errors}} {{$f}}={{$e}}{{end}}");
	return 0;
}

static int
templates_close(void **state)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/live.tmpl", (char *)*state);
	unlink(path);
	rmdir(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_action_is_seen_in_state_page_reply_and_what_it_said),
		cmocka_unit_test(what_is_not_valid_changes_nothing_and_says_why),
		cmocka_unit_test(an_action_that_is_no_function_of_its_inputs_is_found_out),
		cmocka_unit_test(users_have_groups_of_their_own),
		cmocka_unit_test(a_box_that_is_required_must_be_ticked),
		cmocka_unit_test(fields_are_read_whatever_their_type),
		cmocka_unit_test(a_mistake_in_the_rows_stops_the_program_with_words),
		cmocka_unit_test(
		    a_tick_that_always_runs_is_refused_where_a_page_may_have_many_groups),
		cmocka_unit_test(a_broadcast_renders_each_distinct_view_on_screens_once),
		cmocka_unit_test(a_broadcast_to_a_user_is_for_that_users_screens),
		cmocka_unit_test(views_beyond_the_limit_are_told_to_ask),
		cmocka_unit_test(a_broadcast_to_all_pages_is_a_row_for_each),
		cmocka_unit_test(what_is_published_from_outside_is_a_message),
		cmocka_unit_test(a_password_is_known_by_its_hash_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, templates_open, templates_close);
}
