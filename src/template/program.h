/*
 * program.h - a compiled template, for all requests of a process.
 *
 * States:  struct tmpl  --tmpl_parse()*-->  --tmpl_compile()-->  program
 *
 * A program is a set of numbered *statics arrays* and code lists. A list is a
 * run of slots with a static before, between and after them; its statics
 * array is known here, once; equal arrays have one number. What prints
 * nothing ({{$x := 1}}, comments) takes no slot; text beside it is joined.
 * Where {{break}} or {{continue}} may leave a list early, the rest of the
 * list after that slot is a list of its own in the next slot, empty when left.
 *
 * Owns:    what it was compiled from, as copies; what program_attach() gave it.
 *          Only that may still change: one thread uses a program at a time.
 */
#ifndef LVT_TEMPLATE_PROGRAM_H
#define LVT_TEMPLATE_PROGRAM_H

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "template/sink.h"

enum tmpl_engine { TMPL_HTML, TMPL_TEXT };

struct tmpl;			/* sources being collected */
struct program;

/* 0 in a member means its default. */
struct tmpl_limits {
	uint32_t parse_depth;	/* 1000 blocks or parentheses within each other */
	uint32_t exec_depth;	/* 1000 template calls within each other */
	uint64_t steps;		/* 100 million nodes evaluated in one render */
	size_t	source_bytes;	/* 4 MiB */
	size_t	output_bytes;	/* 64 MiB */
};

/* NULL: no memory. */
struct tmpl *tmpl_create(enum tmpl_engine engine, const struct tmpl_limits *lim);
void	tmpl_free(struct tmpl *t);		/* NULL is fine */
/* Let templates parsed from now on call these; rows end with { 0 } and outlive
 * what is compiled. Return: 0, LVT_EINVALID (a row is wrong), LVT_ENOMEM. */
int	tmpl_functions(struct tmpl *t, const struct lvt_template_func *rows,
	    struct lvt_error *err);
/* As ast_parse(). The first template parsed need not be the main one. */
int	tmpl_parse(struct tmpl *t, const char *name, const char *file,
	    const char *source, size_t len, struct lvt_error *err);
/* Escape and compile everything reachable from main. t may be freed then.
 * NULL: err has LVT_EESCAPE, LVT_EEXEC (main is not there, in TMPL_TEXT),
 * LVT_ETOOBIG or LVT_ENOMEM. */
struct program *tmpl_compile(struct tmpl *t, const char *main,
	    struct lvt_error *err);
void	program_free(struct program *p);	/* NULL is fine */

/* The statics arrays: numbers 0 .. program_nstatics() - 1. */
uint32_t program_nstatics(const struct program *p);
const struct str *program_statics(const struct program *p, uint32_t number,
	    uint32_t *count);

/*
 * A slot of a statics array, as a place in the templates makes it. Equal
 * arrays are one, so several places may make the same slot.
 */
struct program_slot {
	uint32_t statics, slot;
	uint32_t lists[2], nlists;	/* arrays of the lists it may hold */
	uint32_t items;			/* array of a range's items */
	const char *construct;		/* "text", "if", "range" ... */
	const char *file;
	uint32_t line, column;
	struct str source;		/* as written */
};

#define PROGRAM_NO_ITEMS	UINT32_MAX

/* The array of the whole page. */
uint32_t program_root(const struct program *p);
/* Each slot, in the order of the templates; stops where see() is not 0, and
 * returns that. */
int	program_slots(const struct program *p,
	    int (*see)(void *arg, const struct program_slot *s), void *arg);

/*
 * What the layer above derives from a program once (the view's table of
 * statics): kept with it, and given to drop by program_free(). One owner; a
 * program is used by one thread at a time.
 */
void	program_attach(const struct program *p, void *derived,
	    void (*drop)(void *derived));
void	*program_attached(const struct program *p);	/* NULL: none yet */

/*
 * An object of the host: what {{.lvt}} is. It is a member of the top-level
 * data by its name, before any member of the document.
 * get() answers {{.lvt.Member args}}; it sets *out to a new reference.
 * Return 0, or a negative code with err->message.
 */
struct program_host {
	const char *name;			/* "lvt" */
	int	(*get)(void *arg, struct str member, const json_t *args /* array */,
		    json_t **out, struct lvt_error *err);
	void	*arg;
};

/* Does any reachable template name this host member ("User")? */
bool	program_uses(const struct program *p, const char *host, const char *member);
/* Each member of it that is named as .host.member; stops where see() is not 0,
 * and returns that. */
int	program_members(const struct program *p, const char *host,
	    int (*see)(void *arg, struct str member), void *arg);

/*
 * Render data into sink. Allocates from an arena of its own; out's bytes so
 * far stay on failure (the caller discards them).
 *
 * Return: 0, LVT_EEXEC (err has template, line, column), LVT_ENOMEM,
 * LVT_ETOOBIG.
 */
int	program_exec(const struct program *p, const json_t *data,
	    const struct program_host *host, struct sink *sink,
	    struct lvt_error *err);

#endif
