/*
 * check.h - what lvt check finds, said one finding a line.
 *
 * Owns:    nothing: texts are borrowed from the files that check.c holds.
 */
#ifndef LVT_CLI_CHECK_H
#define LVT_CLI_CHECK_H

#include "cli/cli.h"

/* mend.c - all errors of one text, each given to found, in order. Returns
 * how many there are, or LVT_ENOMEM. */
#define MEND_MAX	20	/* of one text: more help nobody */

int	mend_each(enum tmpl_engine engine, const char *name, const char *file,
	    struct str text, void (*found)(void *arg,
	    const struct lvt_error *err), void *arg);

/* notes.c, forms.c - what a template says without its being an error of the
 * language. fatal: sure to be a mistake, otherwise hard to update. */
struct note {
	const char *file;
	int line, column;
	bool fatal;
	char text[256];
};

/* Return: 0, LVT_ENOMEM. */
int	notes_each(const struct program *p,
	    void (*found)(void *arg, const struct note *note), void *arg);
/* Return: how many are fatal, or LVT_ENOMEM. */
int	forms_each(const char *file, struct str text,
	    void (*found)(void *arg, const struct note *note), void *arg);

#endif
