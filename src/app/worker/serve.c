/* serve.c - from a request to its answer: assets, pages, syncs, actions. */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "app/page.h"
#include "app/http/origin.h"
#include "app/action/other.h"
#include "app/worker/seen.h"
#include "app/worker/visit.h"
#include "base/log.h"

/* --- GET ------------------------------------------------------------------------ */

/* W/"VIEW-HMAC(build, group, user, session epoch, token period)" */
static void
page_etag(struct visit *v, const struct sight *s, const struct view *view,
    char etag[64])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char text[VIEW_ID_TEXT + 1], hex[17];
	struct view_id id;
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%lld\n%lld\n%lld",
	    v->route.page->statics_hash, v->app->assets->hash,
	    document_stream(v), visit_heads(v), v->rq->prefix,
	    v->cx.at.group, v->cx.at.user, (long long)s->epoch,
	    (long long)s->rev, (long long)(v->cx.now_ms / 1000 /
	    (v->app->set.number[SET_TOKEN_TTL] / 4)));
	if (v->app->set.number[SET_DEV] != 0)
		buf_puts(&b, "\ndev");
	crypto_auth_hmacsha256(mac, (const unsigned char *)buf_z(&b), b.len,
	    v->app->token_key);
	buf_release(&b);
	sodium_bin2hex(hex, sizeof(hex), mac, 8);
	view_id(view, v->app->view_key, &id);
	view_id_text(&id, text);
	snprintf(etag, 64, "W/\"%s-%s\"", text, hex);
}

static int
get_html(struct visit *v, const struct answer *a)
{
	const char *have = request_header(v->rq, "If-None-Match");
	bool fresh = v->rs->headers.len > 0;	/* has a new cookie */
	char etag[64];

	page_etag(v, a->at, a->view, etag);
	v->rs->type = "text/html; charset=utf-8";
	response_header(v->rs, "Cache-Control", "private, no-cache");
	response_header(v->rs, "Vary", "Accept, Cookie");
	response_header(v->rs, "X-LiveTemplate-WebSocket", "disabled");
	response_header(v->rs, "ETag", "%s", etag);
	if (!fresh && have != NULL && strcmp(have, etag) == 0) {
		v->rs->status = 304;
		v->rs->type = NULL;
		return 0;
	}
	v->rs->status = 200;
	return document_write(v, a, &v->rs->body);
}

static bool
is_current(struct visit *v, const struct view *view)
{
	const char *have = request_header(v->rq, "If-None-Match");
	char text[VIEW_ID_TEXT + 1];
	struct view_id id;

	if (have == NULL || have[0] != '"')
		return false;
	view_id(view, v->app->view_key, &id);
	view_id_text(&id, text);
	return strncmp(have + 1, text, VIEW_ID_TEXT) == 0 &&
	    strcmp(have + 1 + VIEW_ID_TEXT, "\"") == 0;
}

/* Who comes back is not forgotten: at most a write in a part in 24 of the time
 * to live, an hour of a day. */
static void
touch(struct visit *v, const struct sight *s)
{
	int64_t until = session_expires(v->route.page, v->cx.at.user,
	    v->cx.now_ms);

	if (s->exists && s->expires_ms > 0 && until - s->expires_ms >
	    (until - v->cx.now_ms) / 24)
		store_session_touch(v->app->store, &s->at, until, NULL);
}

/* On a full page load mount runs, and commits if it changed something. */
static int
load_page(struct visit *v, struct step *st, struct lvt_error *err)
{
	const struct page *pg = v->route.page;
	struct look l = { v->app, v->cx.at.user, NULL, NULL, pg, 0,
	    NULL };
	int rc = session_load(&v->cx, &st->before, err);

	if (rc != 0)
		return rc;
	touch(v, &st->before);
	if (st->before.exists && pg->row->mount != NULL &&
	    v->accept != ACCEPT_LVT) {
		st->fn = pg->row->mount;
		st->action = "mount";
		return step_run(&v->cx, st, err);
	}
	st->rev_now = st->before.rev;
	st->head = st->before.head;
	l.watching = st->before.watching;
	l.layer = st->before.layer;
	if (session_doc(&st->before, err) == NULL)
		return err->code;
	return session_view(&l, st->before.doc, &st->new_view, err);
}

static int
answer_get(struct visit *v, const struct answer *a)
{
	int rc;

	if (v->accept == ACCEPT_HTML)
		return get_html(v, a);
	if (v->accept != ACCEPT_LVT)
		return answer_envelope(v, a);
	rc = answer_stream(v, a->head);
	if (rc == 0 && is_current(v, a->view))
		answer_unchanged(v, a);
	else if (rc == 0)
		rc = answer_envelope(v, a);
	return rc;
}

/* A form without method="post" only loads the page again, without a word. */
static void
advise_get(struct visit *v)
{
	const struct form *f = &v->rq->query;
	const struct page_store *store;
	const struct lvt_action *action;
	struct buf text;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (page_action(v->route.page, f->fields[i].name.s, &store,
		    &action, NULL) != 0)
			continue;
		buf_init(&text);
		buf_printf(&text, "GET %s: \"%s\" is an action, which a form "
		    "must post: <form method=\"post\">", v->rq->path,
		    action->name);
		app_complain(v->app, buf_z(&text));
		buf_release(&text);
	}
}

static void
visit_get(struct visit *v)
{
	struct lvt_error err = { 0 };
	struct answer a = { .status = 200 };
	struct step st;
	int rc;

	if (v->app->set.number[SET_DEV] != 0)
		advise_get(v);
	step_init(&st);
	rc = load_page(v, &st, &err);
	if (rc == 0) {
		a.at = &st.before;
		a.rev = st.rev_now;
		a.head = st.head;
		a.view = &st.new_view;
		rc = answer_get(v, &a);
	}
	if (rc == LVT_ENOTFOUND)
		answer_error(v->app, v->rs, v->accept, 404, "not_found",
		    "There is no such page.");
	else if (rc != 0) {
		lvt_error_set(&err, rc, "cannot show the page");
		answer_failure(v, &err);
	}
	step_release(&st);
}

/* --- Who may ------------------------------------------------------------------ */

static bool
refuse_origin(struct visit *v)
{
	struct origin o = { request_header(v->rq, "Sec-Fetch-Site"),
	    request_header(v->rq, "Origin"), v->rq->host,
	    v->app->set.text[SET_ORIGINS] };
	struct lvt_error err = { 0 };

	if (origin_check(&o, &err) == 0)
		return false;
	answer_error(v->app, v->rs, v->accept, 403, "origin", err.message);
	return true;
}

static bool
refuse_visitor(struct visit *v)
{
	struct lvt_error err = { 0 };

	switch (auth_apply(&v->cx, v->rs, &err)) {
	case 0:
		return false;
	case LVT_EDENIED:
		answer_error(v->app, v->rs, v->accept, 401, "unauthorized",
		    "Please sign in.");
		return true;
	default:
		answer_failure(v, &err);
		return true;
	}
}

static void
visit_page(struct visit *v)
{
	bool get = strcmp(v->rq->method, "GET") == 0;
	bool post = strcmp(v->rq->method, "POST") == 0;

	if (strcmp(v->rq->method, "HEAD") == 0) {
		/* How LiveTemplate's clients ask for the transport. */
		v->rs->status = 200;
		v->rs->type = "text/html; charset=utf-8";
		response_header(v->rs, "X-LiveTemplate-WebSocket", "disabled");
		return;
	}
	if (!get && !post) {
		response_header(v->rs, "Allow", "GET, HEAD, POST");
		answer_error(v->app, v->rs, v->accept, 405, "method",
		    "A page takes GET, HEAD and POST.");
		return;
	}
	if ((post && refuse_origin(v)) || refuse_visitor(v))
		return;
	if (post)
		visit_post(v);
	else
		visit_get(v);
}

/* --- Where to ----------------------------------------------------------------- */

static void
visit_route(struct visit *v)
{
	struct lvt_error err = { 0 };

	/* All of them: what is done here is shown elsewhere, too. */
	if (v->app->set.number[SET_DEV] != 0)
		pages_refresh(v->app);
	v->accept = v->rq->accept;
	if (v->rq->type == BODY_JSON && v->accept == ACCEPT_HTML)
		v->accept = ACCEPT_JSON;
	if (strcmp(v->rq->path, "/_lvt/seen") == 0) {
		seen_serve(v->app, v->rq, v->rs);
		return;
	}
	if (strncmp(v->rq->path, "/_lvt/", 6) == 0) {
		if (asset_serve(v->app, v->rq->path + 6, v->rs) != 0)
			answer_error(v->app, v->rs, v->accept, 404,
			    "not_found", strcmp(v->rq->path, "/_lvt/stream") ==
			    0 ? "No companion is configured here." :
			    "There is no such file.");
		return;
	}
	if (page_route(v->app, v->rq->path, &v->rq->arena, &v->route) != 0) {
		answer_error(v->app, v->rs, v->accept, 404, "not_found",
		    "There is no such page.");
		return;
	}
	ctx_init(&v->cx, v->app, v->rq, &v->route);
	if (v->route.page->broken &&
	    page_refresh(v->app, v->route.page, &err) != 0)
		answer_failure(v, &err);
	else
		visit_page(v);
	ctx_release(&v->cx);
}

void
serve(struct app *app, const struct request_io *io, struct response *rs)
{
	struct request_opts o = { app->set.text[SET_PREFIX],
	    (size_t)app->set.number[SET_BODY_MAX] };
	struct lvt_error err = { 0 };
	struct request rq;
	struct visit v;
	int rc;

	memset(&v, 0, sizeof(v));
	v.app = app;
	v.rq = &rq;
	v.rs = rs;
	response_reset(rs, 200, NULL);
	rc = request_init(&rq, io, &o, &err);
	if (rc != 0)
		answer_error(app, rs, rq.accept, rc == LVT_ETOOBIG ? 413 :
		    rc == LVT_ENOMEM ? 503 : 400, "bad_request", err.message);
	else
		visit_route(&v);
	if (rs->body.failed || rs->headers.failed) {
		log_error("%s %s: answer is too big", rq.method, rq.path);
		response_reset(rs, 500, NULL);
		rs->body.failed = rs->headers.failed = 0;
	}
	/* The answer to HEAD is that of GET without its body. */
	if (strcmp(rq.method, "HEAD") == 0) {
		rs->head_only = true;
		buf_clear(&rs->body);
	}
	request_release(&rq);
}
