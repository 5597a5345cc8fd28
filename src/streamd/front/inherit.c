/* inherit.c - sockets from and for others. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "streamd/front/inherit.h"

#define FIRST_FD	3

static int
count(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int fds;

	if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != getpid())
		return 0;
	fds = (int)strtol(n, NULL, 10);
	return fds < 0 ? 0 : fds > INHERIT_MAX ? INHERIT_MAX : fds;
}

bool
inherit_any(void)
{
	return count() > 0;
}

void
inherit_init(struct inherit *in)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int i;

	memset(in, 0, sizeof(*in));
	in->n = count();
	for (i = 0; i < in->n; i++) {
		size_t len = names != NULL ? strcspn(names, ":") : 0;

		in->all[i].fd = FIRST_FD + i;
		snprintf(in->all[i].name, sizeof(in->all[i].name), "%.*s",
		    (int)len, names != NULL ? names : "");
		names = names != NULL && names[len] == ':' ?
		    names + len + 1 : NULL;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

int
inherit_take(struct inherit *in, const char *name)
{
	int i, fd;

	for (i = 0; i < in->n; i++) {
		fd = in->all[i].fd;
		if (fd == -1 || strcmp(in->all[i].name, name) != 0)
			continue;
		in->all[i].fd = -1;
		return fd;
	}
	return -1;
}

static int
say(struct buf *names, int n)
{
	char pid[16], fds[16];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	snprintf(fds, sizeof(fds), "%d", n);
	return setenv("LISTEN_PID", pid, 1) != 0 ||
	    setenv("LISTEN_FDS", fds, 1) != 0 ||
	    setenv("LISTEN_FDNAMES", buf_z(names), 1) != 0;
}

int
inherit_keep(struct inherit *in, int fd, const char *name)
{
	struct inherited *to = &in->all[in->n];

	/* Out of the way of where they go. */
	if (in->n == INHERIT_MAX || (to->fd = fcntl(fd, F_DUPFD_CLOEXEC,
	    FIRST_FD + INHERIT_MAX)) == -1)
		return LVT_EIO;
	snprintf(to->name, sizeof(to->name), "%s", name);
	in->n++;
	return 0;
}

int
inherit_leave(const struct inherit *in, struct lvt_error *err)
{
	struct buf names;
	int i, bad = 0;

	buf_init(&names);
	for (i = 0; i < in->n && !bad; i++) {
		bad = dup2(in->all[i].fd, FIRST_FD + i) == -1;
		buf_printf(&names, "%s%s", i > 0 ? ":" : "",
		    in->all[i].name);
	}
	bad = bad || names.failed || say(&names, in->n);
	buf_release(&names);
	return !bad ? 0 : lvt_error_set(err, LVT_EIO,
	    "cannot hand sockets over: %s", strerror(errno));
}
