/*
 * json.h - JSON text to Jansson values, as templates need them.
 *
 * Jansson's own loader refuses what Go's takes: a lone surrogate, a byte that
 * is no UTF-8 (both become U+FFFD), an integer past 64 bits (becomes a real).
 * Everything else is as strict as RFC 8259; the last of equal keys counts.
 *
 * Owns:    nothing; the value returned is a new reference.
 * Invariants:
 *   1. Recursion is bounded by the depth, memory by bytes and values.
 *   2. The result does not depend on the locale.
 */
#ifndef LVT_BASE_JSON_H
#define LVT_BASE_JSON_H

#include "base/error.h"

#define JSON_LOAD_DEPTH		512
#define JSON_LOAD_BYTES		((size_t)64 << 20)
#define JSON_LOAD_VALUES	((size_t)4 << 20)

/* 0 in a member means its default. */
struct json_load_opts {
	const char *name;	/* in errors, "init"; NULL: none */
	uint32_t depth;		/* arrays and objects within each other */
	size_t	bytes;		/* of text */
	size_t	values;		/* in all, members and elements counted */
};

/*
 * New reference; NULL with err->code LVT_EINVALID (err has line and column),
 * LVT_ETOOBIG or LVT_ENOMEM. opts may be NULL.
 */
json_t	*lvt_json_load(const char *text, size_t len,
	    const struct json_load_opts *opts, struct lvt_error *err);

/* The object that o has at key, made if what is there is none. Borrowed; NULL:
 * out of memory. */
json_t	*lvt_json_object_at(json_t *o, const char *key, size_t len);
/* The text that o has at key: borrowed; "" where there is none. */
const char *lvt_json_text(const json_t *o, const char *key);

#endif
