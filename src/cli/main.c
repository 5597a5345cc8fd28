/*
 * main.c - lvt: the table of its commands.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/commands.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

static const struct command commands[] = {
	SERVE_COMMANDS
	DOCTOR_COMMANDS
	TEMPLATE_COMMANDS
	STREAM_COMMANDS
};

#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static const struct command *
find(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
overview(void)
{
	size_t i;

	printf("usage: lvt COMMAND [ARGUMENTS]\n\n");
	for (i = 0; i < NCOMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\nlvt COMMAND --help tells more. Exit codes: 0 done, "
	    "1 failed, 2 wrong usage.\n");
	return CLI_OK;
}

static int
help(const struct command *c)
{
	printf("usage: lvt %s %s\n\n%s.\n", c->name, c->usage, c->summary);
	if (c->help != NULL)
		printf("\n%s", c->help);
	return CLI_OK;
}

int
cli_usage(const char *command, const char *fmt, ...)
{
	const struct command *c = find(command);
	va_list ap;

	fprintf(stderr, "lvt %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: lvt %s %s\n", command,
	    c != NULL ? c->usage : "");
	if (c != NULL && c->help != NULL)
		fprintf(stderr, "lvt %s --help tells more\n", command);
	return CLI_USAGE;
}

int
cli_fail(const struct lvt_error *err)
{
	char text[ERROR_TEXT];

	fprintf(stderr, "lvt: %s\n", error_text(err, text));
	return CLI_FAILED;
}

int
cli_print(struct buf *out)
{
	if (out->failed != 0) {
		fprintf(stderr, "lvt: %s\n", lvt_strerror(out->failed));
		return CLI_FAILED;
	}
	if ((out->len > 0 && fwrite(out->s, out->len, 1, stdout) != 1) ||
	    fflush(stdout) != 0) {
		perror("lvt: cannot write");
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int
unknown(const char *name)
{
	struct suggest s = suggest_for(str_z(name));
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		suggest_try(&s, str_z(commands[i].name));
	fprintf(stderr, "lvt: there is no command '%s'", name);
	if (s.best.s != NULL)
		fprintf(stderr, "; did you mean '" STR_FMT "'?",
		    STR_ARG(s.best));
	fprintf(stderr, "\nlvt --help lists them\n");
	return CLI_USAGE;
}

int
main(int argc, char *argv[])
{
	const struct command *c;
	int i;

	if (argc < 2) {
		overview();
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return overview();
	if (strcmp(argv[1], "--version") == 0) {
		puts("lvt " PACKAGE_VERSION);
		return CLI_OK;
	}
	if (strcmp(argv[1], "help") == 0)
		return argc < 3 ? overview() :
		    (c = find(argv[2])) != NULL ? help(c) : unknown(argv[2]);
	if ((c = find(argv[1])) == NULL)
		return unknown(argv[1]);
	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return help(c);
	return c->run(argc - 1, argv + 1);
}
