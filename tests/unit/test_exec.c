/* The evaluator beyond the vectors: sinks, limits, the host, later releases. */
#include "test.h"

#include <locale.h>

#include "base/buf.h"
#include "template/program.h"

/* --- Helpers ----------------------------------------------------------- */

static struct program *
compile_with(const char *text, const struct tmpl_limits *lim)
{
	struct tmpl *t = tmpl_create(TMPL_TEXT, lim);
	struct lvt_error err = { 0 };
	struct program *p;

	assert_non_null(t);
	if (tmpl_parse(t, "main", "main.tmpl", text, strlen(text), &err) != 0)
		fail_msg("%s: %s", text, err.message);
	p = tmpl_compile(t, "main", &err);
	if (p == NULL)
		fail_msg("%s: %s", text, err.message);
	tmpl_free(t);
	return p;
}

static json_t *
parse_json(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

	if (j == NULL)
		fail_msg("no JSON: %s", text);
	return j;
}

/* A sink that writes down what it is told: (list) [range] <item> 'text'. */
struct script {
	struct sink sink;
	const struct program *p;
};

static void
note_statics(struct sink *s, uint32_t number)
{
	const struct script *sc = (const struct script *)s;
	const struct str *strs;
	uint32_t n, i;

	strs = program_statics(sc->p, number, &n);
	for (i = 0; i < n; i++)
		buf_printf(s->out, "%s" STR_FMT, i > 0 ? "|" : "",
		    STR_ARG(strs[i]));
	buf_putc(s->out, ':');
}

static size_t
note_text(struct sink *s)
{
	buf_putc(s->out, '\'');
	return 1;
}

static void
note_text_end(struct sink *s, size_t mark)
{
	assert_int_equal(mark, 1);
	buf_putc(s->out, '\'');
}

static size_t
note_list(struct sink *s, uint32_t statics)
{
	buf_putc(s->out, '(');
	note_statics(s, statics);
	return 2;
}

static void
note_list_end(struct sink *s, size_t mark)
{
	assert_int_equal(mark, 2);
	buf_putc(s->out, ')');
}

static size_t
note_range(struct sink *s, uint32_t statics)
{
	buf_putc(s->out, '[');
	note_statics(s, statics);
	return 3;
}

static void
note_range_end(struct sink *s, size_t mark, uint32_t nitems)
{
	assert_int_equal(mark, 3);
	buf_printf(s->out, "%u]", (unsigned)nitems);
}

static size_t
note_item(struct sink *s)
{
	buf_putc(s->out, '<');
	return 4;
}

static void
note_item_end(struct sink *s, size_t mark)
{
	assert_int_equal(mark, 4);
	buf_putc(s->out, '>');
}

static void
note_empty(struct sink *s)
{
	buf_putc(s->out, '0');
}

static const struct sink_ops notes = {
	note_text, note_text_end, note_list, note_list_end, note_range,
	note_range_end, note_item, note_item_end, note_empty
};

/* --- Rows: what a sink is told, what a page shows ------------------------ */

static const struct sink_case {
	const char *name, *text, *data, *told;
} sinks[] = {
	{ "text around actions becomes statics",
	  "a{{.x}}b{{.y}}c", "{\"x\":1,\"y\":2}", "(a|b|c:'1''2')" },
	{ "what prints nothing takes no slot",
	  "a{{$x := 1}}b{{/* c */}}d{{$x}}e", "{}", "(abd|e:'1')" },
	{ "an assignment in a branch takes no slot",
	  "a{{$x := 1}}{{if .y}}{{$x = 2}}{{end}}b{{$x}}", "{\"y\":1}",
	  "(ab|:'2')" },
	{ "a branch is a list of its own",
	  "a{{if .x}}b{{.x}}c{{else}}d{{end}}e", "{\"x\":1}",
	  "(a|e:(b|c:'1'))" },
	{ "a branch not taken is empty",
	  "a{{if .x}}b{{end}}e{{with .x}}c{{end}}", "{}", "(a|e|:00)" },
	{ "a called template is a list",
	  "{{define \"t\"}}<{{.}}>{{end}}a{{template \"t\" .x}}",
	  "{\"x\":1}", "(a|:(<|>:'1'))" },
	{ "items share their statics",
	  "{{range .}}a{{.}}b{{end}}", "[1,2]", "(|:[a|b:<'1'><'2'>2])" },
	{ "an empty range keeps its statics for what may come",
	  "{{range .}}a{{.}}b{{end}}", "[]", "(|:[a|b:0])" },
	{ "the else of a range is a list",
	  "{{range .}}a{{else}}none{{end}}", "[]", "(|:(none:))" },
	{ "the rest of an item that is left is empty",
	  "{{range .}}a{{if eq . 2}}{{break}}{{end}}b{{.}}c{{end}}",
	  "[1,2,3]", "(|:[a|:<(b|c:'1')><0>2])" },
	{ "continue leaves only the item",
	  "{{range .}}a{{if eq . 2}}x{{continue}}{{end}}b{{.}}c{{end}}",
	  "[1,2,3]",
	  "(|:[a||:<0(b|c:'1')><(x:)0><0(b|c:'3')>3])" },
	{ "break closes all lists between it and its range",
	  "{{range .}}{{with 1}}p{{if $}}q{{break}}{{end}}r{{end}}s{{end}}t",
	  "[7,8]", "(|t:[||:<(p||:(q:)0)0>1])" },
	{ "nothing stands behind a bare break",
	  "{{range .}}a{{.}}b{{break}}c{{.}}{{end}}", "[1,2]",
	  "(|:[a|b:<'1'>1])" },
};

static void
a_sink_is_told_the_tree(void **state)
{
	const struct sink_case *c = *state;
	struct program *p = compile_with(c->text, NULL);
	json_t *data = parse_json(c->data);
	struct buf out = { 0 };
	struct script sc = { { &out, &notes }, p };
	struct lvt_error err = { 0 };

	assert_int_equal(program_exec(p, data, NULL, &sc.sink, &err), 0);
	assert_string_equal(buf_z(&out), c->told);
	buf_release(&out);
	json_decref(data);
	program_free(p);
}

/* Releases after 1.19, by hand: what their release notes and the packages'
 * documentation say. */
static const struct page_case {
	const char *name, *text, *data, *page;
} pages[] = {
	{ "range counts to an integer (Go 1.24)",
	  "{{range 3}}{{.}},{{end}}", "{}", "0,1,2," },
	{ "range over an integer sets one variable (Go 1.24)",
	  "{{range $i := len .}}{{$i}}{{end}}", "[7,7]", "01" },
	{ "range over zero or less takes the else (Go 1.24)",
	  "{{range 0}}a{{else}}b{{end}}{{range -2}}a{{else}}c{{end}}", "{}",
	  "bc" },
	{ "else with continues a with (Go 1.23)",
	  "{{with .a}}a{{else with .b}}{{.}}{{else}}c{{end}}",
	  "{\"b\":5}", "5" },
	{ "range assigns to variables that are there",
	  "{{$i := 9}}{{$y := 8}}{{range $i = .}}{{$i}}{{end}}{{$i}}{{$y}}",
	  "[1,2]", "1228" },
	{ "a list that is left keeps the text before it",
	  "{{range .}}a{{if .}}b{{break}}c{{end}}d{{end}}e", "[1]", "abe" },
	{ "a page does not depend on where its data lie",
	  "{{printf \"%p %#p %d\" . .a .a}}", "{\"a\":[1]}",
	  "0xc000010000 c000010000 [1]" },
	{ "floats are as short as reads back",
	  "{{range .}}{{.}} {{end}}",
	  "[0.1,5e-324,5.684341886080802e-14,1e6,123456.5,1e21,0.00001,"
	  "1.7976931348623157e308,2.5e-5,-0.0,9007199254740993.0]",
	  "0.1 5e-324 5.684341886080802e-14 1e+06 123456.5 1e+21 1e-05 "
	  "1.7976931348623157e+308 2.5e-05 -0 9.007199254740992e+15 " },
};

static void
a_page_shows(void **state)
{
	const struct page_case *c = *state;
	struct program *p = compile_with(c->text, NULL);
	json_t *data = parse_json(c->data);
	struct buf out = { 0 };
	struct sink sink = { .out = &out };
	struct lvt_error err = { 0 };

	if (program_exec(p, data, NULL, &sink, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(buf_z(&out), c->page);
	buf_release(&out);
	json_decref(data);
	program_free(p);
}

/* An application may have called setlocale(). */
static void
a_page_is_the_same_in_each_locale(void **state)
{
	static const char *const locales[] = { "C", "de_DE.UTF-8", "fr_FR" };
	static const struct page_case c = { NULL,
	    "{{range .}}{{.}} {{printf \"%.2f %8.1e %#g\" . . .}} {{end}}",
	    "[0.1,5e-324,1234567.25,-2.5e-5,5.684341886080802e-14]",
	    "0.1 0.10  1.0e-01 0.100000 5e-324 0.00 4.9e-324 5.00000e-324 "
	    "1.23456725e+06 1234567.25  1.2e+06 1.23456725e+06 "
	    "-2.5e-05 -0.00 -2.5e-05 -2.50000e-05 "
	    "5.684341886080802e-14 0.00  5.7e-14 5.684341886080802e-14 " };
	void *row = (void *)(uintptr_t)&c;

	(void)state;
	for (size_t l = 0; l < sizeof(locales) / sizeof(locales[0]); l++) {
		setlocale(LC_NUMERIC, locales[l]);	/* where there is one */
		a_page_shows(&row);
	}
	setlocale(LC_NUMERIC, "C");
}

/* --- Failures ------------------------------------------------------------ */

static const struct fail_case {
	const char *name, *text, *data;
	struct tmpl_limits limits;
	int rc, line, column;
	const char *message;
} fails[] = {
	{ "a message names place, template and node",
	  "\n {{.x.y}}", "{\"x\":null}", { 0 }, LVT_EEXEC, 2, 4,
	  "executing \"main\" at <.x.y>: nil pointer evaluating interface {}.y" },
	{ "recursion without end is stopped",
	  "{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}", "{}",
	  { 0 }, LVT_EEXEC, 1, 26, "exceeded maximum template depth (1000)" },
	{ "loops within loops run out of steps",
	  "{{range .}}{{range $}}{{range $}}{{end}}{{end}}{{end}}",
	  "[1,2,3,4,5,6,7,8,9,10]", { .steps = 500 }, LVT_EEXEC, 1, 0,
	  "more than 500 steps" },
	{ "output is bounded",
	  "{{range .}}{{printf \"%100d\" .}}{{end}}", "[1,2,3,4,5]",
	  { .output_bytes = 300 }, LVT_ETOOBIG, 0, 0, "output is too big" },
	{ "text that is never printed pays for its length",
	  "{{range 1000000}}{{$x := printf \"%1000000d\" 1}}{{end}}", "{}",
	  { .steps = 100000 }, LVT_EEXEC, 1, 0, "more than 100000 steps" },
	{ "an integer has no two variables to range with",
	  "{{range $i, $e := 3}}{{end}}", "{}", { 0 }, LVT_EEXEC, 1, 0,
	  "can't use 3 to iterate over more than one variable" },
};

static void
a_render_fails(void **state)
{
	const struct fail_case *c = *state;
	struct program *p = compile_with(c->text, &c->limits);
	json_t *data = parse_json(c->data);
	struct buf out = { 0 };
	struct sink sink = { .out = &out };
	struct lvt_error err = { 0 };

	assert_int_equal(program_exec(p, data, NULL, &sink, &err), c->rc);
	if (strstr(err.message, c->message) == NULL)
		fail_msg("'%s' lacks '%s'", err.message, c->message);
	if (c->line > 0) {
		assert_int_equal(err.line, c->line);
		assert_string_equal(err.file, "main.tmpl");
	}
	if (c->column > 0)
		assert_int_equal(err.column, c->column);
	assert_int_equal(out.limit, 0);
	buf_release(&out);
	json_decref(data);
	program_free(p);
}

static void
nested_blocks_in_recursion_stop_before_the_stack_does(void **state)
{
	static const char open[] = "{{if .}}", end[] = "{{end}}";
	struct buf text = { 0 }, out = { 0 };
	struct sink sink = { .out = &out };
	struct lvt_error err = { 0 };
	struct program *p;
	json_t *data = json_true();
	int i;

	(void)state;
	buf_puts(&text, "{{define \"t\"}}");
	for (i = 0; i < 900; i++)
		buf_puts(&text, open);
	buf_puts(&text, "{{template \"t\" .}}");
	for (i = 0; i < 900; i++)
		buf_puts(&text, end);
	buf_puts(&text, "{{end}}{{template \"t\" .}}");
	p = compile_with(buf_z(&text), NULL);
	assert_int_equal(program_exec(p, data, NULL, &sink, &err), LVT_EEXEC);
	assert_non_null(strstr(err.message, "nested too deeply"));
	buf_release(&text);
	buf_release(&out);
	program_free(p);
}

/* 40000 variables: compiling them takes half a minute where each is looked
 * for among all of them. */
static void
a_call_pays_for_the_variables_that_it_might_need(void **state)
{
	struct tmpl_limits few = { .steps = 100000 };
	struct buf text = { 0 }, out = { 0 };
	struct sink sink = { .out = &out };
	struct lvt_error err = { 0 };
	struct program *p;
	int i;

	(void)state;
	buf_puts(&text, "{{define \"t\"}}{{if .}}");
	for (i = 0; i < 40000; i++)
		buf_printf(&text, "{{$v%d := 1}}{{$v%d}}", i, i);
	buf_puts(&text, "{{end}}x{{end}}{{template \"t\"}}"
	    "{{range 1000}}{{template \"t\"}}{{end}}");
	p = compile_with(buf_z(&text), &few);
	assert_int_equal(program_exec(p, NULL, NULL, &sink, &err), LVT_EEXEC);
	assert_non_null(strstr(err.message, "more than 100000 steps"));
	buf_release(&text);
	buf_release(&out);
	program_free(p);
}

/* --- The host ------------------------------------------------------------ */

static int
answer(void *arg, struct str member, const json_t *args, json_t **out,
    struct lvt_error *err)
{
	int *calls = arg;

	++*calls;
	if (str_is(member, "Fail"))
		return lvt_error_set(err, LVT_EINVALID, "no luck");
	if (str_is(member, "None"))
		return 0;
	if (json_array_size(args) == 0) {
		*out = json_sprintf(STR_FMT, STR_ARG(member));
		return 0;
	}
	*out = json_pack("{s:O}", "got", args);
	return 0;
}

static const struct host_case {
	const char *name, *text, *page, *message;
} hosts[] = {
	{ "a member of the host is asked for", "{{.lvt.User}}", "User", NULL },
	{ "arguments reach the host, piped ones last",
	  "{{(\"c\" | .lvt.Error 1 2.5).got}}", "[1 2.5 c]", NULL },
	{ "the host comes before a member of the document",
	  "{{.lvt.A}}{{.x.lvt}}", "Adoc", NULL },
	{ "$ leads to the host from anywhere",
	  "{{range .l}}{{$.lvt.B}}{{end}}{{with .lvt}}{{.C}}{{end}}"
	  "{{template \"t\" .}}{{define \"t\"}}{{.lvt.D}}{{end}}",
	  "BBCD", NULL },
	{ "a variable may hold the host",
	  "{{$h := .lvt}}{{if $h}}{{$h.E}}{{end}}", "E", NULL },
	{ "no answer is no value", "{{.lvt.None}}", "<no value>", NULL },
	{ "the host's failure is the action's",
	  "a\n{{.lvt.Fail 1}}", NULL, "error calling Fail: no luck" },
};

static void
the_host_answers(void **state)
{
	const struct host_case *c = *state;
	struct program *p = compile_with(c->text, NULL);
	json_t *data = parse_json(
	    "{\"lvt\":{\"A\":0},\"x\":{\"lvt\":\"doc\"},\"l\":[1,2]}");
	int calls = 0;
	struct program_host host = { "lvt", answer, &calls };
	struct buf out = { 0 };
	struct sink sink = { .out = &out };
	struct lvt_error err = { 0 };
	int rc = program_exec(p, data, &host, &sink, &err);

	if (c->page != NULL) {
		assert_int_equal(rc, 0);
		assert_string_equal(buf_z(&out), c->page);
	} else {
		assert_int_equal(rc, LVT_EEXEC);
		assert_non_null(strstr(err.message, c->message));
		assert_int_equal(err.line, 2);
	}
	assert_true(calls > 0);
	buf_release(&out);
	json_decref(data);
	program_free(p);
}

static void
a_program_tells_which_members_of_the_host_it_names(void **state)
{
	struct program *p = compile_with("{{template \"t\" .}}"
	    "{{define \"t\"}}{{.lvt.User}}{{$.lvt.Error .x}}{{end}}"
	    "{{define \"unreached\"}}{{.lvt.Watching}}{{end}}", NULL);
	struct program *q = compile_with(
	    "{{with .lvt}}{{.Watching}}{{end}}", NULL);

	(void)state;
	assert_true(program_uses(p, "lvt", "User"));
	assert_true(program_uses(p, "lvt", "Error"));
	assert_false(program_uses(p, "lvt", "Watching"));
	assert_true(program_uses(q, "lvt", "Watching"));
	assert_false(program_uses(q, "lvt", "User"));
	program_free(p);
	program_free(q);
}

static void
equal_statics_have_one_number(void **state)
{
	struct program *p = compile_with("{{range .a}}<{{.}}>{{end}}"
	    "{{range .b}}<{{.}}>{{end}}{{with .c}}<{{.}}>{{end}}", NULL);
	const struct str *strs;
	uint32_t n;

	(void)state;
	assert_int_equal(program_nstatics(p), 2);
	strs = program_statics(p, 0, &n);
	assert_int_equal(n, 2);
	assert_true(str_is(strs[0], "<") && str_is(strs[1], ">"));
	program_free(p);
}

/* --- All ----------------------------------------------------------------- */

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_page_is_the_same_in_each_locale),
		cmocka_unit_test(nested_blocks_in_recursion_stop_before_the_stack_does),
		cmocka_unit_test(a_call_pays_for_the_variables_that_it_might_need),
		cmocka_unit_test(a_program_tells_which_members_of_the_host_it_names),
		cmocka_unit_test(equal_statics_have_one_number),
	};

	SUITE_ROWS(&s, sinks, name, a_sink_is_told_the_tree);
	SUITE_ROWS(&s, pages, name, a_page_shows);
	SUITE_ROWS(&s, fails, name, a_render_fails);
	SUITE_ROWS(&s, hosts, name, the_host_answers);
	SUITE_TESTS(&s, others);
	return suite_run(&s);
}
