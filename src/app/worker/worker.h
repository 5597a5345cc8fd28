/*
 * worker.h - the process that answers: FastCGI, or CGI once.
 */
#ifndef LVT_APP_WORKER_H
#define LVT_APP_WORKER_H

#include "app/app.h"

/* Is standard input a listening socket, as FastCGI has it? */
bool	worker_is_fastcgi(void);
/* Were we started for one request? Looks at the environment alone. */
bool	worker_is_cgi(void);
/* Answer until SIGTERM or SIGUSR1; the request in progress is finished.
 * Return: the process's exit status. */
int	worker_fastcgi(struct app *app, int fd);
int	worker_cgi(struct app *app);

/* supervise.c: listen on "unix:PATH", ":PORT" or "HOST:PORT"; the descriptor
 * or LVT_EIO. */
int	worker_listen(const char *where, struct lvt_error *err);
/* Keep n workers on fd alive until SIGTERM or SIGINT. */
int	worker_supervise(struct app *app, int fd, int n);

#endif
