/*
 * Where an action stands decides its escapers: one row for each kind of
 * place, and for each way in which that can fail. Whole results are in
 * tests/vectors; here are the decisions.
 */
#include <unistd.h>

#include "test.h"

#include "template/parse/ast.h"
#include "template/escape/escape.h"

static const char *const short_names[ESC_MAX] = {
	[ESC_HTML] = "html", [ESC_RCDATA] = "rcdata", [ESC_ATTR] = "attr",
	[ESC_NOSPACE] = "nospace", [ESC_HTMLNAME] = "name",
	[ESC_COMMENT] = "comment", [ESC_URLFILTER] = "urlfilter",
	[ESC_URL] = "url", [ESC_URLNORM] = "urlnorm", [ESC_SRCSET] = "srcset",
	[ESC_CSSVAL] = "cssval", [ESC_CSSSTR] = "cssstr", [ESC_JSVAL] = "js",
	[ESC_JSSTR] = "jsstr", [ESC_JSREGEXP] = "jsregexp",
	[ESC_JSTMPL] = "jstmpl", [ESC_FUNC_HTML] = "HTML",
	[ESC_FUNC_URLQUERY] = "URLQUERY"
};

/*
 * want: the escapers of each action of main, in order, those of one joined
 * by "+"; or "error LINE:COLUMN: start of the message".
 */
static const struct row {
	const char *text, *want;
} rows[] = {
	{ "{{.x}}", "html" },
	{ "<p>{{.x}}</p>{{.y}}", "html html" },
	{ "<title>{{.x}}</title><textarea>{{.x}}</textarea>",
	  "rcdata rcdata" },
	{ "<p title=\"{{.x}}\" alt='{{.x}}' id={{.x}}>",
	  "attr attr nospace" },
	{ "<p {{.x}} data-{{.x}}=\"{{.x}}\" {{.x}}={{.x}}>",
	  "name name attr name nospace" },
	{ "<a href=\"{{.x}}\">", "urlfilter+urlnorm+attr" },
	{ "<a href=\"/p/{{.x}}?q={{.x}}#{{.x}}\">",
	  "urlnorm+attr url+attr url+attr" },
	{ "<a href=&#63;{{.x}}>", "url+nospace" },
	{ "<a href=' {{.x}}'>", "urlfilter+urlnorm+attr" },
	{ "<img srcset=\"{{.x}}\">", "srcset+attr" },
	{ "<p style=\"color: {{.x}}; font: '{{.x}}'\">",
	  "cssval+attr urlfilter+cssstr" },
	{ "<style>{{.x}} url({{.x}}) url( \"/a{{.x}}\") '?{{.x}}'</style>",
	  "cssval urlfilter+urlnorm urlnorm url" },
	{ "<style>/* {{.x}} */ // {{.x}}\n{{.x}}</style>",
	  "comment comment cssval" },
	{ "<style>curl({{.x}})</style>", "cssval" },
	{ "<script>{{.x}} + \"{{.x}}\" + '{{.x}}' + `{{.x}}`</script>",
	  "js jsstr jsstr jstmpl" },
	{ "<script>x = /{{.x}}/ / {{.x}} / 2</script>", "jsregexp js" },
	{ "<script>x++ / {{.x}}; x = y + /{{.x}}/</script>",
	  "js jsregexp" },
	{ "<script>return /{{.x}}/; }/{{.x}}/.f()</script>",
	  "jsregexp jsregexp" },
	{ "<script>// {{.x}}\n/* {{.x}} */ <!-- {{.x}}\n--> {{.x}}\n#! "
	  "{{.x}}\n{{.x}}</script>",
	  "comment comment comment comment comment js" },
	{ "<script>`${ {{.x}} } {{.x}}`</script>", "js jstmpl" },
	{ "<script type=text/template>{{.x}}</script>", "html" },
	{ "<script type=\"application/ld+json\">{{.x}}</script>", "js" },
	{ "<script type=\" Text/JavaScript ; charset=x\">{{.x}}</script>",
	  "js" },
	{ "<button onclick=\"f({{.x}}, '{{.x}}', &quot;{{.x}}&quot;)\">",
	  "js+attr jsstr jsstr" },
	{ "<button onclick=f({{.x}})>", "js+nospace" },
	{ "<!-- {{.x}} -->{{.x}}", "comment html" },
	{ "{{$x := .y}}{{$x}}", "- html" },
	{ "{{.x | html}}{{.x | urlquery}}{{html .x}}",
	  "HTML html HTML" },
	{ "<a href='{{.x | html}}{{.x | urlquery}}?{{.x | urlquery}}'>",
	  "urlfilter+urlnorm+HTML urlfilter+URLQUERY+attr URLQUERY+attr" },
	{ "<a onclick='f({{html .x}}, \"{{.x | html}}\")'>",
	  "js+HTML jsstr+HTML" },
	{ "<p title={{if .c}}{{.x}}{{end}}>", "nospace" },
	{ "<a href=\"{{if .c}}/a{{else}}/b{{end}}{{.x}}\">", "urlnorm+attr" },
	{ "{{range .l}}<p title='{{if .}}{{.x}}{{end}}'>{{break}}{{end}}",
	  "attr" },
	{ "{{range .l}}{{if .}}{{break}}{{else}}{{continue}}{{end}}<a {{end}}",
	  "" },

	{ "<a href=\"{{if .c}}?{{end}}{{.x}}\">",
	  "error 1:29: {{.x}} appears in an ambiguous context within a URL" },
	{ "{{define \"r\"}}{{if .a}}{{template \"r\" .a}}{{end}}/{{.x}}{{end}}"
	  "<a href=\"{{template \"r\" .}}{{.x}}?{{template \"r\" .}}\">",
	  "urlnorm+attr" },
	{ "{{define \"r\"}}{{if .a}}{{template \"r\" .a}}{{end}}{{.x}}/{{end}}"
	  "<a href=\"{{template \"r\" .}}\">",
	  "error 1:20: cannot compute output context for template r, called "
	  "in a URL in double quotes: " },
	{ "<a ='x'>", "error 1:3: expected space, attr name, or end of tag" },
	{ "<p>\n<a title=x\"y>", "error 2:10: \"\\\"\" in unquoted attr" },
	{ "<a \"x\">", "error 1:3: \"\\\"\" in attribute name" },
	{ "{{if .c}}<a href='{{end}}x",
	  "error 1:6: {{if}} branches end in different contexts" },
	{ "{{with .c}}<b {{else}}<b>{{end}}",
	  "error 1:8: {{with}} branches end in different contexts: one in a "
	  "tag, another in text" },
	{ "<a href={{if .c}}x{{else}}\"y\"{{end}}>",
	  "error 1:14: {{if}} branches end in different contexts: one in a URL "
	  "without quotes, another in a tag" },
	{ "<script>`${ {{if .c}}{ {{end}}}`</script>",
	  "error 1:18: {{if}} branches end in different contexts: one in a "
	  "script with 1 open ${ and 1 open {, another in a script with 1 open "
	  "${ and 0 open {" },
	{ "<p title={{.x | html}}>", "error 1:12: predefined escaper \"html\" "
	  "disallowed in template: the attribute's value has no quotes" },
	{ "{{.x | urlquery | print}}", "error 1:3: predefined escaper "
	  "\"urlquery\" disallowed in template: it is not the last of its "
	  "pipeline" },
	{ "<b title='", "error 1:1: ends in a non-text context: in a value in "
	  "single quotes" },
	{ "<textarea>", "error 1:1: ends in a non-text context: in text of "
	  "<textarea>" },
	{ "{{template \"gone\"}}", "error 1:12: no such template \"gone\"" },
	{ "{{define \"footer\"}}x{{end}}{{template \"foter\"}}", "error 1:39: "
	  "no such template \"foter\"; did you mean \"footer\"?" },
	{ "{{define \"r\"}}{{if .}}{{template \"r\" .n}}{{end}}<a title='"
	  "{{end}}{{template \"r\" .}}", "error 1:20: cannot compute output context for template r" },
	{ "<script>/[{{.x}}]/</script>",
	  "error 1:10: unfinished JS regexp charset: \"[\"" },
	{ "<script>'\\{{.x}}'</script>",
	  "error 1:10: unfinished escape sequence in JS string: \"\\\\\"" },
	{ "<style>'\\{{.x}}'</style>",
	  "error 1:9: unfinished escape sequence in CSS string: \"\\\\\"" },
	{ "{{range .l}}<p title={{end}}>",
	  "error 1:13: on range loop re-entry: \"<\" in unquoted attr" },
	{ "{{range .l}}<a {{if .}}{{break}}{{end}}>{{end}}",
	  "error 1:26: at range loop break: {{range}} branches end in" },
	{ "{{range .l}}{{if .}}<a {{continue}}{{else if .y}}{{continue}}"
	  "{{end}}{{end}}",
	  "error 1:26: at range loop continue: {{range}} branches end in" },
	{ "<script>{{if .c}}a{{else}}={{end}}/x/ {{.x}}</script>",
	  "error 1:35: '/' could start a division or regexp: \"/x/ \"" },
	{ "{{.x | html | print}}",
	  "error 1:3: predefined escaper \"html\" disallowed in template" },
	{ "<p title={{.x | html}}>",
	  "error 1:12: predefined escaper \"html\" disallowed in template" },
};

static void
put_actions(char *out, size_t size, const struct ast_list *list)
{
	size_t len;

	for (const struct ast_node *n = list != NULL ? list->first : NULL;
	    n != NULL; n = n->next) {
		put_actions(out, size, n->body);
		put_actions(out, size, n->otherwise);
		if (n->type != AST_ACTION)
			continue;
		len = strlen(out);
		snprintf(out + len, size - len, "%s%s", len > 0 ? " " : "",
		    n->nescapers == 0 ? "-" : "");
		for (uint8_t i = 0; i < n->nescapers; i++) {
			len = strlen(out);
			snprintf(out + len, size - len, "%s%s",
			    i > 0 ? "+" : "", short_names[n->escapers[i]]);
		}
	}
}

static void
a_place_decides(void **state)
{
	const struct row *row = *state;
	struct lvt_error err = { 0 };
	struct ast_set set;
	char got[2048] = "";

	ast_set_init(&set);
	assert_int_equal(ast_parse(&set, STR("main"), "main",
	    str_z(row->text), &err), 0);
	if (escape_set(&set, STR("main"), &err) == 0)
		put_actions(got, sizeof(got),
		    ast_set_find(&set, STR("main"))->body);
	else
		snprintf(got, sizeof(got), "error %d:%d: %s", err.line,
		    err.column, err.message);
	ast_set_release(&set);
	if (strncmp(row->want, "error ", 6) == 0)
		got[strnlen(got, strlen(row->want))] = '\0';
	assert_string_equal(got, row->want);
}

/* All text of a list, one after the other. */
static void
put_text(char *out, size_t size, const struct ast_list *list)
{
	for (const struct ast_node *n = list->first; n != NULL; n = n->next) {
		size_t len = strlen(out);

		if (n->type == AST_TEXT)
			snprintf(out + len, size - len, STR_FMT,
			    STR_ARG(n->text));
	}
}

static void
text_is_rewritten_where_it_must_be(void **state)
{
	static const struct { const char *in, *out; } texts[] = {
		{ "a < b <3 <", "a &lt; b &lt;3 &lt;" },
		{ "<!DOCTYPE html><!-- x -->y<!doctype>",
		  "<!DOCTYPE html>y<!doctype>" },
		{ "<script>a/* x */b/* \n */c // d\ne</script>",
		  "<script>a b\nc \ne</script>" },
		{ "<style>a/* x */b // c\nd</style>",
		  "<style>a b \nd</style>" },
		{ "<p title='<!-- x -->'>", "<p title='<!-- x -->'>" },
		{ "<title>a<b</title>", "<title>a&lt;b</title>" },
		{ "<script>'<Script </script <!--'</script>",
		  "<script>'\\x3CScript \\x3C/script \\x3C!--'</script>" },
		{ "<script>'</script>", "<script>'</script>" },
	};
	struct ast_set set;
	char got[512];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ast_set_init(&set);
		assert_int_equal(ast_parse(&set, STR("main"), "main",
		    str_z(texts[i].in), NULL), 0);
		assert_int_equal(escape_set(&set, STR("main"), NULL), 0);
		got[0] = '\0';
		put_text(got, sizeof(got),
		    ast_set_find(&set, STR("main"))->body);
		assert_string_equal(got, texts[i].out);
		ast_set_release(&set);
	}
}

/* The name of the template that main's nth call leads to, and its body. */
static const struct ast_template *
target(const struct ast_set *set, int nth)
{
	const struct ast_node *n =
	    ast_set_find(set, STR("main"))->body->first;

	for (; n != NULL; n = n->next)
		if (n->type == AST_TEMPLATE && nth-- == 0)
			return n->target;
	return NULL;
}

static void
a_template_is_copied_for_each_context_it_is_called_in(void **state)
{
	const struct ast_template *in_text, *in_url, *again;
	struct ast_set set;
	char got[64] = "";

	(void)state;
	ast_set_init(&set);
	assert_int_equal(ast_parse(&set, STR("main"), "main",
	    STR("{{define \"x\"}}<{{.}}{{end}}{{template \"x\"}}"
	    "<a title='{{template \"x\"}}'>{{template \"x\"}}"), NULL), 0);
	assert_int_equal(escape_set(&set, STR("main"), NULL), 0);
	in_text = target(&set, 0);
	in_url = target(&set, 1);
	again = target(&set, 2);
	assert_ptr_equal(in_text, again);
	assert_ptr_not_equal(in_text, in_url);
	assert_true(str_is(in_text->name, "x"));
	assert_true(str_is(in_url->name,
	    "x$htmltemplate_stateAttr_delimSingleQuote"));
	put_actions(got, sizeof(got), in_url->body);
	assert_string_equal(got, "attr");
	got[0] = '\0';
	put_text(got, sizeof(got), in_text->body);
	assert_string_equal(got, "&lt;");
	ast_set_release(&set);
}

static void
a_set_can_be_escaped_again_for_another_template(void **state)
{
	struct ast_set set;
	char got[64] = "";

	(void)state;
	ast_set_init(&set);
	assert_int_equal(ast_parse(&set, STR("main"), "main",
	    STR("{{define \"x\"}}< {{.a | html}}{{end}}{{template \"x\"}}"),
	    NULL), 0);
	assert_int_equal(ast_parse(&set, STR("other"), "other",
	    STR("<script>{{template \"x\"}}</script>"), NULL), 0);
	assert_int_equal(escape_set(&set, STR("main"), NULL), 0);
	assert_int_equal(escape_set(&set, STR("other"), NULL), 0);
	put_actions(got, sizeof(got), ast_set_find(&set,
	    STR("other"))->body->first->next->target->body);
	put_text(got, sizeof(got), ast_set_find(&set,
	    STR("other"))->body->first->next->target->body);
	assert_string_equal(got, "js< ");
	ast_set_release(&set);
}

static void
what_a_template_opens_is_open_after_each_of_its_calls(void **state)
{
	struct ast_set set;
	char got[64] = "";

	(void)state;
	ast_set_init(&set);
	assert_int_equal(ast_parse(&set, STR("main"), "main",
	    STR("{{define \"s\"}}<script>{{end}}{{template \"s\"}}{{.}}"
	    "</script>{{template \"s\"}}{{.}}</script>"), NULL), 0);
	assert_int_equal(escape_set(&set, STR("main"), NULL), 0);
	put_actions(got, sizeof(got), ast_set_find(&set, STR("main"))->body);
	assert_string_equal(got, "js js");
	ast_set_release(&set);
}

static void
nesting_without_end_is_refused(void **state)
{
	struct ast_set set;
	char text[128];
	int rc = 0;

	(void)state;
	ast_set_init(&set);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text),
		    "{{define \"t%d\"}}{{template \"t%d\"}}{{end}}", i, i + 1);
		assert_int_equal(ast_parse(&set, STR("main"), "main",
		    str_z(text), NULL), 0);
	}
	rc = escape_set(&set, STR("t0"), NULL);
	assert_int_equal(rc, LVT_ETOOBIG);
	ast_set_release(&set);
}

/* What one step has read of a script is not read again by the next: if it
 * were, the alarm would end us. */
static void
scripts_of_many_pieces_take_no_longer_than_their_length(void **state)
{
	static const struct { const char *piece, *before, *after; } scripts[] = {
		{ "''<", "<script>", "</script>" },
		{ "</script ${}", "<script>`", "`</script>" },
	};
	struct ast_set set;
	struct buf text;

	(void)state;
	alarm(60);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		buf_init(&text);
		buf_puts(&text, scripts[i].before);
		while (text.len < 2000000)
			buf_puts(&text, scripts[i].piece);
		buf_puts(&text, scripts[i].after);
		ast_set_init(&set);
		assert_int_equal(ast_parse(&set, STR("main"), "main",
		    (struct str){ text.s, text.len }, NULL), 0);
		assert_int_equal(escape_set(&set, STR("main"), NULL), 0);
		ast_set_release(&set);
		buf_release(&text);
	}
	alarm(0);
}

int
main(void)
{
	static char titles[COUNT(rows)][128];	/* the text on one line */
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(text_is_rewritten_where_it_must_be),
		cmocka_unit_test(a_template_is_copied_for_each_context_it_is_called_in),
		cmocka_unit_test(a_set_can_be_escaped_again_for_another_template),
		cmocka_unit_test(what_a_template_opens_is_open_after_each_of_its_calls),
		cmocka_unit_test(nesting_without_end_is_refused),
		cmocka_unit_test(scripts_of_many_pieces_take_no_longer_than_their_length),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(titles[i], sizeof(titles[i]), "in %s", rows[i].text);
		for (char *p = titles[i]; *p != '\0'; p++)
			if (*p == '\n' || *p == '#')
				*p = ' ';
		suite_add(&s, titles[i], a_place_decides, &rows[i]);
	}
	SUITE_TESTS(&s, others);
	return suite_run(&s);
}
