/*
 * test_view.c - trees, ids, the split at <body>, and the pages of the vectors.
 */
#include "views.h"
#include "vectors.h"

#include "view/tree.h"

/* --- The page at its body ----------------------------------------------- */

static const struct split_case {
	const char *name, *source, *data, *before, *body, *after;
} splits[] = {
	{ "a page is cut behind <body ...> and before </body>",
	  "<html><body class=\"{{.}}\"><p>{{.}}</p></body></html>", "1",
	  "<html><body class=\"1\">", "<p>1</p>", "</body></html>" },
	{ "a page without <body> is all body",
	  "<p>{{.}}</p>", "1", "", "<p>1</p>", "" },
	{ "a tag in a script, a comment or an attribute is none",
	  "<script>\"<body>\"</script><p title=\"<body>\"></p>"
	  "<body>{{.}}<script>'</body>'</script></body>", "1",
	  "<script>\"<body>\"</script><p title=\"<body>\"></p><body>",
	  "1<script>'</body>'</script>", "</body>" },
	{ "a body without slots can be cut",
	  "<title>{{.}}</title><BODY>x</BODY>", "1",
	  "<title>1</title><BODY>", "x", "</BODY>" },
	{ "a body in a called template is found",
	  "{{define \"page\"}}<html><body id=x>{{.}}</body></html>{{end}}"
	  "<!doctype html>{{template \"page\" .}}\n", "1",
	  "<!doctype html><html><body id=x>", "1", "</body></html>\n" },
	{ "a body in a branch is found",
	  "{{if .}}<body>{{.}}</body>{{else}}none{{end}}", "1",
	  "<body>", "1", "</body>" },
	{ "a branch without body is all body",
	  "{{if .}}<body>{{.}}</body>{{else}}none{{end}}", "0",
	  "", "none", "" },
	{ "a body may go without its end tag",
	  "<html><body><p>{{.}}", "1", "<html><body>", "<p>1", "" },
	{ "a header and a footer may hold the tags",
	  "{{define \"h\"}}<html><body id=\"{{.}}\">{{.}},{{end}}"
	  "{{define \"f\"}}<i>{{.}}</i></body><!-- {{.}} --></html>{{end}}"
	  "<!doctype html>{{template \"h\" .}}<b>{{.}}</b>{{template \"f\" .}}",
	  "1", "<!doctype html><html><body id=\"1\">", "1,<b>1</b><i>1</i>",
	  "</body></html>" },
	{ "a header may open what the page closes",
	  "{{define \"h\"}}<html><body id=\"{{.}}\">{{.}},{{end}}"
	  "{{template \"h\" .}}<b>{{.}}</b></body>{{.}}</html>",
	  "1", "<html><body id=\"1\">", "1,<b>1</b>", "</body>1</html>" },
	{ "a page may open what a footer's footer closes",
	  "{{define \"g\"}}{{.}}</body>{{.}}{{end}}"
	  "{{define \"f\"}}-{{template \"g\" .}}-{{.}}{{end}}"
	  "{{.}}<body>{{.}}<b>{{.}}</b>{{template \"f\" .}}{{.}}</html>",
	  "1", "1<body>", "1<b>1</b>-1", "</body>1-11</html>" },
	{ "a header alone opens a body to the end",
	  "{{define \"h\"}}<html><body>{{.}}{{end}}{{template \"h\" .}}{{.}}",
	  "1", "<html><body>", "11", "" },
	{ "an end before the beginning cuts nothing",
	  "{{define \"f\"}}</body>{{end}}{{template \"f\"}}{{.}}"
	  "{{if .}}<body>{{end}}", "1", "", "</body>1<body>", "" },
	{ "a body may end with the document",
	  "<html><body>{{.}}</html>", "1", "<html><body>", "1", "</html>" },
};

static void
run_split(void **state)
{
	const struct split_case *c = *state;
	struct buf before = { 0 }, body = { 0 }, after = { 0 };
	struct rig r;

	rig_init(&r, c->source, c->data, c->data);
	view_html_around(&r.a, &before, &after);
	view_html(&r.a, VIEW_BODY, &body);
	assert_string_equal(buf_z(&before), c->before);
	assert_string_equal(buf_z(&body), c->body);
	assert_string_equal(buf_z(&after), c->after);
	check_all_steps(&r.a, &r.b);
	render(&r.b, r.program, "\"other\"");
	check_all_steps(&r.a, &r.b);
	render(&r.b, r.program, "0");
	check_all_steps(&r.a, &r.b);
	check_all_steps(&r.b, &r.a);
	rig_release(&r);
	buf_release(&before);
	buf_release(&body);
	buf_release(&after);
}

static void
a_branch_that_brings_another_body_is_a_whole_tree(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "<title>{{.}}</title>{{if eq . 1}}<body>{{.}}</body>"
	    "{{else if eq . 2}}<body class=\"{{.}}\">x{{.}}</body>{{end}}",
	    "1", "2");
	check_all_steps(&r.a, &r.b);
	render(&r.a, r.program, "3");
	check_all_steps(&r.a, &r.b);
	check_all_steps(&r.b, &r.a);
	rig_release(&r);
}

/* An error's page and the page itself, say: other heads, and one body. */
static void
pages_that_differ_around_their_bodies_are_compared_within_them(void **state)
{
	struct buf out = { 0 };
	const char *at;
	struct rig r;

	(void)state;
	rig_init(&r, "{{if .c}}<title>A</title><body><p>{{.x}}</p>{{.y}}</body>"
	    "{{else}}<title>B</title><body><p>{{.x}}</p>{{.y}}</body>{{end}}",
	    "{\"c\":1,\"x\":1,\"y\":2}", "{\"x\":1,\"y\":3}");
	view_diff(&r.a, &r.b, VIEW_BODY, VIEW_STATICS_INLINE, &out);
	assert_string_equal(buf_z(&out), "{\"1\":\"3\"}");
	check_all_steps(&r.a, &r.b);
	buf_clear(&out);
	view_statics_json(r.program, &out);
	at = strstr(buf_z(&out), "[\"<p>\",\"</p>\",\"\"]");
	assert_non_null(at);
	assert_null(strstr(at + 1, "[\"<p>\",\"</p>\",\"\"]"));
	rig_release(&r);
	buf_release(&out);
}

/* --- Trees -------------------------------------------------------------- */

static void
a_tree_names_its_statics_by_number(void **state)
{
	struct buf out = { 0 }, table = { 0 };
	struct rig r;

	(void)state;
	rig_init(&r, "<p>{{.}}</p>", "1", "1");
	view_tree_json(&r.a, VIEW_WHOLE, VIEW_STATICS_NUMBERED, &out);
	view_statics_json(r.program, &table);
	assert_string_equal(buf_z(&out), "{\"s\":0,\"0\":\"1\"}");
	assert_string_equal(buf_z(&table),
	    "[[\"<p>\",\"</p>\"],[\"\",\"\"]]");
	rig_release(&r);
	buf_release(&out);
	buf_release(&table);
}

static void
bytes_that_are_no_text_become_replacement_characters(void **state)
{
	struct buf out = { 0 };
	struct rig r;

	(void)state;
	rig_init(&r, "{{slice . 0 2}}", "\"\xc3\xa4\"", "\"a\\u0001\\n\"");
	render(&r.a, r.program, "\"a\xc3\xa4\"");
	view_tree_json(&r.a, VIEW_WHOLE, VIEW_STATICS_INLINE, &out);
	assert_string_equal(buf_z(&out),
	    "{\"s\":[\"\",\"\"],\"0\":\"a\xef\xbf\xbd\"}");
	buf_clear(&out);
	view_tree_json(&r.b, VIEW_WHOLE, VIEW_STATICS_INLINE, &out);
	assert_string_equal(buf_z(&out),
	    "{\"s\":[\"\",\"\"],\"0\":\"a\\u0001\"}");
	rig_release(&r);
	buf_release(&out);
}

/* --- Ids ---------------------------------------------------------------- */

static void
ids_follow_templates_content_and_key(void **state)
{
	static const unsigned char k1[32] = { 1 }, k2[32] = { 2 };
	struct view_id a, b;
	struct rig r, s;

	(void)state;
	rig_init(&r, "<p>{{.}}</p>", "1", "2");
	rig_init(&s, "<p>{{.}}</p>", "1", "2");
	view_id(&r.a, k1, &a);
	view_id(&s.a, k1, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	view_id(&r.b, k1, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	view_id(&r.a, k2, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	view_id(&r.a, NULL, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	rig_release(&s);
	rig_init(&s, "<b>{{.}}</b>", "1", "2");
	view_id(&s.a, k1, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	rig_release(&s);
	rig_release(&r);
}

static void
an_id_is_read_back_from_its_22_characters(void **state)
{
	struct view_id id, back;
	char text[VIEW_ID_TEXT + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(id.b); i++)
		id.b[i] = (unsigned char)(250 + i);
	view_id_text(&id, text);
	assert_int_equal(strlen(text), VIEW_ID_TEXT);
	assert_int_equal(view_id_parse(text, strlen(text), &back), 0);
	assert_memory_equal(&id, &back, sizeof(id));
	assert_int_equal(view_id_parse(text, 21, &back), LVT_EINVALID);
	text[3] = '+';
	assert_int_equal(view_id_parse(text, 22, &back), LVT_EINVALID);
}

/* --- Foreign bytes ------------------------------------------------------ */

static const char nested[] =
    "<p>{{.a}}</p>{{with .b}}<i>{{.c}}</i>{{range .d}}<li>{{.}}</li>{{end}}"
    "{{end}}";
static const char nested_data[] =
    "{\"a\":1,\"b\":{\"c\":2,\"d\":[\"x\",\"yy\",\"\"]}}";

static void
only_whole_views_are_loaded(void **state)
{
	struct view v;
	struct rig r;
	size_t i;

	(void)state;
	rig_init(&r, nested, nested_data, nested_data);
	view_init(&v);
	assert_int_equal(view_load(&v, r.program, r.a.bytes.s,
	    r.a.bytes.len), 0);
	assert_true(view_equal(&v, &r.a));
	for (i = 0; i < r.a.bytes.len; i++) {
		/* A copy of the exact size, for the sanitizer to guard. */
		char *part = malloc(i);

		if (i > 0)
			memcpy(part, r.a.bytes.s, i);
		assert_int_equal(view_load(&v, r.program, part, i),
		    LVT_EINVALID);
		free(part);
	}
	view_release(&v);
	rig_release(&r);
}

static void
damaged_views_are_refused_or_can_be_read(void **state)
{
	struct buf out = { 0 };
	struct view v;
	struct rig r;
	size_t i;
	int bit;

	(void)state;
	rig_init(&r, nested, nested_data, nested_data);
	view_init(&v);
	for (i = 0; i < r.a.bytes.len; i++)
		for (bit = 0; bit < 8; bit++) {
			r.a.bytes.s[i] ^= (char)(1 << bit);
			if (view_load(&v, r.program, r.a.bytes.s,
			    r.a.bytes.len) == 0) {
				buf_clear(&out);
				view_html(&v, VIEW_WHOLE, &out);
				view_diff(&r.b, &v, VIEW_WHOLE,
				    VIEW_STATICS_INLINE, &out);
			}
			r.a.bytes.s[i] ^= (char)(1 << bit);
		}
	view_release(&v);
	rig_release(&r);
	buf_release(&out);
}

static void
a_page_that_nests_too_deep_is_an_error(void **state)
{
	struct lvt_error err = { 0 };
	struct buf out = { 0 };
	struct tree_writer w;
	int i;

	(void)state;
	tree_writer_init(&w, &out);
	for (i = 0; i < TREE_DEPTH + 1; i++)
		w.sink.ops->list_open(&w.sink, 0);
	assert_true(w.too_deep);
	assert_int_equal(out.failed, LVT_ETOOBIG);
	for (i = 0; i < TREE_DEPTH + 1; i++)
		w.sink.ops->list_close(&w.sink, 0);
	buf_release(&out);
	(void)err;
}

/* --- The pages of the vectors ------------------------------------------- */

static void
run_states(const json_t *c, const struct program *p)
{
	json_t *states = json_object_get(c, "states");
	json_t *outputs = json_object_get(c, "outputs");
	struct lvt_error err = { 0 };
	struct buf page = { 0 };
	struct view v[2];
	size_t i;

	view_init(&v[0]);
	view_init(&v[1]);
	for (i = 0; i < json_array_size(states); i++) {
		struct view *a = &v[(i + 1) % 2], *b = &v[i % 2];

		if (view_render(b, p, json_array_get(states, i), NULL,
		    &err) != 0)
			fail_msg("%s", err.message);
		if (json_is_array(outputs)) {
			buf_clear(&page);
			view_html(b, VIEW_WHOLE, &page);
			assert_string_equal(buf_z(&page), json_string_value(
			    json_array_get(outputs, i)));
		}
		if (i > 0) {
			check_all_steps(a, b);
			check_all_steps(b, a);
			check_all_steps(b, b);
		}
	}
	view_release(&v[0]);
	view_release(&v[1]);
	buf_release(&page);
}

static void
successive_states_of_every_page_follow_by_updates(void **state)
{
	json_t *cases = vectors_load("pages"), *c;
	struct vector_file files[16];
	struct lvt_error err = { 0 };
	struct program *p = NULL;
	struct tmpl *t;
	size_t i, k, n;

	(void)state;
	json_array_foreach(cases, i, c) {
		t = tmpl_create(TMPL_HTML, NULL);
		n = vectors_files(c, files, 16);
		for (k = 0; k < n; k++)
			if (tmpl_parse(t, files[k].name.s, files[k].name.s,
			    files[k].text.s, files[k].text.len, &err) != 0)
				fail_msg("%s", err.message);
		if ((p = tmpl_compile(t, "main", &err)) == NULL)
			fail_msg("%s", err.message);
		run_states(c, p);
		program_free(p);
		tmpl_free(t);
	}
	json_decref(cases);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_branch_that_brings_another_body_is_a_whole_tree),
		cmocka_unit_test(pages_that_differ_around_their_bodies_are_compared_within_them),
		cmocka_unit_test(a_tree_names_its_statics_by_number),
		cmocka_unit_test(bytes_that_are_no_text_become_replacement_characters),
		cmocka_unit_test(ids_follow_templates_content_and_key),
		cmocka_unit_test(an_id_is_read_back_from_its_22_characters),
		cmocka_unit_test(only_whole_views_are_loaded),
		cmocka_unit_test(damaged_views_are_refused_or_can_be_read),
		cmocka_unit_test(a_page_that_nests_too_deep_is_an_error),
		cmocka_unit_test(successive_states_of_every_page_follow_by_updates),
	};

	SUITE_ROWS(&s, splits, name, run_split);
	SUITE_TESTS(&s, others);
	return suite_run(&s);
}
