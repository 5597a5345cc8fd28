#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "app/worker/visit.h"
#include "app/worker/worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"

#define RELEASE_MS	20

bool
worker_is_fastcgi(void)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	return getpeername(STDIN_FILENO, (struct sockaddr *)&sa, &len) == -1 &&
	    errno == ENOTCONN;
}

bool
worker_is_cgi(void)
{
	/* Before any look at the arguments: Apache makes words of a query. */
	return getenv("GATEWAY_INTERFACE") != NULL &&
	    getenv("REQUEST_METHOD") != NULL;
}

/* --- Stopping and waiting -------------------------------------------------------
 *
 *   WAITING --request--> BUSY --answered--> WAITING
 *   WAITING --signal--> exit
 *   BUSY --signal--> answered --> exit
 *
 * A signal is let in only where it ends a wait, in until(); elsewhere it is
 * noted, and system calls go on. libfcgi's own accept() may not be used for
 * that: interrupted, it closes the connection that it has just taken, and then
 * asks a closed descriptor for ever.
 */
#define SAY_MS		2000		/* for a connection's first byte */
#define FULL_MS		100		/* out of descriptors */

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void
catch_signals(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_stop;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

static int
look_at_one(int fd, const sigset_t *mask)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return ppoll(&p, 1, NULL, mask);
}

static int
look_at_queue(int ep, const sigset_t *mask)
{
	struct epoll_event e;

	return epoll_pwait(ep, &e, 1, -1, mask);
}

/* Until look() finds that fd can be read (true), or we are to stop. */
static bool
until(int (*look)(int, const sigset_t *), int fd)
{
	sigset_t stop, mask;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGUSR1);
	sigprocmask(SIG_BLOCK, &stop, &mask);
	while (!stopping && look(fd, &mask) < 1)
		continue;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return !stopping;
}

/* What waits for connections: of all the workers that do, one is woken. */
static int
watch_queue(int fd)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep == -1 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0)
		return ep;
	close(ep);
	return -1;
}

/* Whoever connects and says nothing is not to keep a worker. */
static bool
says_something(int c)
{
	struct pollfd p = { c, POLLIN, 0 };
	int rc;

	do
		rc = poll(&p, 1, SAY_MS);
	while (rc == -1 && errno == EINTR);
	return rc == 1;
}

/* The next connection; -1: we are to stop, or the socket is none. Where many
 * come there is no wait at all. */
static int
next_connection(int fd, int ep)
{
	int c;

	while (!stopping) {
		c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (c >= 0 && says_something(c))
			return c;
		if (c >= 0) {
			close(c);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			until(look_at_queue, ep);
		} else if (errno == EBADF || errno == EINVAL ||
		    errno == ENOTSOCK || errno == EOPNOTSUPP) {
			log_error("cannot accept: %s", strerror(errno));
			return -1;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			poll(NULL, 0, FULL_MS);
		}
	}
	return -1;
}

/* --- FastCGI ------------------------------------------------------------------------ */

struct fcgi {
	FCGX_Request *rq;
	size_t got;			/* bytes of the body that were read */
};

static const char *
fcgi_param(void *arg, const char *name)
{
	struct fcgi *f = arg;

	return FCGX_GetParam(name, f->rq->envp);
}

static ssize_t
fcgi_read(void *arg, char *to, size_t size)
{
	struct fcgi *f = arg;
	int n = FCGX_GetStr(to, size > 65536 ? 65536 : (int)size, f->rq->in);

	f->got += n > 0 ? (size_t)n : 0;
	return n;
}

/*
 * libfcgi waits until the web server has closed its end, too, so that no answer
 * is lost with what was not read. Where all was read that wait is for nothing,
 * and the longest part of a short request.
 */
static void
part_at_once(struct fcgi *f)
{
	const char *length = FCGX_GetParam("CONTENT_LENGTH", f->rq->envp);

	if (length != NULL && strtoull(length, NULL, 10) == f->got &&
	    FCGX_GetChar(f->rq->in) == EOF && FCGX_GetError(f->rq->in) == 0)
		FCGX_Detach(f->rq);
	else
		FCGX_Attach(f->rq);	/* a kept connection was the other */
}

/* Hosts without agent and companion have only requests to say what is due.
 * Each commit does it, too, so that a look now and then is enough. */
static void
release_due(struct app *app)
{
	static int64_t next_ms;
	int64_t now = clock_mono_ms(), due;
	struct lvt_error err = { 0 };

	if (now < next_ms)
		return;
	next_ms = now + RELEASE_MS;
	if (store_release(app->store, &due, &err) != 0)
		log_warn("%s", err.message);
}

/* The store may be away for a while (disk full, being restored): a worker
 * says so and tries again at the next request. */
static bool
store_is_there(struct app *app, const struct request_io *io,
    struct response *rs)
{
	struct lvt_error err = { 0 };

	if (app->store != NULL && store_replaced(app->store)) {
		log_warn("the database was replaced: opening it again");
		app_store_close(app);
	}
	/* Of a request, since FastCGI has it nowhere else. */
	if ((app->store != NULL || app_refuse_root(app, io->param(io->arg,
	    "DOCUMENT_ROOT"), &err) == 0) && app_store(app, &err) == 0) {
		release_due(app);
		return true;
	}
	log_error("%s", err.message);
	response_reset(rs, 503, NULL);
	response_header(rs, "Retry-After", "5");
	answer_error(app, rs, ACCEPT_HTML, 503, "store",
	    app->set.number[SET_DEV] != 0 ? err.message :
	    "The site cannot reach its data. Please try again soon.");
	return false;
}

static void
fcgi_answer(struct app *app, FCGX_Request *fr, struct response *rs)
{
	struct fcgi f = { .rq = fr };
	struct request_io io = { fcgi_param, fcgi_read, &f };
	struct buf head;
	int rc;

	buf_init(&head);
	if (store_is_there(app, &io, rs))
		serve(app, &io, rs);
	rc = response_head(rs, &head);
	if (rc != 0 || FCGX_PutStr(head.s, (int)head.len, fr->out) < 0 ||
	    FCGX_PutStr(rs->body.s, (int)rs->body.len, fr->out) < 0)
		log_debug("the client went away");
	part_at_once(&f);
	buf_release(&head);
}

int
worker_fastcgi(struct app *app, int fd)
{
	struct response rs;
	FCGX_Request fr;
	int ep;

	app->mode = MODE_FASTCGI;
	catch_signals();
#ifndef __SANITIZE_ADDRESS__	/* which is to see each object */
	pool_install();
#endif
	/* libfcgi is given connections, and never accepts: see above. */
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    (ep = watch_queue(fd)) == -1 || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&fr, -1, 0) != 0) {
		log_error("cannot start FastCGI");
		return 1;
	}
	response_init(&rs);
	for (;;) {
		if (fr.ipcFd >= 0 && !until(look_at_one, fr.ipcFd))
			break;
		if (fr.ipcFd < 0 && (fr.ipcFd = next_connection(fd, ep)) < 0)
			break;
		/* Else it would begin with closing it. */
		fr.keepConnection = 1;
		if (FCGX_Accept_r(&fr) < 0)
			continue;
		fcgi_answer(app, &fr, &rs);
		FCGX_Finish_r(&fr);
		if (app->store != NULL)
			store_tidy(app->store);
	}
	FCGX_Free(&fr, 1);
	close(ep);
	response_release(&rs);
	return 0;
}

/* --- CGI ------------------------------------------------------------------------------- */

static const char *
cgi_param(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static ssize_t
cgi_read(void *arg, char *to, size_t size)
{
	(void)arg;
	return read(STDIN_FILENO, to, size);
}

static int
write_all(struct str s)
{
	ssize_t n;

	while (s.len > 0) {
		n = write(STDOUT_FILENO, s.s, s.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s.s += n;
		s.len -= (size_t)n;
	}
	return 0;
}

int
worker_cgi(struct app *app)
{
	struct request_io io = { cgi_param, cgi_read, NULL };
	struct response rs;
	struct buf head;
	int rc;

	app->mode = MODE_CGI;
	signal(SIGPIPE, SIG_IGN);
	response_init(&rs);
	buf_init(&head);
	if (store_is_there(app, &io, &rs))
		serve(app, &io, &rs);
	rc = response_head(&rs, &head);
	if (rc == 0 && write_all((struct str){ head.s, head.len }) == 0)
		rc = write_all((struct str){ rs.body.s, rs.body.len });
	buf_release(&head);
	response_release(&rs);
	return rc == 0 ? 0 : 1;
}
