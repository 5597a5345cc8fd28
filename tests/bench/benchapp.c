/* benchapp.c - the pages of the benchmarks as an application. */
#include <stdio.h>
#include <string.h>

#include <lvt.h>

static int
inc(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "Value"));

	(void)cx;
	return json_object_set_new(state, "Value", json_integer(n + 1));
}

/* Toggle one of a hundred, another one each time. */
static int
toggle(struct lvt_ctx *cx, json_t *state)
{
	json_t *todos = json_object_get(state, "Todos"), *todo;
	json_int_t turn = json_integer_value(json_object_get(state, "Turn"));

	(void)cx;
	todo = json_array_get(todos, (size_t)turn % json_array_size(todos));
	if (todo == NULL || json_object_set_new(todo, "Done", json_boolean(
	    !json_is_true(json_object_get(todo, "Done")))) != 0)
		return LVT_EFAIL;
	return json_object_set_new(state, "Turn", json_integer(turn + 1));
}

static int
hundred(struct lvt_ctx *cx, json_t *state)
{
	json_t *todos = json_array();
	int i, rc = 0;

	(void)cx;
	for (i = 1; rc == 0 && i <= 100; i++)
		rc = json_array_append_new(todos, json_pack(
		    "{s:o, s:o, s:s, s:b}", "ID", json_sprintf("k%d", i),
		    "Text", json_sprintf("Task number %d of the list", i),
		    "Priority", i % 3 == 0 ? "" : "low", "Done", i % 4 == 0));
	return rc == 0 ? json_object_set_new(state, "Todos", todos) : rc;
}

static const struct lvt_action counter_actions[] = {
	{ "inc", inc, NULL }, { 0 }
};
static const struct lvt_action todos_actions[] = {
	{ "toggle", toggle, NULL }, { 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/shared", .file = "counter.tmpl",
	  .actions = counter_actions, .init = LVT_JSON({"Value": 0}),
	  .flags = LVT_SHARED },
	{ .path = "/counter", .file = "counter.tmpl",
	  .actions = counter_actions, .init = LVT_JSON({"Value": 0}) },
	{ .path = "/todos", .file = "todos.tmpl", .actions = todos_actions,
	  .setup = hundred, .init = LVT_JSON({"Title": "Tasks & plans",
	  "Updated": "12:00:00", "Open": 75, "Total": 100, "Turn": 0,
	  "Todos": []}) },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){
	    .name = "benchapp", .pages = pages });
}
