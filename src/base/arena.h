/*
 * arena.h - memory that is freed all at once.
 *
 * Owns:    every block it hands out, until arena_clear() or arena_release().
 * Invariants:
 *   1. Memory is aligned for any object, and zeroed by arena_new() only.
 *   2. arena_clear() keeps the first chunk, so a loop settles without malloc.
 */
#ifndef LVT_BASE_ARENA_H
#define LVT_BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;	/* newest first */
	char *at, *end;			/* free room of the newest chunk */
	size_t total, limit;		/* bytes taken; 0 means ARENA_LIMIT */
};

#define ARENA_LIMIT	((size_t)256 << 20)

void	arena_init(struct arena *a);
void	arena_init_limit(struct arena *a, size_t limit);
void	arena_clear(struct arena *a);
void	arena_release(struct arena *a);
void	*arena_more(struct arena *a, size_t size);	/* slow path */
/* Copies, with a NUL behind them; .s NULL, or NULL, on failure. */
struct str arena_str(struct arena *a, const void *s, size_t len);
char	*arena_z(struct arena *a, const char *z);
char	*arena_printf(struct arena *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* size bytes, not zeroed; NULL when out of memory or past the limit */
static inline void *
arena_alloc(struct arena *a, size_t size)
{
	char *p;

	size = (size + 15) & ~(size_t)15;
	if ((size_t)(a->end - a->at) < size)
		return arena_more(a, size);
	p = a->at;
	a->at += size;
	return p;
}

static inline void *
arena_zalloc(struct arena *a, size_t size)
{
	void *p = arena_alloc(a, size);

	return p != NULL ? memset(p, 0, size) : NULL;
}

#define arena_new(a, type)	((type *)arena_zalloc((a), sizeof(type)))

#endif
