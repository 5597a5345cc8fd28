/*
 * bell.c - the doorbell: a datagram socket that says "look at the outbox".
 *
 * The name is PATH.bell. A path too long for a socket address is reached
 * through the descriptor of its folder where the system shows one (/proc);
 * elsewhere there is no bell, and companions poll.
 */
#include <config.h>		/* _GNU_SOURCE: OFD locks, O_PATH */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sodium.h>

#include "store/db.h"

#define NAME_MAX_	60	/* of the file; longer ones are hashed */

struct bell {
	char *path;
	struct sockaddr_un to;
	socklen_t len;			/* 0: cannot be addressed */
	int fd, dir;
};

static char *
bell_name(const char *db)
{
	const char *base = strrchr(db, '/');
	unsigned char hash[16];
	char hex[33];
	size_t dir;

	base = base != NULL ? base + 1 : db;
	if (strlen(base) <= NAME_MAX_)
		return sqlite3_mprintf("%s.bell", db);
	dir = (size_t)(base - db);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)base,
	    strlen(base), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return sqlite3_mprintf("%.*s%s.bell", (int)dir, db, hex);
}

static void
address(struct bell *b)
{
	const char *base = strrchr(b->path, '/');
	size_t room = sizeof(b->to.sun_path);
	int n;

	b->to.sun_family = AF_UNIX;
	n = snprintf(b->to.sun_path, room, "%s", b->path);
#ifdef __linux__
	if ((size_t)n >= room && base != NULL) {
		char *dir = sqlite3_mprintf("%.*s", (int)(base + 1 - b->path),
		    b->path);
		if (dir != NULL)
			b->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		sqlite3_free(dir);
		if (b->dir >= 0)
			n = snprintf(b->to.sun_path, room,
			    "/proc/self/fd/%d/%s", b->dir, base + 1);
	}
#else
	(void)base;
#endif
	if (n > 0 && (size_t)n < room)
		b->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
		    (size_t)n + 1);
}

static struct bell *
bell_of(struct store *st)
{
	struct bell *b;

	if (st->bell != NULL || st->memory)
		return st->bell;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return NULL;
	b->dir = -1;
	b->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if ((b->path = bell_name(st->path)) == NULL) {
		bell_free(b);
		return NULL;
	}
	address(b);
	return st->bell = b;
}

void
bell_free(struct bell *b)
{
	if (b == NULL)
		return;
	if (b->fd >= 0)
		close(b->fd);
	if (b->dir >= 0)
		close(b->dir);
	sqlite3_free(b->path);
	free(b);
}

const char *
store_bell_path(const struct store *st)
{
	/* Made at first use: a reader of pages never needs it. */
	struct bell *b = bell_of((struct store *)st);

	return b != NULL ? b->path : "";
}

bool
store_bell_answers(struct store *st)
{
	struct bell *b = bell_of(st);
	bool yes;
	int fd;

	if (b == NULL || b->len == 0 ||
	    (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return false;
	yes = connect(fd, (struct sockaddr *)&b->to, b->len) == 0;
	close(fd);
	return yes;
}

void
store_ring(struct store *st)
{
	struct bell *b = bell_of(st);

	/* Nobody there, or a full queue: both are fine. */
	if (b != NULL && b->fd >= 0 && b->len > 0)
		(void)sendto(b->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (struct sockaddr *)&b->to, b->len);
}

/*
 * A ring may carry the row that was committed, so that a companion which is up
 * to date need not open a read transaction for it:
 *
 *   MAGIC, struct head, then the six strings one after the other
 *
 * Both ends run on this machine, so numbers are as they lie in memory. Who may
 * ring may write the database, so the row is as good as one read from it.
 */
#define MAGIC		"lvt1"
#define STRINGS		6

struct head {
	int64_t before_seq, seq, when_ms;
	uint32_t before_tag, tag, kind;
	uint32_t lengths[STRINGS];
};

void
bell_ring_row(struct store *st, const struct outbox_row *r, int64_t now)
{
	const char *texts[STRINGS] = { r->app, r->page, r->scope, r->channel,
	    r->coalesce, r->body.s };
	struct head h = { st->before.seq, r->at.seq, now, st->before.tag,
	    r->at.tag, (uint32_t)r->kind, { 0 } };
	char message[STORE_BELL_MAX];
	size_t at = 4 + sizeof(h), n;
	struct bell *b = bell_of(st);
	int i;

	for (i = 0; i < STRINGS; i++) {
		n = i == STRINGS - 1 ? r->body.len :
		    texts[i] != NULL ? strlen(texts[i]) : 0;
		if (n > sizeof(message) - at) {
			store_ring(st);
			return;
		}
		if (n > 0)
			memcpy(message + at, texts[i], n);
		h.lengths[i] = (uint32_t)n;
		at += n;
	}
	memcpy(message, MAGIC, 4);
	memcpy(message + 4, &h, sizeof(h));
	if (b != NULL && b->fd >= 0 && b->len > 0)
		(void)sendto(b->fd, message, at, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (struct sockaddr *)&b->to, b->len);
}

int
store_bell_row(const void *p, size_t n, struct position *before,
    struct outbox_entry *e)
{
	struct str *const texts[STRINGS] = { &e->app, &e->page, &e->scope,
	    &e->channel, &e->coalesce, &e->body };
	const char *s = p;
	struct head h;
	size_t at = 4 + sizeof(h);
	int i;

	if (n < at || memcmp(s, MAGIC, 4) != 0)
		return LVT_ENOTFOUND;
	memcpy(&h, s + 4, sizeof(h));
	for (i = 0; i < STRINGS; i++) {
		if (h.lengths[i] > n - at)
			return LVT_ENOTFOUND;
		*texts[i] = (struct str){ s + at, h.lengths[i] };
		at += h.lengths[i];
	}
	if (at != n || h.seq != h.before_seq + 1 || h.kind < OUTBOX_PAGE ||
	    h.kind > OUTBOX_REVOKE)
		return LVT_ENOTFOUND;
	*before = (struct position){ h.before_seq, h.before_tag };
	e->at = (struct position){ h.seq, h.tag };
	e->when_ms = h.when_ms;
	e->kind = (enum outbox_kind)h.kind;
	return 0;
}

static int
bind_fresh(struct bell *b, int fd, struct lvt_error *err)
{
	struct sockaddr *to = (struct sockaddr *)&b->to;

	if (bind(fd, to, b->len) == 0)
		return 0;
	if (errno != EADDRINUSE)
		goto fail;
	if (sendto(b->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, to, b->len) == 1
	    || errno == EAGAIN)
		return lvt_error_set(err, LVT_EBUSY,
		    "another companion listens at '%s'", b->path);
	/* Left behind by one that died. */
	if (unlink(b->path) == 0 && bind(fd, to, b->len) == 0)
		return 0;
fail:
	return lvt_error_set(err, LVT_EIO, "cannot listen at '%s': %s",
	    b->path, strerror(errno));
}

int
store_bell_bind(struct store *st, int *fd, struct lvt_error *err)
{
	struct bell *b = bell_of(st);
	struct stat sb;
	int rc;

	*fd = -1;
	if (b == NULL || b->fd < 0 || b->len == 0)
		return lvt_error_set(err, LVT_ETOOBIG,
		    "'%s' can have no doorbell", st->path);
	*fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return lvt_error_set(err, LVT_EIO, "cannot make a socket: %s",
		    strerror(errno));
	rc = lock_take(&st->lock, LOCK_BELL, st->opts.busy_ms);
	if (rc == 0) {
		rc = bind_fresh(b, *fd, err);
		lock_give(&st->lock, LOCK_BELL);
	}
	/* Whoever may write the database may ring. */
	if (rc == 0 && stat(st->path, &sb) == 0 &&
	    chmod(b->path, sb.st_mode & 0666) != 0)
		rc = lvt_error_set(err, LVT_EIO,
		    "cannot set the mode of '%s'", b->path);
	if (rc != 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}
