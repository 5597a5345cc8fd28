/*
 * vectors.h - the template cases of tests/vectors, one after the other.
 *
 * Owns:    the cases of a file, until vectors_release().
 */
#ifndef LVT_TEST_VECTORS_H
#define LVT_TEST_VECTORS_H

#include "test.h"

#include <jansson.h>

#include "base/json.h"
#include "base/str.h"

struct vector_file {
	struct str name, text;
};

/* New reference: the array in tests/vectors/NAME.json; fails the test. */
static inline json_t *
vectors_load(const char *name)
{
	const char *dir = getenv("LVT_SRCDIR");
	struct json_load_opts opts = { .name = name };
	struct lvt_error err = { 0 };
	char path[4096];
	char *text;
	json_t *cases;
	FILE *f;
	long size;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s.json",
	    dir != NULL ? dir : ".", name);
	f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, f), size);
	fclose(f);
	cases = lvt_json_load(text, (size_t)size, &opts, &err);
	free(text);
	if (cases == NULL)
		fail_msg("%s:%d:%d: %s", path, err.line, err.column,
		    err.message);
	return cases;
}

static inline int
vectors_by_name(const void *a, const void *b)
{
	const struct str *x = &((const struct vector_file *)a)->name;
	const struct str *y = &((const struct vector_file *)b)->name;
	int main_first = str_is(*y, "main") - str_is(*x, "main");

	return main_first != 0 ? main_first : strcmp(x->s, y->s);
}

/* The texts of a case in the order in which they are parsed; their number. */
static inline size_t
vectors_files(const json_t *c, struct vector_file *out, size_t max)
{
	json_t *files = json_object_get(c, "files");
	json_t *text = json_object_get(c, "template");
	const char *key;
	size_t n = 0;

	if (text != NULL) {
		out[0].name = STR("main");
		out[0].text = (struct str){ json_string_value(text),
		    json_string_length(text) };
		return 1;
	}
	json_object_foreach(files, key, text) {
		assert_true(n < max);
		out[n].name = str_z(key);
		out[n++].text = (struct str){ json_string_value(text),
		    json_string_length(text) };
	}
	qsort(out, n, sizeof(*out), vectors_by_name);
	return n;
}

/* "parse", "escape", "exec"; "" for a case that renders. */
static inline const char *
vectors_stage(const json_t *c)
{
	const char *stage = json_string_value(json_object_get(
	    json_object_get(c, "error"), "stage"));

	return stage != NULL ? stage : "";
}

#endif
