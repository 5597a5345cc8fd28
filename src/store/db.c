/*
 * db.c - open, migrate, prepare, begin and end.
 *
 *   CLOSED --store_open()--> IDLE --db_read()--> READING --db_end()--> IDLE
 *   IDLE --db_write(): byte locked, BEGIN IMMEDIATE--> WRITING
 *   WRITING --db_end(): COMMIT or ROLLBACK, byte given, synced--> IDLE
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__APPLE__)
#include <sys/mount.h>
#include <sys/param.h>
#endif

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/db.h"
#include "store/migrations.h"

#define VERSION		((int)(sizeof(migrations) / sizeof(migrations[0])))
#define APPLICATION_ID	0x6c767464	/* "lvtd" */
#define BUSY_MS		5000

static const char sql_begin[] = "BEGIN";
static const char sql_begin_write[] = "BEGIN IMMEDIATE";
static const char sql_commit[] = "COMMIT";
static const char sql_rollback[] = "ROLLBACK";
static const char sql_tables[] = "SELECT count(*) FROM sqlite_schema";
static const char sql_meta_new[] =
	"INSERT INTO meta (id, secret, seq, tag) VALUES (1, ?1, 0, ?2)";
static const char sql_secret[] = "SELECT secret FROM meta WHERE id = 1";

int64_t
db_now(const struct store *st)
{
	return st->opts.now_ms != NULL ? st->opts.now_ms(st->opts.now_arg) :
	    clock_wall_ms();
}

/* How often this process and those before it forked: tells a child from the
 * one that opened, without asking the kernel at each statement. */
static unsigned forks;

static void
on_fork(void)
{
	forks++;
}

static bool
watch_forks(void)
{
	static bool watched;

	if (!watched)
		watched = pthread_atfork(NULL, NULL, on_fork) == 0;
	return watched;
}

/* Every error of SQLite becomes one of ours; "cannot WHAT: why". */
static int
db_error(struct store *st, const char *what, struct lvt_error *err)
{
	int code = st->db != NULL ? sqlite3_errcode(st->db) : SQLITE_NOMEM;

	if ((code & 0xff) == SQLITE_NOMEM)
		return lvt_error_nomem(err);
	return lvt_error_set(err, (code & 0xff) == SQLITE_BUSY ? LVT_EBUSY :
	    LVT_ESTORE, "cannot %s: %s", what, sqlite3_errmsg(st->db));
}

/* --- Statements --------------------------------------------------------- */

static sqlite3_stmt *
prepared(struct store *st, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 3) * 0x9e3779b1u & (DB_STATEMENTS - 1);

	while (st->stmts[i].sql != NULL && st->stmts[i].sql != sql)
		i = (i + 1) & (DB_STATEMENTS - 1);
	if (st->stmts[i].sql == NULL) {
		if (sqlite3_prepare_v3(st->db, sql, -1,
		    SQLITE_PREPARE_PERSISTENT, &st->stmts[i].q, NULL) !=
		    SQLITE_OK)
			return NULL;
		st->stmts[i].sql = sql;
	}
	return st->stmts[i].q;
}

static int
bind(sqlite3_stmt *q, const char *types, va_list ap)
{
	struct str s;
	const void *p;
	int i, rc = SQLITE_OK;

	for (i = 1; types[i - 1] != '\0' && rc == SQLITE_OK; i++)
		switch (types[i - 1]) {
		case 't':
			rc = sqlite3_bind_text(q, i, va_arg(ap, const char *),
			    -1, SQLITE_STATIC);
			break;
		case 's':
			s = va_arg(ap, struct str);
			rc = sqlite3_bind_text64(q, i, s.s != NULL ? s.s : "",
			    s.len, SQLITE_STATIC, SQLITE_UTF8);
			break;
		case 'i':
			rc = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
			break;
		default:
			p = va_arg(ap, const void *);
			rc = sqlite3_bind_blob64(q, i, p, va_arg(ap, size_t),
			    SQLITE_STATIC);
			break;
		}
	return rc;
}

sqlite3_stmt *
db_query(struct store *st, struct lvt_error *err, const char *sql,
    const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int rc;

	if (st->forks != forks) {
		lvt_error_set(err, LVT_ESTORE,
		    "store was opened before fork(): open it again");
		return NULL;
	}
	if ((q = prepared(st, sql)) == NULL) {
		db_error(st, "prepare a statement", err);
		return NULL;
	}
	va_start(ap, types);
	rc = bind(q, types, ap);
	va_end(ap);
	if (rc != SQLITE_OK) {
		db_error(st, "bind a parameter", err);
		return NULL;
	}
	return q;
}

void
db_done(sqlite3_stmt *q)
{
	if (q != NULL)
		sqlite3_reset(q);
}

int
db_row(struct store *st, sqlite3_stmt *q, const char *what,
    struct lvt_error *err)
{
	int rc;

	if (q == NULL)		/* why is in err, or in the connection */
		return err != NULL && err->code != 0 ? err->code :
		    db_error(st, what, NULL);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : db_error(st, what, err);
	sqlite3_reset(q);
	return rc;
}

int
db_run(struct store *st, sqlite3_stmt *q, const char *what,
    struct lvt_error *err)
{
	int rc = db_row(st, q, what, err);

	if (rc == 1)
		sqlite3_reset(q);
	return rc < 0 ? rc : 0;
}

struct str
db_text(sqlite3_stmt *q, int column)
{
	const void *p = sqlite3_column_blob(q, column);

	if (p == NULL)
		return STR("");
	return (struct str){ p, (size_t)sqlite3_column_bytes(q, column) };
}

const char *
db_z(sqlite3_stmt *q, int column)
{
	const char *z = (const char *)sqlite3_column_text(q, column);

	return z != NULL ? z : "";
}

/* --- Transactions ------------------------------------------------------- */

int
db_read(struct store *st, struct lvt_error *err)
{
	return db_run(st, db_query(st, err, sql_begin, ""), "begin", err);
}

int
db_write(struct store *st, struct lvt_error *err)
{
	int rc;

	if (st->opts.readonly)
		return lvt_error_set(err, LVT_ESTORE,
		    "store is open for reading only");
	rc = lock_take(&st->lock, LOCK_WRITER, st->opts.busy_ms);
	if (rc != 0)
		return lvt_error_set(err, rc, rc == LVT_EBUSY ?
		    "another writer holds '%s' too long" :
		    "cannot lock '%s'", st->path);
	rc = db_run(st, db_query(st, err, sql_begin_write, ""), "begin", err);
	if (rc != 0)
		lock_give(&st->lock, LOCK_WRITER);
	else
		st->writing = true;
	st->next_seq = 0;
	return rc;
}

int
db_end(struct store *st, int rc, struct lvt_error *err)
{
	bool wrote;

	if (rc == 0) {
		if (st->writing)
			st->wal_pages = 0;
		rc = db_run(st, db_query(st, err, sql_commit, ""), "commit",
		    err);
	}
	if (!sqlite3_get_autocommit(st->db))
		db_run(st, db_query(st, NULL, sql_rollback, ""), "roll back",
		    NULL);
	if (!st->writing)
		return rc;
	/* A transaction that wrote no page has nothing to wait for. */
	wrote = rc == 0 && st->wal_pages > 0;
	if (wrote)
		wal_wrote(st);
	st->writing = false;
	lock_give(&st->lock, LOCK_WRITER);
	/* The group's next action may build on what is written, as everybody
	 * may: it need not wait for the disk twice. */
	if (wrote)
		store_turn_give(st);
	if (wrote && (rc = wal_sync(st, err)) == 0)
		wal_committed(st);
	if (rc == 0 && st->next_seq != 0)
		heads_moved(st);
	return rc;
}

/* --- Open --------------------------------------------------------------- */

static int
pragma_int(struct store *st, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int n = -1;

	if (sqlite3_prepare_v2(st->db, sql, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* WAL needs memory that all its users share: one machine. */
static bool
is_foreign(const char *path)
{
#ifdef __linux__
	static const unsigned long kinds[] = {
		0x6969, 0x517b, 0xff534d42, 0xfe534d42,	/* nfs, smb, cifs */
		0x01021997, 0x73757245, 0x00c36400,	/* 9p, coda, ceph */
		0x5346414f, 0x0bd00bd0, 0x47504653	/* afs, lustre, gpfs */
	};
	struct statfs fs;
	size_t i;

	if (statfs(path, &fs) != 0)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (((unsigned long)fs.f_type & 0xffffffff) == kinds[i])
			return true;
	return false;
#elif defined(MNT_LOCAL)
	struct statfs fs;

	return statfs(path, &fs) == 0 && (fs.f_flags & MNT_LOCAL) == 0;
#else
	(void)path;
	return false;
#endif
}

static int
set_journal(struct store *st, struct lvt_error *err)
{
	bool foreign = is_foreign(st->path), wal = false;
	sqlite3_stmt *q = NULL;
	const char *mode;

	if (st->opts.readonly)
		return 0;
	if (sqlite3_prepare_v2(st->db, foreign ?
	    "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL",
	    -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
		mode = (const char *)sqlite3_column_text(q, 0);
		wal = mode != NULL && strcmp(mode, "wal") == 0;
	}
	if (sqlite3_finalize(q) != SQLITE_OK)
		return db_error(st, "choose the journal", err);
	st->wal = wal;
	if (!wal)
		log_warn("'%s': this file system cannot share memory: rollback"
		    " journal, so readers and writers wait for each other",
		    st->path);
	return 0;
}

static int
exec(struct store *st, const char *sql, struct lvt_error *err)
{
	if (sqlite3_exec(st->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_error(st, "set up the database", err);
	return 0;
}

static int
fill_meta(struct store *st, struct lvt_error *err)
{
	unsigned char secret[32];
	int rc;

	randombytes_buf(secret, sizeof(secret));
	/* The place before the first row has a tag too, so that a client of
	 * another database never seems to stand there. */
	rc = db_run(st, db_query(st, err, sql_meta_new, "bi", secret,
	    sizeof(secret), (int64_t)randombytes_random()), "make keys", err);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

static int
migrate(struct store *st, struct lvt_error *err)
{
	char sql[128];
	int rc = 0, version = pragma_int(st, "PRAGMA user_version");

	if (version < 0)
		return db_error(st, "read the database", err);
	if (pragma_int(st, "PRAGMA application_id") != APPLICATION_ID &&
	    (version != 0 || pragma_int(st, sql_tables) != 0))
		return lvt_error_set(err, LVT_ESTORE,
		    "'%s' is a database of some other program", st->path);
	if (version > VERSION)
		return lvt_error_set(err, LVT_ESTORE,
		    "'%s' is of version %d, this program knows versions up to"
		    " %d: a newer lvt is needed", st->path, version, VERSION);
	if (version == VERSION)
		return 0;
	if (st->opts.readonly)
		return lvt_error_set(err, LVT_ESTORE,
		    "'%s' is of version %d and must be migrated to %d first",
		    st->path, version, VERSION);
	if ((rc = exec(st, sql_begin_write, err)) != 0)
		return rc;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d", APPLICATION_ID, VERSION);
	for (; version < VERSION && rc == 0; version++)
		if ((rc = exec(st, migrations[version], err)) == 0 &&
		    version == 0)
			rc = fill_meta(st, err);
	if (rc == 0)
		rc = exec(st, sql, err);
	if (rc == 0)
		rc = exec(st, sql_commit, err);
	if (rc != 0)
		exec(st, sql_rollback, NULL);
	return rc;
}

/* SQLite would make the file readable for everyone; its companions (-wal,
 * -shm) get the mode that the database has. Only ever opened when it is not
 * there: close() of a second descriptor would drop SQLite's locks. */
static int
make_file(struct store *st, struct stat *sb, struct lvt_error *err)
{
	int fd;

	if (stat(st->path, sb) != 0) {
		if (errno != ENOENT || st->opts.readonly)
			goto fail;
		fd = open(st->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
		if (fd < 0)
			goto fail;
		close(fd);
		if (stat(st->path, sb) != 0)
			goto fail;
	}
	/* SQLite takes a file shorter than its header for a new database. */
	if (sb->st_size > 0 && sb->st_size < 512)
		return lvt_error_set(err, LVT_ESTORE,
		    "cannot open '%s': file is not a database", st->path);
	st->dev = (int64_t)sb->st_dev;
	st->ino = (int64_t)sb->st_ino;
	return 0;
fail:
	return lvt_error_set(err, LVT_EIO, "cannot open '%s': %s", st->path,
	    strerror(errno));
}

/* The lock file belongs to whoever the database belongs to. */
static int
open_lock(struct store *st, struct lvt_error *err)
{
	char *path = sqlite3_mprintf("%s.lock", st->path);
	bool fresh, theirs;
	struct stat sb;
	int rc;

	if (path == NULL)
		return lvt_error_nomem(err);
	theirs = stat(st->path, &sb) == 0;
	fresh = access(path, F_OK) != 0;
	rc = lock_open(&st->lock, path, 0600, NULL);
	if (rc != 0)
		lvt_error_set(err, rc, "cannot open the database '%s': its "
		    "folder %s%s", st->path, errno == ENOENT ? "is not there" :
		    "must let files be made in it: ", errno == ENOENT ? "" :
		    strerror(errno));
	if (rc == 0 && fresh && theirs) {
		if (geteuid() == 0 && fchown(st->lock.fd, sb.st_uid,
		    sb.st_gid) != 0)
			log_warn("cannot give '%s' to the database's owner",
			    path);
		if (fchmod(st->lock.fd, sb.st_mode & 0666) != 0)
			log_warn("cannot set the mode of '%s'", path);
	}
	sqlite3_free(path);
	return rc;
}

/* SQLite itself says neither which file nor why. */
static int
cannot_open(struct store *st, struct lvt_error *err)
{
	int code = sqlite3_system_errno(st->db);

	return lvt_error_set(err, LVT_ESTORE, "cannot open the database '%s':"
	    " %s", st->path, code != 0 ? strerror(code) :
	    sqlite3_errmsg(st->db));
}

static int
open_db(struct store *st, struct lvt_error *err)
{
	struct stat sb;
	int flags, rc = 0;

	if (!st->memory && (rc = make_file(st, &sb, err)) != 0)
		return rc;
	flags = st->opts.readonly ? SQLITE_OPEN_READONLY :
	    SQLITE_OPEN_READWRITE | (st->memory ? SQLITE_OPEN_CREATE : 0);
	if (sqlite3_open_v2(st->path, &st->db, flags | SQLITE_OPEN_NOMUTEX,
	    NULL) != SQLITE_OK)
		return cannot_open(st, err);
	sqlite3_extended_result_codes(st->db, 1);
	sqlite3_busy_timeout(st->db, st->opts.busy_ms);
	/* Closing never checkpoints: it would do so without the lock, and
	 * cost every CGI request a sync. */
	sqlite3_db_config(st->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if ((!st->memory && (rc = set_journal(st, err)) != 0) ||
	    (rc = exec(st, st->opts.durability == STORE_FULL ?
	    "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
	    err)) != 0 ||
	    (rc = exec(st, "PRAGMA wal_autocheckpoint = 0;"
	    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;"
	    "PRAGMA trusted_schema = OFF", err)) != 0)
		return rc;
	wal_watch(st);
	/* Ready before memory is short: without it nothing could be undone. */
	if (prepared(st, sql_rollback) == NULL)
		return db_error(st, "prepare a statement", err);
	if ((rc = migrate(st, err)) == 0 && wal_share(st) && (rc = exec(st,
	    "PRAGMA synchronous = NORMAL", err)) == 0)
		st->shares = true;
	return rc;
}

struct store *
store_open(const char *path, const struct store_opts *opts,
    struct lvt_error *err)
{
	struct store *st = calloc(1, sizeof(*st));
	int rc;

	if (st == NULL || !watch_forks() ||
	    (st->path = strdup(path)) == NULL) {
		free(st);
		lvt_error_nomem(err);
		return NULL;
	}
	st->lock.fd = -1;
	st->forks = forks;
	if (opts != NULL)
		st->opts = *opts;
	if (st->opts.busy_ms <= 0)
		st->opts.busy_ms = BUSY_MS;
	st->memory = strcmp(path, ":memory:") == 0;
	if (sodium_init() < 0) {
		lvt_error_set(err, LVT_EFAIL, "cannot initialise libsodium");
		goto fail;
	}
	/* One process makes or migrates the file, the others wait for it. */
	if (!st->memory && !st->opts.readonly) {
		if (open_lock(st, err) != 0)
			goto fail;
		rc = lock_take(&st->lock, LOCK_WRITER, st->opts.busy_ms);
		if (rc != 0) {
			lvt_error_set(err, rc, "cannot lock '%s'", path);
			goto fail;
		}
	}
	rc = open_db(st, err);
	lock_give(&st->lock, LOCK_WRITER);
	if (rc == 0)
		return st;
fail:
	store_close(st);
	return NULL;
}

void
store_close(struct store *st)
{
	size_t i;

	if (st == NULL)
		return;
	/* After fork() the connection is our parent's: what SQLite would do
	 * to the file on closing it is not ours to do. */
	if (st->forks == forks) {
		for (i = 0; i < DB_STATEMENTS; i++)
			sqlite3_finalize(st->stmts[i].q);
		sqlite3_close(st->db);
	}
	bell_free(st->bell);
	lock_release(&st->lock);
	free(st->path);
	free(st);
}

const char *
store_path(const struct store *st)
{
	return st->path;
}

bool
store_replaced(const struct store *st)
{
	struct stat sb;

	return !st->memory && (stat(st->path, &sb) != 0 ||
	    (int64_t)sb.st_dev != st->dev || (int64_t)sb.st_ino != st->ino);
}

int
store_key(struct store *st, const char *purpose, unsigned char key[32],
    struct lvt_error *err)
{
	sqlite3_stmt *q = db_query(st, err, sql_secret, "");
	int rc = db_row(st, q, "read the keys", err);
	struct str secret;

	if (rc < 0)
		return rc;
	secret = rc == 1 ? db_text(q, 0) : STR("");
	rc = secret.len != 32 ? lvt_error_set(err, LVT_ESTORE,
	    "'%s' has lost its keys", st->path) : 0;
	if (rc == 0)
		crypto_generichash(key, 32, (const unsigned char *)purpose,
		    strlen(purpose), (const unsigned char *)secret.s, 32);
	db_done(q);
	return rc;
}
