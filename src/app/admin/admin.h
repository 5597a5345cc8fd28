/*
 * admin.h - the app as its own command: one table.
 */
#ifndef LVT_APP_ADMIN_H
#define LVT_APP_ADMIN_H

#include "app/app.h"

struct admin {
	struct app *app;
	int argc;			/* words after the command's name */
	char	**argv;
};

enum {
	NEEDS_STORE = 1,
	NEEDS_TEMPLATES = 2,		/* that are right, but in development */
	NEEDS_CHECK = 4			/* there, too */
};

struct admin_command {
	const char *name, *args, *help;
	int	needs;
	int	(*run)(struct admin *ad);	/* the exit status */
};

#define ADMIN_WHEN	32

/* The reason on standard error; 1. */
int	admin_fail(const struct lvt_error *err);
/* Is it a number from min to max? */
bool	admin_number(const char *text, long long min, long long max,
	    long long *n);
/* How the command of that name is called; 2. */
int	admin_misuse(const struct admin *ad, const char *name);
/* "--name VALUE" or "--name=VALUE" at argv[*i]; NULL: another word. */
const char *admin_option(const struct admin *ad, int *i, const char *name);
/* A time as people read it, in UTC. */
void	admin_when(int64_t ms, char text[ADMIN_WHEN]);

/* admin_run.c */
int	admin_fcgi(struct admin *ad);
int	admin_agent(struct admin *ad);
int	admin_gc(struct admin *ad);
int	admin_token(struct admin *ad);
int	admin_logout(struct admin *ad);
int	admin_config(struct admin *ad);
/* admin_say.c */
int	admin_broadcast(struct admin *ad);
int	admin_publish(struct admin *ad);
int	admin_refresh(struct admin *ad);
/* admin_look.c */
int	admin_sessions(struct admin *ad);
int	admin_outbox(struct admin *ad);
int	admin_delayed(struct admin *ad);
int	admin_status(struct admin *ad);

/* admin_view.c */
int	admin_check(struct admin *ad);
int	admin_render(struct admin *ad);

/* NULL: no such command. */
const struct admin_command *admin_find(const char *name);
/* There is no such command, or setting; 2. */
int	admin_unknown(const char *word);
void	admin_help(const struct app *app, const char *prog);

#endif
