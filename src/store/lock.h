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
 *   2. Whoever gives a lock back lets those who wait go first.
 */
#ifndef LVT_STORE_LOCK_H
#define LVT_STORE_LOCK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define LOCK_POLL_MS	5
#define LOCK_WRITER	0	/* the byte that writers lock */
#define LOCK_BELL	1	/* whoever binds the doorbell */
#define LOCK_CHECKPOINT	2	/* whoever moves the log into the database */
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

#endif
