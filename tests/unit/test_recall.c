/* test_recall.c - documents as text, and views remembered by it. */
#include "views.h"

#include "app/state/doc.h"
#include "app/state/recall.h"

/* --- Text ---------------------------------------------------------------------- */

static const char *const texts[] = {
	"{}", "[]", "null", "true", "\"\"", "[[],{},[{}]]",
	"{\"z\":1,\"a\":{\"b\":[1,2,3]},\"\":0}",
	"[0,-1,9223372036854775807,-9223372036854775808]",
	"[1.0,-0.0,0.1,1e300,2.2250738585072014e-308]",
	"\"quote \\\" back \\\\ slash / lines \\n\\r\\t\\b\\f \\u0001\\u001f\"",
	"\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"",
	"{\"caf\xc3\xa9 \\\"\\n\":\"\xe2\x80\xa8</script>\"}",
	"\"a\\u0000b\"",
};

static void
a_document_is_written_so_that_reading_gives_it_back(void **state)
{
	json_t *doc, *again;
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		doc = json_loads(texts[i], JSON_DECODE_ANY | JSON_ALLOW_NUL,
		    NULL);
		assert_non_null(doc);
		buf_init(&b);
		assert_int_equal(doc_write(&b, doc), 0);
		again = json_loadb(b.s, b.len, JSON_DECODE_ANY |
		    JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
		if (again == NULL || !json_equal(doc, again))
			fail_msg("%s became %s", texts[i], buf_z(&b));
		json_decref(again);
		json_decref(doc);
		buf_release(&b);
	}
}

static void
what_could_not_be_read_again_is_refused(void **state)
{
	json_t *bad[] = {
		json_pack("[o]", json_stringn_nocheck("\xff", 1)),
		json_pack("[o]", json_stringn_nocheck("\xed\xa0\x80", 3)),
		json_pack("[o]", json_stringn_nocheck("\xc3", 1)),
		json_object(), json_object(), json_array(), json_array(),
	};
	size_t i, n = sizeof(bad) / sizeof(bad[0]);
	struct buf b;

	(void)state;
	json_object_setn_new(bad[3], "a\0b", 3, json_true());
	json_object_set_new_nocheck(bad[4], "\xff", json_true());
	for (i = 0; i < 3000; i++)
		bad[5] = json_pack("[o]", bad[5]);
	json_array_append_new(bad[6], json_pack("[O]", bad[6]));
	buf_init(&b);
	for (i = 0; i < n; i++) {
		buf_clear(&b);
		assert_int_not_equal(doc_write(&b, bad[i]), 0);
	}
	assert_int_not_equal(doc_write(&b, NULL), 0);
	buf_release(&b);
	json_array_clear(json_array_get(bad[6], 0));
	for (i = 0; i < n; i++)
		json_decref(bad[i]);
}

/* --- Recalling ------------------------------------------------------------------- */

struct given {
	struct recall *r;
	struct page page, other;
	struct place at;
	struct look look;
};

static void
given_init(struct given *g)
{
	memset(g, 0, sizeof(*g));
	assert_non_null(g->r = recall_create());
	g->page.program = program_of("<p>{{.n}}</p>");
	g->page.uses_user = g->page.uses_watching = true;
	g->other.program = g->page.program;
	g->at = (struct place){ "app", "/", "g", "ann" };
	g->look = (struct look){ .user = "ann", .watching = 2,
	    .page = &g->page };
}

static void
given_release(struct given *g)
{
	recall_free(g->r);
	program_free(g->page.program);
}

static void
put(struct given *g, const char *text)
{
	struct view v;

	view_init(&v);
	render(&v, g->page.program, text);
	recall_put(g->r, &g->at, str_z(text), &g->look, &v);
	view_release(&v);
}

static bool
knows(struct given *g, const char *text)
{
	struct view v, want;
	bool yes = recall_view(g->r, &g->at, str_z(text), &g->look, &v);

	view_init(&want);
	render(&want, g->page.program, text);
	if (yes && !view_equal(&v, &want))
		fail_msg("%s was recalled as something else", text);
	view_release(&v);
	view_release(&want);
	return yes;
}

static void
a_view_is_known_by_the_whole_text_alone(void **state)
{
	struct given g;

	(void)state;
	given_init(&g);
	put(&g, "{\"n\":1}");
	assert_true(knows(&g, "{\"n\":1}"));
	assert_false(knows(&g, "{\"n\":2}"));
	assert_false(knows(&g, "{\"n\":12}"));
	assert_false(knows(&g, "{\"n\":1 }"));
	put(&g, "{\"n\":2}");
	assert_true(knows(&g, "{\"n\":2}"));
	assert_false(knows(&g, "{\"n\":1}"));
	g.at.group = "h";
	assert_false(knows(&g, "{\"n\":2}"));
	g.at.group = "g";
	g.at.page = "/two";
	assert_false(knows(&g, "{\"n\":2}"));
	given_release(&g);
}

static void
a_view_is_known_to_who_would_see_the_same(void **state)
{
	json_t *errors = json_object();
	struct look look;
	struct given g;

	(void)state;
	given_init(&g);
	put(&g, "{\"n\":1}");
	look = g.look;
	g.look.user = "bob";
	assert_false(knows(&g, "{\"n\":1}"));
	g.look = look;
	g.look.watching = 3;
	assert_false(knows(&g, "{\"n\":1}"));
	g.look = look;
	g.look.errors = errors;
	assert_false(knows(&g, "{\"n\":1}"));
	g.look = look;
	g.look.typed = errors;
	assert_false(knows(&g, "{\"n\":1}"));
	g.look = look;
	g.look.page = &g.other;
	assert_false(knows(&g, "{\"n\":1}"));
	g.look = look;
	g.look.user = "bob";
	g.look.watching = 3;
	g.page.uses_user = g.page.uses_watching = false;
	assert_true(knows(&g, "{\"n\":1}"));
	json_decref(errors);
	given_release(&g);
}

static void
a_view_goes_with_its_program(void **state)
{
	struct given g;

	(void)state;
	given_init(&g);
	put(&g, "{\"n\":1}");
	recall_forget(g.r, g.page.program);
	assert_false(knows(&g, "{\"n\":1}"));
	put(&g, "{\"n\":1}");
	recall_forget(g.r, NULL);
	assert_false(knows(&g, "{\"n\":1}"));
	given_release(&g);
}

static int
known_of(struct given *g, char group[16], int n, const char *text)
{
	int i, known = 0;

	for (i = 0; i < n; i++) {
		snprintf(group, 16, "g%d", i);
		known += knows(g, text);
	}
	return known;
}

static void
what_is_kept_has_a_bound(void **state)
{
	const size_t half = 500000, most = 3 * half;
	char *text = malloc(most + 1), group[16];
	struct given g;
	int i, known;

	(void)state;
	assert_non_null(text);
	given_init(&g);
	g.at.group = group;
	/* Kept are the text and the page, which repeats it. */
	memset(text, 'x', most);
	memcpy(text, "{\"n\":\"", 6);
	memcpy(text + half, "\"}", 3);
	for (i = 0; i < 40; i++) {
		snprintf(group, sizeof(group), "g%d", i);
		put(&g, text);
	}
	known = known_of(&g, group, 40, text);
	assert_in_range(known, 1, RECALL_BYTES / (2 * half));
	assert_true(knows(&g, text));
	/* What alone would take an eighth of it is not kept. */
	memset(text + half, 'x', half);
	memcpy(text + most - 3, "\"}", 3);
	put(&g, text);
	assert_false(knows(&g, text));
	given_release(&g);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_document_is_written_so_that_reading_gives_it_back),
		cmocka_unit_test(what_could_not_be_read_again_is_refused),
		cmocka_unit_test(a_view_is_known_by_the_whole_text_alone),
		cmocka_unit_test(a_view_is_known_to_who_would_see_the_same),
		cmocka_unit_test(a_view_goes_with_its_program),
		cmocka_unit_test(what_is_kept_has_a_bound),
	};

	return RUN_TAP(tests);
}
