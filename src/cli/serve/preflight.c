#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lvt.h>

#include "cli/serve/preflight.h"

#define ANSWER_MS	10000
/* How the answer to "config" begins: its first setting. */
#define ANSWER		"LVT_DB "

int
serve_refuse(const char *fmt, ...)
{
	va_list ap;

	fputs("lvt serve: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return LVT_EFAIL;
}

int
preflight_program(const char *path)
{
	struct stat sb;

	if (stat(path, &sb) != 0 && errno == ENOENT)
		return serve_refuse("there is no program '%s'; build it "
		    "first: cc %s.c $(pkg-config --cflags --libs lvt) -o %s",
		    path, path, path);
	if (stat(path, &sb) != 0)
		return serve_refuse("cannot run '%s': %s", path,
		    strerror(errno));
	if (S_ISDIR(sb.st_mode))
		return serve_refuse("'%s' is a folder; name the program in it",
		    path);
	if (access(path, X_OK) != 0)
		return serve_refuse("'%s' is no program; name what the "
		    "compiler made of your .c file", path);
	return 0;
}

/* --- An app ------------------------------------------------------------------ */

static void
ask(const char *path, const int fd[2])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A template that is broken is shown in the page. */
	if (dup2(fd[1], STDOUT_FILENO) < 0 || setenv("LVT_DEV", "1", 1) != 0)
		_exit(127);
	close(fd[0]);
	close(fd[1]);
	execl(path, path, "config", (char *)NULL);
	fprintf(stderr, "lvt: cannot run '%s': %s\n", path, strerror(errno));
	_exit(127);
}

/* The first bytes that come; "" where none do in time. */
static void
hear(int fd, char *answer, size_t size)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t have = 0;
	ssize_t n = 1;

	while (n > 0 && have < size - 1) {
		if (poll(&p, 1, ANSWER_MS) != 1)
			break;
		n = read(fd, answer + have, size - 1 - have);
		have += n > 0 ? (size_t)n : 0;
	}
	answer[have] = '\0';
}

int
preflight_app(const char *path)
{
	char answer[sizeof(ANSWER)];
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) != 0 || (pid = fork()) < 0)
		return serve_refuse("cannot run '%s': %s", path,
		    strerror(errno));
	if (pid == 0)
		ask(path, fd);
	close(fd[1]);
	hear(fd[0], answer, sizeof(answer));
	/* Another program may not end by itself. */
	if (strcmp(answer, ANSWER) != 0)
		kill(pid, SIGTERM);
	close(fd[0]);
	waitpid(pid, &status, 0);
	if (strcmp(answer, ANSWER) == 0)
		return 0;
	/* So ends what the loader could not put together. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return serve_refuse("'%s' does not start; if a library is "
		    "missing above: as root, run ldconfig after make install, "
		    "or set LD_LIBRARY_PATH to its folder", path);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return serve_refuse("'%s' does not start: mend what is said "
		    "above and build it again", path);
	return serve_refuse("'%s' is no program of lvt: its main() is to "
	    "return lvt_app_main(argc, argv, &app)", path);
}

/* --- A database -------------------------------------------------------------- */

static int
folder_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%.*s", slash == NULL ? 1 :
	    slash == path ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	return realpath(part, folder) != NULL ? 0 : -1;
}

int
preflight_database(const char *db, const char *www)
{
	char folder[PATH_MAX];
	size_t n = www != NULL ? strlen(www) : 0;

	if (folder_of(db, folder) != 0 || access(folder, W_OK | X_OK) != 0 ||
	    (access(db, W_OK) != 0 && errno != ENOENT))
		return serve_refuse("the database '%s' cannot be written: %s; "
		    "--db names another file", db, strerror(errno));
	if (n > 0 && strncmp(folder, www, n) == 0 &&
	    (folder[n] == '/' || folder[n] == '\0' || n == 1))
		return serve_refuse("the database '%s' is in the folder '%s', "
		    "from which everybody can fetch it; --db names another "
		    "file", db, www);
	return 0;
}
