/*
 * Any format over values of every kind: the bytes before the first NUL are
 * the format, those behind it a JSON array of operands. The same operands
 * print the same again, and alone as print does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "template/print/print.h"

#define OPERANDS	8
#define OUTPUT		((size_t)1 << 20)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Kinds that no document has are made of numbers, by their places. */
static void
operand(struct value *v, const json_t *j, size_t i)
{
	value_from_json(v, j);
	if (v->kind == VALUE_INT64 && i % 3 == 1)
		v->kind = VALUE_INT;
	else if (v->kind == VALUE_INT64 && i % 3 == 2) {
		v->kind = VALUE_BYTE;
		v->u.i &= 0xff;
	} else if (v->kind == VALUE_FLOAT && i % 2 == 1) {
		double f = v->u.f;

		v->kind = VALUE_COMPLEX;
		v->u.c.re = f;
		v->u.c.im = -f;
	} else if (v->kind == VALUE_NIL && i % 2 == 1)
		v->kind = VALUE_NONE;
}

static void
print(struct buf *out, struct str format, const struct value *v, size_t n)
{
	buf_init_limit(out, OUTPUT);
	print_format(out, format, v, n);
	print_all(out, v, n);
	print_lines(out, v, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
	size_t len = nul != NULL ? (size_t)(nul - text) : size, n = 0;
	struct value v[OPERANDS];
	struct buf a, b;
	json_t *list = NULL, *j;
	size_t i;

	if (len < size)
		list = lvt_json_load(nul + 1, size - len - 1, NULL, NULL);
	json_array_foreach(list, i, j)
		if (n < OPERANDS)
			operand(&v[n++], j, i);
	print(&a, (struct str){ text, len }, v, n);
	print(&b, (struct str){ text, len }, v, n);
	if (a.failed != b.failed || (a.failed == 0 && (a.len != b.len ||
	    (a.len > 0 && memcmp(a.s, b.s, a.len) != 0))))
		abort();
	buf_release(&a);
	buf_release(&b);
	json_decref(list);
	return 0;
}
