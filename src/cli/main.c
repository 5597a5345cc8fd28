/*
 * main.c - lvt: the table of its commands.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

static const struct command commands[] = {
	SERVE_COMMANDS
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

/* Letters to insert, remove or replace, for words of a command's length. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[32], i, k, n = strlen(b), diagonal, above;

	if (n >= sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (k = 0; k <= n; k++)
		row[k] = k;
	for (i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (k = 1; k <= n; k++) {
			above = row[k];
			diagonal += a[i - 1] != b[k - 1];
			row[k] = above < row[k - 1] ? above + 1 :
			    row[k - 1] + 1;
			if (diagonal < row[k])
				row[k] = diagonal;
			diagonal = above;
		}
	}
	return row[n];
}

static const struct command *
nearest(const char *name)
{
	const struct command *best = NULL;
	size_t i, d, least = 3;

	for (i = 0; i < NCOMMANDS; i++) {
		d = distance(name, commands[i].name);
		if (d < least && d < strlen(commands[i].name)) {
			least = d;
			best = &commands[i];
		}
	}
	return best;
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
	return CLI_USAGE;
}

int
cli_fail(const struct lvt_error *err)
{
	char text[sizeof(err->file) + sizeof(err->message) + 32];

	cli_message(err, text, sizeof(text));
	fprintf(stderr, "lvt: %s\n", text);
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
	const struct command *c = nearest(name);

	fprintf(stderr, "lvt: there is no command '%s'", name);
	if (c != NULL)
		fprintf(stderr, "; did you mean '%s'?", c->name);
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
