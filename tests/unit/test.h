/* test.h - what every unit test includes. */
#ifndef LVT_TEST_H
#define LVT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's groups print TAP whatever the environment says. */
#define RUN_TAP(tests) (cmocka_set_message_output(CM_OUTPUT_TAP), \
	cmocka_run_group_tests(tests, NULL, NULL))

/*
 * Where cases are rows of a table each row is a test, by its own name:
 *
 *	static struct suite s;
 *
 *	SUITE_ROWS(&s, cases, name, run_case);	cases[i].name; run_case() finds
 *						the row at *state
 *	SUITE_TESTS(&s, others);		an array of cmocka_unit_test()
 *	return suite_run(&s);
 */
#define SUITE_MAX	512

struct suite {
	struct CMUnitTest tests[SUITE_MAX];
	size_t n;
};

/* name and row are borrowed until the suite has run. */
static inline void
suite_add(struct suite *s, const char *name, CMUnitTestFunction run,
    const void *row)
{
	if (s->n == SUITE_MAX)
		abort();
	s->tests[s->n++] = (struct CMUnitTest){ .name = name,
	    .test_func = run, .initial_state = (void *)(uintptr_t)row };
}

static inline void
suite_take(struct suite *s, const struct CMUnitTest *tests, size_t n)
{
	if (n > SUITE_MAX - s->n)
		abort();
	memcpy(s->tests + s->n, tests, n * sizeof(*tests));
	s->n += n;
}

static inline int
suite_run(struct suite *s)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("tests", s->tests, s->n, NULL, NULL);
}

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define SUITE_ROWS(s, rows, title, run) do {                               \
	for (size_t row_ = 0; row_ < COUNT(rows); row_++)                  \
		suite_add((s), (rows)[row_].title, (run), &(rows)[row_]);  \
	} while (0)
#define SUITE_TESTS(s, array)	suite_take((s), (array), COUNT(array))

#endif
