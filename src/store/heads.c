/*
 * heads.c - head files: what a companion would say, where none can run.
 *
 * A file of a folder that the web server shows, for each (app, scope) whose
 * pages poll. Its name is an HMAC of both, so that only those pages know it. It
 * holds the position of the newest row that they must look at, and as many
 * spaces as that row's number modulo 1024, since some servers make ETags of
 * seconds and size.
 *
 *   ABSENT --store_heads(), a page asks for it--> THERE --a row--> THERE
 *   THERE --not asked for within KEEP_MS; or it cannot be written, or our place
 *           in the outbox is lost--> ABSENT
 *
 * Invariants:
 *   1. A file that is there says all that happened up to the position in the
 *      file DONE. One that is absent is never wrong: who misses it asks the app.
 *   2. They are written by whoever holds LOCK_HEADS, after the commit and up to
 *      the head of the outbox: what a process did not do, the next one does.
 *   3. Nothing in the folder is followed: a file is made anew, then renamed.
 */
#include <config.h>		/* _GNU_SOURCE */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/token.h"
#include "store/db.h"

#define STEM		22		/* characters: 16 bytes as base64url */
#define SPACES		1024
#define ROWS_MAX	1000		/* that we may be behind */
#define WAIT_MS		1000		/* for somebody who does the same */
#define KEEP_MS		((int64_t)60 * 60 * 1000)

/* Those that pages may have to look at; below /_lvt/ there are none. */
static const char sql_rows[] =
	"SELECT seq, tag, app, scope, CASE kind WHEN 3 THEN body END"
	" FROM outbox WHERE seq > ?1 AND (kind = 3 OR (kind = 1 AND"
	" page NOT GLOB '/_lvt/*')) ORDER BY seq LIMIT ?2";

struct heads {
	struct store *st;
	struct lvt_error *err;
	unsigned char key[crypto_auth_hmacsha256_KEYBYTES];
	int dir;
	char done[HEAD_NAME + 1], fresh[HEAD_NAME + 1];
	struct position at;		/* where the files are now */
};

struct moved {
	char name[HEAD_NAME];
	struct position at;
};

/* --- Names ---------------------------------------------------------------- */

static void
name_of(const struct heads *h, struct str app, struct str scope,
    const char *tail, char *name)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, h->key, sizeof(h->key));
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)app.s,
	    app.len);
	/* An app's name has no such byte. */
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)"\n", 1);
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)scope.s,
	    scope.len);
	crypto_auth_hmacsha256_final(&s, mac);
	sodium_bin2base64(name, STEM + 1, mac, 16,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	strcpy(name + STEM, tail);
}

static bool
is_name(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
	    "xyz0123456789_-") == STEM && strcmp(name + STEM, ".txt") == 0;
}

/* --- Files ---------------------------------------------------------------- */

static int
fail(struct heads *h, const char *what)
{
	return lvt_error_set(h->err, LVT_EIO, "cannot %s head files in '%s': "
	    "%s", what, h->st->opts.heads, strerror(errno));
}

static int
put(struct heads *h, const char *name, struct position at)
{
	size_t spaces = (size_t)(at.seq % SPACES), n;
	char text[POSITION_TEXT + SPACES];
	bool ok;
	int fd;

	position_text(at, text);
	n = strlen(text);
	memset(text + n, ' ', spaces);
	n += spaces;
	unlinkat(h->dir, h->fresh, 0);
	fd = openat(h->dir, h->fresh, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0644);
	/* Whatever the umask is: the web server may be another user. */
	ok = fd >= 0 && write(fd, text, n) == (ssize_t)n &&
	    fchmod(fd, 0644) == 0;
	ok = fd >= 0 && close(fd) == 0 && ok;
	if (ok && renameat(h->dir, h->fresh, h->dir, name) == 0)
		return 0;
	fail(h, "write");
	unlinkat(h->dir, h->fresh, 0);
	unlinkat(h->dir, name, 0);
	return LVT_EIO;
}

static bool
get(struct heads *h, const char *name, struct position *at)
{
	int fd = openat(h->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	char text[POSITION_TEXT];
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return position_parse(text, strcspn(text, " "), at) == 0;
}

/* Its age in ms; -1: it is not there. */
static int64_t
age_of(struct heads *h, const char *name)
{
	struct stat sb;
	int64_t age;

	if (fstatat(h->dir, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	age = clock_wall_ms() - (int64_t)sb.st_mtime * 1000;
	return age > 0 ? age : 0;
}

/* Those that are older go. Also those of another database: see invariant 1. */
static int
clear(struct heads *h, int64_t older_ms)
{
	int fd = openat(h->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return fail(h, "list");
	}
	while ((e = readdir(d)) != NULL)
		if (is_name(e->d_name) && age_of(h, e->d_name) >= older_ms &&
		    unlinkat(h->dir, e->d_name, 0) != 0 && errno != ENOENT)
			rc = fail(h, "remove");
	closedir(d);
	return rc;
}

/* --- What moved ------------------------------------------------------------ */

static int
add_moved(struct heads *h, struct buf *list, struct str app, struct str scope,
    struct position at)
{
	struct moved m = { .at = at };
	size_t i, n = list->len / sizeof(m);

	name_of(h, app, scope, ".txt", m.name);
	for (i = 0; i < n; i++) {
		struct moved *have = (struct moved *)(void *)list->s + i;

		if (strcmp(have->name, m.name) == 0) {
			have->at = at;
			return 0;
		}
	}
	buf_add(list, &m, sizeof(m));
	return list->failed;
}

/* Who was revoked is to look, too: the app says what is left to see. */
static int
add_revoked(struct heads *h, struct buf *list, struct str app,
    struct str body, struct position at)
{
	static const char *const members[] = { "user", "group" };
	json_t *doc = json_loadb(body.s != NULL ? body.s : "", body.len, 0,
	    NULL);
	const char *who;
	struct buf scope;
	size_t i;
	int rc = 0;

	buf_init(&scope);
	for (i = 0; rc == 0 && i < 2; i++) {
		who = json_string_value(json_object_get(doc, members[i]));
		if (who == NULL)
			continue;
		buf_clear(&scope);
		buf_printf(&scope, "%c:%s", members[i][0], who);
		rc = scope.failed ? scope.failed : add_moved(h, list, app,
		    (struct str){ scope.s, scope.len }, at);
	}
	buf_release(&scope);
	json_decref(doc);
	return rc;
}

static int
add_rows(struct heads *h, int64_t after, struct buf *list)
{
	sqlite3_stmt *q = db_query(h->st, h->err, sql_rows, "ii", after,
	    (int64_t)ROWS_MAX);
	int n = 0, rc;

	while ((rc = db_row(h->st, q, "read the outbox", h->err)) == 1) {
		struct position at = { sqlite3_column_int64(q, 0),
		    (uint32_t)sqlite3_column_int64(q, 1) };
		struct str body = db_text(q, 4);

		rc = body.len > 0 ? add_revoked(h, list, db_text(q, 2), body,
		    at) : add_moved(h, list, db_text(q, 2), db_text(q, 3),
		    at);
		if (rc != 0)
			break;
		n++;
	}
	db_done(q);
	return rc != 0 ? rc : n < ROWS_MAX ? 0 : LVT_ESTALE;
}

/* LVT_ESTALE: what moved since cannot be told. */
static int
find_moved(struct heads *h, struct position done, struct buf *list)
{
	int rc = db_read(h->st, h->err);

	if (rc != 0)
		return rc;
	if ((rc = outbox_head(h->st, &h->at, h->err)) == 0 &&
	    (done.seq != h->at.seq || done.tag != h->at.tag) &&
	    (rc = outbox_knows(h->st, done, NULL)) == 0)
		rc = add_rows(h, done.seq, list);
	return db_end(h->st, rc, h->err);
}

static int
write_moved(struct heads *h, const struct buf *list)
{
	const struct moved *m = (const struct moved *)(const void *)list->s;
	size_t i, n = list->len / sizeof(*m);
	int rc = 0;

	for (i = 0; i < n; i++)
		if (age_of(h, m[i].name) >= 0 &&
		    put(h, m[i].name, m[i].at) != 0)
			rc = LVT_EIO;
	return rc;
}

static int
catch_up(struct heads *h)
{
	struct position done = { 0, 0 };
	bool known = get(h, h->done, &done);
	struct buf list;
	int rc;

	buf_init(&list);
	rc = find_moved(h, done, &list);
	if (rc == LVT_ESTALE || (rc == 0 && !known))
		rc = clear(h, 0);
	else if (rc == 0)
		rc = write_moved(h, &list);
	buf_release(&list);
	if (rc == 0 && (!known || done.seq != h->at.seq ||
	    done.tag != h->at.tag))
		rc = put(h, h->done, h->at);
	return rc;
}

/* --- In and out -------------------------------------------------------------- */

static int
begin(struct heads *h, struct store *st, struct lvt_error *err)
{
	int rc;

	*h = (struct heads){ .st = st, .err = err, .dir = -1 };
	if ((rc = store_key(st, "head", h->key, err)) != 0)
		return rc;
	name_of(h, STR(""), STR(""), ".done", h->done);
	name_of(h, STR(""), STR(""), ".new", h->fresh);
	h->dir = open(st->opts.heads, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir < 0)
		return fail(h, "find");
	rc = lock_take(&st->lock, LOCK_HEADS, WAIT_MS);
	if (rc == 0)
		return 0;
	close(h->dir);
	return lvt_error_set(err, rc, "others write head files for too long");
}

static void
end(struct heads *h)
{
	lock_give(&h->st->lock, LOCK_HEADS);
	close(h->dir);
	sodium_memzero(h->key, sizeof(h->key));
}

int
store_heads(struct store *st, const char *app, struct head_file *list, size_t n,
    bool wanted, struct lvt_error *err)
{
	struct heads h;
	int64_t age;
	size_t i;
	int rc;

	if (st->opts.heads == NULL)
		return LVT_ENOTFOUND;
	if ((rc = begin(&h, st, err)) != 0)
		return rc;
	rc = catch_up(&h);
	for (i = 0; i < n && rc == 0; i++) {
		name_of(&h, str_z(app), str_z(list[i].scope), ".txt",
		    list[i].name);
		age = wanted ? age_of(&h, list[i].name) : 0;
		/* Written again in time: see heads_clear(). */
		if (age < 0 || age > KEEP_MS / 4)
			rc = put(&h, list[i].name, h.at);
	}
	end(&h);
	return rc;
}

/* What went wrong is no matter of whoever committed. */
static void
run(struct store *st, int (*then)(struct heads *h))
{
	struct lvt_error err = { 0 };
	struct heads h;
	int rc;

	if (st->opts.heads == NULL)
		return;
	if ((rc = begin(&h, st, &err)) == 0) {
		rc = catch_up(&h);
		if (rc == 0 && then != NULL)
			rc = then(&h);
		end(&h);
	}
	if (rc != 0)
		log_warn("%s", err.message[0] != '\0' ? err.message :
		    lvt_strerror(rc));
}

void
heads_moved(struct store *st)
{
	run(st, NULL);
}

static int
clear_old(struct heads *h)
{
	return clear(h, KEEP_MS);
}

void
heads_clear(struct store *st)
{
	run(st, clear_old);
}
