/*
 * print_fmt.h - one operand of a format: flags, width, precision and how they
 * shape basic values. As Go's fmt, whose corners templates depend on.
 *
 * Owns:    nothing; appends to out.
 */
#ifndef LVT_TEMPLATE_PRINT_FMT_H
#define LVT_TEMPLATE_PRINT_FMT_H

#include <stdint.h>

#include "base/buf.h"

struct print_fmt {
	struct buf *out;
	struct print_flags {
		bool has_width, has_prec;
		bool minus, plus, sharp, space, zero;
		bool sharp_v;		/* %#v: the flag itself is off */
	} f;
	int width, prec;		/* where has_... says so */
};

void	fmt_pad(struct print_fmt *p, struct str s);
void	fmt_bool(struct print_fmt *p, bool b);
/* base 2, 8, 10 or 16; verb O gets its 0o, X upper case */
void	fmt_integer(struct print_fmt *p, uint64_t u, int base, bool is_signed,
	    char verb);
void	fmt_unicode(struct print_fmt *p, uint64_t u);
void	fmt_rune(struct print_fmt *p, uint64_t u);
void	fmt_quoted_rune(struct print_fmt *p, uint64_t u);
void	fmt_string(struct print_fmt *p, struct str s);
void	fmt_quoted(struct print_fmt *p, struct str s);
void	fmt_hex(struct print_fmt *p, struct str s, bool upper);
/* prec: where none was given */
void	fmt_float(struct print_fmt *p, double f, char verb, int prec);

#endif
