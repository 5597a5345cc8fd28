/*
 * cli.h - what the subcommands of lvt share.
 *
 * A command is a row of the table in main.c. It is called with its own name
 * as argv[0] and returns the exit code. main.c answers --help for all of them.
 */
#ifndef LVT_CLI_CLI_H
#define LVT_CLI_CLI_H

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "view/view.h"

enum {
	CLI_OK = 0,
	CLI_FAILED = 1,		/* and the reason is on stderr */
	CLI_USAGE = 2
};

struct command {
	const char *name, *summary;
	const char *usage;	/* arguments */
	const char *help;	/* more lines for --help, or NULL */
	int	(*run)(int argc, char *argv[]);
};

/* "lvt render: why", then how to call it; CLI_USAGE. */
int	cli_usage(const char *command, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* "lvt: message", with the place if there is one; CLI_FAILED. */
int	cli_fail(const struct lvt_error *err);
/* To stdout, and check that it got there. */
int	cli_print(struct buf *out);

/* load.c - files; "-" is stdin, which can be read once. cli_read() appends, and
 * returns 0 or LVT_EIO; cli_read_json() returns a new reference, or NULL. */
int	cli_read(const char *path, struct buf *out, struct lvt_error *err);
json_t	*cli_read_json(const char *path, struct lvt_error *err);

/* The template files of a command line, and what is said of a bad one. */
struct cli_page {
	enum tmpl_engine engine;
	char **files;
	int nfiles;
	struct program *program;
};

/* Return: CLI_OK, or CLI_FAILED and it is said on stderr. */
int	cli_compile(struct cli_page *page);
/* {"error":{"stage":...,"message":...}} on stderr; CLI_FAILED. */
int	cli_bad_template(const char *stage, const struct lvt_error *err);
/* What a template is called: its file's base name without extension, appended.
 * Return: 0, or name->failed. */
int	cli_template_name(const char *path, struct buf *name);
/* "html" or "text". Return: 0, or -1 for another word. */
int	cli_engine(const char *word, enum tmpl_engine *engine);

#endif
