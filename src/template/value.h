/*
 * value.h - one value while a template runs.
 *
 * A member of the data, a constant of the template or the result of a
 * function. Small, passed by address, never freed: strings and documents are
 * borrowed from the data, the program or the arena of the render.
 *
 * Invariants:
 *   1. VALUE_NONE is what a missing name yields; VALUE_NIL is a null that is
 *      there. Both are nil to functions; only fields of the second are errors.
 *   2. Numbers of the document are VALUE_INT64 or VALUE_FLOAT; constants,
 *      lengths and range positions are VALUE_INT (Go's int64 and int: they
 *      print alike, their types have different names).
 *   3. iface tells only how messages name the type of the value: as the
 *      interface of the container that it was taken from.
 */
#ifndef LVT_TEMPLATE_VALUE_H
#define LVT_TEMPLATE_VALUE_H

#include <stdint.h>

#include <jansson.h>

#include "base/str.h"

enum value_kind {
	VALUE_NONE,		/* no value at all */
	VALUE_NIL,
	VALUE_BOOL,		/* u.i: 0 or 1 */
	VALUE_INT,		/* u.i */
	VALUE_INT64,		/* u.i */
	VALUE_BYTE,		/* u.i: an indexed string's byte, uint8 */
	VALUE_FLOAT,		/* u.f */
	VALUE_COMPLEX,		/* u.c */
	VALUE_STRING,		/* u.s, any bytes; content says what it may be */
	VALUE_LIST,		/* u.list: a slice of a JSON array */
	VALUE_MAP,		/* u.map */
	VALUE_HOST		/* u.host: an object of the host, {{.lvt}} */
};

struct program_host;

struct value {
	uint8_t kind;		/* enum value_kind */
	uint8_t content;	/* enum content (escapers.h), of a string */
	bool iface;
	uint32_t cap;		/* of a list: elements that slice may reach */
	union {
		int64_t i;
		double f;
		struct { double re, im; } c;
		struct str s;
		struct {
			const json_t *array;
			uint32_t from, len;
		} list;
		const json_t *map;
		const struct program_host *host;
	} u;
};

static inline bool
value_is_nil(const struct value *v)
{
	return v->kind <= VALUE_NIL;
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .u.i = i };
}

static inline struct value
value_bool(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .u.i = b };
}

static inline struct value
value_str(struct str s)
{
	return (struct value){ .kind = VALUE_STRING, .u.s = s };
}

/* j borrowed; NULL: VALUE_NONE. Sets iface. */
void	value_from_json(struct value *v, const json_t *j);
/* Element i, which must be within the list. */
void	value_element(struct value *v, const struct value *list, uint32_t i);
/* Go's idea of an empty value: 0, "", [], {}, false, nil. */
bool	value_truth(const struct value *v);

static inline bool
value_json_truth(const json_t *j)
{
	struct value v;

	if (json_is_boolean(j))
		return json_is_true(j);
	if (json_is_string(j))
		return json_string_length(j) > 0;
	value_from_json(&v, j);
	return value_truth(&v);
}

/* "int64", "[]interface {}"; "<nil>" for no type. Not looking at iface. */
const char *value_type_name(const struct value *v);

/* The members of a map in byte order of their keys. */
struct value_member {
	struct str key;
	const json_t *value;
};
struct arena;
/* n members, in the arena; NULL when out of memory (or if there are none). */
struct value_member *value_members(struct arena *a, const json_t *map,
	    size_t *n);

#endif
