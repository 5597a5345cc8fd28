/*
 * form.h - the fields of a query string or a form, in the order they came.
 *
 * Owns:    nothing: everything lives in the arena that is passed in.
 * Invariants:
 *   1. Names and values end with a NUL that their length does not count.
 *   2. At most FORM_FIELDS fields; more are LVT_ETOOBIG.
 *   3. Names and values never hold a NUL: JSON's neither, and what it hides is
 *      seen by some and not by others. Uploads are bytes, and may.
 */
#ifndef LVT_APP_FORM_H
#define LVT_APP_FORM_H

#include <jansson.h>

#include "base/arena.h"

#define FORM_FIELDS	1000

struct field {
	struct str name, value;
	struct str filename, type;	/* of an upload; .s NULL: none */
};

struct form {
	struct field *fields;
	size_t n, cap;
};

/* Return: 0, LVT_EINVALID, LVT_ETOOBIG, LVT_ENOMEM. Appends to f. */
int	form_urlencoded(struct form *f, struct arena *a, struct str text);
/* type: the whole Content-Type, which names the boundary. */
int	form_multipart(struct form *f, struct arena *a, struct str body,
	    const char *type);
/* The last field of that name, or NULL. */
const struct field *form_find(const struct form *f, const char *name);
/* An object: a text for each name, an array where a name came several times.
 * Uploads and names that begin with "lvt-" are left out. A new reference. */
json_t	*form_json(const struct form *f);

/* %XX and, in forms, '+'; NULL when out of memory or if a %XX is damaged. */
struct str form_decode(struct arena *a, struct str text, bool plus);

#endif
