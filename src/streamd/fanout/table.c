#include <stdlib.h>

#include <xxhash.h>

#include "base/error.h"
#include "streamd/fanout/table.h"

int
table_init(struct table *t, uint64_t seed)
{
	t->nbuckets = 64;
	t->n = 0;
	t->seed = seed;
	t->buckets = calloc(t->nbuckets, sizeof(*t->buckets));
	return t->buckets != NULL ? 0 : LVT_ENOMEM;
}

void
table_release(struct table *t)
{
	free(t->buckets);
	t->buckets = NULL;
}

uint64_t
table_hash(const struct table *t, struct str key, uint64_t more)
{
	return XXH3_64bits_withSeed(key.s, key.len, t->seed ^ more);
}

struct entry *
table_bucket(const struct table *t, uint64_t hash)
{
	return t->buckets[hash & (t->nbuckets - 1)];
}

/* Growing is only for speed: without memory the old buckets go on. */
static void
grow(struct table *t)
{
	size_t i, n = t->nbuckets * 2;
	struct entry **to = calloc(n, sizeof(*to)), *e, *next;

	if (to == NULL)
		return;
	for (i = 0; i < t->nbuckets; i++)
		for (e = t->buckets[i]; e != NULL; e = next) {
			next = e->next;
			e->next = to[e->hash & (n - 1)];
			to[e->hash & (n - 1)] = e;
		}
	free(t->buckets);
	t->buckets = to;
	t->nbuckets = n;
}

void
table_add(struct table *t, struct entry *e, uint64_t hash)
{
	struct entry **at;

	if (t->n >= t->nbuckets)
		grow(t);
	at = &t->buckets[hash & (t->nbuckets - 1)];
	e->hash = hash;
	e->next = *at;
	*at = e;
	t->n++;
}

void
table_remove(struct table *t, struct entry *e)
{
	struct entry **at = &t->buckets[e->hash & (t->nbuckets - 1)];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->n--;
}
