/*
 * children.h - the processes that a command started and must not leave behind.
 *
 * Owns:    the table of children; each is in it from start to its end.
 * Invariants:
 *   1. A child dies with this process, however that ends (PDEATHSIG), and is
 *      asked politely first (SIGTERM, then SIGKILL after a few seconds).
 *   2. A child that ends by itself is started again, at once the first time,
 *      then after pauses that double up to 5 s; a minute of life resets that.
 */
#ifndef LVT_CLI_CHILDREN_H
#define LVT_CLI_CHILDREN_H

#include <stdint.h>
#include <sys/types.h>

#define CHILDREN_MAX	64
#define CHILD_ARGS	16

struct child {
	const char *name;		/* for messages; borrowed */
	const char *argv[CHILD_ARGS];	/* borrowed; argv[0] is a path */
	const char *env[CHILD_ARGS];	/* "NAME=value"; borrowed */
	pid_t pid;			/* 0: not running */
	int64_t started_ms, due_ms;	/* monotonic */
	int pause_ms;
};

struct children {
	struct child table[CHILDREN_MAX];
	int n;
};

/* A new row to fill in, NULL when the table is full. */
struct child *children_add(struct children *c, const char *name);
/* Start what is due; 0, or LVT_EIO with the reason on stderr. */
int	children_start(struct children *c);
/* Collect what ended and plan its restart. */
void	children_reap(struct children *c);
void	child_stop(struct child *child, int signal);	/* it is started again */
/* End them all and wait; nothing is left when this returns. */
void	children_end(struct children *c, int grace_ms);

#endif
