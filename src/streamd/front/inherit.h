/*
 * inherit.h - listening sockets that whoever started us has opened.
 *
 * By the convention of systemd: LISTEN_PID is this process, LISTEN_FDS the
 * number of descriptors from 3 on, LISTEN_FDNAMES their names between colons.
 *
 * Invariants:
 *   1. Each descriptor is taken once; those that nobody took remain open.
 */
#ifndef LVT_STREAMD_INHERIT_H
#define LVT_STREAMD_INHERIT_H

#include <stdbool.h>

#include "base/error.h"

#define INHERIT_MAX	32

struct inherited {
	int fd;				/* -1: it was taken */
	char name[32];			/* "" if it has none */
};

struct inherit {
	struct inherited all[INHERIT_MAX];
	int n;
};

/* Are there any? Asks the environment alone. */
bool	inherit_any(void);
/* Forgets the variables: children of ours have no part in it. */
void	inherit_init(struct inherit *in);
/* The descriptor of that name, or -1. */
int	inherit_take(struct inherit *in, const char *name);
/* Adds a duplicate of fd, which this process keeps. Return: 0 or LVT_EIO. */
int	inherit_keep(struct inherit *in, int fd, const char *name);
/* Gives all that were kept to the program that exec() starts next. Closes
 * whatever else has descriptors 3 and up to there. Return: 0 or LVT_EIO. */
int	inherit_leave(const struct inherit *in, struct lvt_error *err);

#endif
