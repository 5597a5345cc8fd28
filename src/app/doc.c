#include <stdlib.h>

#include "app/doc.h"

/* The object at key, made if what is there is none. Borrowed. */
static json_t *
object_at(json_t *doc, const char *key, size_t len)
{
	json_t *o = json_object_getn(doc, key, len);

	if (json_is_object(o))
		return o;
	if (json_object_setn_new(doc, key, len, json_object()) != 0)
		return NULL;
	return json_object_getn(doc, key, len);
}

int
doc_merge(json_t *doc, const json_t *patch)
{
	const char *key;
	size_t len;
	json_t *v, *below;

	json_object_keylen_foreach((json_t *)(uintptr_t)patch, key, len, v) {
		if (json_is_null(v)) {
			json_object_deln(doc, key, len);
		} else if (json_is_object(v)) {
			below = object_at(doc, key, len);
			if (below == NULL || doc_merge(below, v) != 0)
				return LVT_ENOMEM;
		} else {
			/* Copied: documents change in place. */
			if (json_object_setn_new(doc, key, len,
			    json_deep_copy(v)) != 0)
				return LVT_ENOMEM;
		}
	}
	return 0;
}

struct str
doc_text(struct arena *a, const json_t *doc)
{
	size_t n = json_dumpb(doc, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *s = n > 0 ? arena_alloc(a, n + 1) : NULL;

	if (s == NULL)
		return STR_NULL;
	n = json_dumpb(doc, s, n, JSON_COMPACT | JSON_ENCODE_ANY);
	s[n] = '\0';
	return (struct str){ s, n };
}

struct walk {
	struct arena *a;
	struct patch *leaves;
	size_t n, cap;
	json_t *path;
};

static int
leaf_add(struct walk *w, const json_t *value)
{
	struct patch *more;
	size_t cap;

	if (w->n == DOC_LEAVES)
		return LVT_ETOOBIG;
	if (w->n == w->cap) {
		cap = w->cap == 0 ? 8 : w->cap * 2;
		if ((more = arena_alloc(w->a, cap * sizeof(*more))) == NULL)
			return LVT_ENOMEM;
		if (w->n > 0)
			memcpy(more, w->leaves, w->n * sizeof(*more));
		w->leaves = more;
		w->cap = cap;
	}
	w->leaves[w->n] = (struct patch){ doc_text(w->a, w->path),
	    doc_text(w->a, value), 0 };
	if (w->leaves[w->n].path.s == NULL || w->leaves[w->n].value.s == NULL)
		return LVT_ENOMEM;
	w->n++;
	return 0;
}

static int
leaves_of(struct walk *w, const json_t *patch)
{
	const char *key;
	size_t len;
	json_t *v;
	int rc;

	if (json_array_size(w->path) >= DOC_DEPTH)
		return LVT_ETOOBIG;
	json_object_keylen_foreach((json_t *)(uintptr_t)patch, key, len, v) {
		if (json_array_append_new(w->path,
		    json_stringn(key, len)) != 0)
			return LVT_ENOMEM;
		if (json_is_object(v) && json_object_size(v) > 0)
			rc = leaves_of(w, v);
		else
			rc = leaf_add(w, v);
		if (rc != 0)
			return rc;
		json_array_remove(w->path, json_array_size(w->path) - 1);
	}
	return 0;
}

int
doc_leaves(const json_t *patch, struct arena *a, struct patch **leaves,
    size_t *n)
{
	struct walk w = { a, NULL, 0, 0, json_array() };
	int rc = LVT_ENOMEM;

	if (!json_is_object(patch))
		rc = LVT_EINVALID;
	else if (w.path != NULL)
		rc = leaves_of(&w, patch);
	json_decref(w.path);
	*leaves = w.leaves;
	*n = w.n;
	return rc;
}

int
doc_apply(json_t *doc, const struct patch *leaf, struct lvt_error *err)
{
	json_t *path = json_loadb(leaf->path.s, leaf->path.len, 0, NULL);
	json_t *value = json_loadb(leaf->value.s, leaf->value.len,
	    JSON_DECODE_ANY, NULL);
	size_t i, n = json_array_size(path);
	json_t *at = doc, *name;
	int rc = 0;

	if (n == 0 || value == NULL)
		rc = LVT_ESTORE;
	for (i = 0; rc == 0 && i < n; i++) {
		name = json_array_get(path, i);
		if (!json_is_string(name))
			rc = LVT_ESTORE;
		else if (i + 1 < n || json_is_object(value))
			at = object_at(at, json_string_value(name),
			    json_string_length(name));
		else if (json_is_null(value))
			json_object_deln(at, json_string_value(name),
			    json_string_length(name));
		else
			rc = json_object_setn(at, json_string_value(name),
			    json_string_length(name), value);
		if (at == NULL || rc == -1)
			rc = LVT_ENOMEM;
	}
	json_decref(path);
	json_decref(value);
	if (rc == LVT_ESTORE)
		lvt_error_set(err, rc, "a patch in the database is damaged");
	else if (rc != 0)
		lvt_error_nomem(err);
	return rc;
}
