/*
 * A template and its data through everything: the bytes before the first NUL
 * are the template, those behind it JSON. Escaped and not; as a page and as a
 * tree, which must be the same page.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "view/view.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tmpl_limits limits = {
	.parse_depth = 100,
	.exec_depth = 50,
	.steps = 20000,
	.source_bytes = 1 << 16,
	.output_bytes = 1 << 18,
};

/* A failure has its code, a message, and a place unless memory is at fault. */
static void
check_error(int rc, const struct lvt_error *err)
{
	if (rc != err->code || (rc != 0 && err->message[0] == '\0') ||
	    ((rc == LVT_EPARSE || rc == LVT_EEXEC) && err->line < 1))
		abort();
}

static void
render(const struct program *p, const json_t *data)
{
	struct lvt_error err = { 0 }, again = { 0 };
	struct buf page, built;
	struct sink sink = { .out = &page };
	struct view view;
	int rc;

	buf_init(&page);
	buf_init(&built);
	view_init(&view);
	rc = program_exec(p, data, NULL, &sink, &err);
	check_error(rc, &err);
	if (rc == 0 && view_render(&view, p, data, NULL, &again) == 0) {
		view_html(&view, VIEW_WHOLE, &built);
		if (built.failed != 0 || built.len != page.len ||
		    (page.len > 0 && memcmp(built.s, page.s, page.len) != 0))
			abort();
	} else if (rc == 0 && again.code != LVT_ETOOBIG)
		abort();
	view_release(&view);
	buf_release(&built);
	buf_release(&page);
}

static void
run(enum tmpl_engine engine, const char *text, size_t len, const json_t *data)
{
	struct tmpl *t = tmpl_create(engine, &limits);
	struct lvt_error err = { 0 };
	struct program *p = NULL;
	int rc;

	if (t == NULL)
		abort();
	rc = tmpl_parse(t, "main", "fuzz.tmpl", text, len, &err);
	check_error(rc, &err);
	if (rc == 0 && (p = tmpl_compile(t, "main", &err)) == NULL)
		check_error(err.code, &err);
	tmpl_free(t);
	if (p != NULL)
		render(p, data);
	program_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
	size_t len = nul != NULL ? (size_t)(nul - text) : size;
	json_t *value = NULL;

	if (len < size)
		value = lvt_json_load(nul + 1, size - len - 1, NULL, NULL);
	run(TMPL_TEXT, text, len, value);
	run(TMPL_HTML, text, len, value);
	json_decref(value);
	return 0;
}
