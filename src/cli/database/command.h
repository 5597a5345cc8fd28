/*
 * command.h - a message given to a shell command.
 */
#ifndef LVT_CLI_COMMAND_H
#define LVT_CLI_COMMAND_H

#include "base/error.h"

struct command_env {
	const char *id, *channel;	/* LVT_ID, LVT_CHANNEL */
	const char *event;		/* LVT_EVENT; NULL: "" */
};

/*
 * Run it with the text and a line end on its standard input, and wait. One that
 * does not read its input is no failure. SIGPIPE must be ignored.
 * Return: 0, LVT_EFAIL (it ended with another code, or by a signal), LVT_EIO.
 */
int	command_run(const char *command, const char *text,
	    const struct command_env *env, struct lvt_error *err);

#endif
