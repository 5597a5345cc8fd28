/*
 * agent.c - what an app does when nobody asks: one loop, one lease.
 *
 *   each round: templates (in development), hooks, what is due, ticks, handlers;
 *   now and then gc
 */
#include <config.h>		/* _GNU_SOURCE */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/agent/agent.h"
#include "app/auth/auth.h"
#include "app/agent/handlers.h"
#include "app/agent/hooks.h"
#include "app/agent/reload.h"
#include "app/agent/ticks.h"
#include "app/agent/watching.h"
#include "base/clock.h"
#include "base/log.h"

#define LEASE_MS	15000
#define IDLE_MS		100
#define GC_MS		60000
#define WATCHING_MS	500

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

bool
agent_stops(void)
{
	return stopping != 0;
}

int
agent_check(const struct app *app, struct lvt_error *err)
{
	int rc = handlers_check(app, err);

	return rc != 0 ? rc : ticks_check(app, err);
}

int
agent_gc(struct app *app, struct gc_result *r, struct lvt_error *err)
{
	struct gc_opts o = {
	    .outbox_keep_ms = app->set.number[SET_OUTBOX_KEEP] * 1000 };

	memset(r, 0, sizeof(*r));
	return store_gc(app->store, &o, r, err);
}

/* --- The loop -------------------------------------------------------------------------------- */

static void
catch_signals(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_stop;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

struct timers {
	int64_t gc, watching;		/* when they are due; monotonic */
};

static void
warn(const char *what, int rc, const struct lvt_error *err)
{
	if (rc < 0)
		log_warn("%s: %s", what, err->message[0] != '\0' ?
		    err->message : lvt_strerror(rc));
}

static void
housekeeping(struct app *app, struct timers *next)
{
	struct lvt_error err = { 0 };
	struct gc_result r;
	int64_t n;

	warn("delayed", store_release(app->store, &n, &err), &err);
	lvt_error_init(&err);
	if (clock_mono_ms() >= next->watching) {
		next->watching = clock_mono_ms() + WATCHING_MS;
		if (watching_is_used(app))
			warn("watching", watching_update(app, &err), &err);
		lvt_error_init(&err);
		warn("presence", hooks_run(app, &err), &err);
	}
	if (clock_mono_ms() < next->gc)
		return;
	next->gc = clock_mono_ms() + GC_MS;
	lvt_error_init(&err);
	warn("gc", agent_gc(app, &r, &err), &err);
}

/* What runs, each with its own memory of where it is. */
struct works {
	struct handlers *handlers;
	struct ticks *ticks;
	struct reload *reload;
};

/* Return: how many events failed. */
static int
agent_round(struct app *app, struct works *w, struct timers *next)
{
	if (!reload_run(app, w->reload))
		return 0;
	housekeeping(app, next);
	ticks_run(app, w->ticks);
	return handlers_run(app, w->handlers);
}

static int
agent_loop(struct app *app, struct works *w, const char *job,
    const char *owner, bool once)
{
	struct timespec nap = { 0, IDLE_MS * 1000000L };
	struct timers next = { .gc = 0 };
	int64_t next_lease = 0;
	int failed;

	for (;;) {
		if (clock_mono_ms() >= next_lease) {
			if (store_job_take(app->store, job, owner, LEASE_MS,
			    NULL) != 0) {
				log_warn("another agent has taken over");
				return 1;
			}
			next_lease = clock_mono_ms() + LEASE_MS / 3;
		}
		failed = agent_round(app, w, &next);
		if (once || stopping)
			return once && failed > 0 ? 1 : 0;
		nanosleep(&nap, NULL);
	}
}

static int
run_holding(struct app *app, const char *job, const char *owner, bool once)
{
	struct lvt_error err = { 0 };
	struct works w = { NULL, NULL, NULL };
	int rc, status = 1;

	if ((rc = handlers_open(app, &w.handlers, &err)) == 0 &&
	    (rc = ticks_open(app, &w.ticks, &err)) == 0)
		rc = reload_open(app, &w.reload);
	if (rc != 0)
		log_error("agent: %s", err.message[0] != '\0' ? err.message :
		    lvt_strerror(rc));
	else {
		reload_deployed(app);
		status = agent_loop(app, &w, job, owner, once);
	}
	reload_free(w.reload);
	handlers_free(w.handlers);
	free(w.ticks);
	return status;
}

int
agent_run(struct app *app, bool once)
{
	char job[128], owner[64];
	struct lvt_error err = { 0 };
	int rc, status = 1;

	snprintf(job, sizeof(job), "agent:%s", app->name);
	auth_random_id(owner);
	rc = store_job_take(app->store, job, owner, LEASE_MS, &err);
	if (rc == LVT_EBUSY && once)
		return 0;	/* another one runs: it does our work */
	catch_signals();
	while (rc == LVT_EBUSY && !stopping) {
		log_info("another agent runs; waiting for it to end");
		sleep(LEASE_MS / 3000);
		rc = store_job_take(app->store, job, owner, LEASE_MS, NULL);
	}
	if (rc == 0)
		status = run_holding(app, job, owner, once);
	else if (!stopping)
		log_error("agent: %s", err.message);
	store_job_give(app->store, job, owner, NULL);
	return status;
}
