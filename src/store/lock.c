#include <config.h>		/* _GNU_SOURCE: OFD locks, O_PATH */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "base/clock.h"
#include "store/lock.h"

#define PAGE_BYTES	4096
#define SLOTS		(PAGE_BYTES / sizeof(struct lock_slot))

/* Whoever wants a byte first goes through its door, and stands in it until the
 * byte is theirs. So one that gives the byte back and wants it again finds the
 * door taken by somebody who waits: no writer can starve another. */
#define DOOR		((int64_t)1 << 61)

/* A process that dies while it waits leaves waiters too high: then others
 * ring for nobody, which is harmless. */
struct lock_slot {
	_Atomic uint32_t bell;		/* moves with each lock_give() */
	_Atomic uint32_t waiters;
};

struct lock_page {
	struct lock_slot slots[SLOTS];
};

int
lock_open(struct lock *l, const char *path, mode_t mode,
    struct lvt_error *err)
{
	static const char zeros[PAGE_BYTES];
	struct stat sb;
	void *page;

	l->page = NULL;
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode);
	if (l->fd < 0)
		return lvt_error_set(err, LVT_EIO, "cannot open '%s': %s",
		    path, strerror(errno));
	/* Written, not truncated to length: a page with no block behind it
	 * would kill us on a full disk. */
	if (fstat(l->fd, &sb) != 0 || (sb.st_size < PAGE_BYTES &&
	    pwrite(l->fd, zeros, PAGE_BYTES, 0) != PAGE_BYTES))
		return 0;
	page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
	    l->fd, 0);
	if (page != MAP_FAILED)
		l->page = page;
	return 0;
}

void
lock_release(struct lock *l)
{
	if (l->page != NULL)
		munmap(l->page, PAGE_BYTES);
	if (l->fd >= 0)
		close(l->fd);
	l->page = NULL;
	l->fd = -1;
}

/* 0, LVT_EBUSY or LVT_EIO; never waits */
static int
try_lock(struct lock *l, int64_t byte, short type)
{
#ifdef F_OFD_SETLK
	struct flock f = { .l_type = type, .l_whence = SEEK_SET,
	    .l_start = byte, .l_len = 1 };

	if (fcntl(l->fd, F_OFD_SETLK, &f) == 0)
		return 0;
#else
	/* One lock for the whole file: turns are advice, so only writers
	 * are kept apart here; their revision check does the rest. */
	if (byte != LOCK_WRITER)
		return 0;
	if (flock(l->fd, type == F_UNLCK ? LOCK_UN : LOCK_EX | LOCK_NB) == 0)
		return 0;
#endif
	return errno == EAGAIN || errno == EACCES || errno == EWOULDBLOCK ||
	    errno == EINTR ? LVT_EBUSY : LVT_EIO;
}

static struct lock_slot *
slot_of(struct lock *l, int64_t byte)
{
	if (l->page == NULL)
		return NULL;
	/* Doors have the slots with odd numbers. */
	return &l->page->slots[(((size_t)byte & (SLOTS / 2 - 1)) << 1) +
	    (byte >= DOOR ? 1 : 0)];
}

static void
wait_bell(struct lock_slot *s, uint32_t seen, int64_t ms)
{
	struct timespec t = { 0, (ms < 1 ? 1 : ms) * 1000000 };

#ifdef __linux__
	if (s != NULL) {
		syscall(SYS_futex, &s->bell, FUTEX_WAIT, seen, &t, NULL, 0);
		return;
	}
#endif
	(void)s;
	(void)seen;
	t.tv_nsec = 200000;
	nanosleep(&t, NULL);
}

/* Waits for one byte; whoever comes first after it was given back has it. */
static int
take_byte(struct lock *l, int64_t byte, struct lock_slot *s, int64_t until)
{
	int64_t left;
	uint32_t seen;
	int rc;

	if ((rc = try_lock(l, byte, F_WRLCK)) != LVT_EBUSY)
		return rc;
	if (s != NULL)
		atomic_fetch_add(&s->waiters, 1);
	for (;;) {
		/* Read before trying: a bell between the two is not missed. */
		seen = s != NULL ? atomic_load(&s->bell) : 0;
		if ((rc = try_lock(l, byte, F_WRLCK)) != LVT_EBUSY)
			break;
		if ((left = until - clock_mono_ms()) <= 0)
			break;
		wait_bell(s, seen, left < LOCK_POLL_MS ? left : LOCK_POLL_MS);
	}
	if (s != NULL)
		atomic_fetch_sub(&s->waiters, 1);
	return rc;
}

static void
give_byte(struct lock *l, int64_t byte, struct lock_slot *s)
{
	try_lock(l, byte, F_UNLCK);
	if (s == NULL)
		return;
	atomic_fetch_add(&s->bell, 1);
#ifdef __linux__
	if (atomic_load(&s->waiters) > 0)
		syscall(SYS_futex, &s->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
#endif
}

int
lock_take(struct lock *l, int64_t byte, int wait_ms)
{
	int64_t until = clock_mono_ms() + wait_ms;
	int rc;

	if (l->fd < 0)
		return 0;
	rc = take_byte(l, byte + DOOR, slot_of(l, byte + DOOR), until);
	if (rc != 0)
		return rc;
	rc = take_byte(l, byte, slot_of(l, byte), until);
	give_byte(l, byte + DOOR, slot_of(l, byte + DOOR));
	return rc;
}

void
lock_give(struct lock *l, int64_t byte)
{
	if (l->fd >= 0)
		give_byte(l, byte, slot_of(l, byte));
}
