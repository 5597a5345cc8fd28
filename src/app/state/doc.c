#include <stdlib.h>

#include "app/state/doc.h"
#include "base/json.h"
#include "base/quote.h"

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
			below = lvt_json_object_at(doc, key, len);
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

/* --- As text -------------------------------------------------------------------- */

/* Jansson checks all but what *_nocheck() makes. */
static int
write_string(struct buf *out, const char *s, size_t len)
{
	return json_add_string(out, (struct str){ s, len }) ? 0 : LVT_EINVALID;
}

static void
write_integer(struct buf *out, json_int_t v)
{
	uint64_t n = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char digits[24];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	if (v < 0)
		digits[--i] = '-';
	buf_add(out, digits + i, sizeof(digits) - i);
}

/* Not our own: a real must be the same one when it is read again. */
static int
write_real(struct buf *out, const json_t *v)
{
	char text[64];
	size_t n = json_dumpb(v, text, sizeof(text), JSON_ENCODE_ANY);

	if (n == 0 || n > sizeof(text))
		return LVT_EINVALID;
	buf_add(out, text, n);
	return 0;
}

static int write_value(struct buf *out, const json_t *v, int depth);

static int
write_object(struct buf *out, json_t *o, int depth)
{
	void *at = json_object_iter(o);
	const char *key;
	size_t len;
	int rc;

	buf_putc(out, '{');
	while (at != NULL) {
		key = json_object_iter_key(at);
		len = json_object_iter_key_len(at);
		/* Not even escaped could a NUL in a name be read. */
		if (memchr(key, '\0', len) != NULL)
			return LVT_EINVALID;
		if ((rc = write_string(out, key, len)) != 0)
			return rc;
		buf_putc(out, ':');
		rc = write_value(out, json_object_iter_value(at), depth);
		if (rc != 0)
			return rc;
		if ((at = json_object_iter_next(o, at)) != NULL)
			buf_putc(out, ',');
	}
	buf_putc(out, '}');
	return 0;
}

static int
write_array(struct buf *out, json_t *a, int depth)
{
	json_t *v;
	size_t i;
	int rc;

	buf_putc(out, '[');
	json_array_foreach(a, i, v) {
		if (i > 0)
			buf_putc(out, ',');
		if ((rc = write_value(out, v, depth)) != 0)
			return rc;
	}
	buf_putc(out, ']');
	return 0;
}

static int
write_value(struct buf *out, const json_t *v, int depth)
{
	/* Deeper ones could not be read; nor would there be an end where one
	 * holds itself. */
	if (depth == JSON_PARSER_MAX_DEPTH || out->failed)
		return LVT_ETOOBIG;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return write_object(out, (json_t *)(uintptr_t)v, depth + 1);
	case JSON_ARRAY:
		return write_array(out, (json_t *)(uintptr_t)v, depth + 1);
	case JSON_STRING:
		return write_string(out, json_string_value(v),
		    json_string_length(v));
	case JSON_INTEGER:
		write_integer(out, json_integer_value(v));
		return 0;
	case JSON_REAL:
		return write_real(out, v);
	case JSON_TRUE:
		buf_add(out, "true", 4);
		return 0;
	case JSON_FALSE:
		buf_add(out, "false", 5);
		return 0;
	default:
		buf_add(out, "null", 4);
		return 0;
	}
}

int
doc_write(struct buf *out, const json_t *doc)
{
	int rc = doc != NULL ? write_value(out, doc, 0) : LVT_EINVALID;

	return out->failed ? out->failed : rc;
}

struct str
doc_text(struct arena *a, const json_t *doc)
{
	struct str text = STR_NULL;
	struct buf b;

	buf_init(&b);
	if (doc_write(&b, doc) == 0)
		text = arena_str(a, b.s, b.len);
	buf_release(&b);
	return text;
}

/* --- As leaves ------------------------------------------------------------------ */

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
