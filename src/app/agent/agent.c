/*
 * agent.c - what an app does when nobody asks: one loop, one lease.
 *
 *   each round: handlers, ticks, hooks, what is due; now and then gc
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
#include "app/page.h"
#include "app/agent/ticks.h"
#include "app/agent/watching.h"
#include "base/clock.h"
#include "base/log.h"

#define LEASE_MS	15000
#define IDLE_MS		100
#define GC_MS		60000
#define WATCHING_MS	500
#define RELOAD_MS	500		/* in development: look at templates */

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
	int64_t gc, watching, reload;	/* when they are due; monotonic */
	bool broken;			/* a template was, and it was said */
};

static void
warn(const char *what, int rc, const struct lvt_error *err)
{
	if (rc < 0)
		log_warn("%s: %s", what, err->message[0] != '\0' ?
		    err->message : lvt_strerror(rc));
}

/* What the agent renders must be what the workers render. */
static void
reload(struct app *app, struct timers *next)
{
	struct lvt_error err = { 0 };
	bool broken = false;
	size_t i;

	if (app->set.number[SET_DEV] == 0 || clock_mono_ms() < next->reload)
		return;
	next->reload = clock_mono_ms() + RELOAD_MS;
	for (i = 0; i < app->npages; i++)
		broken |= page_refresh(app, &app->pages[i], &err) != 0;
	if (broken && !next->broken)
		log_error("%s:%d:%d: %s", err.file, err.line, err.column,
		    err.message);
	next->broken = broken;
}

static void
housekeeping(struct app *app, struct timers *next)
{
	struct lvt_error err = { 0 };
	struct gc_result r;
	int64_t n;

	reload(app, next);
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

static int
agent_loop(struct app *app, struct handlers *h, struct ticks *ticks,
    const char *job, const char *owner, bool once)
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
		housekeeping(app, &next);
		ticks_run(app, ticks);
		failed = handlers_run(app, h);
		if (once || stopping)
			return once && failed > 0 ? 1 : 0;
		nanosleep(&nap, NULL);
	}
}

static int
run_holding(struct app *app, const char *job, const char *owner, bool once)
{
	struct lvt_error err = { 0 };
	struct handlers *h = NULL;
	struct ticks *ticks = NULL;
	int rc, status = 1;

	if ((rc = handlers_open(app, &h, &err)) == 0)
		rc = ticks_open(app, &ticks, &err);
	if (rc != 0)
		log_error("agent: %s", err.message[0] != '\0' ? err.message :
		    lvt_strerror(rc));
	else
		status = agent_loop(app, h, ticks, job, owner, once);
	handlers_free(h);
	free(ticks);
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
