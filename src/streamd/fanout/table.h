/*
 * table.h - a hash table whose entries live inside their owners.
 *
 * Owns:    the buckets only.
 * Invariants:
 *   1. An entry is in at most one table; its hash does not change there.
 *   2. The seed is random, so a peer cannot choose what collides.
 */
#ifndef LVT_STREAMD_TABLE_H
#define LVT_STREAMD_TABLE_H

#include <stdint.h>

#include "base/str.h"

struct entry {
	struct entry *next;
	uint64_t hash;
};

struct table {
	struct entry **buckets;
	size_t nbuckets, n;		/* nbuckets: a power of two */
	uint64_t seed;
};

int	table_init(struct table *t, uint64_t seed);	/* 0 or LVT_ENOMEM */
void	table_release(struct table *t);
uint64_t table_hash(const struct table *t, struct str key, uint64_t more);
/* The first entry with that hash; go on with ->next while the hash is equal
 * or not: the caller compares hash and key. */
struct entry *table_bucket(const struct table *t, uint64_t hash);
void	table_add(struct table *t, struct entry *e, uint64_t hash);
void	table_remove(struct table *t, struct entry *e);

#endif
