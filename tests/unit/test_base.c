#include "test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

static void
a_buffer_past_its_limit_fails_once_and_keeps_what_it_had(void **state)
{
	struct buf b;

	(void)state;
	buf_init_limit(&b, 8);
	buf_puts(&b, "12345678");
	buf_puts(&b, "9");
	buf_putc(&b, 'x');
	assert_int_equal(b.failed, LVT_ETOOBIG);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.s, "12345678", 8);
	buf_release(&b);
}

static void
an_arena_past_its_limit_returns_null_and_still_serves_what_fits(void **state)
{
	struct arena a;

	(void)state;
	arena_init_limit(&a, 64 << 10);
	assert_null(arena_alloc(&a, 1 << 20));
	assert_non_null(arena_alloc(&a, 100));
	arena_clear(&a);
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	arena_release(&a);
}

static void
the_first_error_wins(void **state)
{
	struct lvt_error err;

	(void)state;
	lvt_error_init(&err);
	lvt_error_set(&err, LVT_EIO, "cannot open '%s'", "a");
	lvt_error_set(&err, LVT_EFAIL, "cannot start");
	lvt_error_at(&err, "a.tmpl", 3, 4);
	assert_int_equal(err.code, LVT_EIO);
	assert_string_equal(err.message, "cannot open 'a'");
	assert_int_equal(err.line, 3);
	assert_string_equal(lvt_strerror(LVT_EBUSY), "busy, try again");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_past_its_limit_fails_once_and_keeps_what_it_had),
		cmocka_unit_test(an_arena_past_its_limit_returns_null_and_still_serves_what_fits),
		cmocka_unit_test(the_first_error_wins),
	};

	return RUN_TAP(tests);
}
