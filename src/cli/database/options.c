/* options.c - a table of options to getopt_long(), and values to their places. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/database/options.h"

#define OPTIONS_MAX	16
#define FIRST		256		/* past what getopt() says itself */

static int
take_number(const char *command, const struct cli_option *o, const char *value)
{
	char *end;
	int64_t n;

	errno = 0;
	n = strtoll(value, &end, 10);
	if (end == value || errno != 0 || n < 0 ||
	    (*end != '\0' && (o->kind != CLI_SEQ || *end != '-')))
		return cli_usage(command, "--%s is a number", o->name);
	*(int64_t *)o->to = n;
	return CLI_OK;
}

static int
take(const char *command, const struct cli_option *o, const char *value)
{
	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)o->to = true;
		return CLI_OK;
	case CLI_TEXT:
		*(const char **)o->to = value;
		return CLI_OK;
	case CLI_COUNT:
	case CLI_SEQ:
		return take_number(command, o, value);
	default:
		return o->take(o->to, value);
	}
}

int
cli_options(const char *command, const struct cli_option *rows, int argc,
    char *argv[])
{
	struct option names[OPTIONS_MAX + 1] = { { 0 } };
	int i, opt;

	for (i = 0; rows[i].name != NULL; i++) {
		assert(i < OPTIONS_MAX);
		names[i].name = rows[i].name;
		names[i].has_arg = rows[i].kind == CLI_FLAG ? no_argument :
		    required_argument;
		/* Else what two begin with would be the first one. */
		names[i].val = FIRST + i;
	}
	while ((opt = getopt_long(argc, argv, "", names, NULL)) != -1)
		if (opt < FIRST)
			return cli_usage(command, "wrong option");
		else if (take(command, &rows[opt - FIRST], optarg) != CLI_OK)
			return CLI_USAGE;
	return CLI_OK;
}

int
cli_no_words(const char *command, int argc, char *argv[])
{
	return optind == argc ? CLI_OK :
	    cli_usage(command, "'%s' is one word too many", argv[optind]);
}
