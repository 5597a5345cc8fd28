/*
 * str.h - a run of bytes that somebody else owns.
 *
 * Text in templates and data may hold NUL bytes, so lengths travel with it.
 */
#ifndef LVT_BASE_STR_H
#define LVT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *s;		/* never NULL where len > 0 */
	size_t len;		/* bytes */
};

#define STR(literal)	((struct str){ (literal), sizeof(literal) - 1 })
#define STR_NULL	((struct str){ NULL, 0 })
#define STR_FMT		"%.*s"
#define STR_ARG(x)	(int)(x).len, (x).s

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

static inline bool
str_is(struct str a, const char *z)
{
	size_t n = strlen(z);

	return a.len == n && (n == 0 || memcmp(a.s, z, n) == 0);
}

static inline struct str
str_z(const char *z)
{
	return (struct str){ z, strlen(z) };
}

#endif
