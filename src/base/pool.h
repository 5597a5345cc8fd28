/*
 * pool.h - the small objects of JSON documents, in lists of one size each.
 *
 * Each action parses a document of a thousand little objects and frees them
 * all: with malloc() that is a quarter of its instructions.
 *
 * Owns:    a range of addresses, until the process ends.
 * Invariants:
 *   1. What comes from elsewhere goes back there: addresses tell.
 *   2. Only what is made between pool_begin() and pool_end() is in the pool.
 *      Whatever else Jansson hands out is of malloc(), so that a program may
 *      free() what json_dumps() gave it.
 */
#ifndef LVT_BASE_POOL_H
#define LVT_BASE_POOL_H

/* From now on Jansson uses the pool. Where that cannot be (no memory; the
 * program gave Jansson functions of its own) nothing changes. */
void	pool_install(void);

/* In this thread. They do not nest. */
void	pool_begin(void);
void	pool_end(void);

#endif
