/*
 * options.h - the options of a command as rows of a table: what it is called,
 * and where its value goes.
 */
#ifndef LVT_CLI_OPTIONS_H
#define LVT_CLI_OPTIONS_H

enum cli_kind {
	CLI_FLAG,	/* bool: true where it is there; takes no value */
	CLI_TEXT,	/* const char *: borrowed from the command line */
	CLI_COUNT,	/* int64_t: 0 or more */
	CLI_SEQ,	/* int64_t: the same, or the number of a position */
	CLI_OTHER	/* take() reads it */
};

struct cli_option {
	const char *name;	/* without its dashes; NULL ends the table */
	enum cli_kind kind;
	void *to;
	/* Return: CLI_OK, or CLI_USAGE and it is said on stderr. */
	int	(*take)(void *to, const char *value);
};

/*
 * Fill in what is given; of an option that is repeated the last one counts.
 * optind is then the first of the other words, which are moved behind the
 * options. Return: CLI_OK, or CLI_USAGE and it is said on stderr.
 */
int	cli_options(const char *command, const struct cli_option *rows,
	    int argc, char *argv[]);
/* Are there no other words, for a command that takes none? Likewise. */
int	cli_no_words(const char *command, int argc, char *argv[]);

#endif
