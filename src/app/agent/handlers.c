/*
 * handlers.c - each handler walks the outbox.
 *
 *   event: NEW --its group waits--> WAITING    NEW --handled--> done
 *          NEW --failed--> WAITING (1, 2, 4 … 60 s) --handled--> done
 *          WAITING --failed LVT_TRIES times--> PARKED
 */
#include <config.h>		/* _GNU_SOURCE */

#include <stdio.h>
#include <stdlib.h>

#include "app/agent/agent.h"
#include "app/auth/auth.h"
#include "app/state/doc.h"
#include "app/agent/handlers.h"
#include "app/action/step.h"
#include "base/log.h"

#define BATCH		200
#define WAIT_MAX_MS	60000
#define ROUNDS		100

struct runner {
	const struct lvt_handler *row;
	char	consumer[512];
	int64_t cursor;
	int failed;			/* tries, in this round */
};

struct handlers {
	struct runner *v;
	size_t n;
};

struct event {
	int64_t seq;
	json_t *message;		/* NULL: cannot be read */
	char	group[AUTH_NAME];
};

struct batch {
	struct event events[BATCH];
	size_t n;
	const char *pattern;
};

int
handlers_check(const struct app *app, struct lvt_error *err)
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

static void
enter(struct lvt_ctx *cx, struct app *app, const struct event *e,
    const struct route *route)
{
	ctx_init(cx, app, NULL, route);
	cx->data = json_object_get(e->message, "payload");
	cx->channel = json_string_value(json_object_get(e->message,
	    "channel"));
	cx->event = json_string_value(json_object_get(e->message, "event"));
}

/* In a page's place: an action that no browser can call. */
static int
run_on_page(struct app *app, const struct runner *r, const struct event *e,
    const struct cursor_write *cursor, struct lvt_error *err)
{
	json_t *payload = json_object_get(e->message, "payload"), *data;
	struct lvt_ctx cx;
	struct route route;
	struct arena a;
	struct step st;
	int rc;

	arena_init(&a);
	rc = page_route(app, r->row->page, &a, &route);
	enter(&cx, app, e, rc == 0 ? &route : NULL);
	data = json_is_object(payload) ? json_incref(payload) :
	    json_pack("{s:O}", "payload", payload);
	step_init(&st);
	if (rc == 0 && data != NULL) {
		cx.at.group = e->group;
		cx.at.user = auth_owner(route.page, e->group);
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
run_alone(struct app *app, const struct runner *r, const struct event *e,
    const struct cursor_write *cursor, struct lvt_error *err)
{
	json_t *payload = json_object_get(e->message, "payload"), *copy;
	struct lvt_error why = { 0 };
	struct lvt_ctx cx;
	int rc = LVT_ECONFLICT, try;

	enter(&cx, app, e, NULL);
	for (try = 0; try < STEP_TRIES && rc == LVT_ECONFLICT; try++) {
		ctx_restart(&cx);
		lvt_error_init(&why);
		copy = json_deep_copy(payload);
		rc = copy != NULL ? r->row->fn(&cx, copy) : LVT_ENOMEM;
		json_decref(copy);
		if (rc == 0 && cx.errors != NULL)
			rc = LVT_EINVALID;
		if (rc == LVT_EINVALID && cx.wrong[0] != '\0')
			lvt_error_set(&why, rc, "%s", cx.wrong);
		if (rc != 0)
			break;
		rc = step_say(&cx, cursor, &why);
	}
	ctx_release(&cx);
	if (rc != 0)
		*err = why;
	return rc > 0 ? LVT_EFAIL : rc;
}

/* Whose state it is about, or what must stay in order among itself. */
static int
find_group(struct app *app, const struct runner *r, struct event *e)
{
	struct lvt_ctx cx;
	int rc = 0;

	snprintf(e->group, sizeof(e->group), "%s", AUTH_SHARED);
	if (r->row->group == NULL)
		return 0;
	enter(&cx, app, e, NULL);
	rc = r->row->group(&cx, cx.data, e->group, sizeof(e->group));
	ctx_release(&cx);
	if (rc != 0)
		snprintf(e->group, sizeof(e->group), "%s", AUTH_SHARED);
	return rc;
}

static int
try_event(struct app *app, const struct runner *r, struct event *e,
    const struct cursor_write *cursor, struct lvt_error *err)
{
	return r->row->page != NULL ? run_on_page(app, r, e, cursor, err) :
	    run_alone(app, r, e, cursor, err);
}

/* --- When it fails ------------------------------------------------------------------------ */

/* 0: no more tries. */
static int64_t
next_try(const struct app *app, int tries)
{
	int64_t wait = app->set.number[SET_TRY_MS];
	int i;

	if (tries >= app->set.number[SET_TRIES])
		return 0;
	for (i = 1; i < tries && wait < WAIT_MAX_MS; i++)
		wait *= 2;
	return app->now_ms() + (wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS);
}

static const char *
why_text(int rc, const struct lvt_error *err)
{
	return err->message[0] != '\0' ? err->message : lvt_strerror(rc);
}

static void
tell_failure(const struct app *app, const struct runner *r, int64_t seq,
    const char *why, int64_t due)
{
	if (due == 0)
		log_error("handler \"%s\", event %lld: %s (parked)",
		    r->row->channel, (long long)seq, why);
	else
		log_error("handler \"%s\", event %lld: %s (again in %lld ms)",
		    r->row->channel, (long long)seq, why,
		    (long long)(due - app->now_ms()));
}

static int
put_aside(struct app *app, struct runner *r, const struct event *e,
    int tries, int64_t due, const char *why)
{
	struct lvt_error err = { 0 };
	const char *channel = json_string_value(json_object_get(e->message,
	    "channel"));
	struct parked p = { .seq = e->seq, .consumer = r->consumer,
	    .group = e->group, .tries = tries, .due_ms = due, .why = why,
	    .channel = channel != NULL ? channel : "" };
	struct arena a;
	int rc = LVT_ENOMEM;

	arena_init(&a);
	p.body = doc_text(&a, e->message);
	if (p.body.s != NULL)
		rc = store_park(app->store, &p, &err);
	arena_release(&a);
	if (rc == 0)
		r->cursor = e->seq;
	else
		log_error("handler \"%s\": %s", r->row->channel,
		    why_text(rc, &err));
	return rc;
}

static int
run_event(struct app *app, struct runner *r, struct event *e)
{
	struct cursor_write cursor = { .consumer = r->consumer,
	    .seq = e->seq };
	struct lvt_error err = { 0 };
	bool waits = false;
	int64_t due;
	int rc;

	/* A message that cannot be read will not get better. */
	if (json_object_get(e->message, "payload") == NULL) {
		rc = store_cursor_set(app->store, r->consumer, e->seq, &err);
		r->cursor = rc == 0 ? e->seq : r->cursor;
		return rc;
	}
	if ((rc = find_group(app, r, e)) == 0)
		rc = store_parked_waits(app->store, r->consumer, e->group,
		    &waits, &err);
	if (rc == 0 && waits)
		return put_aside(app, r, e, 0, app->now_ms(),
		    "an earlier one of its group has failed");
	if (rc == 0)
		rc = try_event(app, r, e, &cursor, &err);
	if (rc == 0) {
		r->cursor = e->seq;
		return 0;
	}
	r->failed++;
	due = next_try(app, 1);
	tell_failure(app, r, e->seq, why_text(rc, &err), due);
	return put_aside(app, r, e, 1, due, why_text(rc, &err));
}

static int
run_parked(struct app *app, struct runner *r, const struct parked *p)
{
	struct cursor_write cursor = { .consumer = r->consumer,
	    .parked = p->id };
	struct event e = { .seq = p->seq };
	struct lvt_error err = { 0 };
	int64_t due;
	int rc;

	snprintf(e.group, sizeof(e.group), "%s", p->group);
	e.message = json_loadb(p->body.s, p->body.len, JSON_ALLOW_NUL, NULL);
	rc = json_object_get(e.message, "payload") == NULL ? LVT_EINVALID :
	    try_event(app, r, &e, &cursor, &err);
	json_decref(e.message);
	if (rc == 0)
		return 0;
	r->failed++;
	due = next_try(app, p->tries + 1);
	tell_failure(app, r, p->seq, why_text(rc, &err), due);
	rc = store_parked_again(app->store, p->id, p->tries + 1, due,
	    why_text(rc, &err), NULL);
	return rc == LVT_ENOTFOUND ? 0 : rc;
}

/* All that wait and whose time has come. */
static int
run_waiting(struct app *app, struct runner *r)
{
	struct parked p;
	struct arena a;
	int rc = 0;

	arena_init(&a);
	while (rc == 0 && !agent_stops()) {
		arena_clear(&a);
		rc = store_parked_next(app->store, r->consumer, &a, &p, NULL);
		if (rc == 0)
			rc = run_parked(app, r, &p);
	}
	arena_release(&a);
	return rc == LVT_ENOTFOUND ? 0 : rc;
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
		    JSON_ALLOW_NUL, NULL);
	}
	return 0;
}

/* Up to BATCH rows of the outbox. 1: there may be more; 0: at its end. */
static int
runner_step(struct app *app, struct runner *r)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct lvt_error err = { 0 };
	int64_t last = r->cursor, seen = r->cursor;
	size_t i;
	int rc;

	if (b == NULL)
		return LVT_ENOMEM;
	b->pattern = r->row->channel;
	rc = store_outbox_read(app->store, r->cursor, BATCH, collect, b, &last,
	    &err);
	if (rc == LVT_ESTALE) {
		struct position head;

		log_error("handler \"%s\": events were lost: the outbox does "
		    "not hold them any more", r->row->channel);
		rc = store_head(app->store, &head, &err);
		last = head.seq;
		seen = -1;
	}
	for (i = 0; i < b->n; i++) {
		if (rc == 0 && !agent_stops())
			rc = run_event(app, r, &b->events[i]);
		json_decref(b->events[i].message);
	}
	/* A conflict: where another one has got to is told by the store. */
	if (rc == LVT_ECONFLICT)
		store_cursor_get(app->store, r->consumer, &r->cursor, NULL);
	if (rc == 0 && last != seen && !agent_stops()) {
		if (b->n == 0 || b->events[b->n - 1].seq < last)
			rc = store_cursor_set(app->store, r->consumer, last,
			    &err);
		r->cursor = last;
		rc = rc == 0 ? 1 : rc;
	}
	free(b);
	return rc;
}

/* Did it move? */
static bool
runner_run(struct app *app, struct runner *r)
{
	int64_t before = r->cursor;
	int rc = run_waiting(app, r);

	while (rc >= 0 && !agent_stops() && (rc = runner_step(app, r)) == 1)
		continue;
	r->failed += rc < 0;
	return rc >= 0 && r->cursor != before;
}

int
handlers_run(struct app *app, struct handlers *h)
{
	int failed = 0, round;
	bool moved = true;
	size_t i;

	for (i = 0; i < h->n; i++)
		h->v[i].failed = 0;
	/* What one of them publishes is another's event. */
	for (round = 0; moved && round < ROUNDS && !agent_stops(); round++)
		for (moved = false, i = 0; i < h->n; i++)
			moved |= runner_run(app, &h->v[i]);
	for (i = 0; i < h->n; i++)
		failed += h->v[i].failed;
	return failed;
}

void
handlers_free(struct handlers *h)
{
	if (h != NULL)
		free(h->v);
	free(h);
}

int
handlers_open(struct app *app, struct handlers **out, struct lvt_error *err)
{
	const struct lvt_handler *rows = app->row->handlers;
	struct handlers *h = calloc(1, sizeof(*h));
	size_t i, n = 0;
	int rc = 0;

	while (rows != NULL && rows[n].channel != NULL)
		n++;
	if (h == NULL || (h->v = calloc(n + 1, sizeof(*h->v))) == NULL) {
		free(h);
		return lvt_error_nomem(err);
	}
	*out = h;
	h->n = n;
	for (i = 0; rc == 0 && i < n; i++) {
		struct runner *r = &h->v[i];

		r->row = &rows[i];
		snprintf(r->consumer, sizeof(r->consumer), "%s/%s%s%s%s%s",
		    app->name, rows[i].channel,
		    rows[i].page != NULL ? "@" : "",
		    rows[i].page != NULL ? rows[i].page : "",
		    rows[i].store != NULL ? "#" : "",
		    rows[i].store != NULL ? rows[i].store : "");
		rc = store_cursor_get(app->store, r->consumer, &r->cursor,
		    err);
	}
	return rc;
}
