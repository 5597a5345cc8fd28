/*
 * check.c - lvt check: the errors of all files, for editors and CI.
 *
 * Each finding begins with a line "file:line:column: message"; below it stand
 * the line of the source and a caret under the column. What begins with
 * "note: " does not fail the check.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/excerpt.h"
#include "cli/templates/check.h"
#include "cli/commands.h"

struct source {
	const char *path, *file;
	struct buf text, name;
};

struct check {
	enum tmpl_engine engine;
	struct source *sources;
	int n, bad;
};

/* --- Saying it ---------------------------------------------------------- */

static void
show(struct str line, int column)
{
	struct buf out;

	buf_init(&out);
	if (column >= 1 && line.len > 0 && (size_t)column - 1 <= line.len)
		excerpt(&out, "\t", line, "\t", column);
	fputs(buf_z(&out), stdout);
	buf_release(&out);
}

static void
say(const struct check *c, const char *file, int line, int column,
    const char *kind, const char *message)
{
	int i;

	if (line > 0)
		printf("%s:%d:%d: %s%s\n", file, line, column, kind, message);
	else
		printf("%s%s%s%s\n", file, *file != '\0' ? ": " : "", kind,
		    message);
	for (i = 0; i < c->n && line > 0; i++)
		if (strcmp(c->sources[i].file, file) == 0) {
			show(excerpt_line((struct str){ c->sources[i].text.s,
			    c->sources[i].text.len }, line), column);
			return;
		}
}

static void
say_error(void *arg, const struct lvt_error *err)
{
	struct check *c = arg;

	say(c, err->file, err->line, err->column, "", err->message);
	c->bad++;
}

static void
say_note(void *arg, const struct note *note)
{
	struct check *c = arg;

	say(c, note->file, note->line, note->column,
	    note->fatal ? "" : "note: ", note->text);
	c->bad += note->fatal;
}

/* --- Finding it --------------------------------------------------------- */

/* A file that does not parse hides nothing of the others. */
static int
parse_each(struct check *c)
{
	struct source *s;
	int i;

	for (i = 0; i < c->n; i++) {
		s = &c->sources[i];
		if (mend_each(c->engine, buf_z(&s->name), s->file,
		    (struct str){ s->text.s, s->text.len }, say_error, c) < 0)
			return LVT_ENOMEM;
	}
	return 0;
}

/* All files parse: do they fit together, can they be made safe? */
static int
compile(struct check *c)
{
	struct tmpl *t = tmpl_create(c->engine, NULL);
	struct lvt_error err = { 0 };
	struct program *p = NULL;
	int i, rc = t == NULL ? lvt_error_nomem(&err) : 0;

	for (i = 0; i < c->n && rc == 0; i++)
		rc = tmpl_parse(t, buf_z(&c->sources[i].name),
		    c->sources[i].file, c->sources[i].text.s,
		    c->sources[i].text.len, &err);
	if (rc == 0)
		p = tmpl_compile(t, buf_z(&c->sources[0].name), &err);
	tmpl_free(t);
	if (p == NULL) {
		say_error(c, &err);
		return 0;
	}
	rc = c->engine == TMPL_HTML ? notes_each(p, say_note, c) : 0;
	program_free(p);
	return rc;
}

static int
check(struct check *c)
{
	const struct source *s;
	int i;

	if (parse_each(c) != 0)
		return LVT_ENOMEM;
	if (c->bad > 0)
		return 0;
	for (i = 0; i < c->n && c->engine == TMPL_HTML; i++) {
		s = &c->sources[i];
		if (forms_each(s->file, (struct str){ s->text.s,
		    s->text.len }, say_note, c) < 0)
			return LVT_ENOMEM;
	}
	return compile(c);
}

/* --- The command -------------------------------------------------------- */

static int
load(struct check *c, char **paths)
{
	struct source *s;
	int i;

	if ((c->sources = calloc((size_t)c->n, sizeof(*c->sources))) == NULL)
		return LVT_ENOMEM;
	for (i = 0; i < c->n; i++) {
		struct lvt_error err = { 0 };

		s = &c->sources[i];
		buf_init(&s->text);
		buf_init(&s->name);
		s->path = paths[i];
		s->file = strcmp(paths[i], "-") == 0 ? "stdin" : paths[i];
		if (cli_template_name(s->path, &s->name) != 0)
			return LVT_ENOMEM;
		if (cli_read(s->path, &s->text, &err) != 0)
			say_error(c, &err);
	}
	return 0;
}

static void
release(struct check *c)
{
	int i;

	for (i = 0; c->sources != NULL && i < c->n; i++) {
		buf_release(&c->sources[i].text);
		buf_release(&c->sources[i].name);
	}
	free(c->sources);
}

int
cmd_check(int argc, char *argv[])
{
	struct check c = { .engine = TMPL_HTML };
	int letter, rc;

	optind = 1;
	opterr = 0;
	while ((letter = getopt(argc, argv, "t:")) != -1)
		if (letter != 't' || cli_engine(optarg, &c.engine) != 0)
			return cli_usage(argv[0], "unknown option '%s'",
			    argv[optind - 1]);
	if (optind == argc)
		return cli_usage(argv[0], "no template");
	c.n = argc - optind;
	if ((rc = load(&c, argv + optind)) == 0)
		rc = check(&c);
	release(&c);
	if (rc != 0)
		fprintf(stderr, "lvt: out of memory\n");
	if (fflush(stdout) != 0 && rc == 0) {
		fprintf(stderr, "lvt: cannot write\n");
		return CLI_FAILED;
	}
	return rc != 0 || c.bad > 0 ? CLI_FAILED : CLI_OK;
}
