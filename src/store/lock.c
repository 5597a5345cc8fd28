#include <config.h>		/* _GNU_SOURCE: OFD locks, O_PATH */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
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
#define SLOTS		128

/*
 * Whoever gives a byte back while others wait promises it to the one that has
 * waited longest, and wakes it; who comes in between stands in line instead of
 * taking what is free. So one that gives the byte back and wants it again at
 * once cannot starve the others, and all get it equally often.
 *
 *   free --lock_take()--> held --lock_give(), nobody waits--> free
 *   held --lock_give(), somebody waits--> promised --woken--> held
 *   promised --nobody came within LOCK_POLL_MS: the woken one died--> free
 *
 * A process that dies while it waits leaves waiters too high: then others
 * ring for nobody, which is harmless.
 */
struct lock_slot {
	_Atomic uint32_t bell;		/* moves with each lock_give() */
	_Atomic uint32_t waiters;
	_Atomic uint32_t promised;	/* tag of the byte; 0: none is */
	uint32_t unused;
};

struct lock_page {
	struct lock_slot slots[SLOTS];
	uint64_t boot;			/* who wrote what follows */
	_Atomic uint64_t written, synced;	/* counts of commits */
	_Atomic uint32_t sync_bell;		/* moves with each sync */
};

_Static_assert(sizeof(struct lock_page) <= PAGE_BYTES, "one page is mapped");

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

/* Several bytes may share a slot; the tag tells most of them apart. */
static struct lock_slot *
slot_of(struct lock *l, int64_t byte)
{
	return l->page != NULL ? &l->page->slots[(size_t)byte & (SLOTS - 1)] :
	    NULL;
}

static uint32_t
tag_of(int64_t byte)
{
	return (uint32_t)((uint64_t)byte >> 8) << 1 | 1;
}

static void
wait_bell(_Atomic uint32_t *bell, uint32_t seen, int64_t ms)
{
	struct timespec t = { 0, (ms < 1 ? 1 : ms) * 1000000 };

#ifdef __linux__
	if (bell != NULL) {
		syscall(SYS_futex, bell, FUTEX_WAIT, seen, &t, NULL, 0);
		return;
	}
#endif
	(void)bell;
	(void)seen;
	t.tv_nsec = 200000;
	nanosleep(&t, NULL);
}

/* Return: how many were woken. */
static long
ring_bell(_Atomic uint32_t *bell, int most)
{
	atomic_fetch_add(bell, 1);
#ifdef __linux__
	return syscall(SYS_futex, bell, FUTEX_WAKE, most, NULL, NULL, 0);
#else
	(void)most;
	return 0;
#endif
}

/* Stand in line. Whoever has waited once may try: it was woken, or what was
 * promised was not fetched in time. */
static int
wait_in_line(struct lock *l, int64_t byte, struct lock_slot *s, int wait_ms)
{
	int64_t until = clock_mono_ms() + wait_ms, left;
	uint32_t seen;
	bool waited = false;
	int rc = LVT_EBUSY;

	atomic_fetch_add(&s->waiters, 1);
	for (;;) {
		/* Read before trying: a bell between the two is not missed. */
		seen = atomic_load(&s->bell);
		if (waited || atomic_load(&s->promised) != tag_of(byte))
			rc = try_lock(l, byte, F_WRLCK);
		if (rc != LVT_EBUSY)
			break;
		if ((left = until - clock_mono_ms()) <= 0)
			break;
		wait_bell(&s->bell, seen, left < LOCK_POLL_MS ? left :
		    LOCK_POLL_MS);
		waited = true;
	}
	atomic_fetch_sub(&s->waiters, 1);
	if (rc == 0)
		atomic_store(&s->promised, 0);
	return rc;
}

/* Without a page that tells when. */
static int
poll_lock(struct lock *l, int64_t byte, int wait_ms)
{
	int64_t until = clock_mono_ms() + wait_ms;
	int rc;

	while ((rc = try_lock(l, byte, F_WRLCK)) == LVT_EBUSY &&
	    clock_mono_ms() < until)
		wait_bell(NULL, 0, 0);
	return rc;
}

int
lock_take(struct lock *l, int64_t byte, int wait_ms)
{
	struct lock_slot *s = slot_of(l, byte);
	int rc = LVT_EBUSY;

	if (l->fd < 0)
		return 0;
	if (s == NULL)
		return poll_lock(l, byte, wait_ms);
	/* Who does not wait breaks no promise that matters. */
	if (wait_ms <= 0 || atomic_load(&s->promised) != tag_of(byte))
		rc = try_lock(l, byte, F_WRLCK);
	return rc == LVT_EBUSY && wait_ms > 0 ?
	    wait_in_line(l, byte, s, wait_ms) : rc;
}

void
lock_give(struct lock *l, int64_t byte)
{
	struct lock_slot *s = slot_of(l, byte);

	if (l->fd < 0)
		return;
	if (s != NULL && atomic_load(&s->waiters) > 0)
		atomic_store(&s->promised, tag_of(byte));
	try_lock(l, byte, F_UNLCK);
	if (s == NULL)
		return;
	if (atomic_load(&s->waiters) == 0)
		atomic_fetch_add(&s->bell, 1);
	else if (ring_bell(&s->bell, 1) > 0)
		return;
	atomic_store(&s->promised, 0);
}

/* --- One sync for many ---------------------------------------------------------- */

/* 0: the system does not say. */
static uint64_t
boot_id(void)
{
	char text[64];
	uint64_t id = 0;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	const char *p;

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL)
		for (p = text; *p != '\0'; p++)
			id = (id ^ (unsigned char)*p) * 0x100000001b3u;
	fclose(f);
	return id;
}

bool
lock_share_init(struct lock *l)
{
	uint64_t id;

	if (l->page == NULL || (id = boot_id()) == 0)
		return false;
	if (l->page->boot == id)
		return true;
	/* What a crash left on the disk may be of two different times. */
	atomic_store(&l->page->written, 0);
	atomic_store(&l->page->synced, 0);
	l->page->boot = id;
	return true;
}

uint64_t
lock_wrote(struct lock *l)
{
	return atomic_fetch_add(&l->page->written, 1) + 1;
}

/* For all who have written by now. */
static int
sync_for_all(struct lock *l, int (*sync)(void *arg), void *arg)
{
	struct lock_page *p = l->page;
	uint64_t written = atomic_load(&p->written);
	int rc = sync(arg);

	if (rc == 0)
		atomic_store(&p->synced, written);
	try_lock(l, LOCK_SYNC, F_UNLCK);
	ring_bell(&p->sync_bell, INT_MAX);
	return rc;
}

int
lock_share(struct lock *l, uint64_t mine, int wait_ms,
    int (*sync)(void *arg), void *arg)
{
	struct lock_page *p = l->page;
	int64_t until = clock_mono_ms() + wait_ms;
	uint32_t seen;
	int rc;

	for (;;) {
		seen = atomic_load(&p->sync_bell);
		if (atomic_load(&p->synced) >= mine)
			return 0;
		rc = try_lock(l, LOCK_SYNC, F_WRLCK);
		if (rc == 0)
			return sync_for_all(l, sync, arg);
		if (rc != LVT_EBUSY || clock_mono_ms() >= until)
			return sync(arg);
		wait_bell(&p->sync_bell, seen, LOCK_POLL_MS);
	}
}
