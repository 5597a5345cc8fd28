#include <config.h>		/* _GNU_SOURCE */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "app/http/rate.h"
#include "base/log.h"

#define SLOTS	65536

struct rate {
	_Atomic int64_t used_up[SLOTS];	/* us since the epoch */
};

struct rate *
rate_open(const char *path)
{
	char name[4096];
	void *map = MAP_FAILED;
	struct stat sb;
	int fd;

	if (strcmp(path, ":memory:") == 0 ||
	    (size_t)snprintf(name, sizeof(name), "%s.rate", path) >=
	    sizeof(name))
		return NULL;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) {
		log_warn("cannot open '%s': actions are not limited", name);
		return NULL;
	}
	if (fstat(fd, &sb) == 0 &&
	    (sb.st_size >= (off_t)sizeof(struct rate) ||
	    ftruncate(fd, (off_t)sizeof(struct rate)) == 0))
		map = mmap(NULL, sizeof(struct rate), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	close(fd);
	return map != MAP_FAILED ? map : NULL;
}

void
rate_close(struct rate *r)
{
	if (r != NULL)
		munmap(r, sizeof(*r));
}

int64_t
rate_take(struct rate *r, const char *key, long long per_s, int64_t now_ms)
{
	int64_t now = now_ms * 1000, cost, seen, next;
	_Atomic int64_t *slot;

	if (r == NULL || per_s <= 0)
		return 0;
	slot = &r->used_up[XXH3_64bits(key, strlen(key)) % SLOTS];
	cost = 1000000 / per_s > 0 ? 1000000 / per_s : 1;
	seen = atomic_load(slot);
	do {
		next = (seen > now ? seen : now) + cost;
		/* A clock that was set back must not lock anybody out. */
		if (seen > now + 2 * RATE_BURST_S * 1000000LL)
			next = now + cost;
		else if (next - now > RATE_BURST_S * 1000000LL)
			return (next - now - RATE_BURST_S * 1000000LL) / 1000
			    + 1;
	} while (!atomic_compare_exchange_weak(slot, &seen, next));
	return 0;
}
