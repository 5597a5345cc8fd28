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

void
store_ring(struct store *st)
{
	struct bell *b = bell_of(st);

	/* Nobody there, or a full queue: both are fine. */
	if (b != NULL && b->fd >= 0 && b->len > 0)
		(void)sendto(b->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (struct sockaddr *)&b->to, b->len);
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
