/* Any bytes as a template: parsed twice into one set, and copied. */
#include <stdlib.h>

#include "template/parse/ast.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct lvt_error err = { 0 };
	struct ast_set set;
	int rc;

	ast_set_init(&set);
	rc = ast_parse(&set, STR("main"), "fuzz.tmpl", text, &err);
	if (rc != err.code || (rc == LVT_EPARSE && (err.line < 1 ||
	    err.column < 1 || err.message[0] == '\0')))
		abort();
	for (struct ast_template *t = set.templates; t != NULL; t = t->next)
		if (ast_copy_list(&set.arena, t->body) == NULL)
			abort();
	if (ast_parse(&set, STR("again"), NULL, text, NULL) != rc)
		abort();
	ast_set_release(&set);
	return 0;
}
