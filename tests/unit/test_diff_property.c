/*
 * test_diff_property.c - view.h's invariants, on random templates and states.
 *
 * LVT_SEED repeats a run; LVT_STEPS says how many steps.
 */
#include <time.h>

#include "views.h"
#include "random_page.h"

#define STATES		40	/* of one template, one after the other */
#define STEPS		100000	/* half a minute with sanitizers */

static uint64_t seed;
static long steps, templates;

static void
check_page(const struct view *v, const json_t *state)
{
	struct lvt_error err = { 0 };
	struct buf plain = { 0 }, page = { 0 };
	struct sink sink = { .out = &plain };

	assert_int_equal(program_exec(v->program, state, NULL, &sink, &err),
	    0);
	view_html(v, VIEW_WHOLE, &page);
	assert_string_equal(buf_z(&page), buf_z(&plain));
	buf_release(&plain);
	buf_release(&page);
}

static void
check_ids(const struct view *a, const struct view *b)
{
	static const unsigned char key[32] = { 7 };
	struct buf ta = { 0 }, tb = { 0 }, up = { 0 };
	struct view_id ia, ib, again;
	bool same;

	view_tree_json(a, VIEW_WHOLE, VIEW_STATICS_NUMBERED, &ta);
	view_tree_json(b, VIEW_WHOLE, VIEW_STATICS_NUMBERED, &tb);
	same = strcmp(buf_z(&ta), buf_z(&tb)) == 0;
	view_id(a, key, &ia);
	view_id(b, key, &ib);
	assert_int_equal(memcmp(&ia, &ib, sizeof(ia)) == 0, same);
	/* Without the key it is another, and with it the same again. */
	view_id(b, NULL, &again);
	assert_memory_not_equal(&again, &ib, sizeof(ib));
	view_id(b, key, &again);
	assert_memory_equal(&again, &ib, sizeof(ib));
	assert_int_equal(view_equal(a, b), same);
	view_diff(a, b, VIEW_WHOLE, VIEW_STATICS_INLINE, &up);
	assert_int_equal(strcmp(buf_z(&up), "{}") == 0, same);
	buf_release(&ta);
	buf_release(&tb);
	buf_release(&up);
}

static void
check_load(const struct view *v)
{
	struct view copy;

	view_init(&copy);
	assert_int_equal(view_load(&copy, v->program, v->bytes.s,
	    v->bytes.len), 0);
	assert_true(view_equal(&copy, v));
	view_release(&copy);
}

/* A walk through random states, as a client of one mode sees one part. */
static void
walk(struct rnd *r, const struct program *p, json_t *state, int depth)
{
	enum view_part part = (enum view_part)rnd_below(r, 3);
	enum view_statics mode = (enum view_statics)rnd_below(r, 2);
	json_t *table = table_of(p, mode), *tree;
	struct lvt_error err = { 0 };
	struct view v[2];
	uint32_t i, n;

	view_init(&v[0]);
	view_init(&v[1]);
	assert_int_equal(view_render(&v[0], p, state, NULL, &err), 0);
	tree = tree_of(&v[0], part, mode);
	for (i = 1; i <= STATES; i++, steps++) {
		struct view *a = &v[(i - 1) % 2], *b = &v[i % 2];

		for (n = rnd_below(r, 3); n < 3; n++)
			state_change(r, state, depth);
		assert_int_equal(view_render(b, p, state, NULL, &err), 0);
		check_step_from(&tree, a, b, part, mode, table);
		check_ids(a, b);
		check_page(b, state);
		check_load(b);
	}
	view_release(&v[0]);
	view_release(&v[1]);
	json_decref(tree);
	json_decref(table);
}

static void
run_template(struct rnd *r)
{
	int depth = 1 + (int)rnd_below(r, 1 + rnd_below(r, 5));
	json_t *state = state_object(r, depth);
	struct buf source = { 0 };
	struct program *p;

	page_make(r, &source);
	p = program_of(buf_z(&source));
	walk(r, p, state, depth);
	program_free(p);
	json_decref(state);
	buf_release(&source);
}

static void
every_update_leads_from_one_view_to_the_next(void **unused)
{
	const char *want = getenv("LVT_STEPS");
	long most = want != NULL ? atol(want) : STEPS;
	struct rnd r;

	(void)unused;
	while (steps < most) {
		/* A seed of its own, so that a failure can be had alone. */
		r.state = seed + (uint64_t)templates++;
		run_template(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_update_leads_from_one_view_to_the_next),
	};
	const char *given = getenv("LVT_SEED");
	int rc;

	seed = given != NULL ? strtoull(given, NULL, 0) :
	    (uint64_t)time(NULL) * 1000003;
	rc = RUN_TAP(tests);
	printf("# LVT_SEED=%llu (the last template's) after %ld steps\n",
	    (unsigned long long)(seed + (uint64_t)templates - 1), steps);
	return rc;
}
