/*
 * load.c - files and templates that a command line names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/quote.h"
#include "cli/cli.h"

#define TREE_JSON_DEPTH	5000	/* a tree nests deeper than data do */

int
cli_read(const char *path, struct buf *out, struct lvt_error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return lvt_error_set(err, LVT_EIO, "cannot open '%s': %s",
		    path, strerror(errno));
	do {
		if (buf_grow(out, 64 << 10) != 0)
			break;
		do
			n = read(fd, out->s + out->len, out->cap - out->len);
		while (n < 0 && errno == EINTR);
		if (n > 0)
			out->len += (size_t)n;
	} while (n > 0);
	if (out->failed != 0)
		lvt_error_set(err, out->failed, "cannot read '%s': %s", path,
		    lvt_strerror(out->failed));
	else if (n < 0)
		lvt_error_set(err, LVT_EIO, "cannot read '%s': %s", path,
		    strerror(errno));
	if (!is_stdin)
		close(fd);
	return n < 0 || out->failed != 0 ? LVT_EIO : 0;
}

json_t *
cli_read_json(const char *path, struct lvt_error *err)
{
	struct json_load_opts opts = {
		.name = strcmp(path, "-") == 0 ? "stdin" : path,
		.depth = TREE_JSON_DEPTH,
	};
	struct buf text;
	json_t *j = NULL;

	buf_init(&text);
	if (cli_read(path, &text, err) == 0)
		j = lvt_json_load(text.s, text.len, &opts, err);
	buf_release(&text);
	return j;
}

int
cli_engine(const char *word, enum tmpl_engine *engine)
{
	if (strcmp(word, "html") == 0)
		*engine = TMPL_HTML;
	else if (strcmp(word, "text") == 0)
		*engine = TMPL_TEXT;
	else
		return -1;
	return 0;
}

int
cli_template_name(const char *path, struct buf *name)
{
	const char *base = strrchr(path, '/'), *dot;

	if (strcmp(path, "-") == 0) {
		buf_puts(name, "stdin");
		return name->failed;
	}
	base = base != NULL ? base + 1 : path;
	dot = strrchr(base, '.');
	buf_add(name, base, dot != NULL && dot != base ?
	    (size_t)(dot - base) : strlen(base));
	return name->failed;
}

int
cli_bad_template(const char *stage, const struct lvt_error *err)
{
	static const struct { int code; const char *stage; } stages[] = {
		{ LVT_EPARSE, "parse" }, { LVT_EESCAPE, "escape" },
		{ LVT_EEXEC, "exec" },
	};
	char message[ERROR_TEXT];
	struct buf out;
	size_t i;

	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (err->code == stages[i].code)
			stage = stages[i].stage;
	error_text(err, message);
	buf_init(&out);
	buf_printf(&out, "{\"error\":{\"stage\":\"%s\",\"message\":", stage);
	json_add_string(&out, str_z(message));
	buf_puts(&out, "}}\n");
	fputs(buf_z(&out), stderr);
	buf_release(&out);
	return CLI_FAILED;
}

/* Add one file to t. */
static int
parse_file(struct tmpl *t, const char *path, struct lvt_error *err)
{
	const char *file = strcmp(path, "-") == 0 ? "stdin" : path;
	struct buf text, name;
	int rc;

	buf_init(&text);
	buf_init(&name);
	if ((rc = cli_template_name(path, &name)) == 0 &&
	    (rc = cli_read(path, &text, err)) == 0)
		rc = tmpl_parse(t, buf_z(&name), file, text.s, text.len, err);
	buf_release(&text);
	buf_release(&name);
	return rc;
}

/* A file that cannot be read is no fault of the template. */
static int
say(const char *stage, const struct lvt_error *err)
{
	return err->code == LVT_EIO ? cli_fail(err) :
	    cli_bad_template(stage, err);
}

int
cli_compile(struct cli_page *page)
{
	struct tmpl *t = tmpl_create(page->engine, NULL);
	struct lvt_error err = { 0 };
	struct buf name;
	int i, rc = CLI_FAILED;

	buf_init(&name);
	if (t == NULL || cli_template_name(page->files[0], &name) != 0) {
		lvt_error_nomem(&err);
		cli_fail(&err);
		goto out;
	}
	for (i = 0; i < page->nfiles; i++)
		if (parse_file(t, page->files[i], &err) != 0) {
			say("parse", &err);
			goto out;
		}
	page->program = tmpl_compile(t, buf_z(&name), &err);
	rc = page->program != NULL ? CLI_OK : say("escape", &err);
out:
	tmpl_free(t);
	buf_release(&name);
	return rc;
}
