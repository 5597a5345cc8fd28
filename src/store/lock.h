/*
 * lock.h - locks between processes, waited for in turn and not for ever.
 *
 * A lock is one byte of a file beside the database, so the kernel gives it
 * back when its holder dies. The first page of the file is shared memory that
 * only tells waiters when to try again: what it says is never believed.
 *
 * Owns:    a descriptor and a mapping of its own; locks belong to them, so
 *          two of them in one process exclude each other as well.
 * Invariants:
 *   1. A lost or false wake-up costs LOCK_POLL_MS, never correctness.
 *   2. Whoever gives a lock back lets the one that waits longest go first.
 */
#ifndef LVT_STORE_LOCK_H
#define LVT_STORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define LOCK_POLL_MS	5
#define LOCK_WRITER	0	/* the byte that writers lock */
#define LOCK_BELL	1	/* whoever binds the doorbell */
#define LOCK_CHECKPOINT	2	/* whoever moves the log into the database */
#define LOCK_SYNC	3	/* whoever syncs the log, for all who wrote */
#define LOCK_HEADS	4	/* whoever writes head files */
#define LOCK_TURNS	4096	/* first of the bytes for turns */

struct lock_page;

struct lock {
	int fd;				/* -1: nothing to lock */
	struct lock_page *page;		/* NULL: waiters poll */
};

/* mode, owner: those of the database. Return: 0 or LVT_EIO. */
int	lock_open(struct lock *l, const char *path, mode_t mode,
	    struct lvt_error *err);
void	lock_release(struct lock *l);
/* 0; LVT_EBUSY: not within wait_ms; LVT_EIO. */
int	lock_take(struct lock *l, int64_t byte, int wait_ms);
void	lock_give(struct lock *l, int64_t byte);

/*
 * One sync for all who wrote before it began:
 *
 *   write, lock_wrote(), lock_give(LOCK_WRITER), lock_share(): it is durable
 *
 * Here alone what the page says is believed, so lock_share_init() makes sure
 * that this boot of the machine has written it.
 */
/* By whoever holds LOCK_WRITER. false: sync by yourself. */
bool	lock_share_init(struct lock *l);
/* By whoever has written, and holds LOCK_WRITER still. */
uint64_t lock_wrote(struct lock *l);
/* Waits until somebody has synced what was written up to then, or calls
 * sync(arg) to do it for all. Return: 0 or the result of sync. */
int	lock_share(struct lock *l, uint64_t mine, int wait_ms,
	    int (*sync)(void *arg), void *arg);

#endif
