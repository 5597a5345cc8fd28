/*
 * supervise.c - a socket of our own and a fixed number of workers on it.
 *
 *   slot: EMPTY --fork--> RUNNING --exit--> WAITING --delay over--> EMPTY
 *
 * A worker that dies by itself within its first second waits longer before the
 * next one: 0.1, 0.2, 0.4 … 30 s, so that a broken program does not eat the
 * machine. One that was killed from outside is replaced at once.
 */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/worker/worker.h"
#include "base/clock.h"
#include "base/log.h"

#define BACKLOG		1024
#define DELAY_MIN_MS	100
#define DELAY_MAX_MS	30000

/* --- The socket ------------------------------------------------------------------- */

static int
listen_unix(const char *path, struct lvt_error *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat sb;
	int fd;

	if (strlen(path) >= sizeof(un.sun_path))
		return lvt_error_set(err, LVT_EINVALID,
		    "socket path '%s' is too long", path);
	memcpy(un.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return lvt_error_set(err, LVT_EIO, "socket: %s",
		    strerror(errno));
	/* What a dead worker left is in the way; a living one is not touched. */
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1 &&
	    errno == ECONNREFUSED && lstat(path, &sb) == 0 &&
	    S_ISSOCK(sb.st_mode))
		unlink(path);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&un, sizeof(un)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		lvt_error_set(err, LVT_EIO, "cannot listen on '%s': %s", path,
		    strerror(errno));
		if (fd != -1)
			close(fd);
		return LVT_EIO;
	}
	return fd;
}

static int
listen_tcp(const char *where, struct lvt_error *err)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV }, *list = NULL;
	const char *colon = strrchr(where, ':');
	char host[256] = "127.0.0.1";	/* FastCGI trusts whoever connects */
	int fd = -1, on = 1, rc;
	char *end;
	long port;

	if (colon == NULL || (size_t)(colon - where) >= sizeof(host))
		return lvt_error_set(err, LVT_EINVALID, "'%s' is neither "
		    "unix:PATH nor :PORT nor HOST:PORT", where);
	if (colon != where)
		snprintf(host, sizeof(host), "%.*s", (int)(colon - where),
		    where);
	/* What is too big is not refused there, but taken for another one. */
	port = strtol(colon + 1, &end, 10);
	if (port < 1 || port > 65535 || *end != '\0')
		return lvt_error_set(err, LVT_EINVALID, "'%s': a port is a "
		    "number from 1 to 65535", where);
	rc = getaddrinfo(host, colon + 1, &hint, &list);
	if (rc != 0)
		return lvt_error_set(err, LVT_EINVALID, "'%s': %s", where,
		    gai_strerror(rc));
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, list->ai_addr, list->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		lvt_error_set(err, LVT_EIO, "cannot listen on '%s': %s", where,
		    strerror(errno));
		if (fd != -1)
			close(fd);
		fd = LVT_EIO;
	}
	freeaddrinfo(list);
	return fd;
}

int
worker_listen(const char *where, struct lvt_error *err)
{
	if (strncmp(where, "unix:", 5) == 0)
		return listen_unix(where + 5, err);
	return listen_tcp(where, err);
}

/* --- The workers -------------------------------------------------------------------- */

struct slot {
	pid_t pid;			/* 0: none */
	int64_t started_ms, next_ms;
	int delay_ms;
};

/* A worker that is caught in an action for ever cannot be asked to end, and
 * whoever kills its parent knows nothing of it. */
static void
die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)	/* it died before the line above */
		_exit(1);
}

static int
slot_fork(struct slot *s, struct app *app, int fd, const sigset_t *mask)
{
	pid_t self = getpid();

	s->started_ms = clock_mono_ms();
	s->pid = fork();
	if (s->pid == 0) {
		die_with(self);
		sigprocmask(SIG_SETMASK, mask, NULL);
		exit(worker_fastcgi(app, fd));
	}
	if (s->pid == -1) {
		log_error("cannot fork: %s", strerror(errno));
		s->pid = 0;
		s->next_ms = s->started_ms + 1000;
		return LVT_EIO;
	}
	return 0;
}

static void
slot_died(struct slot *s, int status)
{
	int64_t now = clock_mono_ms();

	if (now - s->started_ms > 1000 ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		s->delay_ms = 0;
	else
		s->delay_ms = s->delay_ms == 0 ? DELAY_MIN_MS :
		    s->delay_ms * 2;
	if (s->delay_ms > DELAY_MAX_MS)
		s->delay_ms = DELAY_MAX_MS;
	s->next_ms = now + s->delay_ms;
	/* Whoever ends with 0 was told to. */
	log_line(status == 0 ? LOG_INFO_ : LOG_WARN_,
	    "worker %ld ended (%s %d), the next starts in %d ms",
	    (long)s->pid, WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    s->delay_ms);
	s->pid = 0;
}

static void
reap(struct slot *slots, int n)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < n; i++)
			if (slots[i].pid == pid)
				slot_died(&slots[i], status);
}

static void
stop_all(struct slot *slots, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (slots[i].pid > 0)
			kill(slots[i].pid, SIGTERM);
	for (i = 0; i < n; i++)
		if (slots[i].pid > 0)
			waitpid(slots[i].pid, NULL, 0);
}

int
worker_supervise(struct app *app, int fd, int n)
{
	struct slot *slots = calloc((size_t)n, sizeof(*slots));
	struct timespec tick = { 0, 200 * 1000000L };
	sigset_t wait_for, mask;
	int i, sig = 0;

	if (slots == NULL)
		return 1;
	sigemptyset(&wait_for);
	sigaddset(&wait_for, SIGTERM);
	sigaddset(&wait_for, SIGINT);
	sigaddset(&wait_for, SIGCHLD);
	sigprocmask(SIG_BLOCK, &wait_for, &mask);
	while (sig != SIGTERM && sig != SIGINT) {
		for (i = 0; i < n; i++)
			if (slots[i].pid == 0 &&
			    slots[i].next_ms <= clock_mono_ms())
				slot_fork(&slots[i], app, fd, &mask);
		sig = sigtimedwait(&wait_for, NULL, &tick);
		reap(slots, n);
	}
	stop_all(slots, n);
	free(slots);
	return 0;
}
