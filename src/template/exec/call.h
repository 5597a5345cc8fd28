/*
 * call.h - functions that the application gives to its templates.
 *
 * Owns:    the rule of what such a function may be called, and the way of
 *          values out to C and back.
 * Borrows: the rows, for as long as programs made with them live.
 * Invariants:
 *   1. Trusted content is born here, from lvt_result_content(), and nowhere
 *      else: it is a mark on a value of the evaluator, which JSON has no room
 *      for. No document, action, broadcast or argument can carry it.
 */
#ifndef LVT_TEMPLATE_CALL_H
#define LVT_TEMPLATE_CALL_H

#include "template/parse/ast.h"
#include "template/exec/eval.h"

struct func;

/* Let templates of the set name the functions; rows end with { 0 }. */
int	call_register(struct ast_set *set,
	    const struct lvt_template_func *rows, struct lvt_error *err);
/* The function of that name as code calls it, in the arena. NULL: none, or no
 * memory (*rc). */
const struct func *call_func(const struct ast_set *set, struct arena *a,
	    struct str name, int *rc);
/* What C sees of arguments, an array: a new reference; NULL: no memory. */
json_t	*call_args(const struct value *argv, size_t n);

#endif
