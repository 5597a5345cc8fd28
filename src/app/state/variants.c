#include <stdio.h>
#include <stdlib.h>

#include "app/auth/auth.h"
#include "app/state/doc.h"
#include "app/auth/login.h"
#include "app/state/variants.h"
#include "base/audience.h"

/* Somebody who may watch, and what the commit does to their view. */
struct audience {
	struct place at;
	bool known;			/* base, view and changed are */
	bool changed;
	struct view_id base, view;
	struct str json;		/* the event's data */
	bool written;			/* in the row that is made now */
};

/* The watchers of one page while its rows are made. */
struct crowd {
	struct variants *vs;
	struct lvt_ctx *cx;
	const struct change *change;
	struct route route;
	struct audience *a;
	size_t n, limit;
	bool complete;			/* nobody else can be watching */
	bool personal;			/* users of a group see other things */
	int rc;
};

void
variants_init(struct variants *vs)
{
	memset(vs, 0, sizeof(*vs));
	arena_init(&vs->arena);
}

void
variants_release(struct variants *vs)
{
	free(vs->rows);
	arena_release(&vs->arena);
}

/* --- Who ---------------------------------------------------------------------- */

static int
crowd_add(void *arg, const struct place *at, const char *view,
    int64_t connections)
{
	struct crowd *c = arg;
	struct arena *a = &c->vs->arena;
	struct audience *w;
	size_t i;

	(void)view;
	(void)connections;
	for (i = 0; i < c->n; i++)
		if (strcmp(c->a[i].at.group, at->group) == 0 &&
		    (!c->personal ||
		    strcmp(c->a[i].at.user, at->user) == 0))
			return 0;
	if (c->n == c->limit) {
		c->complete = false;
		return 1;
	}
	w = &c->a[c->n];
	memset(w, 0, sizeof(*w));
	w->at = (struct place){ c->cx->app->name, c->route.path,
	    arena_z(a, at->group), arena_z(a, at->user) };
	if (w->at.group == NULL || w->at.user == NULL) {
		c->rc = LVT_ENOMEM;
		return 1;
	}
	c->n++;
	return 0;
}

static int
crowd_watchers(struct crowd *c, const char *group, struct lvt_error *err)
{
	int rc = store_watchers(c->cx->app->store, c->cx->app->name,
	    c->route.path, group, (int)c->limit, crowd_add, c, err);

	return c->rc != 0 ? c->rc : rc > 0 ? 0 : rc;
}

static bool
is_own_page(const struct crowd *c)
{
	return c->change->before != NULL &&
	    strcmp(c->change->before->at.page, c->route.path) == 0;
}

/* Everybody whom a row of this page with that scope may concern. */
static int
crowd_gather(struct crowd *c, const char *scope, struct lvt_error *err)
{
	const struct page *pg = c->route.page;
	struct place at = { c->cx->app->name, c->route.path, "", "" };

	if (strncmp(scope, "g:", 2) == 0) {
		at.group = scope + 2;
		if (c->personal) {
			c->complete = false;
			return crowd_watchers(c, at.group, err);
		}
	} else if ((pg->row->flags & LVT_SHARED) &&
	    pg->auth->group == NULL && (scope[0] == 'u' || !c->personal)) {
		at.group = AUTH_SHARED;
		at.user = scope[0] == 'u' ? scope + 2 : "";
	} else {
		c->complete = false;
		return crowd_watchers(c, NULL, err);
	}
	crowd_add(c, &at, "", 0);
	return c->rc;
}

/* --- What they see -------------------------------------------------------------- */

static int
audience_line(struct crowd *c, struct audience *w, const struct update *u,
    int64_t rev)
{
	char base[VIEW_ID_TEXT + 1], view[VIEW_ID_TEXT + 1];
	struct buf json;

	w->known = w->changed = true;
	w->base = u->base;
	w->view = u->view;
	view_id_text(&u->base, base);
	view_id_text(&u->view, view);
	buf_init(&json);
	buf_puts(&json, "{\"page\":");
	json_text(&json, str_z(c->route.path));
	buf_printf(&json, ",\"base\":\"%s\",\"view\":\"%s\",\"rev\":%lld,",
	    base, view, (long long)rev);
	update_members(u, &json);
	buf_putc(&json, '}');
	w->json = arena_str(&c->vs->arena, json.s, json.len);
	if (json.failed || w->json.s == NULL)
		c->rc = LVT_ENOMEM;
	buf_release(&json);
	return c->rc;
}

/* Nothing changes for them: a line says so, or they would be told to sync. */
static void
audience_stays(const struct crowd *c, struct audience *w,
    const struct view *view)
{
	w->known = true;
	view_id(view, c->cx->app->view_key, &w->base);
	w->view = w->base;
}

/* A document, and what lies over it: before a commit and after. */
struct scene {
	const json_t *doc, *layer;
	int64_t watching;
};

/* Render both as w's user sees them. */
static int
audience_render(struct crowd *c, struct audience *w,
    const struct scene *before, const struct scene *after, int64_t rev,
    struct lvt_error *err)
{
	struct look l = { c->cx->app, w->at.user, NULL, NULL, c->route.page,
	    before->watching, before->layer };
	struct update u;
	struct view a, b;
	int rc;

	update_init(&u);
	view_init(&b);
	rc = session_view(&l, before->doc, &a, err);
	l.watching = after->watching;
	l.layer = after->layer;
	if (rc == 0)
		rc = session_view(&l, after->doc, &b, err);
	if (rc == 0 && view_equal(&a, &b))
		audience_stays(c, w, &a);
	else if (rc == 0 && (rc = update_make(&u, c->cx->app, &a, &b,
	    VIEW_STATICS_NUMBERED)) == 0)
		rc = audience_line(c, w, &u, rev);
	view_release(&a);
	view_release(&b);
	update_release(&u);
	return rc;
}

/*
 * A place that is not the actor's own: as it is now, with the casts. Or, with
 * own not NULL, another user of the actor's group: its document is known, what
 * lies over it for that user is not.
 */
static int
audience_other(struct crowd *c, struct audience *w, const struct change *own,
    struct lvt_error *err)
{
	struct scene before, after;
	struct lvt_ctx cx;
	struct sight s;
	json_t *doc = NULL, *layer = NULL;
	int rc;

	ctx_init(&cx, c->cx->app, NULL, &c->route);
	cx.at = w->at;
	if ((rc = session_load(&cx, &s, err)) != 0)
		goto out;
	rc = LVT_ENOMEM;
	if (session_doc(&s, NULL) == NULL || (own != NULL &&
	    session_doc(own->before, NULL) == NULL))
		goto done;
	before = after = (struct scene){ s.doc, s.layer, s.watching };
	if (own != NULL)
		before = (struct scene){ own->before->doc, s.layer,
		    own->before->watching };
	if ((doc = json_deep_copy(s.doc)) == NULL || (s.layer != NULL &&
	    (layer = json_deep_copy(s.layer)) == NULL) ||
	    (rc = session_cast(c->cx, c->route.page, &w->at, doc,
	    &layer)) != 0)
		goto done;
	after = own != NULL ?
	    (struct scene){ own->after, layer, own->watching } :
	    (struct scene){ doc, layer, s.watching };
	rc = audience_render(c, w, &before, &after,
	    own != NULL ? own->rev : s.rev, err);
done:
	json_decref(doc);
	json_decref(layer);
	session_release(&s);
out:
	ctx_release(&cx);
	return rc;
}

static int
audience_see(struct crowd *c, struct audience *w, struct lvt_error *err)
{
	const struct change *ch = c->change;
	const struct place *own = ch->before != NULL ? &ch->before->at : NULL;
	struct scene before, after;

	if (!is_own_page(c) || strcmp(own->group, w->at.group) != 0)
		return audience_other(c, w, NULL, err);
	if (ch->update != NULL && (!c->personal ||
	    strcmp(own->user, w->at.user) == 0)) {
		if (ch->seen)
			return audience_line(c, w, ch->update, ch->rev);
		w->known = true;
		w->base = w->view = ch->update->base;
		return 0;
	}
	if (c->personal && session_is_shared(c->route.page))
		return audience_other(c, w, ch, err);
	if (session_doc(ch->before, NULL) == NULL)
		return LVT_ENOMEM;
	before = (struct scene){ ch->before->doc, NULL, ch->before->watching };
	after = (struct scene){ ch->after, NULL, ch->watching };
	return audience_render(c, w, &before, &after, ch->rev, err);
}

/* --- Rows ---------------------------------------------------------------------- */

static bool
scope_holds(const char *scope, const struct place *at)
{
	struct cast c = { .scope = scope, .page = "*" };

	return cast_reaches(&c, at);
}

static int
row_add(struct variants *vs, const struct outbox_row *row)
{
	struct outbox_row *more;
	size_t cap;

	if (vs->nrows == vs->cap) {
		cap = vs->cap == 0 ? 8 : vs->cap * 2;
		more = realloc(vs->rows, cap * sizeof(*more));
		if (more == NULL)
			return LVT_ENOMEM;
		vs->rows = more;
		vs->cap = cap;
	}
	vs->rows[vs->nrows++] = *row;
	return 0;
}

/*
 * May somebody in scope stand at a view that was rendered, with a document that
 * was not? Not in a group whose views do not name the user, nor where all are
 * in one group.
 */
static bool
needs_audience(const struct crowd *c, const char *scope)
{
	const struct page *pg = c->route.page;

	if (c->personal)
		return true;
	return scope[0] != 'g' && (!(pg->row->flags & LVT_SHARED) ||
	    pg->auth->group != NULL);
}

static void
line_write(struct crowd *c, const char *scope, const struct audience *w,
    struct str json, struct buf *out)
{
	char base[VIEW_ID_TEXT + 1], view[VIEW_ID_TEXT + 1];
	char name[AUDIENCE_TEXT + 1];

	view_id_text(&w->base, base);
	view_id_text(&w->view, view);
	buf_printf(out, "%s %s ", base, view);
	if (needs_audience(c, scope)) {
		audience_text(audience_hash(w->at.group,
		    c->personal ? w->at.user : NULL), name);
		buf_printf(out, "%s ", name);
	}
	buf_str(out, json);
	buf_putc(out, '\n');
}

static bool
same_step(const struct audience *a, const struct audience *b)
{
	return memcmp(&a->base, &b->base, sizeof(a->base)) == 0 &&
	    memcmp(&a->view, &b->view, sizeof(a->view)) == 0;
}

/* One line for each audience; "=" repeats the line before it. */
static bool
crowd_lines(struct crowd *c, const char *scope, struct buf *out)
{
	struct audience *w, *o;
	bool any = false;

	for (w = c->a; w < c->a + c->n; w++)
		w->written = !w->known || !scope_holds(scope, &w->at);
	for (w = c->a; w < c->a + c->n; w++) {
		if (w->written)
			continue;
		any |= w->changed;
		line_write(c, scope, w, w->changed ? w->json : STR("-"), out);
		for (o = w + 1; o < c->a + c->n; o++) {
			if (o->written || !same_step(w, o))
				continue;
			o->written = true;
			if (needs_audience(c, scope))
				line_write(c, scope, o, STR("="), out);
		}
	}
	return any;
}

static int
crowd_row(struct crowd *c, const char *scope)
{
	struct arena *a = &c->vs->arena;
	struct outbox_row row = { .kind = OUTBOX_PAGE,
	    .app = c->cx->app->name, .page = arena_z(a, c->route.path),
	    .scope = arena_z(a, scope) };
	struct buf body;
	bool any;
	int rc;

	buf_init(&body);
	any = crowd_lines(c, scope, &body);
	row.body = arena_str(a, body.len > 0 ? body.s : "", body.len);
	if (body.failed || row.body.s == NULL || row.page == NULL ||
	    row.scope == NULL)
		rc = LVT_ENOMEM;
	else
		rc = any || !c->complete ? row_add(c->vs, &row) : 0;
	buf_release(&body);
	return rc;
}

/* The scopes of this commit on one page, each once. */
static size_t
page_scopes(const struct crowd *c, const char *own, const char **scopes)
{
	size_t i, k, n = 0;

	if (own != NULL)
		scopes[n++] = own;
	for (i = 0; i < c->cx->ncasts; i++) {
		const struct cast *ca = &c->cx->casts[i];

		if (strcmp(ca->page, "*") != 0 &&
		    strcmp(ca->page, c->route.path) != 0)
			continue;
		for (k = 0; k < n && strcmp(scopes[k], ca->scope) != 0; k++)
			continue;
		if (k == n)
			scopes[n++] = ca->scope;
	}
	return n;
}

/* Do views of one group differ by user: by name, or by what was said to one? */
static int
find_personal(struct crowd *c, struct lvt_error *err)
{
	size_t i;

	c->personal = c->route.page->uses_user;
	if (c->personal || !session_is_shared(c->route.page))
		return 0;
	for (i = 0; i < c->cx->ncasts; i++)
		c->personal |= c->cx->casts[i].scope[0] == 'u';
	return c->personal ? 0 : store_has_layers(c->cx->app->store,
	    c->cx->app->name, c->route.path, &c->personal, err);
}

/* All rows of one page. */
static int
page_rows(struct variants *vs, struct lvt_ctx *cx, const struct change *ch,
    const char *path, struct lvt_error *err)
{
	/* In development somebody may show what other templates gave. */
	struct crowd c = { .vs = vs, .cx = cx, .change = ch,
	    .complete = !ch->blind && cx->app->set.number[SET_DEV] == 0,
	    .limit = (size_t)cx->app->set.number[SET_VARIANTS] };
	const char **scopes, *own = NULL;
	size_t i, n;
	int rc = page_route(cx->app, path, &vs->arena, &c.route);

	if (rc != 0)
		return rc == LVT_ENOTFOUND ? 0 : rc;
	if ((rc = find_personal(&c, err)) != 0)
		return rc;
	c.a = arena_alloc(&vs->arena, c.limit * sizeof(*c.a));
	scopes = arena_alloc(&vs->arena, (cx->ncasts + 1) * sizeof(*scopes));
	if (c.a == NULL || scopes == NULL)
		return lvt_error_nomem(err);
	if (is_own_page(&c)) {
		/* The actor's view is known already: it comes first. */
		crowd_add(&c, &ch->before->at, "", 0);
		if (ch->changed && (own = arena_printf(&vs->arena, "g:%s",
		    ch->before->at.group)) == NULL)
			return lvt_error_nomem(err);
	}
	n = page_scopes(&c, own, scopes);
	for (i = 0, rc = c.rc; rc == 0 && i < n && !ch->blind; i++)
		rc = crowd_gather(&c, scopes[i], err);
	for (i = 0; rc == 0 && i < c.n; i++)
		/* A view that cannot be rendered is no line: it syncs. */
		if (audience_see(&c, &c.a[i], NULL) != 0) {
			c.complete = false;
			rc = c.rc;
		}
	for (i = 0; rc == 0 && i < n; i++)
		rc = crowd_row(&c, scopes[i]);
	return rc != 0 ? lvt_error_set(err, rc, "page \"%s\": %s", path,
	    lvt_strerror(rc)) : 0;
}

struct paths {
	struct arena *arena;
	const char **v;
	size_t n, cap;
};

static int
path_add(struct paths *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->v[i], path) == 0)
			return 0;
	if (p->n == p->cap)	/* enough: others ask by themselves */
		return 0;
	if ((p->v[p->n] = arena_z(p->arena, path)) == NULL)
		return LVT_ENOMEM;
	p->n++;
	return 0;
}

static int
path_watched(void *arg, const struct place *at, const char *view,
    int64_t connections)
{
	(void)view;
	(void)connections;
	return path_add(arg, at->page) == 0 ? 0 : 1;
}

/* Pages that a cast to all pages concerns: those without parameters, and of
 * the others those that somebody watches. */
static int
all_paths(struct paths *p, struct app *app, struct lvt_error *err)
{
	bool params = false;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < app->npages; i++) {
		params |= app->pages[i].has_params;
		if (!app->pages[i].has_params)
			rc = path_add(p, app->pages[i].row->path);
	}
	if (rc == 0 && params)
		rc = store_watchers(app->store, app->name, NULL, NULL, 10000,
		    path_watched, p, err);
	return rc > 0 ? LVT_ENOMEM : rc;
}

/* Streams of before end; the list of logins has a row, so that of two commits
 * that change it one is told of the other. */
static int
login_rows(struct variants *vs, const struct lvt_ctx *cx)
{
	struct outbox_row list = { .kind = OUTBOX_PAGE,
	    .app = cx->app->name, .page = LOGIN_PAGE, .scope = "*",
	    .body = STR("") };
	struct outbox_row revoke = { .kind = OUTBOX_REVOKE,
	    .app = cx->app->name };
	int rc;

	if (cx->login == NULL)
		return 0;
	rc = row_add(vs, &list);
	revoke.body = cx->login->revoke;
	if (rc == 0 && revoke.body.len > 0)
		rc = row_add(vs, &revoke);
	return rc;
}

static int
message_rows(struct variants *vs, const struct lvt_ctx *cx)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < cx->nmessages; i++) {
		const struct message *m = &cx->messages[i];
		struct outbox_row row = { .kind = OUTBOX_MESSAGE,
		    .app = cx->app->name, .channel = m->channel,
		    .coalesce = m->coalesce, .body = m->body };

		if (m->channel == NULL)
			row = (struct outbox_row){ .kind = OUTBOX_PAGE,
			    .app = cx->app->name, .page = m->page,
			    .scope = m->scope, .body = STR("") };

		rc = row_add(vs, &row);
	}
	return rc;
}

int
variants_make(struct variants *vs, struct lvt_ctx *cx,
    const struct change *ch, struct lvt_error *err)
{
	struct paths p = { .arena = &vs->arena,
	    .cap = cx->app->npages + cx->ncasts + 1024 };
	size_t i;
	int rc = 0;

	p.v = arena_alloc(&vs->arena, p.cap * sizeof(*p.v));
	if (p.v == NULL)
		return lvt_error_nomem(err);
	if (ch->before != NULL && ch->changed)
		rc = path_add(&p, ch->before->at.page);
	for (i = 0; rc == 0 && i < cx->ncasts; i++)
		rc = strcmp(cx->casts[i].page, "*") == 0 ?
		    all_paths(&p, cx->app, err) :
		    path_add(&p, cx->casts[i].page);
	for (i = 0; rc == 0 && i < p.n; i++)
		rc = page_rows(vs, cx, ch, p.v[i], err);
	if (rc == 0)
		rc = login_rows(vs, cx);
	if (rc == 0)
		rc = message_rows(vs, cx);
	return rc;
}

int
variants_also(struct variants *vs, struct lvt_ctx *cx,
    const struct change *ch, struct lvt_error *err)
{
	/* Its row alone: those of the casts have been made. */
	size_t casts = cx->ncasts;
	int rc;

	cx->ncasts = 0;
	rc = page_rows(vs, cx, ch, ch->before->at.page, err);
	cx->ncasts = casts;
	return rc;
}
