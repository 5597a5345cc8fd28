/* patch.c - what was broadcast, applied to a document. */
#include "base/json.h"
#include "store/db.h"

int
patch_apply(json_t *doc, const struct patch *leaf, struct lvt_error *err)
{
	json_t *path = json_loadb(leaf->path.s, leaf->path.len, JSON_ALLOW_NUL,
	    NULL);
	json_t *value = json_loadb(leaf->value.s, leaf->value.len,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
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
			at = lvt_json_object_at(at, json_string_value(name),
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
