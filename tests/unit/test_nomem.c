/*
 * A template is parsed, escaped, compiled and rendered again and again, and
 * each time one allocation more succeeds before all further ones fail. What
 * comes out is the page, or LVT_ENOMEM and nothing kept.
 *
 * The program is linked so that malloc() and its kin come here; Jansson, which
 * is a shared library, is told.
 */
#include "vectors.h"

#include "base/buf.h"
#include "template/program.h"

static size_t left = SIZE_MAX;		/* allocations that succeed */
static bool once;			/* only the next one fails */
static long live;			/* blocks not freed */

void	*__real_malloc(size_t size);
void	*__real_calloc(size_t n, size_t size);
void	*__real_realloc(void *p, size_t size);
void	__real_free(void *p);
void	*__wrap_malloc(size_t size);
void	*__wrap_calloc(size_t n, size_t size);
void	*__wrap_realloc(void *p, size_t size);
void	__wrap_free(void *p);

static bool
granted(void)
{
	if (left == SIZE_MAX)
		return true;
	if (left == 0) {
		if (once)
			left = SIZE_MAX;
		return false;
	}
	left--;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	void *p = granted() ? __real_malloc(size) : NULL;

	live += p != NULL;
	return p;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	void *p = granted() ? __real_calloc(n, size) : NULL;

	live += p != NULL;
	return p;
}

void *
__wrap_realloc(void *old, size_t size)
{
	void *p = granted() ? __real_realloc(old, size) : NULL;

	live += p != NULL && old == NULL;
	return p;
}

void
__wrap_free(void *p)
{
	live -= p != NULL;
	__real_free(p);
}

/* --- One run --------------------------------------------------------------- */

static int
join(struct lvt_call *call, const json_t *args)
{
	return lvt_result_new(call, json_pack("[O, O]",
	    json_array_get(args, 0), json_array_get(args, 1)));
}

static int
bold(struct lvt_call *call, const json_t *args)
{
	(void)args;
	return lvt_result_content(call, LVT_AS_HTML, "<b>x</b>");
}

static const struct lvt_template_func functions[] = {
	{ "join", join, 2, 2 }, { "bold", bold, 0, 0 }, { 0 }
};

/* {{.lvt.Any "args"}} is the list of its arguments. */
static int
answer(void *arg, struct str member, const json_t *args, json_t **out,
    struct lvt_error *err)
{
	(void)arg;
	(void)member;
	*out = json_deep_copy(args);
	return *out != NULL ? 0 : lvt_error_set(err, LVT_ENOMEM, "no memory");
}

static int
run(const json_t *c, const json_t *data, struct buf *out,
    struct lvt_error *err)
{
	const char *engine = json_string_value(json_object_get(c, "engine"));
	static const struct program_host host = { "lvt", answer, NULL };
	struct tmpl *t = tmpl_create(engine != NULL ? TMPL_TEXT : TMPL_HTML,
	    NULL);
	struct sink sink = { .out = out };
	struct program *p = NULL;
	struct vector_file f[8];
	size_t n = vectors_files(c, f, 8), i;
	int rc;

	if (t == NULL)
		return LVT_ENOMEM;
	rc = tmpl_functions(t, functions, err);
	for (i = 0; i < n && rc == 0; i++)
		rc = tmpl_parse(t, f[i].name.s, f[i].name.s, f[i].text.s,
		    f[i].text.len, err);
	if (rc == 0 && (p = tmpl_compile(t, "main", err)) == NULL)
		rc = err->code;
	tmpl_free(t);
	if (rc == 0)
		rc = program_exec(p, data, &host, &sink, err);
	program_free(p);
	return rc;
}

/* Returns false when so many allocations are enough. */
static bool
fails_cleanly(const json_t *c, const json_t *data, size_t grant, int want,
    const struct buf *page)
{
	const char *name = json_string_value(json_object_get(c, "name"));
	struct lvt_error err = { 0 };
	long before = live;
	struct buf out;
	bool failed;
	int rc;

	buf_init(&out);
	left = grant;
	rc = run(c, data, &out, &err);
	failed = once ? left == SIZE_MAX : left == 0;
	left = SIZE_MAX;
	if (rc != LVT_ENOMEM) {
		if (rc != want || (rc == 0 && (out.len != page->len ||
		    (out.len > 0 && memcmp(out.s, page->s, out.len) != 0))))
			fail_msg("%s: %zu allocations give %d (%s), not the "
			    "page and not LVT_ENOMEM", name, grant, rc,
			    err.message);
	} else if (err.code != LVT_ENOMEM && err.code != 0) {
		fail_msg("%s: %zu allocations give LVT_ENOMEM and '%s'", name,
		    grant, err.message);
	}
	buf_release(&out);
	if (live != before)
		fail_msg("%s: %ld blocks are left after %zu allocations",
		    name, live - before, grant);
	return failed;
}

static void
starve(const json_t *c)
{
	const json_t *data = json_object_get(c, "data");
	struct lvt_error err = { 0 };
	struct buf page;
	size_t grant;
	int rc;

	if (data == NULL)
		data = json_array_get(json_object_get(c, "states"), 0);
	buf_init(&page);
	rc = run(c, data, &page, &err);
	for (once = false, grant = 0;
	    fails_cleanly(c, data, grant, rc, &page); grant++)
		;
	for (once = true, grant = 0;
	    fails_cleanly(c, data, grant, rc, &page); grant++)
		;
	buf_release(&page);
}

/* --- Cases ----------------------------------------------------------------- */

static void
every_case_of_a_file_survives(void **state)
{
	json_t *cases = vectors_load(*state), *c;
	size_t i;

	json_array_foreach(cases, i, c)
		starve(c);
	json_decref(cases);
}

static const char *const special[] = {
	"{\"name\": \"functions\", \"template\": \"{{join .a .b}}{{bold}}"
	"{{range join .a .b}}{{.}}{{end}}{{printf \\\"%v\\\" (slice .l 1)}}\", "
	"\"data\": {\"a\": 1, \"b\": \"x\", \"l\": [1, 2]}}",
	"{\"name\": \"host\", \"template\": \"{{.lvt.Any 1 .l}}"
	"{{with .lvt.Any (slice .l 1)}}{{index . 0}}{{end}}\", "
	"\"data\": {\"l\": [1, 2, 3]}}",
	"{\"name\": \"recursion\", \"template\": \"{{define \\\"t\\\"}}<li "
	"title='{{.n}}'>{{range .l}}{{template \\\"t\\\" .}}{{end}}{{end}}"
	"{{template \\\"t\\\" .}}\", \"data\": {\"n\": 1, \"l\": "
	"[{\"n\": \"<\", \"l\": [{\"n\": 3}]}]}}",
	"{\"name\": \"maps\", \"template\": \"<script>{{.}}</script>{{.}}"
	"{{range $k, $v := .}}{{$k}}{{$v}}{{end}}{{printf \\\"%v %q\\\" . .}}"
	"\", \"data\": {\"b\": {\"z\": [1.5, \"\\u2028\"]}, \"a\": null}}",
};

static void
functions_hosts_and_calls_survive(void **state)
{
	json_t *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		c = json_loads(special[i], 0, NULL);
		assert_non_null(c);
		starve(c);
		json_decref(c);
	}
}

int
main(void)
{
	static const char *const files[] = { "pages", "errors", "actions",
	    "extra", "escape-extra" };
	static char names[COUNT(files)][80];
	static struct suite s;
	const struct CMUnitTest others[] = {
		cmocka_unit_test(functions_hosts_and_calls_survive),
	};

	json_set_alloc_funcs(__wrap_malloc, __wrap_free);
	SUITE_TESTS(&s, others);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(names[i], sizeof(names[i]), "every case of %s.json "
		    "survives want of memory", files[i]);
		suite_add(&s, names[i], every_case_of_a_file_survives,
		    files[i]);
	}
	return suite_run(&s);
}
