/* turn.c - one action at a time for each group: a byte of the lock file. */
#include <assert.h>

#include <sodium.h>

#include "store/db.h"

/* Two groups may share a byte; they then share turns, which costs time only. */
int64_t
turn_byte(const struct place *at)
{
	const char *parts[] = { at->app, at->page, at->group };
	crypto_generichash_state h;
	unsigned char hash[16];
	uint64_t n;
	size_t i;

	crypto_generichash_init(&h, NULL, 0, 16);
	for (i = 0; i < 3; i++)
		crypto_generichash_update(&h, (const unsigned char *)parts[i],
		    strlen(parts[i]) + 1);
	crypto_generichash_final(&h, hash, sizeof(hash));
	memcpy(&n, hash, sizeof(n));
	return LOCK_TURNS + (int64_t)(n >> 24);
}

int
store_turn_take(struct store *st, const struct place *at, int wait_ms)
{
	int64_t byte = turn_byte(at);
	int rc;

	assert(st->turn == 0);
	if ((rc = lock_take(&st->lock, byte, wait_ms)) == 0)
		st->turn = byte;
	return rc;
}

void
store_turn_give(struct store *st)
{
	if (st->turn != 0)
		lock_give(&st->lock, st->turn);
	st->turn = 0;
}
