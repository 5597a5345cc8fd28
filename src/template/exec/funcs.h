/*
 * funcs.h - the functions that every template may name.
 *
 * Owns:    nothing; results live in the arena of the render.
 * May not: look at anything but their arguments.
 */
#ifndef LVT_TEMPLATE_FUNCS_H
#define LVT_TEMPLATE_FUNCS_H

#include "template/exec/eval.h"

struct func {
	const char *name;
	int min, max;			/* arguments; max -1: any number */
	bool text_first;		/* the first must be a string */
	int	(*run)(struct eval *x, const struct code_expr *at,
		    struct value *argv, size_t n, struct value *out);
	const struct lvt_template_func *row;	/* call.c: one of the app's */
};

/* NULL if there is none; `and` and `or` are no functions but operators. */
const struct func *func_find(struct str name);

/* html and urlquery where html/template has them print their arguments first,
 * so that nil is "<nil>" and not "<no value>"; any other f is itself. */
const struct func *func_printing(const struct func *f);

/* compare.c - 0 and *result, or a message in static storage through why. */
int	compare_eq(const struct value *a, const struct value *b, size_t nb,
	    bool *result, const char **why);
int	compare_lt(const struct value *a, const struct value *b, bool *result,
	    const char **why);

#endif
