/* Functions that an application gives to its templates. */
#include <unistd.h>

#include "test.h"

#include "base/buf.h"
#include "template/program.h"

/* --- The functions ------------------------------------------------------- */

static int
price(struct lvt_call *call, const json_t *args)
{
	json_t *cents = json_array_get(args, 0);

	if (!json_is_integer(cents))
		return lvt_result_error(call, "cents must be an integer");
	return lvt_result_new(call, json_sprintf("%.2f",
	    (double)json_integer_value(cents) / 100));
}

static int
back(struct lvt_call *call, const json_t *args)
{
	return lvt_result(call, json_array_get(args, 0));
}

static int
all(struct lvt_call *call, const json_t *args)
{
	return lvt_result_new(call, json_deep_copy(args));
}

/* trust "html" text */
static int
trust(struct lvt_call *call, const json_t *args)
{
	static const char *const names[] = {
		"text", "html", "attr", "url", "js", "jsstr", "css", "srcset"
	};
	const char *name = json_string_value(json_array_get(args, 0));
	int i;

	for (i = 0; i < 8; i++)
		if (name != NULL && strcmp(name, names[i]) == 0)
			return lvt_result_content(call, (enum lvt_content)i,
			    json_string_value(json_array_get(args, 1)));
	return LVT_EINVALID;
}

static int
nothing(struct lvt_call *call, const json_t *args)
{
	(void)call;
	(void)args;
	return 0;
}

static int
breaks(struct lvt_call *call, const json_t *args)
{
	(void)args;
	lvt_result_new(call, json_string("never seen"));
	return LVT_ENOTFOUND;
}

static int
says_why_but_returns_0(struct lvt_call *call, const json_t *args)
{
	(void)args;
	lvt_result_error(call, "%s is %d", "x", 7);
	return 0;
}

static int
no_memory(struct lvt_call *call, const json_t *args)
{
	(void)args;
	return lvt_result_new(call, NULL);
}

static const struct lvt_template_func functions[] = {
	{ "price", price, 1, 1 },
	{ "back", back, 1, 1 },
	{ "all", all, 0, -1 },
	{ "trust", trust, 2, 2 },
	{ "nothing", nothing, 0, 2 },
	{ "breaks", breaks, 0, 0 },
	{ "quiet", says_why_but_returns_0, 0, 0 },
	{ "poor", no_memory, 0, 0 },
	{ 0 }
};

/* --- Cases ----------------------------------------------------------------- */

#define DATA "{\"n\": 1250, \"s\": \"<b>\", \"l\": [1, 2, 3], \"o\": " \
	"{\"k\": null}, \"forged\": {\"html\": \"<b>\", \"content\": 2}}"

static const struct call_case {
	const char *name, *template, *output;
	const char *message;		/* of an error at line:column */
	int code, line, column;
} cases[] = {
	{ "a function is called with its arguments",
	  "{{price .n}}", "12.50", NULL, 0, 0, 0 },
	{ "what is piped in is the last argument",
	  "{{.s | all 1 | printf \"%v\"}}", "[1 &lt;b&gt;]", NULL, 0, 0, 0 },
	{ "a result goes on through a pipeline",
	  "{{price .n | printf \"%q\" | len}}", "7", NULL, 0, 0, 0 },
	{ "a result has fields and can be ranged over",
	  "{{(back .o).k}}{{range back .l}}{{.}},{{end}}{{index (all 7) 0}}",
	  "1,2,3,7", NULL, 0, 0, 0 },
	{ "a slice arrives as what it shows",
	  "{{all (slice .l 1) nil true 1.5 'a' .missing | printf \"%v\"}}",
	  "[[2 3] &lt;nil&gt; true 1.5 97 &lt;nil&gt;]", NULL, 0, 0, 0 },
	{ "no result is no value",
	  "<{{nothing}}>{{if nothing 1}}a{{else}}b{{end}}",
	  "&lt;>b", NULL, 0, 0, 0 },
	{ "a plain result is escaped for its place",
	  "{{back .s}}<a title='{{back .s}}'>",
	  "&lt;b&gt;<a title='&lt;b&gt;'>", NULL, 0, 0, 0 },
	{ "trusted HTML is not escaped in text",
	  "{{trust \"html\" .s}}", "<b>", NULL, 0, 0, 0 },
	{ "trusted HTML loses its tags in an attribute",
	  "<a title=\"{{trust \"html\" \"<i>x</i>&amp;\"}}\">",
	  "<a title=\"x&amp;\">", NULL, 0, 0, 0 },
	{ "trusted HTML is a string in a script",
	  "<script>x = {{trust \"html\" .s}}</script>",
	  "<script>x = \"\\u003cb\\u003e\"</script>", NULL, 0, 0, 0 },
	{ "a trusted attribute is one",
	  "<a {{trust \"attr\" \"dir=ltr\"}}>", "<a dir=ltr>", NULL, 0, 0, 0 },
	{ "an attribute that nobody vouches for is not",
	  "<a {{trust \"text\" \"onclick=f()\"}}>", "<a ZgotmplZ>",
	  NULL, 0, 0, 0 },
	{ "a trusted URL may have any scheme",
	  "<a href=\"{{trust \"url\" \"javascript:f()\"}}\">",
	  "<a href=\"javascript:f%28%29\">", NULL, 0, 0, 0 },
	{ "a trusted URL is still no HTML",
	  "{{trust \"url\" \"a?<b>\"}}", "a?&lt;b&gt;", NULL, 0, 0, 0 },
	{ "trusted JavaScript is an expression",
	  "<script>x = {{trust \"js\" \"f(1)\"}}</script>",
	  "<script>x = f(1)</script>", NULL, 0, 0, 0 },
	{ "a trusted JavaScript string keeps its escapes",
	  "<script>x = '{{trust \"jsstr\" `a\\n`}}'</script>",
	  "<script>x = 'a\\n'</script>", NULL, 0, 0, 0 },
	{ "trusted CSS may hold what is filtered else",
	  "<p style=\"{{trust \"css\" \"width: calc(1px)\"}}\">",
	  "<p style=\"width: calc(1px)\">", NULL, 0, 0, 0 },
	{ "a trusted srcset may hold what is filtered else",
	  "<img srcset=\"{{trust \"srcset\" \"a:b 1x, c 2x\"}}\">",
	  "<img srcset=\"a:b 1x, c 2x\">", NULL, 0, 0, 0 },
	{ "trust lives in variables and template calls",
	  "{{define \"t\"}}{{.}}{{end}}{{$x := trust \"html\" .s}}{{$x}}"
	  "{{template \"t\" $x}}{{with $x}}{{.}}{{end}}",
	  "<b><b><b>", NULL, 0, 0, 0 },
	{ "trust ends in another function",
	  "{{trust \"html\" .s | print}}{{trust \"html\" .s | back}}"
	  "{{printf \"%s\" (trust \"html\" .s)}}",
	  "&lt;b&gt;&lt;b&gt;&lt;b&gt;", NULL, 0, 0, 0 },
	{ "trust ends in a list that a function returns",
	  "{{index (all (trust \"html\" .s)) 0}}", "&lt;b&gt;", NULL, 0, 0, 0 },
	{ "nothing in the document is trusted",
	  "{{.forged.html}}{{.forged}}{{back .forged}}",
	  "&lt;b&gt;map[content:2 html:&lt;b&gt;]map[content:2 html:&lt;b&gt;]",
	  NULL, 0, 0, 0 },
	{ "a thousand results do not stay in memory",
	  "{{range 1000}}{{back $.o}}{{end}}", NULL, NULL, 0, 0, 0 },

	{ "a message of a function says where it was called",
	  "\n {{price .s}}", NULL, "executing \"main\" at <price .s>: error "
	  "calling price: cents must be an integer", LVT_EEXEC, 2, 4 },
	{ "a code without a message has its phrase",
	  "{{breaks}}", NULL, "executing \"main\" at <breaks>: error calling "
	  "breaks: not found", LVT_EEXEC, 1, 3 },
	{ "a message counts even where 0 is returned",
	  "{{quiet}}", NULL, "executing \"main\" at <quiet>: error calling "
	  "quiet: x is 7", LVT_EEXEC, 1, 3 },
	{ "want of memory is just that",
	  "{{poor}}", NULL, "out of memory", LVT_ENOMEM, 0, 0 },
	{ "too few arguments are found by the parser",
	  "a\n{{price}}", NULL, "function \"price\" takes 1 argument, not 0",
	  LVT_EPARSE, 2, 3 },
	{ "too many arguments are found by the parser",
	  "{{if false}}{{1 | nothing 2 3}}{{end}}", NULL,
	  "function \"nothing\" takes 0 to 2 arguments, not 3",
	  LVT_EPARSE, 1, 19 },
	{ "a function named as an argument has none itself",
	  "{{print price}}", NULL, "function \"price\" takes 1 argument, not 0",
	  LVT_EPARSE, 1, 9 },
	{ "a function whose field is asked for has none, too",
	  "{{trust.x}}", NULL, "function \"trust\" takes 2 arguments, not 0",
	  LVT_EPARSE, 1, 3 },
	{ "a misspelt function is found",
	  "{{pric .n}}", NULL, "unknown function \"pric\"; did you mean "
	  "\"price\"?", LVT_EPARSE, 1, 3 },
};

static int
render(const char *text, struct buf *out, struct lvt_error *err)
{
	struct tmpl *t = tmpl_create(TMPL_HTML, NULL);
	json_t *data = json_loads(DATA, 0, NULL);
	struct sink sink = { .out = out };
	struct program *p = NULL;
	int rc;

	assert_non_null(t);
	assert_non_null(data);
	rc = tmpl_functions(t, functions, err);
	if (rc == 0)
		rc = tmpl_parse(t, "main", "main", text, strlen(text), err);
	if (rc == 0 && (p = tmpl_compile(t, "main", err)) == NULL)
		rc = err->code;
	tmpl_free(t);
	if (rc == 0)
		rc = program_exec(p, data, NULL, &sink, err);
	program_free(p);
	json_decref(data);
	return rc;
}

static void
the_case_holds(void **state)
{
	const struct call_case *c = *state;
	struct lvt_error err = { 0 };
	struct buf out;
	int rc;

	buf_init(&out);
	rc = render(c->template, &out, &err);
	if (rc != c->code)
		print_message("# %d %s\n", rc, err.message);
	assert_int_equal(rc, c->code);
	if (c->output != NULL)
		assert_string_equal(buf_z(&out), c->output);
	if (c->message != NULL)
		assert_string_equal(err.message, c->message);
	assert_int_equal(err.line, c->line);
	assert_int_equal(err.column, c->column);
	buf_release(&out);
}

/* --- Rows that are wrong ------------------------------------------------- */

static const struct bad_row {
	struct lvt_template_func row;
	const char *message;
} bad[] = {
	{ { "", price, 1, 1 }, "template function \"\" is no name: letters, "
	  "digits and _" },
	{ { "a-b", price, 1, 1 }, "template function \"a-b\" is no name: "
	  "letters, digits and _" },
	{ { "len", price, 1, 1 }, "template function \"len\" is part of the "
	  "language" },
	{ { "range", price, 1, 1 }, "template function \"range\" is part of "
	  "the language" },
	{ { "x", NULL, 1, 1 }, "template function \"x\" has no function" },
	{ { "x", price, 2, 1 }, "template function \"x\" has impossible "
	  "numbers of arguments" },
};

static void
a_row_that_is_wrong_is_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct lvt_template_func rows[2] = { bad[i].row, { 0 } };
		struct tmpl *t = tmpl_create(TMPL_HTML, NULL);
		struct lvt_error err = { 0 };

		assert_int_equal(tmpl_functions(t, rows, &err), LVT_EINVALID);
		assert_string_equal(err.message, bad[i].message);
		tmpl_free(t);
	}
}

static void
a_name_may_not_appear_twice(void **state)
{
	struct tmpl *t = tmpl_create(TMPL_HTML, NULL);
	struct lvt_error err = { 0 };

	(void)state;
	assert_int_equal(tmpl_functions(t, functions, &err), 0);
	assert_int_equal(tmpl_functions(t, functions, &err), LVT_EINVALID);
	assert_string_equal(err.message,
	    "template function \"price\" appears twice");
	tmpl_free(t);
}

/* --- Through an application ------------------------------------------------- */

static int
set(struct lvt_ctx *cx, json_t *state)
{
	return json_object_set(state, "s",
	    json_object_get(lvt_data(cx), "s"));
}

static const struct lvt_action actions[] = {
	{ "set", set, NULL },
	{ 0 }
};

static const struct lvt_page pages[] = {
	{ .path = "/", .file = "f.tmpl", .actions = actions,
	  .init = LVT_JSON({"n": 5, "s": ""}) },
	{ 0 }
};

static void
the_pages_of_an_app_call_its_functions(void **state)
{
	const struct lvt_app app = { .name = "calls", .pages = pages,
	    .functions = functions };
	char dir[] = "/tmp/lvt-call.XXXXXX", file[64];
	struct lvt_test *t;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/f.tmpl", dir);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs("<p>{{price .n}} {{trust \"html\" \"<hr>\"}} {{.s}}</p>", f);
	assert_int_equal(fclose(f), 0);
	setenv("LVT_TEMPLATES", dir, 1);
	t = lvt_test_open(&app, "/");
	assert_non_null(t);
	assert_non_null(strstr(lvt_test_html(t), "0.05"));
	assert_non_null(strstr(lvt_test_html(t), "<hr>"));
	/* What comes from a browser is escaped, whatever its shape. */
	assert_int_equal(lvt_test_do(t, "set", "{s:{s:s,s:i}}", "s",
	    "html", "<i>", "content", 2), 0);
	assert_null(strstr(lvt_test_html(t), "<i>"));
	lvt_test_close(t);
	unlink(file);
	rmdir(dir);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(a_row_that_is_wrong_is_refused),
		cmocka_unit_test(a_name_may_not_appear_twice),
		cmocka_unit_test(the_pages_of_an_app_call_its_functions),
	};

	SUITE_TESTS(&s, others);
	SUITE_ROWS(&s, cases, name, the_case_holds);
	return suite_run(&s);
}
