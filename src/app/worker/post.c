/*
 * post.c - an action, from its body to its answer.
 *
 * A browser with the client posts JSON and gets an envelope; one without
 * posts a form and gets a page or is sent back to it.
 */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <xxhash.h>

#include "app/action/kept.h"
#include "app/auth/login.h"
#include "app/http/rate.h"
#include "app/worker/visit.h"
#include "base/ascii.h"
#include "base/log.h"
#include "base/suggest.h"

#define JSON_DEPTH	64

struct posted {
	const char *name;		/* of the action; NULL: none */
	const struct page_store *store;
	const struct lvt_action *action;
	json_t *body;			/* of a JSON request */
	json_t *data;
	json_t *typed;			/* what .lvt.Value shows */
	const char *key;
	int64_t rev;			/* -1: not given */
};

/* --- Reading it ---------------------------------------------------------------- */

/* Jansson goes 2048 levels deep; nobody types that. */
static bool
is_shallow(struct str s)
{
	int depth = 0;
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.s[i] == '"') {
			for (i++; i < s.len && s.s[i] != '"'; i++)
				i += s.s[i] == '\\';
		} else if (s.s[i] == '{' || s.s[i] == '[') {
			if (++depth > JSON_DEPTH)
				return false;
		} else if (s.s[i] == '}' || s.s[i] == ']') {
			depth--;
		}
	return true;
}

static int
read_json(struct visit *v, struct posted *p, struct lvt_error *err)
{
	json_error_t why;
	json_t *data;

	if (!is_shallow(v->rq->body))
		return lvt_error_set(err, LVT_EINVALID,
		    "the JSON is more than %d levels deep", JSON_DEPTH);
	p->body = json_loadb(v->rq->body.s, v->rq->body.len,
	    JSON_REJECT_DUPLICATES, &why);
	if (p->body == NULL)
		return lvt_error_set(err, LVT_EINVALID,
		    "the body is not JSON: line %d, column %d: %s", why.line,
		    why.column, why.text);
	p->name = json_string_value(json_object_get(p->body, "action"));
	data = json_object_get(p->body, "data");
	if (p->name == NULL)
		return lvt_error_set(err, LVT_EINVALID,
		    "the body names no action: {\"action\": \"name\", "
		    "\"data\": {...}}");
	if (data != NULL && !json_is_null(data) && !json_is_object(data))
		return lvt_error_set(err, LVT_EINVALID,
		    "\"data\" is not an object");
	p->data = json_is_object(data) ? json_incref(data) : json_object();
	return p->data != NULL ? 0 : lvt_error_nomem(err);
}

static bool
is_action(const struct page *pg, const char *name)
{
	const struct lvt_action *a;
	const struct page_store *s;

	return page_action(pg, name, &s, &a, NULL) == 0;
}

/* A button without a name, or with one that is nearly that of an action. */
static int
no_action_named(struct visit *v, struct lvt_error *err)
{
	const struct form *f = &v->rq->form;
	const char *path = v->route.page->row->path;
	struct suggest s = suggest_for(STR(""));
	struct buf have;
	size_t i;
	int rc;

	for (i = f->n; i-- > 0 && s.best.s == NULL; ) {
		s = suggest_for(f->fields[i].name);
		page_suggest(v->route.page, &s);
	}
	buf_init_limit(&have, 400);
	page_list_actions(v->route.page, &have);
	if (s.best.s != NULL)
		rc = lvt_error_set(err, LVT_ENOTFOUND, "page \"%s\" has no "
		    "action \"%.*s\"; did you mean \"%.*s\"? it has: %s", path,
		    STR_ARG(s.name), STR_ARG(s.best), buf_z(&have));
	else
		rc = lvt_error_set(err, LVT_ENOTFOUND, "the form names no action "
		    "of page \"%s\": <button name=\"ACTION\"> does, or a field "
		    "lvt-action; it has: %s", path, buf_z(&have));
	buf_release(&have);
	return rc;
}

/* lvt-action names it, else the last field that is the name of one, whose
 * value is the data member "value", too. */
static int
read_form(struct visit *v, struct posted *p, struct lvt_error *err)
{
	const struct form *f = &v->rq->form;
	const struct field *fd = form_find(f, "lvt-action");
	size_t i;

	if (fd == NULL)
		fd = form_find(&v->rq->query, "lvt-action");
	if ((p->data = form_json(f)) == NULL)
		return lvt_error_set(err, LVT_EINVALID,
		    "the form is not UTF-8");
	if (fd != NULL) {
		p->name = fd->value.s;
		return 0;
	}
	for (i = f->n; i-- > 0 && p->name == NULL; )
		if (is_action(v->route.page, f->fields[i].name.s)) {
			p->name = f->fields[i].name.s;
			if (json_object_get(p->data, "value") == NULL &&
			    json_object_set_new(p->data, "value", json_stringn(
			    f->fields[i].value.s, f->fields[i].value.len)) != 0)
				return lvt_error_nomem(err);
		}
	return p->name != NULL ? 0 : no_action_named(v, err);
}

static int
read_key(struct visit *v, struct posted *p, struct lvt_error *err)
{
	const struct field *fd = form_find(&v->rq->form, "lvt-key");
	const char *key = request_header(v->rq, "LVT-Key"), *z;

	if (key == NULL && fd != NULL)
		key = fd->value.s;
	if (key == NULL || key[0] == '\0')
		return 0;
	for (z = key; ascii_is_alnum(*z) || *z == '_' || *z == '-'; z++)
		continue;
	if (*z != '\0' || z - key > KEY_TEXT)
		return lvt_error_set(err, LVT_EINVALID, "LVT-Key is not up to "
		    "%d of A-Z, a-z, 0-9, _ and -", KEY_TEXT);
	p->key = key;
	return 0;
}

/* If-Match: "rev-7", or lvt-rev in the data or the form. */
static int
read_rev(struct visit *v, struct posted *p, struct lvt_error *err)
{
	const char *match = request_header(v->rq, "If-Match"), *text = NULL;
	const struct field *fd = form_find(&v->rq->form, "lvt-rev");
	const json_t *member = json_object_get(p->data, "lvt-rev");
	char *end;

	if (match != NULL && strncmp(match, "\"rev-", 5) == 0)
		text = match + 5;
	else if (json_is_integer(member))
		p->rev = json_integer_value(member);
	else if (json_is_string(member))
		text = json_string_value(member);
	else if (fd != NULL)
		text = fd->value.s;
	if (text != NULL) {
		errno = 0;
		p->rev = strtoll(text, &end, 10);
		if (!ascii_is_digit(text[0]) || errno != 0 ||
		    (*end != '\0' && strcmp(end, "\"") != 0))
			return lvt_error_set(err, LVT_EINVALID,
			    "the revision is not a number");
	}
	json_object_del(p->data, "lvt-rev");
	return 0;
}

/* What was typed, without what nobody may read over a shoulder. */
static json_t *
without_secrets(const json_t *data, const struct lvt_rule *r)
{
	json_t *typed = json_copy((json_t *)(uintptr_t)data), *value;
	const char *key;
	void *next;

	for (; r != NULL && r->field != NULL; r++)
		if (r->flags & LVT_SECRET)
			json_object_del(typed, r->field);
	json_object_foreach_safe(typed, next, key, value)
		if (strcasestr(key, "password") != NULL ||
		    strcasestr(key, "passwd") != NULL)
			json_object_del(typed, key);
	return typed;
}

static int
read_posted(struct visit *v, struct posted *p, struct lvt_error *err)
{
	int rc = v->rq->type == BODY_JSON ? read_json(v, p, err) :
	    read_form(v, p, err);

	if (rc == 0)
		rc = page_action(v->route.page, p->name, &p->store, &p->action,
		    err);
	if (rc == 0 && (rc = read_key(v, p, err)) == 0 &&
	    (rc = read_rev(v, p, err)) == 0 && (p->typed = without_secrets(
	    p->data, p->action->rules)) == NULL)
		rc = lvt_error_nomem(err);
	return rc;
}

/* --- Answering it --------------------------------------------------------------- */

static bool
is_plain_form(const struct visit *v)
{
	return v->rq->type != BODY_JSON && v->accept == ACCEPT_HTML;
}

/* The page's own address, for Location. "//a.example", which web servers take
 * for "/a.example", is another site to a browser; so is "/\\a.example". */
static const char *
own_address(const char *uri)
{
	while (strchr("/\\", uri[0]) != NULL && uri[1] != '\0' &&
	    strchr("/\\", uri[1]) != NULL)
		uri++;
	return uri;
}

/* The answer to a form: back to the page, so that reloading does not act. */
static void
see_other(struct visit *v, const char *url)
{
	v->rs->status = 303;
	v->rs->type = NULL;
	response_header(v->rs, "Location", "%s", url);
	response_header(v->rs, "Cache-Control", "no-store");
}

static int
answer_form(struct visit *v, const struct answer *a)
{
	response_header(v->rs, "Cache-Control", "no-store");
	v->rs->status = a->status;
	v->rs->type = "text/html; charset=utf-8";
	return document_write(v, a, &v->rs->body);
}

/* Show the page again with cx->errors and what was typed. */
static int
answer_errors(struct visit *v, const struct step *st, const struct posted *p,
    struct answer *a, struct lvt_error *err)
{
	struct look l = { v->app, v->cx.at.user, v->cx.errors, p->typed,
	    v->route.page, st->before.watching, st->layer };
	struct view with;
	int rc = session_view(&l, st->after, &with, err);

	a->errors = v->cx.errors;
	a->error_view = &with;
	if (rc == 0)
		rc = is_plain_form(v) ? answer_form(v, a) :
		    answer_envelope(v, a);
	view_release(&with);
	return rc;
}

/* Where the app is mounted below a path, "/x" is not its page "/x". */
static void
advise_redirect(struct visit *v, const char *url)
{
	const char *prefix = v->rq->prefix;
	struct route route;

	if (url != NULL && prefix[0] != '\0' && url[0] == '/' &&
	    strncmp(url, prefix, strlen(prefix)) != 0 &&
	    page_route(v->app, url, &v->rq->arena, &route) == 0)
		log_warn("lvt_redirect(\"%s\"): the app is at \"%s\": its page "
		    "is \"%s%s\", and \"%s\" from a page beside it, wherever "
		    "the app is", url, prefix, prefix, url, url + 1);
}

static int
answer_done(struct visit *v, const struct step *st, struct answer *a)
{
	a->success = true;
	a->old = &st->old_view;
	a->update = &st->update;
	a->reply = v->cx.reply;
	a->redirect = v->cx.redirect;
	login_cookies(&v->cx, st->replayed ? kept_login(&v->cx, st->kept) :
	    v->cx.login, v->rs);
	if (st->replayed) {
		a->kept = st->kept;
		a->reply = json_object_get(st->kept, "reply");
		a->redirect = json_string_value(json_object_get(st->kept,
		    "redirect"));
	}
	advise_redirect(v, a->redirect);
	if (!is_plain_form(v))
		return answer_envelope(v, a);
	see_other(v, a->redirect != NULL ? a->redirect :
	    own_address(v->rq->uri));
	return 0;
}

/* What an action's end means to the one who acted. */
static const struct {
	int rc, status;
	const char *code, *message;	/* NULL: the error's own */
} refusals[] = {
	{ LVT_EBUSY, 503, "busy", "Too many act here at once. Please try again." },
	{ LVT_ESTORE, 503, "store", "This cannot be saved just now. Please try again." },
	{ LVT_ESTALE, 422, "key_used", "This key was used before with other data." },
	{ LVT_EDENIED, 403, "denied", "You may not do this." },
	{ LVT_ENOTFOUND, 404, "not_found", "There is no such thing." },
	{ LVT_ETOOBIG, 413, "too_big", "This is too big." },
};

static bool
answer_refusal(struct visit *v, int rc, const struct lvt_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].rc != rc)
			continue;
		if (rc == LVT_ESTORE)
			log_error("%s %s: %s", v->rq->method, v->rq->path,
			    err->message);
		if (refusals[i].status == 503)
			response_header(v->rs, "Retry-After", "1");
		answer_error(v->app, v->rs, v->accept, refusals[i].status,
		    refusals[i].code, refusals[i].message);
		return true;
	}
	return false;
}

/* Something broke in the action: the page says so, the log says what. */
static int
answer_broken(struct visit *v, const struct step *st, const struct posted *p,
    struct answer *a, struct lvt_error *err)
{
	char text[ERROR_TEXT];

	log_error("%s %s: %s", v->rq->method, v->rq->path,
	    error_text(err, text));
	if (v->cx.errors == NULL && ctx_fail(&v->cx, "_general",
	    v->app->set.number[SET_DEV] != 0 ? text :
	    "this did not work; please try again") != 0)
		return LVT_ENOMEM;
	a->status = is_plain_form(v) ? 500 : 200;
	return answer_errors(v, st, p, a, NULL);
}

static int
answer_step(struct visit *v, const struct step *st, const struct posted *p,
    int rc, struct lvt_error *err)
{
	struct answer a = { .status = 200, .at = &st->before,
	    .rev = st->rev_now, .head = st->head, .view = &st->new_view,
	    .acted = true, .action = p->name };

	if (rc == 0)
		return answer_done(v, st, &a);
	if (answer_refusal(v, rc, err))
		return 0;
	if (st->new_view.program == NULL)
		return rc;	/* not even the page can be shown */
	if (rc == LVT_EINVALID) {
		a.status = is_plain_form(v) ? 422 : 200;
		return answer_errors(v, st, p, &a, err);
	}
	if (rc != LVT_ECONFLICT)
		return answer_broken(v, st, p, &a, err);
	a.status = 409;
	a.conflict = true;
	if (v->cx.errors == NULL && ctx_fail(&v->cx, "_general",
	    "somebody else changed this meanwhile; please look again") != 0)
		return LVT_ENOMEM;
	return answer_errors(v, st, p, &a, NULL);
}

static void
post_action(struct visit *v, const struct posted *p)
{
	struct lvt_error err = { 0 };
	XXH128_canonical_t hash;
	struct step st;
	int rc;

	step_init(&st);
	st.fn = p->action->fn;
	st.rules = p->action->rules;
	st.store = p->store->name;
	st.action = p->name;
	st.data = p->data;
	st.key = p->key;
	st.rev = p->rev;
	XXH128_canonicalFromHash(&hash,
	    XXH3_128bits(v->rq->body.s, v->rq->body.len));
	memcpy(st.hash, hash.digest, sizeof(st.hash));
	rc = step_run(&v->cx, &st, &err);
	rc = answer_step(v, &st, p, rc, &err);
	if (rc != 0) {
		lvt_error_set(&err, rc, "action \"%s\"", p->name);
		answer_failure(v, &err);
	}
	step_release(&st);
}

/*
 * An address counts unless it is of this machine: then it is that of a proxy.
 * A group counts unless many share it.
 */
static bool
too_often(struct visit *v)
{
	long long rate = v->app->set.number[SET_RATE];
	const char *address = request_param(v->rq, "REMOTE_ADDR");
	const struct page *pg = v->route.page;
	int64_t wait = 0;
	char key[AUTH_NAME + 80];

	if (address != NULL && strncmp(address, "127.", 4) != 0 &&
	    strcmp(address, "::1") != 0 && address[0] != '\0') {
		snprintf(key, sizeof(key), "a:%.64s", address);
		wait = rate_take(v->app->rate, key, rate, v->cx.now_ms);
	}
	if (wait == 0 && pg->auth->group == NULL &&
	    !(pg->row->flags & LVT_SHARED)) {
		snprintf(key, sizeof(key), "g:%s %s", v->app->name,
		    v->cx.at.group);
		wait = rate_take(v->app->rate, key, rate, v->cx.now_ms);
	}
	if (wait == 0)
		return false;
	response_header(v->rs, "Retry-After", "%lld",
	    (long long)(wait + 999) / 1000);
	answer_error(v->app, v->rs, v->accept, 429, "too_often",
	    "This was too often in too short a time. Please wait a moment.");
	return true;
}

void
visit_post(struct visit *v)
{
	struct request_opts o = { NULL,
	    (size_t)v->app->set.number[SET_BODY_MAX] };
	struct posted p = { .rev = -1 };
	struct lvt_error err = { 0 };
	int rc = 0;

	if (too_often(v))
		return;
	if (v->rq->type == BODY_OTHER) {
		answer_error(v->app, v->rs, v->accept, 415, "media_type",
		    "An action is JSON or a form.");
		return;
	}
	rc = request_read_body(v->rq, &o, &err);
	if (rc == 0)
		rc = read_posted(v, &p, &err);
	if (rc == 0)
		post_action(v, &p);
	else
		answer_error(v->app, v->rs, v->accept, rc == LVT_ETOOBIG ?
		    413 : rc == LVT_ENOTFOUND ? 404 : 400, rc == LVT_ETOOBIG ?
		    "too_big" : rc == LVT_ENOTFOUND ? "no_action" :
		    "bad_request", err.message);
	json_decref(p.body);
	json_decref(p.data);
	json_decref(p.typed);
}
