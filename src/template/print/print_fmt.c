#include "base/utf8.h"
#include "template/print/print.h"
#include "template/print/print_fmt.h"
#include "template/print/unicode.h"

static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

/* An operand's own buffer is done with; if it failed, so has the output. */
static void
drop(struct print_fmt *p, struct buf *b)
{
	buf_fail(p->out, b->failed);
	buf_release(b);
}

/* --- Padding ----------------------------------------------------------- */

/* A byte that is not UTF-8 counts as one. */
static size_t
count_runes(struct str s)
{
	size_t n = 0, at = 0;
	uint32_t r;

	for (; at < s.len; n++)
		at += utf8_decode(s.s + at, s.len - at, &r);
	return n;
}

static void
add_padding(struct print_fmt *p, size_t n)
{
	if (n == 0 || (p->out->cap - p->out->len < n &&
	    buf_grow(p->out, n) != 0))
		return;
	memset(p->out->s + p->out->len, p->f.zero ? '0' : ' ', n);
	p->out->len += n;
}

void
fmt_pad(struct print_fmt *p, struct str s)
{
	size_t len, fill;

	if (!p->f.has_width || p->width == 0) {
		buf_str(p->out, s);
		return;
	}
	len = count_runes(s);
	fill = (size_t)p->width > len ? (size_t)p->width - len : 0;
	if (!p->f.minus)
		add_padding(p, fill);
	buf_str(p->out, s);
	if (p->f.minus)
		add_padding(p, fill);
}

/* Spaces, whatever the flag 0 says. */
static void
pad_with_spaces(struct print_fmt *p, struct str s)
{
	bool zero = p->f.zero;

	p->f.zero = false;
	fmt_pad(p, s);
	p->f.zero = zero;
}

void
fmt_bool(struct print_fmt *p, bool b)
{
	fmt_pad(p, b ? STR("true") : STR("false"));
}

/* --- Whole numbers ----------------------------------------------------- */

/* Digits of u, right-aligned before end; returns their start. */
static char *
put_digits(char *end, uint64_t u, int base, const char *digits)
{
	do {
		*--end = digits[u % (uint64_t)base];
		u /= (uint64_t)base;
	} while (u > 0);
	return end;
}

void
fmt_integer(struct print_fmt *p, uint64_t u, int base, bool is_signed,
    char verb)
{
	const char *digits = verb == 'X' ? upper : lower;
	bool negative = is_signed && (int64_t)u < 0, zero = p->f.zero;
	char text[72], *end = text + sizeof(text), *at;
	struct buf all;
	size_t len, prec = 0;

	if (negative)
		u = 0 - u;
	if (p->f.has_prec) {
		prec = (size_t)p->prec;
		if (prec == 0 && u == 0) {
			/* Nothing but padding; a width that is not there is 0. */
			p->f.zero = false;
			add_padding(p, p->f.has_width ?
			    (size_t)p->width : 0);
			p->f.zero = zero;
			return;
		}
	} else if (p->f.zero && p->f.has_width) {
		prec = (size_t)p->width;
		if (prec > 0 && (negative || p->f.plus || p->f.space))
			prec--;
	}
	at = put_digits(end, u, base, digits);
	len = (size_t)(end - at);

	buf_init(&all);
	if (negative || p->f.plus || p->f.space)
		buf_putc(&all, negative ? '-' : p->f.plus ? '+' : ' ');
	if (verb == 'O')
		buf_puts(&all, "0o");
	if (p->f.sharp && base == 2)
		buf_puts(&all, "0b");
	if (p->f.sharp && base == 16)
		buf_puts(&all, verb == 'X' ? "0X" : "0x");
	if (p->f.sharp && base == 8 && *at != '0' && prec <= len)
		buf_putc(&all, '0');
	for (; prec > len; prec--)
		buf_putc(&all, '0');
	buf_add(&all, at, len);
	pad_with_spaces(p, (struct str){ all.s, all.len });
	drop(p, &all);
}

/* U+0078, and 'x' after it with the flag # */
void
fmt_unicode(struct print_fmt *p, uint64_t u)
{
	char text[24], *end = text + sizeof(text), *at, rune[4];
	size_t prec = p->f.has_prec && p->prec > 4 ? (size_t)p->prec : 4;
	struct buf all;
	size_t len;

	at = put_digits(end, u, 16, upper);
	len = (size_t)(end - at);
	buf_init(&all);
	buf_puts(&all, "U+");
	for (; prec > len; prec--)
		buf_putc(&all, '0');
	buf_add(&all, at, len);
	if (p->f.sharp && u <= UTF8_LAST && unicode_is_print((uint32_t)u)) {
		buf_puts(&all, " '");
		buf_add(&all, rune, utf8_encode((uint32_t)u, rune));
		buf_putc(&all, '\'');
	}
	pad_with_spaces(p, (struct str){ all.s, all.len });
	drop(p, &all);
}

static uint32_t
to_rune(uint64_t u)
{
	return u > UTF8_LAST ? UTF8_BAD : (uint32_t)u;
}

void
fmt_rune(struct print_fmt *p, uint64_t u)
{
	char text[4];
	size_t n = utf8_encode(to_rune(u), text);

	fmt_pad(p, (struct str){ text, n });
}

/* --- Text -------------------------------------------------------------- */

/* At most as many runes as the precision allows. */
static struct str
truncate_str(const struct print_fmt *p, struct str s)
{
	size_t at = 0;
	uint32_t r;
	int n;

	if (!p->f.has_prec)
		return s;
	for (n = p->prec; n > 0 && at < s.len; n--)
		at += utf8_decode(s.s + at, s.len - at, &r);
	s.len = at;
	return s;
}

void
fmt_string(struct print_fmt *p, struct str s)
{
	fmt_pad(p, truncate_str(p, s));
}

/* One rune of a quoted text. */
static void
quote_rune(struct buf *b, uint32_t r, char quote, bool ascii)
{
	static const char short_for[] = "abtnvfr";	/* 7 to 13 */
	char text[4];

	if (r == (unsigned char)quote || r == '\\') {
		buf_putc(b, '\\');
		buf_putc(b, (char)r);
	} else if ((!ascii || r < 0x80) && unicode_is_print(r)) {
		buf_add(b, text, utf8_encode(r, text));
	} else if (r >= 7 && r <= 13) {
		buf_putc(b, '\\');
		buf_putc(b, short_for[r - 7]);
	} else if (r < ' ' || r == 0x7f) {
		buf_printf(b, "\\x%02x", (unsigned)r);
	} else {
		buf_printf(b, r < 0x10000 ? "\\u%04x" : "\\U%08x",
		    (unsigned)r);
	}
}

void
fmt_quoted_rune(struct print_fmt *p, uint64_t u)
{
	uint32_t r = to_rune(u);
	struct buf b;

	if (r >= 0xd800 && r <= 0xdfff)
		r = UTF8_BAD;
	buf_init(&b);
	buf_putc(&b, '\'');
	quote_rune(&b, r, '\'', p->f.plus);
	buf_putc(&b, '\'');
	fmt_pad(p, (struct str){ b.s, b.len });
	drop(p, &b);
}

static bool
can_backquote(struct str s)
{
	size_t at, size;
	uint32_t r;

	for (at = 0; at < s.len; at += size) {
		size = utf8_decode(s.s + at, s.len - at, &r);
		if (size == 1 && (r == UTF8_BAD || (r < ' ' && r != '\t') ||
		    r == '`' || r == 0x7f))
			return false;
		if (r == 0xfeff)
			return false;
	}
	return true;
}

void
fmt_quoted(struct print_fmt *p, struct str s)
{
	size_t at, size;
	struct buf b;
	uint32_t r;

	s = truncate_str(p, s);
	buf_init(&b);
	if (p->f.sharp && can_backquote(s)) {
		buf_putc(&b, '`');
		buf_str(&b, s);
		buf_putc(&b, '`');
	} else {
		buf_putc(&b, '"');
		for (at = 0; at < s.len; at += size) {
			size = utf8_decode(s.s + at, s.len - at, &r);
			if (size == 1 && r == UTF8_BAD)
				buf_printf(&b, "\\x%02x",
				    (unsigned char)s.s[at]);
			else
				quote_rune(&b, r, '"', p->f.plus);
		}
		buf_putc(&b, '"');
	}
	fmt_pad(p, (struct str){ b.s, b.len });
	drop(p, &b);
}

/* Two digits a byte; with a space between bytes if that flag is set. */
void
fmt_hex(struct print_fmt *p, struct str s, bool is_upper)
{
	const char *digits = is_upper ? upper : lower;
	const char *prefix = is_upper ? "0X" : "0x";
	size_t len = s.len, width, fill = 0, i;

	if (p->f.has_prec && (size_t)p->prec < len)
		len = (size_t)p->prec;
	width = 2 * len;
	if (len == 0) {
		add_padding(p, p->f.has_width ? (size_t)p->width : 0);
		return;
	}
	if (p->f.space)
		width = width * (p->f.sharp ? 2 : 1) + len - 1;
	else if (p->f.sharp)
		width += 2;
	if (p->f.has_width && (size_t)p->width > width)
		fill = (size_t)p->width - width;
	if (!p->f.minus)
		add_padding(p, fill);
	for (i = 0; i < len; i++) {
		if (p->f.space && i > 0)
			buf_putc(p->out, ' ');
		if (p->f.sharp && (p->f.space || i == 0))
			buf_puts(p->out, prefix);
		buf_putc(p->out, digits[(unsigned char)s.s[i] >> 4]);
		buf_putc(p->out, digits[(unsigned char)s.s[i] & 15]);
	}
	if (p->f.minus)
		add_padding(p, fill);
}

/* --- Floats ------------------------------------------------------------ */

/* The flag #: a point always, and the zeros that %g drops. num has a sign. */
static void
keep_zeros(struct buf *num, char verb, int prec)
{
	bool hex = verb == 'x' || verb == 'X', point = false, seen = false;
	int digits = 0;
	char tail[8] = "", c;
	size_t i;

	if (verb == 'g' || verb == 'G' || verb == 'v' || verb == 'x')
		digits = prec < 0 ? 6 : prec;
	for (i = 1; i < num->len; i++) {
		c = num->s[i];
		if (c == '.') {
			point = true;
			continue;
		}
		if ((c | 32) == 'p' || (!hex && (c | 32) == 'e')) {
			memcpy(tail, num->s + i, num->len - i);
			tail[num->len - i] = '\0';
			num->len = i;
			break;
		}
		if (c != '0')
			seen = true;
		if (seen)
			digits--;
	}
	if (!point) {
		if (num->len == 2 && num->s[1] == '0')
			digits--;
		buf_putc(num, '.');
	}
	for (; digits > 0; digits--)
		buf_putc(num, '0');
	buf_puts(num, tail);
}

/* num: the sign, always there, and the digits */
static void
put_float(struct print_fmt *p, struct str num)
{
	bool zero = p->f.zero;
	struct str rest = { num.s + 1, num.len - 1 };

	if (rest.s[0] == 'I' || rest.s[0] == 'N') {
		/* No number: zeros before it would look like one. */
		p->f.zero = false;
		if (num.s[0] == '+' && !p->f.plus &&
		    (!p->f.space || rest.s[0] == 'N'))
			num = rest;
		fmt_pad(p, num);
		p->f.zero = zero;
	} else if (!p->f.plus && num.s[0] == '+') {
		fmt_pad(p, rest);
	} else if (p->f.zero && p->f.has_width &&
	    (size_t)p->width > num.len) {
		buf_putc(p->out, num.s[0]);
		add_padding(p, (size_t)p->width - num.len);
		buf_str(p->out, rest);
	} else {
		fmt_pad(p, num);
	}
}

void
fmt_float(struct print_fmt *p, double f, char verb, int prec)
{
	char *first;
	struct buf num;

	if (p->f.has_prec)
		prec = p->prec;
	buf_init(&num);
	buf_putc(&num, '+');
	format_float(&num, f, verb, prec);
	if (!num.failed) {
		first = num.s;
		if (first[1] == '-' || first[1] == '+') {
			memmove(first, first + 1, --num.len);
		}
		if (p->f.space && first[0] == '+' && !p->f.plus)
			first[0] = ' ';
		if (p->f.sharp && verb != 'b' && first[1] != 'I' &&
		    first[1] != 'N')
			keep_zeros(&num, verb, prec);
	}
	if (!num.failed)
		put_float(p, (struct str){ num.s, num.len });
	drop(p, &num);
}
