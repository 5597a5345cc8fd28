/*
 * agent.c - each handler walks the outbox with a cursor of its own.
 *
 *   handler: READY --event, 0--> READY, cursor moved with the commit
 *            READY --event failed--> WAITING (1, 2, 4 … 60 s) --> READY
 */
#include <config.h>		/* _GNU_SOURCE */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/agent.h"
#include "app/auth.h"
#include "app/step.h"
#include "app/watching.h"
#include "base/clock.h"
#include "base/log.h"

#define LEASE_MS	15000
#define BATCH		200
#define IDLE_MS		250
#define GC_MS		60000
#define WATCHING_MS	500
#define WAIT_MAX_MS	60000

struct runner {
	const struct lvt_handler *row;
	char	consumer[512];
	int64_t cursor;
	int64_t next_ms;		/* monotonic; 0: now */
	int wait_ms;
};

struct event {
	int64_t seq;
	json_t *message;
};

struct batch {
	struct event events[BATCH];
	size_t n;
	const char *pattern;
};

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

int
agent_check(const struct app *app, struct lvt_error *err)
{
	const struct lvt_handler *h = app->row->handlers;
	size_t i;

	for (; h != NULL && h->channel != NULL; h++) {
		if (h->fn == NULL || !channel_pattern_is_valid(h->channel,
		    strlen(h->channel)))
			return lvt_error_set(err, LVT_EINVALID,
			    "handler \"%s\" has no function, or is no channel "
			    "pattern", h->channel);
		for (i = 0; h->page != NULL && i < app->npages; i++)
			if (strcmp(app->pages[i].row->path, h->page) == 0)
				break;
		if (h->page != NULL && i == app->npages)
			return lvt_error_set(err, LVT_EINVALID,
			    "handler \"%s\": there is no page \"%s\"",
			    h->channel, h->page);
		if (h->store != NULL && (h->page == NULL ||
		    json_object_get(app->pages[i].init, h->store) == NULL))
			return lvt_error_set(err, LVT_EINVALID,
			    "handler \"%s\": there is no store \"%s\"",
			    h->channel, h->store);
	}
	return 0;
}

/* --- One event ------------------------------------------------------------------------ */

/* In a page's place: an action that no browser can call. */
static int
run_on_page(struct app *app, const struct runner *r, json_t *payload,
    const struct cursor_write *cursor, struct lvt_error *err)
{
	char group[AUTH_NAME] = AUTH_SHARED;
	struct lvt_ctx cx;
	struct route route;
	struct arena a;
	struct step st;
	json_t *data;
	int rc;

	arena_init(&a);
	rc = page_route(app, r->row->page, &a, &route);
	ctx_init(&cx, app, NULL, rc == 0 ? &route : NULL);
	cx.data = payload;
	if (rc == 0 && r->row->group != NULL)
		rc = r->row->group(&cx, payload, group, sizeof(group));
	data = json_is_object(payload) ? json_incref(payload) :
	    json_pack("{s:O}", "payload", payload);
	step_init(&st);
	if (rc == 0 && data != NULL) {
		cx.at.group = group;
		st.fn = r->row->fn;
		st.store = r->row->store != NULL ? r->row->store : "";
		st.action = r->row->channel;
		st.data = data;
		st.cursor = cursor;
		rc = step_run(&cx, &st, err);
	}
	step_release(&st);
	json_decref(data);
	ctx_release(&cx);
	arena_release(&a);
	return rc;
}

static int
run_alone(struct app *app, const struct runner *r, json_t *payload,
    const struct cursor_write *cursor, struct lvt_error *err)
{
	json_t *copy = json_deep_copy(payload);
	struct lvt_ctx cx;
	int rc = LVT_ENOMEM;

	ctx_init(&cx, app, NULL, NULL);
	cx.data = payload;
	if (copy != NULL)
		rc = r->row->fn(&cx, copy);
	if (rc == 0 && cx.errors != NULL)
		rc = LVT_EINVALID;
	if (rc == 0)
		rc = step_say(&cx, cursor, err);
	ctx_release(&cx);
	json_decref(copy);
	return rc;
}

static int
run_event(struct app *app, struct runner *r, const struct event *e)
{
	struct cursor_write cursor = { r->consumer, e->seq };
	json_t *payload = json_object_get(e->message, "payload");
	struct lvt_error err = { 0 };
	int rc;

	/* A message that cannot be read will not get better. */
	if (payload == NULL)
		rc = store_cursor_set(app->store, r->consumer, e->seq, &err);
	else if (r->row->page != NULL)
		rc = run_on_page(app, r, payload, &cursor, &err);
	else
		rc = run_alone(app, r, payload, &cursor, &err);
	if (rc == 0) {
		r->cursor = e->seq;
		r->wait_ms = 0;
		return 0;
	}
	r->wait_ms = r->wait_ms == 0 ? 1000 : r->wait_ms * 2;
	if (r->wait_ms > WAIT_MAX_MS)
		r->wait_ms = WAIT_MAX_MS;
	r->next_ms = clock_mono_ms() + r->wait_ms;
	log_error("handler \"%s\", event %lld: %s (again in %d s)",
	    r->row->channel, (long long)e->seq, err.message[0] != '\0' ?
	    err.message : lvt_strerror(rc), r->wait_ms / 1000);
	return rc;
}

/* --- A batch of them --------------------------------------------------------------------- */

static int
collect(void *arg, const struct outbox_entry *e)
{
	struct batch *b = arg;

	if (e->kind == OUTBOX_MESSAGE && channel_matches(b->pattern,
	    strlen(b->pattern), e->channel.s, e->channel.len)) {
		b->events[b->n].seq = e->at.seq;
		b->events[b->n++].message = json_loadb(e->body.s, e->body.len,
		    0, NULL);
	}
	return 0;
}

/* Up to BATCH rows of the outbox. 1: there may be more; 0: at its end. */
static int
runner_step(struct app *app, struct runner *r)
{
	struct batch b = { .n = 0, .pattern = r->row->channel };
	struct lvt_error err = { 0 };
	int64_t last = r->cursor;
	size_t i;
	int rc;

	if (r->next_ms > clock_mono_ms())
		return 0;
	rc = store_outbox_read(app->store, r->cursor, BATCH, collect, &b, &last,
	    &err);
	if (rc == LVT_ESTALE) {
		struct position head;

		log_error("handler \"%s\": events were lost: the outbox does "
		    "not hold them any more", r->row->channel);
		rc = store_head(app->store, &head, &err);
		last = head.seq;
	}
	for (i = 0; i < b.n; i++) {
		if (rc == 0)
			rc = run_event(app, r, &b.events[i]);
		json_decref(b.events[i].message);
	}
	if (rc != 0)
		return rc < 0 ? rc : LVT_EFAIL;
	if (last == r->cursor)
		return 0;
	if (b.n == 0 || b.events[b.n - 1].seq < last)
		rc = store_cursor_set(app->store, r->consumer, last, &err);
	r->cursor = last;
	return rc == 0;
}

static int
runners_open(struct app *app, struct runner **out, size_t *n,
    struct lvt_error *err)
{
	const struct lvt_handler *rows = app->row->handlers;
	size_t i;
	int rc;

	for (*n = 0; rows != NULL && rows[*n].channel != NULL; ++*n)
		continue;
	*out = calloc(*n + 1, sizeof(**out));
	if (*out == NULL)
		return lvt_error_nomem(err);
	for (i = 0; i < *n; i++) {
		struct runner *r = &(*out)[i];

		r->row = &rows[i];
		snprintf(r->consumer, sizeof(r->consumer), "%s/%s%s%s",
		    app->name, rows[i].channel,
		    rows[i].page != NULL ? "@" : "",
		    rows[i].page != NULL ? rows[i].page : "");
		if ((rc = store_cursor_get(app->store, r->consumer, &r->cursor,
		    err)) != 0)
			return rc;
	}
	return 0;
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

/* Everything that is there now. How many handlers are stuck. */
static int
run_all(struct app *app, struct runner *runners, size_t n)
{
	int stuck = 0, rc;
	size_t i;

	for (i = 0; i < n; i++) {
		do
			rc = runner_step(app, &runners[i]);
		while (rc == 1 && !stopping);
		stuck += rc < 0 || runners[i].wait_ms > 0;
	}
	return stuck;
}

struct timers {
	int64_t gc, watching;		/* when they are due; monotonic */
};

static void
housekeeping(struct app *app, struct timers *next)
{
	struct lvt_error err = { 0 };
	struct gc_result r;

	if (clock_mono_ms() >= next->watching) {
		next->watching = watching_is_used(app) ?
		    clock_mono_ms() + WATCHING_MS : INT64_MAX;
		if (next->watching != INT64_MAX &&
		    watching_update(app, &err) != 0)
			log_warn("watching: %s", err.message);
	}
	if (clock_mono_ms() < next->gc)
		return;
	next->gc = clock_mono_ms() + GC_MS;
	lvt_error_init(&err);
	if (agent_gc(app, &r, &err) != 0)
		log_warn("gc: %s", err.message);
}

static int
agent_loop(struct app *app, struct runner *runners, size_t n,
    const char *job, const char *owner, bool once)
{
	struct timespec nap = { 0, IDLE_MS * 1000000L };
	struct timers next = { 0, 0 };
	int64_t next_lease = 0;
	int stuck;

	for (;;) {
		if (clock_mono_ms() >= next_lease) {
			if (store_job_take(app->store, job, owner, LEASE_MS,
			    NULL) != 0) {
				log_warn("another agent has taken over");
				return 1;
			}
			next_lease = clock_mono_ms() + LEASE_MS / 3;
		}
		stuck = run_all(app, runners, n);
		housekeeping(app, &next);
		if (once || stopping)
			return once && stuck > 0 ? 1 : 0;
		nanosleep(&nap, NULL);
	}
}

int
agent_run(struct app *app, bool once)
{
	char job[128], owner[64];
	struct lvt_error err = { 0 };
	struct runner *runners = NULL;
	size_t n = 0;
	int rc, status = 1;

	snprintf(job, sizeof(job), "agent:%s", app->name);
	auth_random_id(owner);
	rc = store_job_take(app->store, job, owner, LEASE_MS, &err);
	if (rc == LVT_EBUSY && once)
		return 0;	/* another one runs: it does our work */
	while (rc == LVT_EBUSY && !stopping) {
		log_info("another agent runs; waiting for it to end");
		sleep(LEASE_MS / 3000);
		rc = store_job_take(app->store, job, owner, LEASE_MS, NULL);
	}
	catch_signals();
	if (rc == 0)
		rc = runners_open(app, &runners, &n, &err);
	if (rc != 0)
		log_error("agent: %s", err.message[0] != '\0' ? err.message :
		    lvt_strerror(rc));
	else
		status = agent_loop(app, runners, n, job, owner, once);
	store_job_give(app->store, job, owner, NULL);
	free(runners);
	return status;
}
