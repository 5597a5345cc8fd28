/* document.c - the HTML page: its wrapper, its tree, its stream. */
#include <config.h>		/* _GNU_SOURCE */

#include <stdio.h>
#include <stdlib.h>

#include "app/http/cookie.h"
#include "app/worker/visit.h"
#include "base/log.h"

/* --- The stream's token ------------------------------------------------------- */

/* "{user}" and "{group}" filled in; false: not for this visitor. */
static bool
fill_pattern(const struct lvt_ctx *cx, struct str pattern, struct buf *out)
{
	size_t i = 0;

	while (i < pattern.len) {
		const char *value = NULL;
		size_t skip = 0;

		if (pattern.len - i >= 6 &&
		    memcmp(pattern.s + i, "{user}", 6) == 0) {
			value = cx->at.user;
			skip = 6;
		} else if (pattern.len - i >= 7 &&
		    memcmp(pattern.s + i, "{group}", 7) == 0) {
			value = cx->at.group;
			skip = 7;
		}
		if (value == NULL) {
			buf_putc(out, pattern.s[i++]);
			continue;
		}
		/* A name must not widen the pattern that it stands in. */
		if (strchr(value, '.') != NULL ||
		    !channel_is_valid(value, strlen(value)))
			return false;
		buf_puts(out, value);
		i += skip;
	}
	return !out->failed && channel_pattern_is_valid(out->s, out->len);
}

int
lvt_grant(struct lvt_ctx *cx, const char *pattern)
{
	if (cx->grants == NULL || !channel_pattern_is_valid(pattern,
	    strlen(pattern)))
		return LVT_EINVALID;
	return json_array_append_new(cx->grants, json_string(pattern)) == 0 ?
	    0 : LVT_ENOMEM;
}

/* What the page's own function adds; all of it or nothing. */
static json_t *
granted_also(struct lvt_ctx *cx, json_t *list)
{
	int rc;

	if (list == NULL || cx->route->page->row->grant == NULL)
		return list;
	if ((cx->grants = json_array()) == NULL)
		return list;
	rc = cx->route->page->row->grant(cx);
	if (rc == 0)
		json_array_extend(list, cx->grants);
	json_decref(cx->grants);
	cx->grants = NULL;
	return list;
}

static json_t *
granted(struct lvt_ctx *cx)
{
	const char *at = cx->route->page->row->channels;
	json_t *list = json_array();
	struct buf one;
	size_t n;

	buf_init(&one);
	for (; list != NULL && at != NULL && *at != '\0'; at += n) {
		at += strspn(at, " ,");
		n = strcspn(at, " ,");
		buf_clear(&one);
		if (n > 0 && fill_pattern(cx, (struct str){ at, n }, &one) &&
		    json_array_append_new(list,
		    json_stringn(one.s, one.len)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	buf_release(&one);
	return granted_also(cx, list);
}

/* --- How far back ---------------------------------------------------------------- */

struct row_time {
	struct position at;
	int64_t when_ms;
};

static int
see_row(void *arg, const struct outbox_entry *e)
{
	struct row_time *t = arg;

	t->at = e->at;
	t->when_ms = e->when_ms;
	return 1;
}

/* The newest row that is older than since; the boundary if none is. Rows are in
 * the order of time. */
static struct position
position_at(struct store *st, struct position head, int64_t since_ms)
{
	struct position low;
	struct row_time t;
	int64_t a, b, mid, last;

	if (store_boundary(st, &low, NULL) != 0)
		return head;
	for (a = low.seq, b = head.seq; a < b; ) {
		mid = a + (b - a + 1) / 2;
		t.at = head;
		if (store_outbox_read(st, mid - 1, 1, see_row, &t, &last,
		    NULL) < 0)
			return head;
		if (t.when_ms < since_ms) {
			low = t.at;
			a = mid;
		} else {
			b = mid - 1;
		}
	}
	return low;
}

/* Of the visitor: since that token was made. */
static bool
was_revoked(const struct visit *v, const json_t *claims)
{
	const char *issued = json_string_value(json_object_get(claims, "i"));
	struct position at;

	return issued == NULL ||
	    position_parse(issued, strlen(issued), &at) != 0 ||
	    store_revoked(v->app->store, v->app->name, v->cx.at.user,
	    v->cx.at.group, at.seq, NULL) != 0;
}

/*
 * The lowest position that a stream may replay. A client that shows its token
 * of before (in LVT-Token) keeps what it was allowed; else it begins here.
 */
static void
replay_from(struct visit *v, struct position head, char text[POSITION_TEXT])
{
	const char *old = request_header(v->rq, "LVT-Token"), *from, *group;
	const char *user;
	json_t *c;

	if (v->route.page->row->history > 0)
		head = position_at(v->app->store, head, v->cx.now_ms -
		    v->route.page->row->history * 1000);
	position_text(head, text);
	if (old == NULL ||
	    (c = token_verify(v->app->token_key, old, strlen(old), NULL)) == NULL)
		return;
	from = json_string_value(json_object_get(c, "f"));
	group = json_string_value(json_object_get(c, "g"));
	user = json_string_value(json_object_get(c, "u"));
	if (from != NULL && group != NULL && user != NULL &&
	    strlen(from) < POSITION_TEXT && !was_revoked(v, c) &&
	    strcmp(group, v->cx.at.group) == 0 &&
	    strcmp(user, v->cx.at.user) == 0)
		memcpy(text, from, strlen(from) + 1);
	json_decref(c);
}

/* channels is taken. */
static int
sign_token(struct visit *v, struct position head, json_t *channels,
    struct buf *token)
{
	long long ttl = v->app->set.number[SET_TOKEN_TTL];
	/* In steps of a quarter, so that pages keep their ETag for a while. */
	json_int_t until = (v->cx.now_ms / 1000 / (ttl / 4) + 5) * (ttl / 4);
	json_t *claims;
	char from[POSITION_TEXT], issued[POSITION_TEXT];
	int rc = LVT_ENOMEM;

	replay_from(v, head, from);
	position_text(head, issued);
	claims = json_pack("{s:s, s:s, s:s, s:[s], s:o, s:I, s:s, s:s, s:I}",
	    "a", v->app->name, "g", v->cx.at.group, "u", v->cx.at.user,
	    "p", v->route.path, "c", channels, "x", until, "f", from,
	    "i", issued, "t", (json_int_t)(v->cx.now_ms / 1000));
	if (claims != NULL && (v->route.page->row->flags & LVT_PRESENCE) &&
	    json_object_set_new(claims, "w", json_true()) != 0) {
		json_decref(claims);
		claims = NULL;
	}
	if (claims != NULL)
		rc = token_sign(v->app->token_key, claims, token);
	json_decref(claims);
	return rc;
}

int
document_token(struct visit *v, struct position head, struct buf *token)
{
	int rc = sign_token(v, head, granted(&v->cx), token);

	if (rc != 0 || token->len <= TOKEN_MAX)
		return rc;
	/* Nobody would take it. Live without channels is more than neither. */
	log_error("page \"%s\": the names of its channels make a stream token "
	    "of %zu bytes, %d are allowed: none is granted; grant a pattern, "
	    "such as \"room.*\", instead of many names", v->route.path,
	    token->len, TOKEN_MAX);
	buf_clear(token);
	return sign_token(v, head, json_array(), token);
}

const char *
document_stream(struct visit *v)
{
	const struct settings *s = &v->app->set;
	const char *url;

	if (s->text[SET_STREAM_URL] != NULL)
		return s->text[SET_STREAM_URL];
	if (strcmp(s->text[SET_STREAM], "off") == 0)
		return "";
	/* A plain CGI has a companion only if one listens to its doorbell. */
	if (v->app->mode != MODE_FASTCGI &&
	    !store_bell_answers(v->app->store))
		return "";
	url = arena_printf(&v->rq->arena, "%s/_lvt/stream", v->rq->prefix);
	return url != NULL ? url : "";
}

/* --- The page ------------------------------------------------------------------ */

static void
attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " data-lvt-%s=\"", name);
	html_text(out, str_z(value));
	buf_putc(out, '"');
}

static int
wrapper_open(struct visit *v, const struct answer *a,
    const struct view *shown, struct buf *out)
{
	char view[VIEW_ID_TEXT + 1], head[POSITION_TEXT], rev[24];
	struct view_id id;
	struct buf token;
	int rc;

	buf_init(&token);
	rc = document_token(v, a->head, &token);
	view_id(shown, v->app->view_key, &id);
	view_id_text(&id, view);
	position_text(a->head, head);
	snprintf(rev, sizeof(rev), "%lld", (long long)a->rev);
	buf_puts(out, "<div");
	attribute(out, "id", "w");
	attribute(out, "view", view);
	attribute(out, "head", head);
	attribute(out, "rev", rev);
	attribute(out, "page", v->route.path);
	attribute(out, "prefix", v->rq->prefix);
	attribute(out, "statics", v->route.page->statics_hash);
	attribute(out, "stream", document_stream(v));
	if (visit_heads(v)[0] != '\0')
		attribute(out, "heads", visit_heads(v));
	attribute(out, "token", buf_z(&token));
	if (v->app->set.number[SET_DEV] != 0)
		attribute(out, "dev", "1");
	buf_putc(out, '>');
	views_put(v->app->views, &id, shown);
	buf_release(&token);
	return rc;
}

/* In a script element nothing may look like its end, or like a comment. */
static void
script_json(struct buf *out, size_t from)
{
	struct buf safe;
	size_t i;

	buf_init(&safe);
	for (i = from; i < out->len; i++)
		switch (out->s[i]) {
		case '<': buf_puts(&safe, "\\u003c"); break;
		case '>': buf_puts(&safe, "\\u003e"); break;
		case '&': buf_puts(&safe, "\\u0026"); break;
		default: buf_putc(&safe, out->s[i]);
		}
	if (safe.failed)
		out->failed = safe.failed;
	if (!out->failed) {
		out->len = from;
		buf_add(out, safe.s, safe.len);
	}
	buf_release(&safe);
}

static void
embedded_tree(const struct view *shown, struct buf *out)
{
	size_t from, outer;

	buf_puts(out, "<script type=\"application/json\" id=\"lvt-tree\">");
	from = out->len;
	buf_puts(out, "{\"tree\":");
	view_tree_json(shown, VIEW_BODY, VIEW_STATICS_NUMBERED, out);
	outer = out->len;
	buf_puts(out, ",\"outer\":");
	view_tree_json(shown, VIEW_OUTER, VIEW_STATICS_NUMBERED, out);
	if (!out->failed && !outer_has_slots((struct str){ out->s + outer + 9,
	    out->len - outer - 9 }))
		out->len = outer;
	buf_putc(out, '}');
	if (!out->failed)
		script_json(out, from);
	buf_puts(out, "</script>");
}

/* Whether a script of that name is loaded. Only tags count: what people write
 * is escaped, and must not keep a page from being live. */
static bool
loads(const struct buf *b, const char *name)
{
	const char *p = b->s, *end = b->s + b->len, *close;

	while (p != NULL && p < end && (p = memmem(p, (size_t)(end - p),
	    "<script", 7)) != NULL) {
		if ((close = memchr(p, '>', (size_t)(end - p))) == NULL)
			return false;
		if (memmem(p, (size_t)(close - p), name, strlen(name)) != NULL)
			return true;
		p = close;
	}
	return false;
}

/* Ours, or LiveTemplate's own: two clients would do everything twice. */
static bool
has_client(const struct buf *b)
{
	return b->len > 0 && (loads(b, "/_lvt/lvt.js") ||
	    loads(b, "livetemplate-client"));
}

static void
script_tag(struct visit *v, const char *stem, const char *more,
    struct buf *out)
{
	buf_puts(out, "<script src=\"");
	html_text(out, str_z(v->rq->prefix));
	buf_printf(out, "/_lvt/%s-%s.js\"%s defer></script>", stem,
	    v->app->assets->hash, more);
}

/* The client; in development what shows its builder the page's doings comes
 * before it, so as to see all. A page with a client of its own loads both. */
static void
scripts(struct visit *v, bool has_debug, struct buf *out)
{
	if (v->app->assets->hash[0] == '\0')
		return;
	if (v->app->set.number[SET_DEV] != 0 && !has_debug)
		script_tag(v, "lvt-debug", " data-lvt-debug=\"quiet\"", out);
	script_tag(v, "lvt", "", out);
}

int
document_write(struct visit *v, const struct answer *a, struct buf *out)
{
	/* A page with errors is a view of its own: a client that starts from
	 * it syncs at the first update. */
	const struct view *shown = a->error_view != NULL ? a->error_view :
	    a->view;
	struct buf before, after;
	bool has_script, has_debug;
	int rc;

	buf_init(&before);
	buf_init(&after);
	view_html_around(shown, &before, &after);
	buf_add(out, before.s, before.len);
	rc = wrapper_open(v, a, shown, out);
	view_html(shown, VIEW_BODY, out);
	has_script = has_client(out) || has_client(&after);
	has_debug = loads(out, "/_lvt/lvt-debug") ||
	    loads(&after, "/_lvt/lvt-debug");
	buf_puts(out, "</div>");
	embedded_tree(shown, out);
	if (!has_script)
		scripts(v, has_debug, out);
	buf_add(out, after.s, after.len);
	if (rc == 0)
		rc = before.failed ? before.failed : after.failed ?
		    after.failed : out->failed;
	buf_release(&before);
	buf_release(&after);
	return rc;
}
