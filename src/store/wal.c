/*
 * wal.c - the write-ahead log: when it is synced, and moved into the database.
 *
 *   commit: WRITTEN (others see it) --wal_sync()--> DURABLE (its writer is told)
 *   log:    GROWING --wal_tidy()--> MOVED --the next commit--> begins anew
 *
 * With durability "full" SQLite would sync within each transaction, one after
 * the other. We commit without, give the writer's turn to the next one, and
 * wait for a sync that began after our commit: one does for all who wrote
 * meanwhile. The log is in the order of commits, so whatever an acknowledged
 * commit was built on is as durable as itself. What a reader sees may, for the
 * time of a sync, be lost with the machine's power; a position tells (store.h).
 */
#include <assert.h>

#include "store/db.h"

/*
 * In pages of 4 KiB. At WAL_SOFT (4 MiB) the log is moved into the database
 * beside the other writers, and then, with the writers shut out, the little
 * that they wrote meanwhile, or it would never begin anew. Whoever has time for
 * this (store_tidy()) does it; at WAL_HARD whoever commits does.
 */
#define WAL_SOFT	1024
#define WAL_HARD	(4 * WAL_SOFT)
#define WAL_LITTLE	256

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *st = arg;

	(void)db;
	(void)name;
	st->wal_pages = pages;
	return SQLITE_OK;
}

void
wal_watch(struct store *st)
{
	sqlite3_wal_hook(st->db, on_wal, st);
	st->checkpoint_at = WAL_SOFT;
}

/* --- Syncing ------------------------------------------------------------ */

static sqlite3_file *
log_file(struct store *st)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(st->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &f) != SQLITE_OK || f == NULL || f->pMethods == NULL)
		return NULL;
	return f;
}

static int
sync_log(void *arg)
{
	sqlite3_file *f = log_file(arg);

	return f != NULL && f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) ==
	    SQLITE_OK ? 0 : LVT_ESTORE;
}

bool
wal_share(struct store *st)
{
	return !st->memory && !st->opts.readonly && st->wal &&
	    st->opts.durability == STORE_FULL && lock_share_init(&st->lock);
}

void
wal_wrote(struct store *st)
{
	assert(st->writing);
	if (st->shares)
		st->wrote = lock_wrote(&st->lock);
}

int
wal_sync(struct store *st, struct lvt_error *err)
{
	if (!st->shares || lock_share(&st->lock, st->wrote, st->opts.busy_ms,
	    sync_log, st) == 0)
		return 0;
	return lvt_error_set(err, LVT_ESTORE, "cannot write '%s' to its disk",
	    st->path);
}

/* --- Moving ------------------------------------------------------------- */

/* How many pages are left to be moved; -1: a reader, or another one at work,
 * is in the way. */
static int
move_log(struct store *st, int mode)
{
	int log = 0, moved = 0;

	if (sqlite3_wal_checkpoint_v2(st->db, NULL, mode, &log, &moved) !=
	    SQLITE_OK)
		return -1;
	return log - moved;
}

void
wal_checkpoint(struct store *st, int mode)
{
	move_log(st, mode);
	st->checkpoint_at = st->wal_pages + WAL_SOFT;
}

/* While all write without a pause a first move never quite catches up. */
static void
tidy(struct store *st)
{
	int i, left = move_log(st, SQLITE_CHECKPOINT_PASSIVE);

	for (i = 0; i < 3 && left > WAL_LITTLE; i++)
		left = move_log(st, SQLITE_CHECKPOINT_PASSIVE);
	if (left > 0 && lock_take(&st->lock, LOCK_WRITER,
	    st->opts.busy_ms) == 0) {
		left = move_log(st, SQLITE_CHECKPOINT_PASSIVE);
		lock_give(&st->lock, LOCK_WRITER);
	}
	st->checkpoint_at = (left == 0 ? 0 : st->wal_pages) + WAL_SOFT;
	st->wal_pages = 0;
}

void
store_tidy(struct store *st)
{
	if (st->wal_pages < st->checkpoint_at || lock_take(&st->lock,
	    LOCK_CHECKPOINT, 0) != 0)
		return;
	tidy(st);
	lock_give(&st->lock, LOCK_CHECKPOINT);
}

void
wal_committed(struct store *st)
{
	if (st->wal_pages < WAL_SOFT)
		st->checkpoint_at = WAL_SOFT;	/* it began anew */
	if (!st->opts.tidies || st->wal_pages >= WAL_HARD)
		store_tidy(st);
}
