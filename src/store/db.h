/*
 * db.h - one SQLite connection, for the files of src/store alone.
 *
 * Owns:    the connection, its prepared statements, its lock file.
 * Invariants:
 *   1. A write transaction is open only while the writer's byte is locked.
 *   2. A statement is reset when db_row() has returned anything but 1, or by
 *      db_done(): none stays open when a public call returns.
 *   3. A statement is prepared once for each text; the text's address is its
 *      name, so it must be a static const char sql_…[].
 *   4. Nothing is done in a process other than the one that opened it.
 */
#ifndef LVT_STORE_DB_H
#define LVT_STORE_DB_H

#include <sqlite3.h>

#include "store/lock.h"
#include "store/store.h"

#define DB_STATEMENTS	256		/* power of two, more than we have */

struct bell;

struct store {
	sqlite3 *db;
	struct store_opts opts;
	char *path;
	struct lock lock;
	int64_t turn;			/* byte that we hold; 0: none */
	int64_t job;			/* likewise, for a job */
	bool memory, writing;
	unsigned forks;			/* as it was when we opened */
	int64_t dev, ino;		/* of the file that was opened */
	bool wal;			/* else a rollback journal */
	bool shares;			/* syncs with other writers: wal.c */
	uint64_t wrote;			/* our last commit, if so */
	int wal_pages, checkpoint_at;
	int64_t next_seq;		/* of the outbox while writing; 0: ask */
	struct position before;		/* the first row of that */
	int appended;			/* rows of that */
	struct bell *bell;
	struct { const char *sql; sqlite3_stmt *q; } stmts[DB_STATEMENTS];
};

int64_t	db_now(const struct store *st);

/* A ready statement with its parameters bound; NULL on failure (err).
 * types: t text (const char *, NULL is NULL), s struct str, i int64_t,
 * b blob (const void *, size_t). Text is borrowed until it is reset. */
sqlite3_stmt *db_query(struct store *st, struct lvt_error *err,
	    const char *sql, const char *types, ...);
/* 1: a row; 0: no more; or an error. NULL q: the error already in err. */
int	db_row(struct store *st, sqlite3_stmt *q, const char *what,
	    struct lvt_error *err);
void	db_done(sqlite3_stmt *q);
/* Runs q, which returns no rows. */
int	db_run(struct store *st, sqlite3_stmt *q, const char *what,
	    struct lvt_error *err);
struct str db_text(sqlite3_stmt *q, int column);	/* "" for NULL */
/* "" rather than NULL */
const char *db_z(sqlite3_stmt *q, int column);

int	db_read(struct store *st, struct lvt_error *err);
int	db_write(struct store *st, struct lvt_error *err);
/* Ends what db_read() or db_write() began; rc 0: commit, else roll back. The
 * result is rc, or why it could not be committed. */
int	db_end(struct store *st, int rc, struct lvt_error *err);

/* wal.c: by db.c when it opens ... */
void	wal_watch(struct store *st);
bool	wal_share(struct store *st);	/* may it sync with others? */
/* ... and at the end of a commit that wrote: the first before the writer's
 * byte is given back, the others after it. */
void	wal_wrote(struct store *st);
int	wal_sync(struct store *st, struct lvt_error *err);
void	wal_committed(struct store *st);
/* mode: SQLITE_CHECKPOINT_…; by whoever has locked the writer's byte. */
void	wal_checkpoint(struct store *st, int mode);

/* Inside the caller's transaction: */
int	outbox_head(struct store *st, struct position *p,
	    struct lvt_error *err);
int	outbox_knows(struct store *st, struct position p,
	    struct lvt_error *err);
int	outbox_append(struct store *st, struct outbox_row *r, int64_t now,
	    struct lvt_error *err);
/* Patches whose time has come become removals with a sequence of their own.
 * *n: how many. */
int	patches_clear_due(struct store *st, int64_t now, int64_t *n,
	    struct lvt_error *err);
/* Is there a patch for the place (user: its row's), or another number of those
 * who watch it, newer than seq? */
int	patches_newer(struct store *st, const struct place *at,
	    const char *user, int64_t seq, bool *newer, struct lvt_error *err);

/* One leaf of p, as of row seq; ord: its place in the commit. */
int	patch_write(struct store *st, const char *app,
	    const struct patch_write *p, const struct patch *leaf,
	    int64_t seq, int64_t ord, struct lvt_error *err);
/* What is due gets its sequence; *n: how many. */
int	delayed_release(struct store *st, int64_t now, int64_t *n,
	    struct lvt_error *err);
int	delayed_write(struct store *st, const char *app, struct delayed *d,
	    struct lvt_error *err);
int64_t	turn_byte(const struct place *at);
int	parked_done(struct store *st, int64_t id, struct lvt_error *err);
int	seen_write(struct store *st, const struct coming *s,
	    struct lvt_error *err);

/* heads.c: after a commit with rows; after gc. Failures are logged. */
void	heads_moved(struct store *st);
void	heads_clear(struct store *st);

void	bell_free(struct bell *b);
/* Rings; where the commit was this row alone, says what it is. */
void	bell_ring_row(struct store *st, const struct outbox_row *r,
	    int64_t now);

#endif
