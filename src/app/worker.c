#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "app/visit.h"
#include "app/worker.h"
#include "base/clock.h"
#include "base/log.h"

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

/* --- Stopping -------------------------------------------------------------------
 *
 *   WAITING --request--> BUSY --answered--> WAITING
 *   WAITING --signal: on_stop()--> the timer interrupts accept() --> exit
 *   BUSY --signal: on_stop()--> answered --> exit
 *
 * The signal itself restarts system calls, so that no answer is torn; only
 * the timer, which never runs while we are busy, does not.
 */
static volatile sig_atomic_t stopping, busy;

static void
on_stop(int sig)
{
	struct itimerval soon = { { 0, 100000 }, { 0, 1000 } };

	(void)sig;
	stopping = 1;
	FCGX_ShutdownPending();
	if (!busy)
		setitimer(ITIMER_REAL, &soon, NULL);
}

static void
on_timer(int sig)
{
	(void)sig;
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
	sa.sa_handler = on_timer;
	sa.sa_flags = 0;
	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

/* --- FastCGI ------------------------------------------------------------------------ */

static const char *
fcgi_param(void *arg, const char *name)
{
	FCGX_Request *fr = arg;

	return FCGX_GetParam(name, fr->envp);
}

static ssize_t
fcgi_read(void *arg, char *to, size_t size)
{
	FCGX_Request *fr = arg;

	return FCGX_GetStr(to, size > 65536 ? 65536 : (int)size, fr->in);
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
store_is_there(struct app *app, struct response *rs)
{
	struct lvt_error err = { 0 };

	if (app->store != NULL && store_replaced(app->store)) {
		log_warn("the database was replaced: opening it again");
		app_store_close(app);
	}
	if (app_store(app, &err) == 0) {
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
	struct request_io io = { fcgi_param, fcgi_read, fr };
	struct buf head;
	int rc;

	buf_init(&head);
	if (store_is_there(app, rs))
		serve(app, &io, rs);
	rc = response_head(rs, &head);
	if (rc != 0 || FCGX_PutStr(head.s, (int)head.len, fr->out) < 0 ||
	    FCGX_PutStr(rs->body.s, (int)rs->body.len, fr->out) < 0)
		log_debug("the client went away");
	buf_release(&head);
}

int
worker_fastcgi(struct app *app, int fd)
{
	struct response rs;
	FCGX_Request fr;

	app->mode = MODE_FASTCGI;
	catch_signals();
	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&fr, fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		log_error("cannot start FastCGI");
		return 1;
	}
	response_init(&rs);
	while (!stopping) {
		if (FCGX_Accept_r(&fr) < 0)
			continue;
		busy = 1;
		fcgi_answer(app, &fr, &rs);
		FCGX_Finish_r(&fr);
		if (app->store != NULL)
			store_tidy(app->store);
		busy = 0;
	}
	FCGX_Free(&fr, 1);
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
	if (store_is_there(app, &rs))
		serve(app, &io, &rs);
	rc = response_head(&rs, &head);
	if (rc == 0 && write_all((struct str){ head.s, head.len }) == 0)
		rc = write_all((struct str){ rs.body.s, rs.body.len });
	buf_release(&head);
	response_release(&rs);
	return rc == 0 ? 0 : 1;
}
