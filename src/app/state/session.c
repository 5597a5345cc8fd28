#include <config.h>		/* _GNU_SOURCE */

#include <stdio.h>
#include <stdlib.h>

#include "app/page.h"
#include "app/state/doc.h"
#include "app/state/session.h"
#include "base/ascii.h"
#include "base/json.h"

/* Stores that a new version of the page brought. 1: there are some. */
static int
add_stores(const struct page *pg, json_t *doc)
{
	const char *key;
	json_t *first;
	int added = 0;

	json_object_foreach(pg->init, key, first) {
		if (json_object_get(doc, key) != NULL)
			continue;
		if (json_object_set_new(doc, key, json_deep_copy(first)) != 0)
			return LVT_ENOMEM;
		added = 1;
	}
	return added;
}

/* The document as it was saved, into s->doc. */
static int
parse_document(struct sight *s, struct str text, struct lvt_error *err)
{
	struct json_load_opts opts = { .depth = JSON_PARSER_MAX_DEPTH };
	json_t *doc = lvt_json_load(text.s, text.len, &opts, NULL);
	int rc = 0;

	if (!json_is_object(doc))
		rc = lvt_error_set(err, LVT_ESTORE,
		    "page \"%s\": the saved state cannot be read",
		    s->page->row->path);
	else if (s->page->many && (rc = add_stores(s->page, doc)) < 0)
		lvt_error_nomem(err);
	if (rc < 0) {
		json_decref(doc);
		return rc;
	}
	if (rc > 0)
		s->text = STR("");
	s->doc = doc;
	return 0;
}

/* The first document of a group is its own: what setup makes of it. */
static int
set_up(struct lvt_ctx *cx, const struct page *pg, json_t *doc,
    struct lvt_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < pg->nstores; i++)
		if (pg->stores[i].setup != NULL)
			rc = pg->stores[i].setup(cx, pg->many ?
			    json_object_get(doc, pg->stores[i].name) : doc);
	return rc == 0 ? 0 : lvt_error_set(err, rc > 0 ? LVT_EFAIL : rc,
	    "page \"%s\": setup: %s", cx->at.page, lvt_strerror(rc));
}

bool
session_is_shared(const struct page *pg)
{
	return (pg->row->flags & LVT_SHARED) || pg->auth->group != NULL;
}

static int
load_layer(struct sight *out, const struct session *s, struct lvt_error *err)
{
	size_t i;
	int rc = 0;

	if (s->nlayer == 0)
		return 0;
	if ((out->layer = json_object()) == NULL)
		return lvt_error_nomem(err);
	for (i = 0; rc == 0 && i < s->nlayer; i++)
		rc = patch_apply(out->layer, &s->layer[i], err);
	return rc;
}

int
session_kept(struct app *app, const char *page, const char *user,
    const char *name, json_t **out, struct lvt_error *err)
{
	struct place at = { app->name, page, "-", user };
	json_t *doc = json_object();
	struct session s;
	struct arena a;
	size_t i;
	int rc;

	*out = NULL;
	if (doc == NULL)
		return lvt_error_nomem(err);
	arena_init(&a);
	if ((rc = store_load(app->store, &at, &a, &s, err)) == 0) {
		for (i = 0; i < s.npatches; i++)
			if (patch_apply(doc, &s.patches[i], NULL) != 0)
				break;
		*out = json_incref(json_object_get(doc, name));
	}
	arena_release(&a);
	json_decref(doc);
	return rc;
}

int
session_cast(const struct lvt_ctx *cx, const struct page *pg,
    const struct place *at, json_t *doc, json_t **layer)
{
	json_t *to;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < cx->ncasts; i++) {
		if (!cast_reaches(&cx->casts[i], at))
			continue;
		to = doc;
		if (cx->casts[i].scope[0] == 'u' && session_is_shared(pg)) {
			if (*layer == NULL && (*layer = json_object()) == NULL)
				return LVT_ENOMEM;
			to = *layer;
		}
		rc = doc_merge(to, cx->casts[i].patch);
	}
	return rc;
}

/* A document that is more than its text: the page's first, or patched. */
static int
put_together(struct lvt_ctx *cx, struct sight *out, const struct session *s,
    struct lvt_error *err)
{
	const struct page *pg = out->page;
	size_t i;
	int rc;

	if (s->exists)
		rc = parse_document(out, s->state, err);
	else if ((out->doc = json_deep_copy(pg->init)) == NULL)
		rc = lvt_error_nomem(err);
	else
		rc = set_up(cx, pg, out->doc, err);
	for (i = 0; rc == 0 && i < s->npatches; i++)
		rc = patch_apply(out->doc, &s->patches[i], err);
	if (rc == 0 && !s->exists && pg->row->mount != NULL &&
	    (rc = pg->row->mount(cx, out->doc)) != 0)
		lvt_error_set(err, rc, "page \"%s\": mount: %s",
		    cx->at.page, lvt_strerror(rc));
	return rc;
}

int
session_load(struct lvt_ctx *cx, struct sight *out, struct lvt_error *err)
{
	struct session s;
	int rc;

	memset(out, 0, sizeof(*out));
	arena_init(&out->arena);
	out->page = cx->route->page;
	out->at = cx->at;
	out->text = STR("");
	rc = session_is_shared(out->page) ?
	    store_load_shared(cx->app->store, &cx->at, &out->arena, &s, err) :
	    store_load(cx->app->store, &cx->at, &out->arena, &s, err);
	if (rc == 0)
		rc = load_layer(out, &s, err);
	if (rc == 0 && s.exists && s.npatches == 0)
		out->text = s.state;
	else if (rc == 0)
		rc = put_together(cx, out, &s, err);
	if (rc != 0) {
		session_release(out);
		return rc;
	}
	out->exists = s.exists;
	out->rev = s.rev;
	out->epoch = s.epoch;
	out->expires_ms = s.expires_ms;
	out->head = s.head;
	out->watching = s.watching;
	return 0;
}

void
session_release(struct sight *s)
{
	json_decref(s->doc);
	json_decref(s->layer);
	s->doc = s->layer = NULL;
	s->text = STR("");
	arena_release(&s->arena);
}

json_t *
session_doc(struct sight *s, struct lvt_error *err)
{
	if (s->doc == NULL && s->text.len > 0)
		parse_document(s, s->text, err);
	return s->doc;
}

json_t *
session_take(struct sight *s, struct lvt_error *err)
{
	json_t *doc = session_doc(s, err);

	if (s->text.len > 0)
		/* Whoever asks for it again, which is rare, has it parsed
		 * again. */
		s->doc = NULL;
	else if (doc != NULL && (doc = json_deep_copy(doc)) == NULL)
		lvt_error_nomem(err);
	return doc;
}

bool
session_differs(struct sight *s, const json_t *doc, struct str text)
{
	if (s->text.len > 0 && s->text.len != text.len)
		return true;
	if (s->text.len > 0 && memcmp(s->text.s, text.s, text.len) == 0)
		return false;
	/* Members may have changed places. */
	return !json_equal(doc, session_doc(s, NULL));
}

/* --- {{.lvt}} -------------------------------------------------------------- */

static json_t *
field_of(const json_t *from, const json_t *args)
{
	const char *name = json_string_value(json_array_get(args, 0));
	json_t *v = name != NULL ? json_object_get(from, name) : NULL;

	return v;
}

static const struct lvt_member {
	const char *name;
	size_t nargs;
} members[] = {
	{ "HasError", 1 }, { "Error", 1 }, { "Errors", 0 }, { "Value", 1 },
	{ "User", 0 }, { "Watching", 0 }, { "DevMode", 0 },
};

enum { HAS_ERROR, ERROR_OF, ERRORS, VALUE_OF, USER, WATCHING, DEV_MODE };

static json_t *
member_value(const struct look *l, size_t which, const json_t *args)
{
	json_t *v;

	switch (which) {
	case HAS_ERROR:
		return json_boolean(field_of(l->errors, args) != NULL);
	case ERROR_OF:
		v = field_of(l->errors, args);
		return v != NULL ? json_incref(v) : json_string("");
	case ERRORS:
		return l->errors != NULL ?
		    json_incref((json_t *)(uintptr_t)l->errors) : json_object();
	case VALUE_OF:
		v = field_of(l->typed, args);
		return v != NULL ? json_incref(v) : json_string("");
	case USER:
		return json_string(l->user);
	case WATCHING:
		return json_integer(l->watching);
	default:
		return json_boolean(l->app->set.number[SET_DEV] != 0);
	}
}

#define NO_MEMBER	".lvt has no member \"%.*s\"; it has HasError, "    \
			"Error, Errors, Value, User, Watching and DevMode"

/* Where a program names a member, and how it is called. */
struct misnamed {
	const struct program *program;
	struct str name;
	struct lvt_error *err;
};

/* Does it hold this name, and not one that only begins so? */
static bool
names(struct str source, const char *name, size_t n)
{
	const char *p = source.s, *end = source.s + source.len;

	while ((p = memmem(p, (size_t)(end - p), name, n)) != NULL) {
		p += n;
		if (p == end || (!ascii_is_alnum(*p) && *p != '_' &&
		    (unsigned char)*p < 0x80))
			return true;
	}
	return false;
}

static int
is_where(void *arg, const struct program_slot *slot)
{
	const struct misnamed *m = arg;
	char text[80];
	int n = snprintf(text, sizeof(text), ".lvt.%.*s", STR_ARG(m->name));

	if (!names(slot->source, text, (size_t)n))
		return 0;
	snprintf(m->err->file, sizeof(m->err->file), "%s", slot->file);
	m->err->line = (int)slot->line;
	m->err->column = (int)slot->column;
	return 1;
}

static int
check_member(void *arg, struct str name)
{
	struct misnamed *m = arg;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (str_is(name, members[i].name))
			return 0;
	if (name.len > 64)
		name.len = 64;
	m->name = name;
	program_slots(m->program, is_where, m);
	return lvt_error_set(m->err, LVT_EEXEC, NO_MEMBER, STR_ARG(name));
}

int
session_check(const struct page *pg, struct lvt_error *err)
{
	struct misnamed m = { pg->program, STR_NULL, err };
	int rc = program_members(pg->program, "lvt", check_member, &m);

	if (rc != 0)
		page_place(pg, err);
	return rc;
}

static int
look_get(void *arg, struct str member, const json_t *args, json_t **out,
    struct lvt_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!str_is(member, members[i].name))
			continue;
		if (json_array_size(args) != members[i].nargs)
			return lvt_error_set(err, LVT_EEXEC,
			    ".lvt.%s wants %zu arguments, not %zu",
			    members[i].name, members[i].nargs,
			    json_array_size(args));
		*out = member_value(arg, i, args);
		return *out != NULL ? 0 : lvt_error_nomem(err);
	}
	return lvt_error_set(err, LVT_EEXEC, NO_MEMBER, STR_ARG(member));
}

int
session_view(const struct look *l, const json_t *doc, struct view *v,
    struct lvt_error *err)
{
	struct program_host host = { "lvt", look_get,
	    (void *)(uintptr_t)l };
	json_t *over = NULL;
	int rc;

	view_init(v);
	if (l->page->program == NULL)
		return lvt_error_set(err, LVT_EPARSE, "page \"%s\": its template "
		    "is broken", l->page->row->path);
	if (l->layer != NULL) {
		over = json_deep_copy(doc);
		if (over == NULL || doc_merge(over, l->layer) != 0) {
			json_decref(over);
			return lvt_error_nomem(err);
		}
		doc = over;
	}
	rc = view_render(v, l->page->program, doc, &host, err);
	if (rc != 0)
		page_place(l->page, err);
	json_decref(over);
	return rc;
}
