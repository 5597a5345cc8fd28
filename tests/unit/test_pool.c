/* The small objects of documents, in a pool that Jansson uses. */
#include "test.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/pool.h"

static json_t *
load(const char *text)
{
	json_t *value = lvt_json_load(text, strlen(text), NULL, NULL);

	assert_non_null(value);
	return value;
}

static void *
own_alloc(size_t size)
{
	return malloc(size);
}

static void
own_free(void *p)
{
	free(p);
}

static void
functions_of_the_program_stay(void **state)
{
	json_malloc_t alloc;
	json_free_t release;

	(void)state;
	json_set_alloc_funcs(own_alloc, own_free);
	pool_install();
	json_get_alloc_funcs(&alloc, &release);
	assert_true(alloc == own_alloc && release == own_free);
	json_set_alloc_funcs(malloc, free);
}

static void
what_was_made_before_goes_where_it_came_from(void **state)
{
	json_t *value = load("{\"a\":[1,\"two\",{\"three\":3.0}]}");
	json_malloc_t alloc;
	json_free_t release;

	(void)state;
	pool_install();
	json_get_alloc_funcs(&alloc, &release);
	assert_true(alloc != malloc && release != free);
	json_decref(value);
}

static void
what_was_freed_is_used_again(void **state)
{
	static const char text[] = "{\"a\":[1,\"two\",{\"three\":3.0}]}";
	json_t *value = load(text), *inner = json_object_get(value, "a");
	const json_t *outer_was = value, *inner_was = inner;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		json_decref(value);
		value = load(text);
	}
	inner = json_object_get(value, "a");
	assert_true((value == outer_was && inner == inner_was) ||
	    (value == inner_was && inner == outer_was));
	json_decref(value);
}

/* Else free() would be given an address of the pool. */
static void
what_jansson_hands_out_is_of_malloc(void **state)
{
	json_t *value = load("{\"n\":1}");
	char *text = json_dumps(value, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, "{\"n\":1}");
	free(text);
	json_decref(value);
}

static void
objects_of_both_kinds_may_be_mixed(void **state)
{
	json_t *value = load("{\"list\":[{\"n\":1},{\"n\":2}]}"), *list;

	(void)state;
	list = json_object_get(value, "list");
	assert_int_equal(json_array_append_new(list,
	    json_pack("{s:s}", "text", "made by a handler")), 0);
	assert_int_equal(json_object_set_new(value, "list2",
	    json_incref(list)), 0);
	assert_int_equal(json_array_remove(list, 0), 0);
	json_decref(value);
}

/* Every object is one of 32 bytes, and the pool has 64 MiB. */
static void
past_its_end_malloc_goes_on(void **state)
{
	enum { N = 2200000 };
	struct buf b;
	json_t *value;
	size_t i;

	(void)state;
	buf_init(&b);
	buf_puts(&b, "[0");
	for (i = 1; i < N; i++)
		buf_puts(&b, ",7");
	buf_putc(&b, ']');
	value = lvt_json_load(b.s, b.len, NULL, NULL);
	assert_int_equal(json_array_size(value), N);
	for (i = 1; i < N; i++)
		assert_int_equal(json_integer_value(json_array_get(value, i)),
		    7);
	json_decref(value);
	buf_release(&b);
}

static void *
free_it(void *value)
{
	json_decref(value);
	value = load("[\"of this thread\"]");
	json_decref(value);
	return NULL;
}

static void
another_thread_may_free(void **state)
{
	json_t *value = load("[1,2,3,{\"four\":[5]}]");
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, free_it, value), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	value = load("[1,2,3,{\"four\":[5]}]");
	json_decref(value);
}

int
main(void)
{
	/* In this order: once it is there the pool stays. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_the_program_stay),
		cmocka_unit_test(what_was_made_before_goes_where_it_came_from),
		cmocka_unit_test(what_was_freed_is_used_again),
		cmocka_unit_test(what_jansson_hands_out_is_of_malloc),
		cmocka_unit_test(objects_of_both_kinds_may_be_mixed),
		cmocka_unit_test(another_thread_may_free),
		cmocka_unit_test(past_its_end_malloc_goes_on),
	};

	return RUN_TAP(tests);
}
