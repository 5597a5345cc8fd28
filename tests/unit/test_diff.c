/*
 * test_diff.c - the update of one change, as it stands on the wire.
 */
#include "views.h"

#define KEYED "<ul>{{range .}}<li data-key=\"{{.k}}\">{{.t}}</li>{{end}}</ul>"
#define PLAIN "<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>"
#define CARD "{{define \"card\"}} <!-- c --><p class=\"a {{if .on}}b{{end}}\" " \
	"id=\"row-{{.k}}\">{{.t}}</p>{{end}}{{range .}}{{template \"card\" .}}{{end}}"
#define ROWS "<ul>{{range $i, $e := .}}<li>{{$i}}<b>{{.}}</b></li>{{end}}</ul>"
#define K(k, t) "{\"k\":\"" k "\",\"t\":\"" t "\"}"
#define LONG "a text that is long enough for an update to be worth it"

static const struct diff_case {
	const char *name, *source, *a, *b, *update;
} cases[] = {
	{ "equal views give an empty update",
	  "<p>{{.}}</p>", "1", "1", "{}" },
	{ "only the slot that changed is sent",
	  "<p>{{.a}}</p><p>{{.b}}</p>", "{\"a\":1,\"b\":2}",
	  "{\"a\":1,\"b\":3}", "{\"1\":\"3\"}" },
	{ "a change within a branch is an update within it",
	  "{{with .x}}<b>{{.a}}</b><i>{{.b}}</i>{{end}}",
	  "{\"x\":{\"a\":1,\"b\":2}}", "{\"x\":{\"a\":1,\"b\":3}}",
	  "{\"0\":{\"1\":\"3\"}}" },
	{ "another branch is a whole tree",
	  "{{if .}}<b>{{.}}</b>{{else}}none{{end}}", "0", "5",
	  "{\"0\":{\"s\":[\"<b>\",\"</b>\"],\"0\":\"5\"}}" },
	{ "a branch that is left becomes empty",
	  "{{if .}}<b>{{.}}</b>{{end}}", "5", "0", "{\"0\":\"\"}" },
	{ "a keyed item's text is one update",
	  KEYED, "[" K("a", "1") "," K("b", LONG) "]",
	  "[" K("a", "2") "," K("b", LONG) "]",
	  "{\"0\":[[\"u\",\"a\",{\"1\":\"2\"}]]}" },
	{ "an appended item goes to the end",
	  KEYED, "[" K("a", LONG) "]", "[" K("a", LONG) "," K("b", "2") "]",
	  "{\"0\":[[\"i\",null,\"end\",{\"0\":\"b\",\"1\":\"2\"}]]}" },
	{ "a first item goes to the start",
	  KEYED, "[" K("a", LONG) "]", "[" K("b", "2") "," K("a", LONG) "]",
	  "{\"0\":[[\"i\",null,\"start\",{\"0\":\"b\",\"1\":\"2\"}]]}" },
	{ "a run of new items is one insertion behind its neighbour",
	  KEYED, "[" K("a", LONG) "," K("z", LONG) "]",
	  "[" K("a", LONG) "," K("b", "2") "," K("c", "3") "," K("z", LONG) "]",
	  "{\"0\":[[\"i\",\"a\",\"after\",[{\"0\":\"b\",\"1\":\"2\"},"
	  "{\"0\":\"c\",\"1\":\"3\"}]]]}" },
	{ "a removed item is named by its key",
	  KEYED, "[" K("a", LONG) "," K("b", "2") "," K("c", LONG) "]",
	  "[" K("a", LONG) "," K("c", LONG) "]",
	  "{\"0\":[[\"r\",\"b\"]]}" },
	{ "one moved item is one move",
	  KEYED, "[" K("a", LONG) "," K("b", "2") "," K("c", LONG) "]",
	  "[" K("c", LONG) "," K("a", LONG) "," K("b", "2") "]",
	  "{\"0\":[[\"m\",\"c\",null]]}" },
	{ "a list turned around is a new order where that is shorter",
	  KEYED, "[" K("a", LONG) "," K("b", "2") "," K("c", LONG) ","
	  K("d", LONG) "]",
	  "[" K("d", LONG) "," K("c", LONG) "," K("b", "2") ","
	  K("a", LONG) "]",
	  "{\"0\":[[\"o\",[\"d\",\"c\",\"b\",\"a\"]]]}" },
	{ "a list of other items is sent whole",
	  KEYED, "[" K("a", "1") "," K("b", "2") "," K("c", "3") "]",
	  "[" K("x", "1") "]",
	  "{\"0\":{\"s\":[\"<li data-key=\\\"\",\"\\\">\",\"</li>\"],"
	  "\"d\":[{\"0\":\"x\",\"1\":\"1\"}]}}" },
	{ "keys that repeat give way to positions",
	  KEYED, "[" K("a", LONG) "," K("a", "2") "]",
	  "[" K("a", LONG) "," K("a", "3") "]",
	  "{\"0\":[[\"u\",1,{\"1\":\"3\"}]]}" },
	{ "empty keys give way to positions",
	  KEYED, "[" K("", LONG) "," K("b", "2") "]", "[" K("b", "2") "]",
	  "{\"0\":[[\"r\",0]]}" },
	{ "a front insertion without keys costs one operation",
	  PLAIN, "[\"" LONG "\",\"b\",\"c\"]", "[\"x\",\"" LONG "\",\"b\",\"c\"]",
	  "{\"0\":[[\"i\",null,\"start\",{\"0\":\"x\"}]]}" },
	{ "an item without a key is matched by its content",
	  PLAIN, "[\"" LONG "\",\"b\",\"c\"]", "[\"c\",\"" LONG "\",\"b\"]",
	  "{\"0\":[[\"m\",2,null]]}" },
	{ "an item without a key that changed in its place is updated",
	  PLAIN, "[\"" LONG "\",\"b\",\"c\"]", "[\"" LONG "\",\"x\",\"c\"]",
	  "{\"0\":[[\"u\",1,{\"0\":\"x\"}]]}" },
	{ "a new item before one that changed does not take its place",
	  ROWS, "[\"" LONG "\",\"c\"]", "[\"x\",\"" LONG "\",\"c\"]",
	  "{\"0\":[[\"u\",0,{\"0\":\"1\"}],[\"u\",1,{\"0\":\"2\"}],"
	  "[\"i\",null,\"start\",{\"0\":\"0\",\"1\":\"x\"}]]}" },
	{ "what follows a removed item without a key is updated, not replaced",
	  ROWS, "[\"x\",\"" LONG "\",\"c\"]", "[\"" LONG "\",\"c\"]",
	  "{\"0\":[[\"r\",0],[\"u\",1,{\"0\":\"0\"}],[\"u\",2,{\"0\":\"1\"}]]}" },
	{ "a computed key in a called template names the item",
	  CARD, "[" K("a", LONG) "," K("b", "2") "]",
	  "[" K("a", LONG) "," K("b", "3") "]",
	  "{\"0\":[[\"u\",\"row-b\",{\"0\":{\"2\":\"3\"}}]]}" },
	{ "a range that empties leaves an empty text",
	  PLAIN, "[\"a\"]", "[]", "{\"0\":\"\"}" },
	{ "an update in an item's inner list is nested",
	  "{{range .}}<ol id=\"{{.k}}\">{{range .v}}<li id=\"{{.}}\">" LONG
	  "</li>{{end}}</ol>{{end}}",
	  "[{\"k\":\"x\",\"v\":[\"1\",\"2\",\"3\"]}]",
	  "[{\"k\":\"x\",\"v\":[\"1\",\"3\"]}]",
	  "{\"0\":[[\"u\",\"x\",{\"1\":[[\"r\",\"2\"]]}]]}" },
};

static void
run_case(void **state)
{
	const struct diff_case *c = *state;
	struct buf out = { 0 };
	struct rig r;

	rig_init(&r, c->source, c->a, c->b);
	view_diff(&r.a, &r.b, VIEW_WHOLE, VIEW_STATICS_INLINE, &out);
	assert_string_equal(buf_z(&out), c->update);
	check_all_steps(&r.a, &r.b);
	check_all_steps(&r.b, &r.a);
	buf_release(&out);
	rig_release(&r);
}

/* The texts stay: 30 removals, and 470 numbers, at most 24 bytes each. */
static void
items_removed_from_a_long_numbered_list_leave_numbers_to_send(void **state)
{
	struct buf a = { 0 }, b = { 0 }, out = { 0 };
	struct rig r;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		buf_printf(&a, "%c\"" LONG " %d\"", i > 0 ? ',' : '[', i);
		if (i < 500 || i >= 530)
			buf_printf(&b, "%c\"" LONG " %d\"",
			    i > 0 ? ',' : '[', i);
	}
	buf_putc(&a, ']');
	buf_putc(&b, ']');
	rig_init(&r, ROWS, buf_z(&a), buf_z(&b));
	view_diff(&r.a, &r.b, VIEW_WHOLE, VIEW_STATICS_INLINE, &out);
	assert_in_range(out.len, 1, 500 * 24);
	check_all_steps(&r.a, &r.b);
	rig_release(&r);
	buf_release(&a);
	buf_release(&b);
	buf_release(&out);
}

int
main(void)
{
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(items_removed_from_a_long_numbered_list_leave_numbers_to_send),
	};

	SUITE_ROWS(&s, cases, name, run_case);
	SUITE_TESTS(&s, others);
	return suite_run(&s);
}
