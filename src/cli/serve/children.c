/*
 * A child:  WAITING --children_start()--> RUNNING --children_reap()--> WAITING
 *           RUNNING --children_end()--> gone
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lvt.h>

#include "base/clock.h"
#include "cli/serve/children.h"

#define PAUSE_MAX_MS	5000
#define HEALTHY_MS	60000

struct child *
children_add(struct children *c, const char *name)
{
	struct child *child;

	if (c->n == CHILDREN_MAX)
		return NULL;
	child = &c->table[c->n++];
	memset(child, 0, sizeof(*child));
	child->name = name;
	return child;
}

static void
child_run(const struct child *child, pid_t parent)
{
	sigset_t none;
	int i;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)	/* it died before the line above */
		_exit(1);
	for (i = 0; child->env[i] != NULL; i++)
		if (putenv((char *)(uintptr_t)child->env[i]) != 0)
			_exit(127);
	execv(child->argv[0], (char *const *)(uintptr_t)child->argv);
	fprintf(stderr, "lvt: cannot run '%s': %s\n", child->argv[0],
	    strerror(errno));
	_exit(127);
}

int
children_start(struct children *c)
{
	int64_t now = clock_mono_ms();
	pid_t self = getpid();
	int i;

	for (i = 0; i < c->n; i++) {
		struct child *child = &c->table[i];

		if (child->pid != 0 || child->due_ms > now)
			continue;
		child->pid = fork();
		if (child->pid == 0)
			child_run(child, self);
		if (child->pid < 0) {
			child->pid = 0;
			fprintf(stderr, "lvt: cannot start %s: %s\n",
			    child->name, strerror(errno));
			return LVT_EIO;
		}
		child->started_ms = now;
	}
	return 0;
}

static void
child_ended(struct child *child, int status)
{
	int64_t now = clock_mono_ms();

	child->pid = 0;
	if (now - child->started_ms > HEALTHY_MS)
		child->pause_ms = 0;
	child->due_ms = now + child->pause_ms;
	if (WIFSIGNALED(status))
		fprintf(stderr, "lvt: %s was ended by signal %d (%s); ",
		    child->name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		fprintf(stderr, "lvt: %s ended with code %d; ", child->name,
		    WEXITSTATUS(status));
	fprintf(stderr, child->pause_ms == 0 ? "starting it again\n" :
	    "starting it again in %.1f s\n", child->pause_ms / 1000.0);
	child->pause_ms = child->pause_ms == 0 ? 250 : child->pause_ms * 2;
	if (child->pause_ms > PAUSE_MAX_MS)
		child->pause_ms = PAUSE_MAX_MS;
}

void
children_reap(struct children *c)
{
	int i, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < c->n; i++)
			if (c->table[i].pid == pid)
				child_ended(&c->table[i], status);
}

void
child_stop(struct child *child, int sig)
{
	if (child->pid != 0)
		kill(child->pid, sig);
	child->pause_ms = 0;
}

static bool
children_gone(struct children *c)
{
	int i, status, running = 0;

	for (i = 0; i < c->n; i++) {
		struct child *child = &c->table[i];

		if (child->pid != 0 &&
		    waitpid(child->pid, &status, WNOHANG) != 0)
			child->pid = 0;
		running += child->pid != 0;
	}
	return running == 0;
}

static void
children_signal(const struct children *c, int sig)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (c->table[i].pid != 0)
			kill(c->table[i].pid, sig);
}

void
children_end(struct children *c, int grace_ms)
{
	const struct timespec tick = { 0, 20 * 1000 * 1000 };
	int64_t until = clock_mono_ms() + grace_ms;

	children_signal(c, SIGTERM);
	while (!children_gone(c)) {
		if (clock_mono_ms() > until)
			children_signal(c, SIGKILL);
		nanosleep(&tick, NULL);
	}
}
