/*
 * caught.h - what the code under test says on standard error, for tests that
 * expect it to.
 *
 *	caught_begin(&c);
 *	...
 *	caught_end(&c);
 *	assert_non_null(strstr(c.text, "is malformed"));
 *
 * Standard error is its own again after caught_end(). Assert outside of the
 * two: a test that fails between them would take its reasons along.
 */
#ifndef LVT_TEST_CAUGHT_H
#define LVT_TEST_CAUGHT_H

#include "test.h"

#include <unistd.h>

struct caught {
	FILE *file;
	int before;
	char text[2048];		/* what did not fit is left out */
};

static inline void
caught_begin(struct caught *c)
{
	fflush(stderr);
	c->file = tmpfile();
	assert_non_null(c->file);
	c->before = dup(STDERR_FILENO);
	assert_true(c->before >= 0);
	assert_true(dup2(fileno(c->file), STDERR_FILENO) >= 0);
}

static inline void
caught_end(struct caught *c)
{
	size_t n;

	fflush(stderr);
	assert_true(dup2(c->before, STDERR_FILENO) >= 0);
	close(c->before);
	rewind(c->file);
	n = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[n] = '\0';
	fclose(c->file);
}

#endif
