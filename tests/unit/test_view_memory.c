/*
 * test_view_memory.c - the view layer when memory runs out.
 *
 * The linker hands malloc() and its like to us; the nth of them fails, for
 * every n until all goes well. What is then asked of the view layer must fail
 * with LVT_ENOMEM, or be right all the same; nothing may leak or crash.
 */
#include "views.h"

void	*__real_malloc(size_t size);
void	*__real_calloc(size_t n, size_t size);
void	*__real_realloc(void *p, size_t size);
void	*__real_reallocarray(void *p, size_t n, size_t size);

static long left;		/* allocations until one fails; 0: none does */

static bool
fails(void)
{
	return left > 0 && --left == 0;
}

void	*__wrap_malloc(size_t size);
void	*__wrap_calloc(size_t n, size_t size);
void	*__wrap_realloc(void *p, size_t size);
void	*__wrap_reallocarray(void *p, size_t n, size_t size);

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

#define SOURCE "{{define \"head\"}}<html><title>{{.t}}</title><body>{{end}}" \
	"{{template \"head\" .}}<ul>{{range .l}}" \
	"<li {{if .c}}class=\"on\"{{end}} id=\"{{.k}}\">{{.v}}</li>{{end}}</ul>" \
	"{{range .p}}<p>{{.}}</p>{{end}}</body></html>"
#define A "{\"t\":1,\"p\":[1,2,3,4],\"l\":[{\"k\":\"a\",\"v\":1}," \
	"{\"k\":\"b\",\"v\":2},{\"k\":\"b\",\"v\":3},{\"k\":\"d\",\"v\":4}]}"
#define B "{\"t\":2,\"p\":[4,1,2,5],\"l\":[{\"k\":\"d\",\"v\":4}," \
	"{\"k\":\"a\",\"v\":9},{\"k\":\"b\",\"v\":3},{\"k\":\"n\",\"v\":0}]}"

/* What a worker does with two states, in a program that is new each time;
 * the nth allocation after compiling it fails. */
static int
one_step(struct buf out[3], const json_t *a, const json_t *b, long nth)
{
	struct program *p = program_of(SOURCE);
	struct lvt_error err = { 0 };
	struct view va, vb;
	int rc, i;

	view_init(&va);
	view_init(&vb);
	left = nth;
	if ((rc = view_render(&va, p, a, NULL, &err)) == 0 &&
	    (rc = view_render(&vb, p, b, NULL, &err)) == 0) {
		view_diff(&va, &vb, VIEW_BODY, VIEW_STATICS_NUMBERED, &out[0]);
		view_tree_json(&vb, VIEW_OUTER, VIEW_STATICS_INLINE, &out[1]);
		view_html(&vb, VIEW_BODY, &out[2]);
		for (i = 0; i < 3; i++)
			rc = rc != 0 ? rc : out[i].failed;
	}
	left = 0;
	view_release(&va);
	view_release(&vb);
	program_free(p);
	return rc;
}

/* Updates may differ, as a list that cannot be compared is sent whole. */
static void
check_update(const struct buf *good, const struct buf *update,
    const json_t *a)
{
	struct program *p = program_of(SOURCE);
	json_t *table = table_of(p, VIEW_STATICS_NUMBERED), *tree, *want;
	struct lvt_error err = { 0 };
	struct view v;
	json_t *results[2];
	const struct buf *texts[2] = { good, update };
	int i;

	view_init(&v);
	assert_int_equal(view_render(&v, p, a, NULL, &err), 0);
	tree = tree_of(&v, VIEW_BODY, VIEW_STATICS_NUMBERED);
	for (i = 0; i < 2; i++) {
		want = json_of_buf((struct buf *)texts[i]);
		results[i] = tree_apply(tree, want, table, &err);
		assert_non_null(results[i]);
		json_decref(want);
	}
	assert_true(json_equal(results[0], results[1]));
	json_decref(results[0]);
	json_decref(results[1]);
	json_decref(tree);
	json_decref(table);
	view_release(&v);
	program_free(p);
}

static void
release(struct buf out[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		buf_release(&out[i]);
		buf_init(&out[i]);
	}
}

static void
every_failed_allocation_is_reported_or_made_good(void **state)
{
	json_t *a = json_of(A), *b = json_of(B);
	struct buf good[3] = { 0 }, out[3] = { 0 };
	long n, failures = 0;
	int rc;

	(void)state;
	assert_int_equal(one_step(good, a, b, 0), 0);
	for (n = 1; n < 100000; n++) {
		rc = one_step(out, a, b, n);
		if (rc == 0) {
			check_update(&good[0], &out[0], a);
			assert_string_equal(buf_z(&out[1]), buf_z(&good[1]));
			assert_string_equal(buf_z(&out[2]), buf_z(&good[2]));
		} else {
			assert_int_equal(rc, LVT_ENOMEM);
			failures = n;
		}
		release(out);
		if (n > failures + 200)
			break;	/* none has failed for long: there are no more */
	}
	assert_true(failures > 20);
	assert_true(n < 100000);
	release(good);
	json_decref(a);
	json_decref(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failed_allocation_is_reported_or_made_good),
	};

	return RUN_TAP(tests);
}
