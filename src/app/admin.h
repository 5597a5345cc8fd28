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

struct admin_command {
	const char *name, *args, *help;
	bool needs_store;
	int	(*run)(struct admin *ad);	/* the exit status */
};

/* NULL: no such command. */
const struct admin_command *admin_find(const char *name);
void	admin_help(const struct app *app, const char *prog);
/* 2, with the command's usage on standard error. */
int	admin_usage(const char *prog, const struct admin_command *c);

#endif
