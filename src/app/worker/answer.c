/* answer.c - errors and envelopes, as docs/protocol.md has them. */
#include <stdio.h>
#include <stdlib.h>

#include "app/page.h"
#include "app/action/kept.h"
#include "app/worker/visit.h"
#include "base/excerpt.h"
#include "base/log.h"

static const char json_media[] = "application/json";
static const char lvt_media[] = "application/vnd.lvt+json";
static const char html_media[] = "text/html; charset=utf-8";

/* --- Errors ----------------------------------------------------------------- */

static void
error_page(struct buf *out, const struct app *app, int status,
    const char *message)
{
	buf_printf(out, "<!DOCTYPE html><html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\"><title>%d %s"
	    "</title></head><body><h1>%s</h1><pre>", status,
	    response_reason(status), response_reason(status));
	html_text(out, str_z(message));
	buf_puts(out, "</pre><p><small>");
	html_text(out, str_z(app->name));
	buf_puts(out, "</small></p></body></html>\n");
}

void
answer_error(struct app *app, struct response *rs,
    enum request_accept accept, int status, const char *code,
    const char *message)
{
	rs->status = status;
	buf_clear(&rs->body);
	response_header(rs, "Cache-Control", "no-store");
	if (accept == ACCEPT_HTML) {
		rs->type = html_media;
		error_page(&rs->body, app, status, message);
		return;
	}
	rs->type = json_media;
	buf_puts(&rs->body, "{\"error\":{\"code\":");
	json_text(&rs->body, str_z(code));
	buf_puts(&rs->body, ",\"message\":");
	json_text(&rs->body, str_z(message));
	buf_puts(&rs->body, "}}\n");
}

/* The lines before a mistake and its own, with a caret below it. */
static void
add_lines(struct buf *out, struct str text, const struct lvt_error *err)
{
	char margin[24];
	int n;

	for (n = err->line > 2 ? err->line - 2 : 1; n <= err->line; n++) {
		struct str line = excerpt_line(text, n);

		if (line.s == NULL)
			return;
		snprintf(margin, sizeof(margin), "%5d | ", n);
		excerpt(out, margin, line, "      | ",
		    n == err->line ? err->column : 0);
	}
}

/* Where the mistake is, what it looks like, and what to do. */
static void
add_advice(struct buf *out, const struct app *app, const struct page *pg,
    const struct lvt_error *err)
{
	char *path = page_source(app, pg, err->file);
	struct buf text;

	buf_init(&text);
	if (path != NULL && page_read(path, &text, NULL) == 0) {
		buf_puts(out, "\n\n");
		add_lines(out, (struct str){ text.s, text.len }, err);
		buf_printf(out, "\nMend it in %s and save: the page comes back "
		    "by itself.", path);
	}
	buf_release(&text);
	free(path);
}

void
answer_failure(struct visit *v, const struct lvt_error *err)
{
	bool dev = v->app->set.number[SET_DEV] != 0;
	struct buf text, line;
	char message[ERROR_TEXT];

	buf_init(&line);
	buf_init_limit(&text, 16384);
	buf_puts(&text, error_text(err, message));
	buf_printf(&line, "%s %s: %s", v->rq->method, v->rq->path,
	    buf_z(&text));
	app_complain(v->app, buf_z(&line));
	/* A browser that shows this shows the page when it is mended. */
	if (dev && (err->file[0] != '\0' || v->route.page->broken))
		response_header(v->rs, "Refresh", "2");
	if (dev && err->file[0] != '\0')
		add_advice(&text, v->app, v->route.page, err);
	answer_error(v->app, v->rs, v->accept, 500, "failed", dev ?
	    buf_z(&text) : "Something went wrong here. Please try again.");
	buf_release(&text);
	buf_release(&line);
}

/* --- Envelopes ---------------------------------------------------------------- */

static void
put_json(struct buf *out, const char *name, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL) {
		out->failed = LVT_ENOMEM;
		return;
	}
	buf_printf(out, ",\"%s\":", name);
	buf_puts(out, text);
	free(text);
}

static void
put_text(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, ",\"%s\":", name);
	json_text(out, str_z(value));
}

/* Does the client say what it shows? */
static bool
client_names(struct visit *v, struct view_id *want)
{
	const char *named = request_header(v->rq, "LVT-View");

	if (named == NULL)
		named = request_header(v->rq, "If-None-Match");
	if (v->accept != ACCEPT_LVT || named == NULL)
		return false;
	named += named[0] == '"';
	return view_id_parse(named, strcspn(named, "\""), want) == 0;
}

/* What the client shows, if it says so and we can rebuild it. */
static const struct view *
client_view(struct visit *v, const struct answer *a, struct view *kept)
{
	struct view_id want, id;

	view_init(kept);
	if (!client_names(v, &want))
		return NULL;
	if (a->old != NULL && a->old->program != NULL) {
		view_id(a->old, v->app->view_key, &id);
		if (memcmp(&id, &want, sizeof(id)) == 0)
			return a->old;
	}
	view_id(a->view, v->app->view_key, &id);
	if (memcmp(&id, &want, sizeof(id)) == 0)
		return a->view;
	return views_find(v->app->views, &want, v->route.page->program, kept) ?
	    kept : NULL;
}

static void
put_meta(struct visit *v, const struct answer *a, const struct update *u,
    struct buf *out)
{
	char text[VIEW_ID_TEXT + 1], head[POSITION_TEXT];

	view_id_text(&u->view, text);
	buf_printf(out, ",\"meta\":{\"view\":\"%s\",\"base\":", text);
	view_id_text(&u->base, text);
	if (u->has_base)
		buf_printf(out, "\"%s\"", text);
	else
		buf_puts(out, "null");
	position_text(a->head, head);
	buf_printf(out, ",\"rev\":%lld,\"head\":\"%s\",\"statics\":\"%s\"",
	    (long long)a->rev, head, v->route.page->statics_hash);
	if (a->acted) {
		buf_printf(out, ",\"success\":%s", a->success ? "true" :
		    "false");
		put_text(out, "action", a->action);
		/* LiveTemplate's clients look for errors always. */
		if (a->errors != NULL)
			put_json(out, "errors", a->errors);
		else
			buf_puts(out, ",\"errors\":{}");
	}
	if (a->reply != NULL)
		put_json(out, "reply", a->reply);
	if (a->redirect != NULL)
		put_text(out, "redirect", a->redirect);
	if (a->conflict)
		buf_puts(out, ",\"conflict\":true");
}

/* The update that was kept with the outcome, if nobody changed the page since:
 * right even where no process remembers the view before. */
static bool
kept_answer(struct visit *v, const struct answer *a, struct update *u)
{
	struct view_id want, id;

	if (a->kept == NULL || !client_names(v, &want))
		return false;
	view_id(a->view, v->app->view_key, &id);
	return kept_update(a->kept, &want, &id, u);
}

/* The update that was made for the commit, if the client stands at its base. */
static const struct update *
step_update(struct visit *v, const struct answer *a, const struct view *shown)
{
	struct view_id want;

	return a->update != NULL && a->update->has_base && shown == a->view &&
	    client_names(v, &want) && memcmp(&want, &a->update->base,
	    sizeof(want)) == 0 ? a->update : NULL;
}

static void
answer_headers(struct visit *v, const struct answer *a,
    const struct view_id *id)
{
	char text[VIEW_ID_TEXT + 1], head[POSITION_TEXT];

	view_id_text(id, text);
	position_text(a->head, head);
	response_header(v->rs, "LVT-View", "%s", text);
	response_header(v->rs, "LVT-Rev", "%lld", (long long)a->rev);
	response_header(v->rs, "LVT-Head", "%s", head);
	response_header(v->rs, "Cache-Control", "private, no-cache");
	response_header(v->rs, "Vary", "Accept, Cookie");
	response_header(v->rs, "X-LiveTemplate-WebSocket", "disabled");
}

int
answer_envelope(struct visit *v, const struct answer *a)
{
	enum view_statics mode = v->accept == ACCEPT_LVT ?
	    VIEW_STATICS_NUMBERED : VIEW_STATICS_INLINE;
	/* Only our own client lays errors on top of a view. */
	const struct view *shown = mode == VIEW_STATICS_INLINE &&
	    a->error_view != NULL ? a->error_view : a->view;
	const struct update *made = step_update(v, a, shown);
	struct buf *out = &v->rs->body;
	struct update u;
	struct view kept;
	int rc = 0;

	update_init(&u);
	view_init(&kept);
	if (made == NULL && !kept_answer(v, a, &u))
		rc = update_make(&u, v->app, client_view(v, a, &kept), shown,
		    mode);
	if (made == NULL)
		made = &u;
	v->rs->status = a->status;
	v->rs->type = v->accept == ACCEPT_LVT ? lvt_media : json_media;
	buf_clear(out);
	buf_putc(out, '{');
	update_members(made, out);
	put_meta(v, a, made, out);
	if (a->error_view != NULL && mode == VIEW_STATICS_NUMBERED) {
		buf_puts(out, ",\"error_tree\":");
		view_diff(a->view, a->error_view, VIEW_BODY, mode, out);
	}
	buf_puts(out, "}}\n");
	if (rc == 0)
		answer_headers(v, a, &made->view);
	views_put(v->app->views, &made->view, shown);
	view_release(&kept);
	update_release(&u);
	return rc != 0 ? rc : out->failed;
}

void
answer_unchanged(struct visit *v, const struct answer *a)
{
	struct view_id id;

	view_id(a->view, v->app->view_key, &id);
	v->rs->status = 304;
	v->rs->type = NULL;
	response_header(v->rs, "ETag", "\"%.*s\"", VIEW_ID_TEXT,
	    request_header(v->rq, "If-None-Match") + 1);
	answer_headers(v, a, &id);
}

int
answer_stream(struct visit *v, struct position head)
{
	struct buf token;
	int rc;

	if (visit_heads(v)[0] != '\0')
		response_header(v->rs, "LVT-Heads", "%s", visit_heads(v));
	buf_init(&token);
	rc = document_token(v, head, &token);
	if (rc == 0)
		response_header(v->rs, "LVT-Token", "%s", buf_z(&token));
	buf_release(&token);
	return rc;
}
