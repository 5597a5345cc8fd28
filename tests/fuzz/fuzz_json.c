/* Any bytes as JSON: what is loaded must survive being written and read. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lvt_error err = { 0 };
	json_t *value, *again;
	char *text, *twice;

	value = lvt_json_load((const char *)data, size, NULL, &err);
	if (value == NULL) {
		if (err.code == 0 || err.line < 1 || err.column < 1)
			abort();
		return 0;
	}
	text = json_dumps(value, JSON_ENCODE_ANY);
	if (text == NULL)
		abort();
	/* As texts: json_equal() looks members up by names that end at a NUL. */
	again = lvt_json_load(text, strlen(text), NULL, NULL);
	twice = again != NULL ? json_dumps(again, JSON_ENCODE_ANY) : NULL;
	if (twice == NULL || strcmp(text, twice) != 0)
		abort();
	json_decref(again);
	json_decref(value);
	free(twice);
	free(text);
	return 0;
}
