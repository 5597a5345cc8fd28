/* Every case of tests/vectors: what renders, what fails and where. */
#include "vectors.h"

#include "base/buf.h"
#include "template/program.h"

#define FILES_MAX	16

/* The extra ones are our own; their results, too, are those
 * of Go 1.19. What later releases do otherwise is in go124.json. */
static const char *const files[] = {
	"actions", "functions", "errors", "pages", "escape", "extra",
	"escape-extra", "escape-places", "extra-more", "go124"
};

static int
unbase64(const char *s, struct buf *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	const char *p;
	int n = 0;

	for (; *s != '\0' && *s != '='; s++) {
		if ((p = strchr(digits, *s)) == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(p - digits);
		if ((n += 6) >= 8) {
			n -= 8;
			buf_putc(out, (char)(bits >> n & 0xff));
		}
	}
	return 0;
}

/* What the case says that its i-th rendering prints; false: nothing. */
static bool
expected(const json_t *c, size_t i, struct buf *out)
{
	const json_t *text = json_object_get(c, "output");
	const json_t *b64 = json_object_get(c, "output_b64");

	if (text == NULL)
		text = json_array_get(json_object_get(c, "outputs"), i);
	if (b64 != NULL)
		return unbase64(json_string_value(b64), out) == 0;
	if (text == NULL)
		return false;
	buf_add(out, json_string_value(text), json_string_length(text));
	return true;
}

static const char *
stage_of(int rc)
{
	return rc == 0 ? "" : rc == LVT_EPARSE ? "parse" :
	    rc == LVT_EESCAPE ? "escape" : rc == LVT_EEXEC ? "exec" :
	    "other";
}

/* Is rc, with the text in out, one of the results that the case allows? */
static bool
judge(const json_t *c, size_t i, int rc, const struct buf *out,
    const struct lvt_error *err)
{
	bool varies = json_object_get(c, "varies") != NULL, ok;
	struct buf want;

	buf_init(&want);
	if (expected(c, i, &want))
		ok = rc == 0 && out->len == want.len &&
		    (want.len == 0 || memcmp(out->s, want.s, want.len) == 0);
	else
		ok = strcmp(stage_of(rc), vectors_stage(c)) == 0;
	/* Every message says where. */
	if (rc == LVT_EPARSE || rc == LVT_EESCAPE || rc == LVT_EEXEC)
		ok = ok && err->file[0] != '\0' && err->line > 0 &&
		    err->column > 0;
	if (!ok && !varies) {
		print_message("# %s: want %s'%.*s', got %s'%.*s' %s:%d:%d %s\n",
		    json_string_value(json_object_get(c, "name")),
		    vectors_stage(c), (int)want.len, want.len ? want.s : "",
		    stage_of(rc), (int)out->len, out->len ? out->s : "",
		    err->file, err->line, err->column, err->message);
	}
	buf_release(&want);
	return ok || varies;
}

static bool
render(const json_t *c, const struct program *p, size_t i,
    const json_t *data)
{
	struct lvt_error err = { 0 };
	struct buf out;
	struct sink sink = { .out = &out };
	bool ok;
	int rc;

	buf_init(&out);
	rc = program_exec(p, data, NULL, &sink, &err);
	ok = judge(c, i, rc, &out, &err);
	buf_release(&out);
	return ok;
}

static bool
run_case(const json_t *c)
{
	const char *engine = json_string_value(json_object_get(c, "engine"));
	struct tmpl *t = tmpl_create(engine != NULL &&
	    strcmp(engine, "text") == 0 ? TMPL_TEXT : TMPL_HTML, NULL);
	json_t *states = json_object_get(c, "states");
	struct vector_file f[FILES_MAX];
	struct buf none = { 0 };
	struct program *p = NULL;
	struct lvt_error err = { 0 };
	size_t n = vectors_files(c, f, FILES_MAX), i;
	bool ok = true;
	int rc = 0;

	assert_non_null(t);
	for (i = 0; i < n && rc == 0; i++)
		rc = tmpl_parse(t, f[i].name.s, f[i].name.s, f[i].text.s,
		    f[i].text.len, &err);
	if (rc == 0 && (p = tmpl_compile(t, "main", &err)) == NULL)
		rc = err.code;
	tmpl_free(t);
	if (p == NULL)
		return judge(c, 0, rc, &none, &err);
	if (states == NULL)
		ok = render(c, p, 0, json_object_get(c, "data"));
	for (i = 0; i < json_array_size(states); i++)
		ok = render(c, p, i, json_array_get(states, i)) && ok;
	program_free(p);
	return ok;
}

static void
every_case_renders_or_fails_as_it_says(void **state)
{
	json_t *cases = vectors_load(*state), *c;
	size_t i, passed = 0;

	json_array_foreach(cases, i, c)
		passed += run_case(c);
	print_message("# %s: %zu of %zu\n", (const char *)*state, passed,
	    json_array_size(cases));
	assert_int_equal(passed, json_array_size(cases));
	json_decref(cases);
}

int
main(void)
{
	static char names[COUNT(files)][80];
	static struct suite s;

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(names[i], sizeof(names[i]),
		    "every case of %s.json renders or fails as it says",
		    files[i]);
		suite_add(&s, names[i], every_case_renders_or_fails_as_it_says,
		    files[i]);
	}
	return suite_run(&s);
}
