/*
 * run_cases.c - many template cases in one process.
 *
 * Each line of stdin is a JSON object {engine, template, more, data}; each line
 * of stdout is {"stage", "output", "message"} as tests/fuzz/go/oracle.go prints
 * it, output in base64. Ends with its input; 1 on a line that is no case.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "template/program.h"
#include "view/encode.h"

static const struct { int code; const char *name; } stages[] = {
	{ LVT_OK, "" }, { LVT_EPARSE, "parse" }, { LVT_EESCAPE, "escape" },
	{ LVT_EEXEC, "exec" },
};

static const char *
stage(int rc)
{
	size_t i;

	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i].code == rc)
			return stages[i].name;
	return lvt_strerror(rc);
}

static void
add_base64(struct buf *to, const struct buf *from)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = (const unsigned char *)from->s;
	uint32_t bits;
	size_t i, left;

	for (i = 0; i < from->len; i += 3) {
		left = from->len - i;
		bits = (uint32_t)s[i] << 16;
		bits |= left > 1 ? (uint32_t)s[i + 1] << 8 : 0;
		bits |= left > 2 ? s[i + 2] : 0;
		buf_putc(to, digits[bits >> 18]);
		buf_putc(to, digits[bits >> 12 & 63]);
		buf_putc(to, left > 1 ? digits[bits >> 6 & 63] : '=');
		buf_putc(to, left > 2 ? digits[bits & 63] : '=');
	}
}

/* The main template, then the further ones in the order of the case. */
static int
parse(struct tmpl *t, const json_t *c, struct lvt_error *err)
{
	json_t *text = json_object_get(c, "template"), *more;
	const char *name;
	int rc;

	more = json_object_get(c, "more");
	rc = tmpl_parse(t, "main", "main", json_string_value(text),
	    json_string_length(text), err);
	json_object_foreach(more, name, text) {
		if (rc != 0)
			break;
		rc = tmpl_parse(t, name, name, json_string_value(text),
		    json_string_length(text), err);
	}
	return rc;
}

static int
render(const json_t *c, struct buf *out, struct lvt_error *err)
{
	const char *engine = json_string_value(json_object_get(c, "engine"));
	struct tmpl *t = tmpl_create(engine != NULL &&
	    strcmp(engine, "text") == 0 ? TMPL_TEXT : TMPL_HTML, NULL);
	struct sink sink = { .out = out };
	struct program *p = NULL;

	if (t == NULL)
		return lvt_error_nomem(err);
	if (parse(t, c, err) == 0)
		p = tmpl_compile(t, "main", err);
	tmpl_free(t);
	if (p != NULL)
		program_exec(p, json_object_get(c, "data"), NULL, &sink, err);
	program_free(p);
	return err->code;
}

static void
run(const json_t *c)
{
	struct lvt_error err = { 0 };
	struct buf out, line;
	int rc;

	buf_init(&out);
	buf_init(&line);
	rc = render(c, &out, &err);
	buf_printf(&line, "{\"stage\":\"%s\",\"output\":\"", stage(rc));
	if (rc == 0)
		add_base64(&line, &out);
	buf_puts(&line, "\",\"message\":");
	json_add_string(&line, str_z(err.message));
	buf_putc(&line, '}');
	puts(buf_z(&line));
	buf_release(&line);
	buf_release(&out);
}

int
main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &cap, stdin)) > 0) {
		struct lvt_error err = { 0 };
		json_t *c = lvt_json_load(line, (size_t)n, NULL, &err);

		if (json_is_string(json_object_get(c, "template")))
			run(c);
		else {
			fprintf(stderr, "run_cases: no case: %s\n",
			    err.message);
			rc = 1;
		}
		json_decref(c);
		fflush(stdout);
	}
	free(line);
	return rc;
}
