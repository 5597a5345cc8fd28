/*
 * compare.c - what eq, lt and their relatives think of two values.
 *
 * Values of one basic kind compare; a whole number of either sort with one of
 * the other; nil equals nil alone. All else is a mistake.
 */
#include "template/exec/funcs.h"

enum basic { NOT_BASIC, BASIC_BOOL, BASIC_COMPLEX, BASIC_INT, BASIC_FLOAT,
	BASIC_STRING, BASIC_UINT };

static const char bad_type[] = "invalid type for comparison";
static const char bad_pair[] = "incompatible types for comparison";

static enum basic
basic(const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_BOOL:
		return BASIC_BOOL;
	case VALUE_INT:
	case VALUE_INT64:
		return BASIC_INT;
	case VALUE_BYTE:
		return BASIC_UINT;
	case VALUE_FLOAT:
		return BASIC_FLOAT;
	case VALUE_COMPLEX:
		return BASIC_COMPLEX;
	case VALUE_STRING:
		return BASIC_STRING;
	default:
		return NOT_BASIC;
	}
}

static int
refuse(const char **why, const char *text)
{
	*why = text;
	return LVT_EINVALID;
}

/* A byte fits into the other sort of integer, so the signs never matter. */
static bool
both_integers(enum basic a, enum basic b)
{
	return (a == BASIC_INT && b == BASIC_UINT) ||
	    (a == BASIC_UINT && b == BASIC_INT);
}

static bool
equal(enum basic k, const struct value *a, const struct value *b)
{
	switch (k) {
	case BASIC_FLOAT:
		return a->u.f == b->u.f;
	case BASIC_COMPLEX:
		return a->u.c.re == b->u.c.re && a->u.c.im == b->u.c.im;
	case BASIC_STRING:
		return str_eq(a->u.s, b->u.s);
	default:
		return a->u.i == b->u.i;
	}
}

/* Lists, maps and nil: only nil can be asked about. */
static int
equal_others(const struct value *a, const struct value *b, bool *result,
    const char **why)
{
	bool a_nil = value_is_nil(a), b_nil = value_is_nil(b);

	if (a_nil || b_nil) {
		*result = a_nil && b_nil;
		return 0;
	}
	if (a->kind != b->kind)
		return refuse(why, "non-comparable types");
	return refuse(why, a->kind == VALUE_LIST ?
	    "non-comparable type []interface {}" :
	    "non-comparable type map[string]interface {}");
}

int
compare_eq(const struct value *a, const struct value *b, size_t nb,
    bool *result, const char **why)
{
	enum basic ka = basic(a), kb;
	size_t i;
	int rc;

	*result = false;
	if (nb == 0)
		return refuse(why, "missing argument for comparison");
	for (i = 0; i < nb && !*result; i++) {
		kb = basic(&b[i]);
		if (ka == kb && ka == NOT_BASIC) {
			rc = equal_others(a, &b[i], result, why);
			if (rc != 0)
				return rc;
		} else if (ka == kb || both_integers(ka, kb)) {
			*result = equal(ka == kb ? ka : BASIC_INT, a, &b[i]);
		} else if (!value_is_nil(a) && !value_is_nil(&b[i])) {
			return refuse(why, bad_pair);
		}
	}
	return 0;
}

static bool
less_str(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.s, b.s, n) : 0;

	return c < 0 || (c == 0 && a.len < b.len);
}

int
compare_lt(const struct value *a, const struct value *b, bool *result,
    const char **why)
{
	enum basic ka = basic(a), kb = basic(b);

	*result = false;
	if (ka == NOT_BASIC || kb == NOT_BASIC)
		return refuse(why, bad_type);
	if (ka != kb && !both_integers(ka, kb))
		return refuse(why, bad_pair);
	switch (ka) {
	case BASIC_BOOL:
	case BASIC_COMPLEX:
		return refuse(why, bad_type);
	case BASIC_FLOAT:
		*result = a->u.f < b->u.f;
		return 0;
	case BASIC_STRING:
		*result = less_str(a->u.s, b->u.s);
		return 0;
	default:
		*result = a->u.i < b->u.i;
		return 0;
	}
}
