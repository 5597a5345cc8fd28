/*
 * format_float.c - doubles as strconv.AppendFloat writes them.
 *
 * With a precision, C's printf agrees with Go digit by digit, but for the
 * point, which C asks the locale about. Without one, Go writes the shortest
 * digits that read back as the same number; of several equally short, the
 * nearest.
 */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "template/print/print.h"

/* 0.d1 d2 ... dn times ten to the power of point; n 0 is zero. */
struct digits {
	char d[20];
	int n, point;
};

static const double tens[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15
};

static void
trim_zeros(struct digits *g)
{
	while (g->n > 0 && g->d[g->n - 1] == '0')
		g->n--;
}

/* A number with few decimals is a whole number divided by a power of ten;
 * both are exact, so the division proves that the digits read back. */
static bool
few_decimals(struct digits *g, double f)
{
	uint64_t whole = 0;
	char text[20], *p = text + sizeof(text);
	int k;

	if (f >= 1e15 || f < 1e-5)
		return false;
	for (k = 0; k <= 15; k++) {
		whole = (uint64_t)(f * tens[k] + 0.5);
		if (whole >= 1000000000000000)
			return false;
		if ((double)whole / tens[k] == f)
			break;
	}
	if (k > 15)
		return false;
	for (; whole > 0; whole /= 10)
		*--p = (char)('0' + whole % 10);
	g->n = (int)(text + sizeof(text) - p);
	memcpy(g->d, p, (size_t)g->n);
	g->point = g->n - k;
	trim_zeros(g);
	return true;
}

/* --- C's digits, whatever the locale calls a point ----------------------- */

/* "d.ddde-xx" to digits */
static void
read_digits(struct digits *g, const char *text)
{
	const char *p = text;

	g->n = 0;
	for (; *p != 'e'; p++)
		if (ascii_is_digit(*p))
			g->d[g->n++] = *p;
	g->point = atoi(p + 1) + 1;
	trim_zeros(g);
}

/* The next number of as many digits, away from zero. */
static void
bump(char *text)
{
	char *p = strchr(text, 'e');

	while (p-- > text) {
		if (!ascii_is_digit(*p))
			continue;
		if (*p != '9') {
			++*p;
			return;
		}
		*p = '0';
	}
}

static void
put_c(struct buf *out, char verb, int prec, double f)
{
	const char *point = localeconv()->decimal_point;
	char fmt[] = "%.*e", *at;
	size_t from = out->len;

	fmt[3] = verb;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_printf(out, fmt, prec, f);
#pragma GCC diagnostic pop
	if (strcmp(point, ".") == 0 || out->failed ||
	    (at = strstr(buf_z(out) + from, point)) == NULL)
		return;
	*at = '.';
	memmove(at + 1, at + strlen(point),
	    (size_t)(out->s + out->len - at) - strlen(point));
	out->len -= strlen(point) - 1;
}

/* --- The fewest digits -------------------------------------------------- */

static void
shortest(struct digits *g, double f)
{
	char text[32];
	int exp, n;
	/* Below a power of two numbers are twice as close as above it, so the
	 * nearest decimal may miss it where the next one up does not. */
	bool uneven = frexp(f, &exp) == 0.5;

	g->n = g->point = 0;
	if (f == 0 || few_decimals(g, f))
		return;
	/* Normal numbers of up to 15 digits read back whatever they are, so
	 * 15 digits without their zeros are the shortest already. */
	for (n = f < 1e-300 ? 0 : 14; n < 17; n++) {
		snprintf(text, sizeof(text), "%.*e", n, f);
		if (strtod(text, NULL) == f)
			break;
		if (!uneven)
			continue;
		bump(text);
		if (strtod(text, NULL) == f)
			break;
	}
	read_digits(g, text);
}

static void
put_exponent(struct buf *out, const struct digits *g, char e, int prec)
{
	int exp = g->n == 0 ? 0 : g->point - 1, i;

	buf_putc(out, g->n > 0 ? g->d[0] : '0');
	if (prec > 0)
		buf_putc(out, '.');
	for (i = 1; i <= prec; i++)
		buf_putc(out, i < g->n ? g->d[i] : '0');
	buf_printf(out, "%c%c%02d", e, exp < 0 ? '-' : '+', abs(exp));
}

static void
put_plain(struct buf *out, const struct digits *g)
{
	/* digits before the point and after it, the point and a zero */
	size_t most = (size_t)abs(g->point) + (size_t)g->n + 2;
	char *p;
	int i;

	if (out->cap - out->len < most && buf_grow(out, most) != 0)
		return;
	p = out->s + out->len;
	if (g->point <= 0)
		*p++ = '0';
	for (i = 0; i < g->point; i++)
		*p++ = i < g->n ? g->d[i] : '0';
	if (g->n > g->point) {
		*p++ = '.';
		for (i = g->point; i < g->n; i++)
			*p++ = i >= 0 ? g->d[i] : '0';
	}
	out->len = (size_t)(p - out->s);
}

static void
format_shortest(struct buf *out, double f, char verb)
{
	struct digits g;
	int exp;

	if (signbit(f))
		buf_putc(out, '-');
	shortest(&g, fabs(f));
	exp = g.n == 0 ? -1 : g.point - 1;
	/* Where the precision is free, Go's %g takes an exponent from seven
	 * digits before the point on, and from 1e-5 down. */
	switch (verb) {
	case 'f':
		put_plain(out, &g);
		break;
	case 'g':
	case 'G':
		if (g.n == 0 || (exp >= -4 && exp < 6)) {
			put_plain(out, &g);
			break;
		}
		put_exponent(out, &g, verb == 'g' ? 'e' : 'E', g.n - 1);
		break;
	default:
		put_exponent(out, &g, verb, g.n > 0 ? g.n - 1 : 0);
	}
}

/* --- Powers of two ----------------------------------------------------- */

struct bits {
	bool negative;
	uint64_t mant;
	int exp;		/* of the lowest bit of mant */
};

static struct bits
take_apart(double f)
{
	struct bits b;
	uint64_t u;
	int exp;

	memcpy(&u, &f, sizeof(u));
	b.negative = u >> 63;
	exp = (int)(u >> 52 & 0x7ff);
	b.mant = u & (((uint64_t)1 << 52) - 1);
	if (exp == 0)
		exp++;
	else
		b.mant |= (uint64_t)1 << 52;
	b.exp = exp - 1023 - 52;
	return b;
}

/* %b: mantissa and exponent as whole numbers */
static void
format_binary(struct buf *out, double f)
{
	struct bits b = take_apart(f);

	buf_printf(out, "%s%llup%+d", b.negative ? "-" : "",
	    (unsigned long long)b.mant, b.exp);
}

/* %x: 0x1.8p+00; the first digit is 1 except for zero */
static void
format_hex(struct buf *out, double f, char verb, int prec)
{
	const char *digits = verb == 'x' ? "0123456789abcdef" :
	    "0123456789ABCDEF";
	struct bits b = take_apart(f);
	int exp = b.exp + 52, i;
	uint64_t m = b.mant << 8, extra;	/* the leading 1 is bit 60 */

	if (m == 0)
		exp = 0;
	while (m != 0 && (m & (uint64_t)1 << 60) == 0) {
		m <<= 1;
		exp--;
	}
	if (prec >= 0 && prec < 15) {
		extra = m << (prec * 4) & (((uint64_t)1 << 60) - 1);
		m >>= 60 - prec * 4;
		if ((extra | (m & 1)) > (uint64_t)1 << 59)
			m++;
		m <<= 60 - prec * 4;
		if (m & (uint64_t)1 << 61) {
			m >>= 1;
			exp++;
		}
	}
	buf_printf(out, "%s0%c%d", b.negative ? "-" : "", verb,
	    (int)(m >> 60 & 1));
	m <<= 4;
	if (prec > 0 || (prec < 0 && m != 0))
		buf_putc(out, '.');
	for (i = 0; prec < 0 ? m != 0 : i < prec; i++, m <<= 4)
		buf_putc(out, digits[m >> 60]);
	buf_printf(out, "%c%c%02d", verb == 'x' ? 'p' : 'P',
	    exp < 0 ? '-' : '+', abs(exp));
}

void
format_float(struct buf *out, double f, char verb, int prec)
{
	if (isnan(f)) {
		buf_puts(out, "NaN");
	} else if (isinf(f)) {
		buf_puts(out, f < 0 ? "-Inf" : "+Inf");
	} else if (verb == 'b') {
		format_binary(out, f);
	} else if (verb == 'x' || verb == 'X') {
		format_hex(out, f, verb, prec);
	} else if (prec < 0) {
		format_shortest(out, f, verb);
	} else {
		put_c(out, verb, prec, f);
	}
}

void
format_json(struct buf *out, double f)
{
	double size = fabs(f);
	char verb = size != 0 && (size < 1e-6 || size >= 1e21) ? 'e' : 'f';

	format_float(out, f, verb, -1);
	if (verb == 'e' && out->len >= 4 && out->s[out->len - 4] == 'e' &&
	    out->s[out->len - 3] == '-' && out->s[out->len - 2] == '0') {
		out->s[out->len - 2] = out->s[out->len - 1];
		out->len--;
	}
}
