/*
 * check.c - lvt check: the errors of all files, one a line, for editors.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/commands.h"

static void
say(const struct lvt_error *err)
{
	char text[sizeof(err->file) + sizeof(err->message) + 32];

	cli_message(err, text, sizeof(text));
	puts(text);
}

/* A file that does not parse hides nothing of the others. */
static int
check(struct tmpl *t, char **files, int nfiles)
{
	struct lvt_error err;
	struct program *p;
	struct buf name;
	int i, bad = 0;

	for (i = 0; i < nfiles; i++) {
		err = (struct lvt_error){ .code = 0 };
		if (cli_parse(t, files[i], &err) != 0) {
			say(&err);
			bad++;
		}
	}
	if (bad > 0)
		return CLI_FAILED;
	err = (struct lvt_error){ .code = 0 };
	buf_init(&name);
	p = cli_template_name(files[0], &name) == 0 ?
	    tmpl_compile(t, buf_z(&name), &err) : NULL;
	buf_release(&name);
	if (p == NULL) {
		say(&err);
		return CLI_FAILED;
	}
	program_free(p);
	return CLI_OK;
}

int
cmd_check(int argc, char *argv[])
{
	enum tmpl_engine engine = TMPL_HTML;
	struct tmpl *t;
	int c, rc;

	optind = 1;
	opterr = 0;
	while ((c = getopt(argc, argv, "t:")) != -1)
		if (c != 't' || cli_engine(optarg, &engine) != 0)
			return cli_usage(argv[0], "unknown option '%s'",
			    argv[optind - 1]);
	if (optind == argc)
		return cli_usage(argv[0], "no template");
	if ((t = tmpl_create(engine, NULL)) == NULL) {
		fprintf(stderr, "lvt: out of memory\n");
		return CLI_FAILED;
	}
	rc = check(t, argv + optind, argc - optind);
	tmpl_free(t);
	return rc;
}
