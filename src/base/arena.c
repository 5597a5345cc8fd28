#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

#define CHUNK_MIN	((size_t)8 << 10)
#define CHUNK_MAX	((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	_Alignas(16) char data[];
};

void
arena_init(struct arena *a)
{
	memset(a, 0, sizeof(*a));
}

void
arena_init_limit(struct arena *a, size_t limit)
{
	arena_init(a);
	a->limit = limit;
}

static void
drop_until(struct arena *a, struct arena_chunk *keep)
{
	struct arena_chunk *c;

	while ((c = a->chunks) != keep) {
		a->chunks = c->next;
		a->total -= c->size;
		free(c);
	}
}

void
arena_clear(struct arena *a)
{
	struct arena_chunk *first = a->chunks;

	if (first == NULL)
		return;
	while (first->next != NULL)
		first = first->next;
	drop_until(a, first);
	a->at = first->data;
	a->end = first->data + first->size;
}

void
arena_release(struct arena *a)
{
	drop_until(a, NULL);
	a->at = a->end = NULL;
}

void *
arena_more(struct arena *a, size_t size)
{
	size_t limit = a->limit != 0 ? a->limit : ARENA_LIMIT;
	size_t want = a->total < CHUNK_MIN ? CHUNK_MIN : a->total;
	struct arena_chunk *c;

	if (want > CHUNK_MAX)
		want = CHUNK_MAX;
	if (want < size)
		want = size;
	if (want > limit - a->total)
		want = size;
	if (size > limit - a->total || want > SIZE_MAX - sizeof(*c))
		return NULL;
	c = malloc(sizeof(*c) + want);
	if (c == NULL)
		return NULL;
	c->next = a->chunks;
	c->size = want;
	a->chunks = c;
	a->total += want;
	a->at = c->data + size;
	a->end = c->data + want;
	return c->data;
}

struct str
arena_str(struct arena *a, const void *s, size_t len)
{
	char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

	if (p == NULL)
		return STR_NULL;
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return (struct str){ p, len };
}

char *
arena_z(struct arena *a, const char *z)
{
	return (char *)arena_str(a, z, strlen(z)).s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (p = arena_alloc(a, (size_t)n + 1)) == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
