#include <stdlib.h>

#include "base/arena.h"
#include "template/value.h"

void
value_from_json(struct value *v, const json_t *j)
{
	v->content = 0;
	v->iface = j != NULL;
	v->cap = 0;
	if (j == NULL) {
		v->kind = VALUE_NONE;
		return;
	}
	switch (json_typeof(j)) {
	case JSON_STRING:
		v->kind = VALUE_STRING;
		v->u.s.s = json_string_value(j);
		v->u.s.len = json_string_length(j);
		break;
	case JSON_INTEGER:
		v->kind = VALUE_INT64;
		v->u.i = json_integer_value(j);
		break;
	case JSON_REAL:
		v->kind = VALUE_FLOAT;
		v->u.f = json_real_value(j);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		v->kind = VALUE_BOOL;
		v->u.i = json_is_true(j);
		break;
	case JSON_ARRAY:
		v->kind = VALUE_LIST;
		v->u.list.array = j;
		v->u.list.from = 0;
		v->cap = v->u.list.len = (uint32_t)json_array_size(j);
		break;
	case JSON_OBJECT:
		v->kind = VALUE_MAP;
		v->u.map = j;
		break;
	default:
		v->kind = VALUE_NIL;
	}
}

void
value_element(struct value *v, const struct value *list, uint32_t i)
{
	value_from_json(v, json_array_get(list->u.list.array,
	    (size_t)list->u.list.from + i));
}

bool
value_truth(const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NONE:
	case VALUE_NIL:
		return false;
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_INT64:
	case VALUE_BYTE:
		return v->u.i != 0;
	case VALUE_FLOAT:
		return v->u.f != 0;
	case VALUE_COMPLEX:
		return v->u.c.re != 0 || v->u.c.im != 0;
	case VALUE_STRING:
		return v->u.s.len > 0;
	case VALUE_LIST:
		return v->u.list.len > 0;
	case VALUE_MAP:
		return json_object_size(v->u.map) > 0;
	case VALUE_HOST:
		return true;
	}
	return false;
}

const char *
value_type_name(const struct value *v)
{
	static const char *const names[] = {
		[VALUE_NONE] = "<nil>",
		[VALUE_NIL] = "<nil>",
		[VALUE_BOOL] = "bool",
		[VALUE_INT] = "int",
		[VALUE_INT64] = "int64",
		[VALUE_BYTE] = "uint8",
		[VALUE_FLOAT] = "float64",
		[VALUE_COMPLEX] = "complex128",
		[VALUE_STRING] = "string",
		[VALUE_LIST] = "[]interface {}",
		[VALUE_MAP] = "map[string]interface {}",
		[VALUE_HOST] = "host object",
	};
	/* enum content's order: a string that is trusted has a type of its own */
	static const char *const contents[] = {
		"string", "template.CSS", "template.HTML", "template.HTMLAttr",
		"template.JS", "template.JSStr", "template.URL",
		"template.Srcset",
	};

	if (v->kind == VALUE_STRING)
		return contents[v->content];
	return names[v->kind];
}

static int
by_key(const void *a, const void *b)
{
	const struct value_member *x = a, *y = b;
	size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
	int c = n > 0 ? memcmp(x->key.s, y->key.s, n) : 0;

	if (c != 0)
		return c;
	return (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

struct value_member *
value_members(struct arena *a, const json_t *map, size_t *n)
{
	size_t size = json_object_size(map), i = 0;
	struct value_member *m;
	json_t *unconst = (json_t *)map;	/* Jansson's iterators ask for it */
	bool sorted = true;
	void *it;

	*n = 0;
	if (size == 0 || size > SIZE_MAX / sizeof(*m) ||
	    (m = arena_alloc(a, size * sizeof(*m))) == NULL)
		return NULL;
	for (it = json_object_iter(unconst); it != NULL && i < size;
	    it = json_object_iter_next(unconst, it), i++) {
		m[i].key.s = json_object_iter_key(it);
		m[i].key.len = json_object_iter_key_len(it);
		m[i].value = json_object_iter_value(it);
		if (i > 0 && sorted && by_key(&m[i - 1], &m[i]) > 0)
			sorted = false;
	}
	if (!sorted)
		qsort(m, i, sizeof(*m), by_key);
	*n = i;
	return m;
}
