#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <jansson.h>

#include "base/pool.h"

#define POOL_BYTES	((size_t)64 << 20)	/* of addresses; memory as used */
#define SPAN_BYTES	((size_t)16 << 10)	/* pieces of one size */
#define SPANS		(POOL_BYTES / SPAN_BYTES)
#define GRAIN		16
#define CLASSES		16			/* pieces of up to 256 bytes */

static char *pool;
static atomic_size_t spans;			/* that are in use */
static unsigned char class_of[SPANS];

/* Pieces that are free: each begins with the address of the next. What another
 * thread frees is that thread's to use again. */
static _Thread_local struct {
	void *pieces[CLASSES];
	bool open;
} mine;

static void
give(void *piece, size_t class)
{
	*(void **)piece = mine.pieces[class];
	mine.pieces[class] = piece;
}

/* false: the pool is used up, and malloc() takes over. */
static bool
cut_span(size_t class)
{
	size_t size = (class + 1) * GRAIN, span = atomic_load(&spans), at;

	do
		if (span == SPANS)
			return false;
	while (!atomic_compare_exchange_weak(&spans, &span, span + 1));
	class_of[span] = (unsigned char)class;
	/* The first one is on top of the list. */
	for (at = SPAN_BYTES / size; at-- > 0; )
		give(pool + span * SPAN_BYTES + at * size, class);
	return true;
}

static void *
pool_alloc(size_t size)
{
	size_t class = (size - 1) / GRAIN;
	void *piece;

	if (!mine.open || class >= CLASSES ||
	    (mine.pieces[class] == NULL && !cut_span(class)))
		return malloc(size);
	piece = mine.pieces[class];
	mine.pieces[class] = *(void **)piece;
	return piece;
}

static void
pool_free(void *p)
{
	size_t at = (size_t)((uintptr_t)p - (uintptr_t)pool);

	if (at < POOL_BYTES)
		give(p, class_of[at / SPAN_BYTES]);
	else
		free(p);
}

void
pool_install(void)
{
	json_malloc_t alloc;
	json_free_t release;
	void *p;

	json_get_alloc_funcs(&alloc, &release);
	if (alloc != malloc || release != free)
		return;
	p = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return;
	pool = p;
	json_set_alloc_funcs(pool_alloc, pool_free);
}

void
pool_begin(void)
{
	mine.open = true;
}

void
pool_end(void)
{
	mine.open = false;
}
