#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "app/page.h"
#include "app/state/recall.h"
#include "app/http/response.h"
#include "app/action/validate.h"
#include "app/state/views.h"

/* --- Rows ------------------------------------------------------------------ */

static bool
name_is_plain(const char *z)
{
	return z[0] != '\0' && strlen(z) <= 64 &&
	    strspn(z, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-") == strlen(z);
}

static int
check_actions(const struct page *pg, const struct lvt_action *actions,
    struct lvt_error *err)
{
	const struct lvt_action *a, *b;
	int rc;

	for (a = actions; a != NULL && a->name != NULL; a++) {
		if (!name_is_plain(a->name))
			return lvt_error_set(err, LVT_EINVALID,
			    "page \"%s\": action \"%s\" is not a plain name",
			    pg->row->path, a->name);
		if (a->fn == NULL)
			return lvt_error_set(err, LVT_EINVALID,
			    "page \"%s\": action \"%s\" has no function",
			    pg->row->path, a->name);
		for (b = actions; b != a; b++)
			if (strcmp(a->name, b->name) == 0)
				return lvt_error_set(err, LVT_EINVALID,
				    "page \"%s\": action \"%s\" appears twice",
				    pg->row->path, a->name);
		rc = validate_check_rules(a->rules, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The first document, from its text. A new reference. */
static json_t *
parse_init(const struct page *pg, const char *store, const char *text,
    struct lvt_error *err)
{
	json_error_t why;
	json_t *doc;

	if (text == NULL)
		return json_object();
	doc = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	if (doc == NULL)
		lvt_error_set(err, LVT_EINVALID, "page \"%s\": %s%sinit:%d:%d: %s",
		    pg->row->path, store, store[0] != '\0' ? ": " : "", why.line,
		    why.column, why.text);
	else if (!json_is_object(doc)) {
		lvt_error_set(err, LVT_EINVALID,
		    "page \"%s\": %s%sinit is not an object", pg->row->path,
		    store, store[0] != '\0' ? ": " : "");
		json_decref(doc);
		doc = NULL;
	}
	return doc;
}

static int
compile_many(struct page *pg, const struct lvt_store *rows,
    struct lvt_error *err)
{
	size_t i, k, n;
	json_t *doc;
	int rc;

	for (n = 0; rows[n].name != NULL; n++)
		continue;
	pg->many = true;
	pg->nstores = n;
	pg->stores = calloc(n + 1, sizeof(*pg->stores));
	pg->init = json_object();
	if (pg->stores == NULL || pg->init == NULL)
		return lvt_error_nomem(err);
	for (i = 0; i < n; i++) {
		if (!name_is_plain(rows[i].name))
			return lvt_error_set(err, LVT_EINVALID,
			    "page \"%s\": store \"%s\" is not a plain name",
			    pg->row->path, rows[i].name);
		for (k = 0; k < i; k++)
			if (strcasecmp(rows[i].name, rows[k].name) == 0)
				return lvt_error_set(err, LVT_EINVALID,
				    "page \"%s\": store \"%s\" appears twice",
				    pg->row->path, rows[i].name);
		pg->stores[i].name = rows[i].name;
		pg->stores[i].actions = rows[i].actions;
		pg->stores[i].setup = rows[i].setup;
		if ((rc = check_actions(pg, rows[i].actions, err)) != 0)
			return rc;
		doc = parse_init(pg, rows[i].name, rows[i].init, err);
		if (doc == NULL)
			return LVT_EINVALID;
		if (json_object_set_new(pg->init, rows[i].name, doc) != 0)
			return lvt_error_nomem(err);
	}
	return 0;
}

static int
compile_one(struct page *pg, struct lvt_error *err)
{
	pg->nstores = 1;
	pg->stores = calloc(1, sizeof(*pg->stores));
	if (pg->stores == NULL)
		return lvt_error_nomem(err);
	pg->stores[0].name = "";
	pg->stores[0].actions = pg->row->actions;
	pg->stores[0].setup = pg->row->setup;
	pg->init = parse_init(pg, "", pg->row->init, err);
	if (pg->init == NULL)
		return LVT_EINVALID;
	return check_actions(pg, pg->row->actions, err);
}

/* --- Templates -------------------------------------------------------------- */

/* Where a template of that name is: LVT_TEMPLATES, else the program's folder,
 * else its installed data. The caller frees it. */
static char *
find_file(const struct app *app, const char *name, bool is_glob)
{
	const char *set = app->set.text[SET_TEMPLATES];
	char *path = NULL;
	glob_t g;
	int i;

	if (name[0] == '/')
		return strdup(name);
	for (i = 0; i < 3; i++) {
		int n;

		if (set != NULL)
			n = asprintf(&path, "%s/%s", set, name);
		else if (i == 0)
			n = asprintf(&path, "%s/%s", app->dir, name);
		else if (i == 1)
			n = asprintf(&path, "%s/../share/%s/%s", app->dir,
			    app->name, name);
		else
			n = asprintf(&path, LVT_DATADIR "/%s/%s", app->name,
			    name);
		if (n < 0)
			return NULL;
		if (set != NULL || (!is_glob && access(path, R_OK) == 0))
			return path;
		if (is_glob && glob(path, 0, NULL, &g) == 0) {
			globfree(&g);
			return path;
		}
		free(path);
	}
	if (asprintf(&path, "%s/%s", app->dir, name) < 0)
		return NULL;
	return path;
}

int
page_read(const char *path, struct buf *out, struct lvt_error *err)
{
	FILE *f = fopen(path, "re");
	char chunk[8192];
	size_t n;
	int bad;

	if (f == NULL)
		return lvt_error_set(err, LVT_EIO, "cannot read template '%s': "
		    "%s; LVT_TEMPLATES names the folder, where it is not the "
		    "program's", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	bad = ferror(f);
	fclose(f);
	if (bad || out->failed)
		return lvt_error_set(err, LVT_EIO, "cannot read '%s'", path);
	return 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Calls visit for each partial of the page, until it returns another value than
 * 0, which is returned; LVT_ENOTFOUND where there is none. */
static int
each_partial(const struct app *app, const struct page *pg,
    int (*visit)(void *arg, const char *path), void *arg)
{
	char *pattern;
	size_t i;
	glob_t g;
	int rc = LVT_ENOTFOUND;

	if (pg->row->partials == NULL)
		return 0;
	if ((pattern = find_file(app, pg->row->partials, true)) == NULL)
		return LVT_ENOMEM;
	if (glob(pattern, 0, NULL, &g) == 0) {
		for (i = 0, rc = 0; rc == 0 && i < g.gl_pathc; i++)
			if (strcmp(g.gl_pathv[i], pg->file) != 0)
				rc = visit(arg, g.gl_pathv[i]);
		globfree(&g);
	}
	free(pattern);
	return rc;
}

/* --- Have they changed? ------------------------------------------------------ */

/* An editor may put an older file there, or write twice within a tick of the
 * file system's clock: any difference counts. */
static int
stamp_add(void *arg, const char *path)
{
	struct buf *b = arg;
	struct stat sb;

	if (stat(path, &sb) == 0)
		buf_printf(b, "%s %llu %lld %lld.%09ld\n", path,
		    (unsigned long long)sb.st_ino, (long long)sb.st_size,
		    (long long)sb.st_mtim.tv_sec, sb.st_mtim.tv_nsec);
	return 0;
}

/* What the page's files are like now; never 0. */
static uint64_t
files_stamp(const struct app *app, const struct page *pg)
{
	struct buf b;
	uint64_t stamp;

	buf_init(&b);
	stamp_add(&b, pg->file);
	each_partial(app, pg, stamp_add, &b);
	stamp = XXH3_64bits(buf_z(&b), b.len);
	buf_release(&b);
	return stamp != 0 ? stamp : 1;
}

/* --- Reading them ------------------------------------------------------------ */

/* A template is called by its file's name without the extension. */
static void
template_name(const char *path, char *name, size_t size)
{
	const char *base = base_name(path), *dot = strrchr(base, '.');
	size_t n = dot != NULL && dot != base ? (size_t)(dot - base) :
	    strlen(base);

	snprintf(name, size, "%.*s", (int)n, base);
}

/* Around a template without <html>. On one line: places keep their line. */
static const char *
document_head(const struct app *app, struct buf *b)
{
	buf_puts(b, "<!DOCTYPE html><html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\"><title>");
	html_text(b, str_z(app->name));
	buf_puts(b, "</title></head><body>");
	return buf_z(b);
}

static int
head_bytes(const struct app *app)
{
	struct buf b;
	size_t n;

	buf_init(&b);
	document_head(app, &b);
	n = b.len;
	buf_release(&b);
	return (int)n;
}

void
page_place(const struct page *pg, struct lvt_error *err)
{
	if (err != NULL && err->line == 1 && err->column > pg->shift &&
	    strcmp(err->file, base_name(pg->file)) == 0)
		err->column -= pg->shift;
}

static int
parse_file(struct tmpl *t, const char *path, const struct app *wrap,
    uint64_t *hash, struct lvt_error *err)
{
	struct buf text;
	char name[256];
	int rc;

	buf_init(&text);
	if (wrap != NULL)
		document_head(wrap, &text);
	rc = page_read(path, &text, err);
	if (rc == 0) {
		*hash = XXH3_64bits_withSeed(text.s, text.len, *hash);
		if (wrap != NULL)
			buf_puts(&text, "</body></html>\n");
		template_name(path, name, sizeof(name));
		rc = text.failed ? lvt_error_nomem(err) :
		    tmpl_parse(t, name, base_name(path), text.s, text.len, err);
	}
	buf_release(&text);
	return rc;
}

struct parsing {
	struct tmpl *t;
	uint64_t *text;
	struct lvt_error *err;
};

static int
parse_partial(void *arg, const char *path)
{
	struct parsing *p = arg;

	return parse_file(p->t, path, NULL, p->text, p->err);
}

static int
parse_partials(const struct app *app, struct page *pg, struct tmpl *t,
    struct lvt_error *err)
{
	struct parsing p = { t, &pg->text, err };
	int rc = each_partial(app, pg, parse_partial, &p);

	return rc == LVT_ENOTFOUND ? lvt_error_set(err, LVT_EIO,
	    "page \"%s\": there are no partials '%s'", pg->row->path,
	    pg->row->partials) : rc == LVT_ENOMEM ? lvt_error_nomem(err) : rc;
}

static struct program *
compile_files(const struct app *app, struct page *pg, bool wrap,
    struct lvt_error *err)
{
	struct tmpl *t = tmpl_create(TMPL_HTML, NULL);
	struct program *p = NULL;
	char name[256];

	if (t == NULL) {
		lvt_error_nomem(err);
		return NULL;
	}
	pg->shift = wrap ? head_bytes(app) : 0;
	template_name(pg->file, name, sizeof(name));
	pg->text = 0;
	if (tmpl_functions(t, app->row->functions, err) == 0 &&
	    parse_file(t, pg->file, wrap ? app : NULL, &pg->text, err) == 0 &&
	    parse_partials(app, pg, t, err) == 0)
		p = tmpl_compile(t, name, err);
	if (p == NULL)
		page_place(pg, err);
	tmpl_free(t);
	return p;
}

/* Does the program print a document of its own? */
static bool
is_document(const struct program *p)
{
	static const char *const marks[] = { "<html", "<body", "<!doctype" };
	uint32_t i, k, count;
	size_t m, at;

	for (i = 0; i < program_nstatics(p); i++) {
		const struct str *s = program_statics(p, i, &count);

		for (k = 0; k < count; k++)
			for (m = 0; m < 3; m++)
				for (at = 0; at + strlen(marks[m]) <= s[k].len;
				    at++)
					if (strncasecmp(s[k].s + at, marks[m],
					    strlen(marks[m])) == 0)
						return true;
	}
	return false;
}

/* Where it fails the program of before stays. */
static int
compile_template(struct app *app, struct page *pg, struct lvt_error *err)
{
	struct program *p;

	/* Before they are read: what changes meanwhile is seen the next time. */
	pg->stamp = files_stamp(app, pg);
	pg->broken = true;
	p = compile_files(app, pg, false, err);
	if (p != NULL && !is_document(p)) {
		program_free(p);
		p = compile_files(app, pg, true, err);
	}
	if (p == NULL)
		return err != NULL && err->code != 0 ? err->code : LVT_EPARSE;
	views_forget(app->views, pg->program);
	if (pg->program != NULL)
		recall_forget(app->recall, pg->program);
	program_free(pg->program);
	pg->program = p;
	pg->uses_user = program_uses(p, "lvt", "User");
	pg->uses_watching = program_uses(p, "lvt", "Watching");
	buf_clear(&pg->statics);
	view_statics_json(p, &pg->statics);
	if (pg->statics.failed)
		return lvt_error_nomem(err);
	pg->broken = false;
	app->said = 0;
	snprintf(pg->statics_hash, sizeof(pg->statics_hash), "%016llx",
	    (unsigned long long)XXH3_64bits(pg->statics.s, pg->statics.len));
	return 0;
}

/* What no address could match would be a 404 without a reason. */
static int
check_path(const char *path, struct lvt_error *err)
{
	const char *p, *what = NULL;
	size_t n, params = 0;

	if (path[0] != '/' || strncmp(path, "/_lvt", 5) == 0)
		what = "a path begins with \"/\" and not with \"/_lvt\"";
	else if (path[1] != '\0' && (path[strlen(path) - 1] == '/' ||
	    strstr(path, "//") != NULL))
		what = "a path has no empty part, and no \"/\" at its end";
	else if (strpbrk(path, "?#\\") != NULL)
		what = "a path has no \"?\", \"#\" or \"\\\"";
	for (p = path; what == NULL && *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (strcspn(p, "{}") >= n)
			continue;
		if (*p != '{' || n < 3 || strcspn(p, "}") != n - 1)
			what = "a parameter is a whole part of the path, "
			    "\"/room/{room}\"";
		else if (++params > PAGE_PARAMS)
			what = "a path has not so many parameters";
	}
	return what == NULL ? 0 : lvt_error_set(err, LVT_EINVALID,
	    "page \"%s\": %s", path, what);
}

int
page_compile(struct app *app, struct page *pg, const struct lvt_page *row,
    struct lvt_error *err)
{
	int rc;

	memset(pg, 0, sizeof(*pg));
	buf_init(&pg->statics);
	pg->row = row;
	pg->auth = row->auth != NULL ? row->auth :
	    app->row->auth != NULL ? app->row->auth : lvt_auth_anonymous;
	pg->has_params = strchr(row->path, '{') != NULL;
	if ((rc = check_path(row->path, err)) != 0)
		return rc;
	if (row->file == NULL)
		return lvt_error_set(err, LVT_EINVALID,
		    "page \"%s\" names no template file", row->path);
	if (row->stores != NULL && row->actions != NULL)
		return lvt_error_set(err, LVT_EINVALID,
		    "page \"%s\" has both stores and actions", row->path);
	rc = row->stores != NULL ? compile_many(pg, row->stores, err) :
	    compile_one(pg, err);
	if (rc != 0)
		return rc;
	if ((pg->file = find_file(app, row->file, false)) == NULL)
		return lvt_error_nomem(err);
	/* What is wrong with it, page_refresh() tells whoever asks. */
	compile_template(app, pg, NULL);
	return 0;
}

void
page_release(struct page *pg)
{
	program_free(pg->program);
	json_decref(pg->init);
	buf_release(&pg->statics);
	free(pg->stores);
	free(pg->file);
}

int
page_refresh(struct app *app, struct page *pg, struct lvt_error *err)
{
	return pg->broken || files_stamp(app, pg) != pg->stamp ?
	    compile_template(app, pg, err) : 0;
}

void
pages_refresh(struct app *app)
{
	size_t i;

	for (i = 0; i < app->npages; i++)
		page_refresh(app, &app->pages[i], NULL);
}

int
pages_check(struct app *app, struct lvt_error *err)
{
	size_t i;
	int rc;

	for (i = 0; i < app->npages; i++)
		if (app->pages[i].broken && (rc = page_refresh(app,
		    &app->pages[i], err)) != 0)
			return rc;
	return 0;
}

struct sought {
	const char *name;
	char *path;
};

static int
source_is(void *arg, const char *path)
{
	struct sought *s = arg;

	if (strcmp(base_name(path), s->name) != 0)
		return 0;
	s->path = strdup(path);
	return 1;
}

char *
page_source(const struct app *app, const struct page *pg, const char *name)
{
	struct sought s = { name, NULL };

	if (source_is(&s, pg->file) == 0)
		each_partial(app, pg, source_is, &s);
	return s.path;
}
