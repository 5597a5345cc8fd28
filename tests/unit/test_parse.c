/*
 * The parser, row by row: what a text becomes, or how it is refused; then
 * the verdict on every vector.
 */
#include "vectors.h"

#include "base/buf.h"
#include "template/parse/ast.h"

/* --- Trees as text ----------------------------------------------------- */

static void dump_list(struct buf *b, const struct ast_list *list);
static void dump_pipe(struct buf *b, const struct ast_pipe *pipe);

static void
dump_path(struct buf *b, const struct ast_node *n)
{
	for (int i = 0; i < n->npath; i++) {
		buf_putc(b, '.');
		buf_str(b, n->path[i]);
	}
}

static void
dump_bytes(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.s[i];

		if (c < ' ' || c > '~')
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, (char)c);
	}
}

static void
dump_number(struct buf *b, const struct ast_number *n)
{
	const char *sep = "";

	if (n->is_int) {
		buf_printf(b, "i%lld", (long long)n->i);
		sep = "/";
	}
	if (n->is_uint && (!n->is_int || (uint64_t)n->i != n->u)) {
		buf_printf(b, "%su%llu", sep, (unsigned long long)n->u);
		sep = "/";
	}
	if (!n->is_uint && n->is_int && n->i >= 0)
		buf_puts(b, "(signed)");
	if (n->is_float && (!n->is_int || n->f != (double)n->i))
		buf_printf(b, "%sf%.17g", sep, n->f);
	if (n->is_complex)
		buf_printf(b, "c%g%+gi", n->f, n->im);
	if (n->is_char)
		buf_puts(b, "(char)");
}

static void
dump_operand(struct buf *b, const struct ast_node *n)
{
	switch (n->type) {
	case AST_DOT:
		buf_putc(b, '.');
		break;
	case AST_NIL:
		buf_puts(b, "nil");
		break;
	case AST_BOOL:
		buf_puts(b, n->number.b ? "true" : "false");
		break;
	case AST_NUMBER:
		dump_number(b, &n->number);
		break;
	case AST_STRING:
		buf_putc(b, '"');
		dump_bytes(b, n->text);
		buf_putc(b, '"');
		break;
	case AST_FIELD:
		dump_path(b, n);
		break;
	case AST_VARIABLE:
		buf_str(b, n->name);
		dump_path(b, n);
		break;
	case AST_CHAIN:
		dump_operand(b, n->operand);
		buf_putc(b, '!');
		dump_path(b, n);
		break;
	case AST_IDENT:
		buf_str(b, n->name);
		break;
	case AST_PIPE:
		buf_putc(b, '(');
		dump_pipe(b, n->pipe);
		buf_putc(b, ')');
		break;
	default:
		fail_msg("node %d is no operand", n->type);
	}
}

static void
dump_pipe(struct buf *b, const struct ast_pipe *pipe)
{
	for (int i = 0; i < pipe->nvars; i++) {
		buf_puts(b, i > 0 ? ", " : "");
		buf_str(b, pipe->vars[i]);
	}
	if (pipe->nvars > 0)
		buf_puts(b, pipe->assign ? " = " : " := ");
	for (const struct ast_command *c = pipe->commands; c != NULL;
	    c = c->next) {
		for (const struct ast_node *n = c->args; n != NULL;
		    n = n->next) {
			dump_operand(b, n);
			if (n->next != NULL)
				buf_putc(b, ' ');
		}
		if (c->next != NULL)
			buf_puts(b, " | ");
	}
}

static void
dump_control(struct buf *b, const char *word, const struct ast_node *n)
{
	buf_printf(b, "<%s ", word);
	dump_pipe(b, n->pipe);
	buf_puts(b, ": ");
	dump_list(b, n->body);
	if (n->otherwise != NULL) {
		buf_puts(b, " else ");
		dump_list(b, n->otherwise);
	}
	buf_putc(b, '>');
}

static void
dump_node(struct buf *b, const struct ast_node *n)
{
	switch (n->type) {
	case AST_TEXT:
		dump_bytes(b, n->text);
		break;
	case AST_ACTION:
		buf_putc(b, '{');
		dump_pipe(b, n->pipe);
		buf_putc(b, '}');
		break;
	case AST_IF:
		dump_control(b, "if", n);
		break;
	case AST_WITH:
		dump_control(b, "with", n);
		break;
	case AST_RANGE:
		dump_control(b, "range", n);
		break;
	case AST_TEMPLATE:
		buf_puts(b, "<template ");
		dump_bytes(b, n->name);
		if (n->pipe != NULL) {
			buf_putc(b, ' ');
			dump_pipe(b, n->pipe);
		}
		buf_putc(b, '>');
		break;
	case AST_BREAK:
		buf_puts(b, "<break>");
		break;
	case AST_CONTINUE:
		buf_puts(b, "<continue>");
		break;
	default:
		fail_msg("node %d is no statement", n->type);
	}
}

static void
dump_list(struct buf *b, const struct ast_list *list)
{
	for (const struct ast_node *n = list->first; n != NULL; n = n->next)
		dump_node(b, n);
}

/* main's tree, then the others as " name=tree". */
static void
dump_set(struct buf *b, const struct ast_set *set)
{
	struct ast_template *main = ast_set_find(set, STR("main"));

	assert_non_null(main);
	dump_list(b, main->body);
	for (struct ast_template *t = set->templates; t != NULL; t = t->next) {
		if (t == main)
			continue;
		buf_putc(b, ' ');
		dump_bytes(b, t->name);
		buf_putc(b, '=');
		dump_list(b, t->body);
	}
}

/* --- Rows -------------------------------------------------------------- */

struct row {
	const char *title, *text, *tree, *error;	/* one of the two */
};

static const struct row rows[] = {
#include "test_parse_rows.h"
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct ast_set set;
	struct lvt_error err = { 0 };
	struct buf b;
	int rc;

	ast_set_init(&set);
	buf_init(&b);
	rc = ast_parse(&set, STR("main"), "m.tmpl", str_z(row->text), &err);
	if (rc == 0)
		dump_set(&b, &set);
	else
		buf_printf(&b, "%s:%d:%d: %s", err.file, err.line, err.column,
		    err.message);
	assert_int_equal(rc, row->error != NULL ? LVT_EPARSE : 0);
	assert_string_equal(buf_z(&b),
	    row->error != NULL ? row->error : row->tree);
	buf_release(&b);
	ast_set_release(&set);
}

/* --- Vectors ----------------------------------------------------------- */

static const char *const vectors[] = {
	"actions", "functions", "escape", "errors", "pages"
};

static int
parse_case(const json_t *c, struct lvt_error *err)
{
	struct vector_file files[16];
	size_t n = vectors_files(c, files, 16);
	struct ast_set set;
	int rc = 0;

	ast_set_init(&set);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = ast_parse(&set, files[i].name, NULL, files[i].text, err);
	ast_set_release(&set);
	return rc;
}

static void
the_verdict_on_every_vector_is_gos(void **state)
{
	json_t *cases, *c;
	size_t i;

	(void)state;
	for (size_t v = 0; v < sizeof(vectors) / sizeof(vectors[0]); v++) {
		cases = vectors_load(vectors[v]);
		json_array_foreach(cases, i, c) {
			const char *message = json_string_value(json_object_get(
			    json_object_get(c, "error"), "message"));
			bool refused = strcmp(vectors_stage(c), "parse") == 0;
			struct lvt_error err = { 0 };
			int rc = parse_case(c, &err), line = 0;

			if (json_object_get(c, "varies") != NULL)
				continue;
			if (rc != (refused ? LVT_EPARSE : 0))
				fail_msg("%s/%s: %d %s", vectors[v],
				    json_string_value(json_object_get(c,
				    "name")), rc, err.message);
			if (refused && sscanf(message, "template: %*[^:]:%d:",
			    &line) == 1 && line != err.line)
				fail_msg("%s/%s: line %d, not %d", vectors[v],
				    json_string_value(json_object_get(c,
				    "name")), err.line, line);
		}
		json_decref(cases);
	}
}

/* --- Sets -------------------------------------------------------------- */

/* Texts "name\ntext" one after the other into one set. */
static void
check_texts(const char *const *texts, int want, const char *tree)
{
	struct ast_set set;
	struct buf b;
	int rc = 0;

	ast_set_init(&set);
	buf_init(&b);
	for (; *texts != NULL; texts++) {
		const char *nl = strchr(*texts, '\n');

		rc = ast_parse(&set, (struct str){ *texts,
		    (size_t)(nl - *texts) }, NULL, str_z(nl + 1), NULL);
	}
	assert_int_equal(rc, want);
	dump_set(&b, &set);
	assert_string_equal(buf_z(&b), tree);
	buf_release(&b);
	ast_set_release(&set);
}

static void
a_later_text_replaces_a_template_unless_it_is_empty(void **state)
{
	const char *const texts[] = {
		"main\na{{define \"x\"}}1{{end}}{{define \"y\"}}1{{end}}",
		"x\n2", "y\n  {{/* nothing */}}\n", NULL
	};

	(void)state;
	check_texts(texts, 0, "a x=2 y=1");
}

static void
a_text_that_fails_changes_nothing(void **state)
{
	const char *const texts[] = {
		"main\na{{define \"x\"}}1{{end}}",
		"y\n{{define \"x\"}}2{{end}}{{define \"z\"}}3{{end}}{{if}}",
		NULL
	};

	(void)state;
	check_texts(texts, LVT_EPARSE, "a x=1");
}

static void
a_set_of_many_templates_finds_each(void **state)
{
	struct ast_set set;
	struct buf b;

	(void)state;
	ast_set_init(&set);
	buf_init(&b);
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "{{define \"t%d\"}}%d{{end}}", i, i);
	assert_int_equal(ast_parse(&set, STR("main"), NULL,
	    (struct str){ b.s, b.len }, NULL), 0);
	for (int i = 0; i < 5000; i++) {
		buf_clear(&b);
		buf_printf(&b, "t%d", i);
		assert_non_null(ast_set_find(&set,
		    (struct str){ b.s, b.len }));
	}
	assert_null(ast_set_find(&set, STR("t5000")));
	buf_release(&b);
	ast_set_release(&set);
}

static void
a_copy_of_a_list_is_the_same_tree_in_other_nodes(void **state)
{
	static const char text[] = "a{{if and .x (index .y 1).z}}{{with $q := "
	    "\"s\"}}{{$q}}{{else with 1.5 | print}}b{{end}}{{else}}"
	    "{{range $i, $e := .l}}{{break}}{{end}}{{template \"t\" .}}{{end}}";
	struct ast_set set;
	struct ast_template *t;
	struct ast_list *copy;
	struct buf a, b;

	(void)state;
	ast_set_init(&set);
	buf_init(&a);
	buf_init(&b);
	assert_int_equal(ast_parse(&set, STR("main"), NULL, str_z(text),
	    NULL), 0);
	t = ast_set_find(&set, STR("main"));
	copy = ast_copy_list(&set.arena, t->body);
	assert_non_null(copy);
	assert_ptr_not_equal(copy->first, t->body->first);
	assert_ptr_not_equal(copy->last->otherwise->first->body,
	    t->body->last->otherwise->first->body);
	dump_list(&a, t->body);
	dump_list(&b, copy);
	assert_string_equal(buf_z(&a), buf_z(&b));
	buf_release(&a);
	buf_release(&b);
	ast_set_release(&set);
}

static void
an_operand_knows_its_place_and_how_it_was_written(void **state)
{
	struct ast_set set;
	struct ast_node *n;
	struct ast_command *c;

	(void)state;
	ast_set_init(&set);
	assert_int_equal(ast_parse(&set, STR("main"), "dir/m.tmpl",
	    STR("a\n  {{- print  (len .x ).y\n .a.b  -}} b"), NULL), 0);
	n = ast_set_find(&set, STR("main"))->body->first->next;
	assert_true(str_is(n->source, "print  (len .x ).y\n .a.b"));
	c = n->pipe->commands;
	n = c->args->next;
	assert_true(str_is(n->source, "(len .x ).y"));
	assert_true(str_is(n->operand->source, "(len .x )"));
	assert_int_equal(n->at.line, 2);
	assert_int_equal(n->at.column, 14);
	n = n->next;
	assert_true(str_is(n->source, ".a.b"));
	assert_int_equal(n->at.line, 3);
	assert_int_equal(n->at.column, 2);
	assert_int_equal(n->at.offset, 28);
	assert_true(str_is(n->at.in->file, "dir/m.tmpl"));
	ast_set_release(&set);
}

static void
a_function_of_the_host_may_be_named_and_is_suggested(void **state)
{
	struct ast_func func = { STR("greeting"), 0, 1, NULL };
	struct lvt_error err = { 0 };
	struct ast_set set;

	(void)state;
	ast_set_init(&set);
	set.funcs = &func;
	assert_int_equal(ast_parse(&set, STR("main"), NULL,
	    STR("{{greeting .}}"), &err), 0);
	assert_int_equal(ast_parse(&set, STR("main"), NULL,
	    STR("{{greetings .}}"), &err), LVT_EPARSE);
	assert_string_equal(err.message, "unknown function \"greetings\"; "
	    "did you mean \"greeting\"?");
	ast_set_release(&set);
}

/* --- Bounds ------------------------------------------------------------ */

struct nest {
	const char *before, *open, *middle, *close, *after;
};

static int
parse_nest(const struct nest *nest, int n, struct lvt_error *err)
{
	struct ast_set set;
	struct buf b;
	int rc;

	ast_set_init(&set);
	buf_init(&b);
	buf_puts(&b, nest->before);
	for (int i = 0; i < n; i++)
		buf_puts(&b, nest->open);
	buf_puts(&b, nest->middle);
	for (int i = 0; i < n; i++)
		buf_puts(&b, nest->close);
	buf_puts(&b, nest->after);
	rc = ast_parse(&set, STR("main"), NULL, (struct str){ b.s, b.len },
	    err);
	buf_release(&b);
	ast_set_release(&set);
	return rc;
}

static void
nesting_is_refused_past_the_bound_in_every_form(void **state)
{
	static const struct nest nests[] = {
		{ "", "{{if 1}}", "x", "{{end}}", "" },
		{ "", "{{range .}}", "x", "{{end}}", "" },
		{ "{{if 1}}", "{{else if 1}}", "{{end}}", "", "" },
		{ "{{with 1}}", "{{else with 1}}", "{{end}}", "", "" },
		{ "{{", "(", "1", ")", "}}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
		struct lvt_error err = { 0 };

		assert_int_equal(parse_nest(&nests[i], 100000, &err),
		    LVT_EPARSE);
		assert_string_equal(err.message, "nested more than 1000 deep");
		assert_int_equal(parse_nest(&nests[i], 400, NULL), 0);
	}
}

static void
a_source_past_the_bound_is_too_big(void **state)
{
	struct lvt_error err = { 0 };
	struct ast_set set;

	(void)state;
	ast_set_init(&set);
	set.limits.bytes = 4;
	assert_int_equal(ast_parse(&set, STR("main"), NULL, STR("12345"),
	    &err), LVT_ETOOBIG);
	assert_int_equal(ast_parse(&set, STR("main"), NULL, STR("1234"),
	    NULL), 0);
	ast_set_release(&set);
}

static void
no_memory_is_an_error_wherever_it_happens(void **state)
{
	static const char text[] = "a{{range $i, $x := .l}}{{if eq $i "
	    "(len \"x\")}}{{.a.b.c.d.e}}{{end}}{{end}}{{define \"t\"}}{{end}}";
	int failures = 0;

	(void)state;
	for (size_t limit = 64; ; limit += 64) {
		struct ast_set set;
		struct lvt_error err = { 0 };
		int rc;

		ast_set_init(&set);
		arena_init_limit(&set.arena, limit);
		rc = ast_parse(&set, STR("main"), NULL, str_z(text), &err);
		ast_set_release(&set);
		if (rc == 0)
			break;
		assert_int_equal(rc, LVT_ENOMEM);
		assert_int_equal(err.code, LVT_ENOMEM);
		failures++;
	}
	assert_true(failures > 20);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(the_verdict_on_every_vector_is_gos),
		cmocka_unit_test(a_later_text_replaces_a_template_unless_it_is_empty),
		cmocka_unit_test(a_text_that_fails_changes_nothing),
		cmocka_unit_test(a_set_of_many_templates_finds_each),
		cmocka_unit_test(a_copy_of_a_list_is_the_same_tree_in_other_nodes),
		cmocka_unit_test(an_operand_knows_its_place_and_how_it_was_written),
		cmocka_unit_test(a_function_of_the_host_may_be_named_and_is_suggested),
		cmocka_unit_test(nesting_is_refused_past_the_bound_in_every_form),
		cmocka_unit_test(a_source_past_the_bound_is_too_big),
		cmocka_unit_test(no_memory_is_an_error_wherever_it_happens),
	};

	SUITE_ROWS(&s, rows, title, check_row);
	SUITE_TESTS(&s, others);
	return suite_run(&s);
}
