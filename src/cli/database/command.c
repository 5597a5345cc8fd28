/* command.c - running a shell command for a message. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/database/command.h"

static void
child(const char *command, const struct command_env *env, int fd)
{
	signal(SIGPIPE, SIG_DFL);
	if (dup2(fd, STDIN_FILENO) < 0 ||
	    setenv("LVT_ID", env->id, 1) != 0 ||
	    setenv("LVT_CHANNEL", env->channel, 1) != 0 ||
	    setenv("LVT_EVENT", env->event != NULL ? env->event : "", 1) != 0)
		_exit(127);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void
feed(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

int
command_run(const char *command, const char *text,
    const struct command_env *env, struct lvt_error *err)
{
	int fds[2], status = 0;
	pid_t pid;

	if (pipe(fds) != 0)
		return lvt_error_set(err, LVT_EIO, "cannot run a command: %s",
		    strerror(errno));
	if ((pid = fork()) < 0) {
		lvt_error_set(err, LVT_EIO, "cannot run a command: %s",
		    strerror(errno));
		close(fds[0]);
		close(fds[1]);
		return LVT_EIO;
	}
	if (pid == 0) {
		close(fds[1]);
		child(command, env, fds[0]);
	}
	close(fds[0]);
	feed(fds[1], text, strlen(text));
	feed(fds[1], "\n", 1);
	close(fds[1]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return lvt_error_set(err, LVT_EIO, "cannot wait: %s",
			    strerror(errno));
	if (WIFSIGNALED(status))
		return lvt_error_set(err, LVT_EFAIL, "the command was killed "
		    "by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status) == 0 ? 0 : lvt_error_set(err, LVT_EFAIL,
	    "the command ended with %d", WEXITSTATUS(status));
}
