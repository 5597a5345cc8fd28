/*
 * print.h - values as text: what Go's fmt makes of them.
 *
 * Owns:    nothing; appends to the caller's buffer. Want of memory marks it.
 * May not: fail for any value or format: a wrong verb is printed as such.
 * Invariants:
 *   1. Output depends on the values alone: no address, no locale.
 *   2. Nesting past PRINT_DEPTH is not followed: "..." stands for it.
 */
#ifndef LVT_TEMPLATE_PRINT_H
#define LVT_TEMPLATE_PRINT_H

#include "base/buf.h"
#include "template/value.h"

#define PRINT_DEPTH	2048	/* Jansson reads no deeper */

/* One value as %v, as an action prints it; nil is "<nil>". */
void	print_value(struct buf *out, const struct value *v);
/* print, println, printf: Go's Sprint, Sprintln, Sprintf */
void	print_all(struct buf *out, const struct value *v, size_t n);
void	print_lines(struct buf *out, const struct value *v, size_t n);
void	print_format(struct buf *out, struct str format,
	    const struct value *v, size_t n);

/* format_float.c - as strconv.AppendFloat with 64 bits.
 * verb: b e E f g G x X; prec -1: as short as reads back the same. */
void	format_float(struct buf *out, double f, char verb, int prec);
/* As JavaScript writes numbers: as short as it reads back, e-notation only far
 * from 1, "e-7" not "e-07". */
void	format_json(struct buf *out, double f);
/* format_int.c - decimal */
void	format_int(struct buf *out, int64_t i);

#endif
