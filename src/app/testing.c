/*
 * testing.c - lvt_test_*: a page in memory, for the tests of an application.
 *
 * Owns:    the app, its private store, and what the last action said.
 */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/page.h"
#include "app/auth/auth.h"
#include "app/action/step.h"
#include "base/log.h"

struct lvt_test {
	struct app app;
	struct arena arena;
	struct route route;
	char	user[AUTH_NAME], group[AUTH_NAME];
	bool twice;
	json_t *state, *errors, *reply, *sent, *typed;
	struct buf html;
};

static const char *
from_environment(const char *name)
{
	return getenv(name);
}

static int
open_app(struct lvt_test *t, const struct lvt_app *row, const char *path,
    struct lvt_error *err)
{
	int rc;

	if (settings_default(&t->app.set, SET_DB, ":memory:") != 0)
		return lvt_error_nomem(err);
	if ((rc = settings_load(&t->app.set, from_environment, err)) != 0)
		return rc;
	t->app.mode = MODE_TEST;
	if ((rc = app_open(&t->app, row, program_invocation_name, err)) != 0 ||
	    (rc = pages_check(&t->app, err)) != 0 ||
	    (rc = app_store(&t->app, err)) != 0)
		return rc;
	rc = page_route(&t->app, path, &t->arena, &t->route);
	if (rc != 0)
		return lvt_error_set(err, rc, "there is no page \"%s\"", path);
	return lvt_test_as(t, "");
}

struct lvt_test *
lvt_test_open(const struct lvt_app *row, const char *path)
{
	struct lvt_test *t = calloc(1, sizeof(*t));
	struct lvt_error err = { 0 };

	if (t == NULL)
		return NULL;
	settings_init(&t->app.set);
	arena_init(&t->arena);
	buf_init(&t->html);
	if (open_app(t, row, path, &err) != 0) {
		fprintf(stderr, "lvt_test_open: %s%s%s\n", err.file,
		    err.file[0] != '\0' ? ": " : "", err.message);
		lvt_test_close(t);
		return NULL;
	}
	return t;
}

static void
forget(struct lvt_test *t)
{
	json_decref(t->errors);
	json_decref(t->reply);
	json_decref(t->sent);
	json_decref(t->typed);
	t->errors = t->reply = t->sent = t->typed = NULL;
}

void
lvt_test_close(struct lvt_test *t)
{
	if (t == NULL)
		return;
	forget(t);
	json_decref(t->state);
	buf_release(&t->html);
	arena_release(&t->arena);
	app_close(&t->app);
	free(t);
}

static void
enter(struct lvt_test *t, struct lvt_ctx *cx)
{
	ctx_init(cx, &t->app, NULL, &t->route);
	cx->at.user = t->user;
	cx->at.group = t->group;
}

int
lvt_test_as(struct lvt_test *t, const char *user)
{
	const struct lvt_auth *auth = t->route.page->auth;
	struct lvt_ctx cx;
	int rc = 0;

	if (strlen(user) >= sizeof(t->user))
		return LVT_ETOOBIG;
	memcpy(t->user, user, strlen(user) + 1);
	if (t->route.page->row->flags & LVT_SHARED)
		user = AUTH_SHARED;
	else if (user[0] == '\0')
		user = "nobody";
	if ((rc = auth_user_group(user, t->group)) != 0)
		return rc;
	if (auth->group != NULL) {
		enter(t, &cx);
		rc = auth->group(&cx, t->user, t->group, sizeof(t->group));
		ctx_release(&cx);
	}
	return rc;
}

void
lvt_test_twice(struct lvt_test *t, int on)
{
	t->twice = on != 0;
}

static json_t *
said_later(const struct delayed *d)
{
	json_t *body = d->due_ms > 0 ? json_loadb(d->body.s, d->body.len,
	    JSON_ALLOW_NUL, NULL) : NULL;

	if (d->due_ms == 0)
		return json_pack("{s:s}", "cancel", d->name);
	if (d->channel == NULL)
		body = json_pack("{s:s, s:o}", "to", d->scope, "patch", body);
	json_object_set_new(body, "at", json_integer(d->due_ms));
	return body;
}

/* What the action said, whether it was committed or not. */
static json_t *
said(const struct lvt_ctx *cx)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < cx->nmessages; i++)
		json_array_append_new(list, json_loadb(cx->messages[i].body.s,
		    cx->messages[i].body.len, JSON_ALLOW_NUL, NULL));
	for (i = 0; i < cx->ncasts; i++)
		json_array_append_new(list, json_pack("{s:s, s:O}", "to",
		    cx->casts[i].scope, "patch", cx->casts[i].patch));
	for (i = 0; i < cx->nlater; i++)
		json_array_append_new(list, said_later(&cx->later[i]));
	return list;
}

static int
act(struct lvt_test *t, const char *action, const json_t *data)
{
	const struct page_store *store;
	const struct lvt_action *row;
	struct lvt_error err = { 0 };
	struct lvt_ctx cx;
	struct step st;
	int rc = page_action(t->route.page, action, &store, &row, &err);

	if (rc == 0) {
		enter(t, &cx);
		step_init(&st);
		st.fn = row->fn;
		st.rules = row->rules;
		st.store = store->name;
		st.action = action;
		st.data = data;
		st.twice = t->twice;
		rc = step_run(&cx, &st, &err);
		t->errors = json_incref(cx.errors);
		t->reply = json_incref(cx.reply);
		if (rc == 0)
			t->sent = said(&cx);
		step_release(&st);
		ctx_release(&cx);
	}
	if (rc != 0 && rc != LVT_EINVALID)
		fprintf(stderr, "# %s: %s\n", action, err.message);
	return rc;
}

int
lvt_test_do(struct lvt_test *t, const char *action, const char *fmt, ...)
{
	json_error_t why;
	va_list ap;

	forget(t);
	if (fmt != NULL) {
		va_start(ap, fmt);
		t->typed = json_vpack_ex(&why, 0, fmt, ap);
		va_end(ap);
	} else {
		t->typed = json_object();
	}
	if (!json_is_object(t->typed)) {
		fprintf(stderr, "# lvt_test_do: the data is no object\n");
		return LVT_EINVALID;
	}
	return act(t, action, t->typed);
}

json_t *
lvt_test_state(struct lvt_test *t)
{
	struct lvt_ctx cx;
	struct sight s;

	enter(t, &cx);
	json_decref(t->state);
	t->state = NULL;
	if (session_load(&cx, &s, NULL) == 0) {
		t->state = session_take(&s, NULL);
		session_release(&s);
	}
	ctx_release(&cx);
	return t->state;
}

const char *
lvt_test_html(struct lvt_test *t)
{
	struct look l = { &t->app, t->user, t->errors, t->errors != NULL ?
	    t->typed : NULL, t->route.page, 0, NULL };
	struct lvt_error err = { 0 };
	struct lvt_ctx cx;
	struct sight s;
	struct view v;

	buf_clear(&t->html);
	view_init(&v);
	enter(t, &cx);
	if (session_load(&cx, &s, NULL) == 0) {
		l.layer = s.layer;
		if (session_doc(&s, &err) != NULL &&
		    session_view(&l, s.doc, &v, &err) == 0)
			view_html(&v, VIEW_WHOLE, &t->html);
		else
			fprintf(stderr, "# %s:%d:%d: %s\n", err.file,
			    err.line, err.column, err.message);
		view_release(&v);
		session_release(&s);
	}
	ctx_release(&cx);
	return buf_z(&t->html);
}

const char *
lvt_test_error(struct lvt_test *t, const char *field)
{
	return json_string_value(json_object_get(t->errors, field));
}

json_t *
lvt_test_reply(struct lvt_test *t)
{
	return t->reply;
}

json_t *
lvt_test_sent(struct lvt_test *t)
{
	if (t->sent == NULL)
		t->sent = json_array();
	return t->sent;
}
