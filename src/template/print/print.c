/*
 * print.c - print, println and printf over template values.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/utf8.h"
#include "template/print/print.h"
#include "template/print/print_fmt.h"
#include "template/program.h"

#define TOO_LARGE	1000000		/* for a width or precision */

/* What %p shows of every list and map. Where they lie would be another place
 * at each render, and is nobody's business; this looks like Go's. */
#define ADDRESS		0xc000010000

static void	print_one(struct print_fmt *p, const struct value *v,
		    uint32_t verb, int depth);

/* --- Verbs ------------------------------------------------------------- */

static void
put_rune(struct buf *out, uint32_t r)
{
	char text[4];

	buf_add(out, text, utf8_encode(r, text));
}

/* %!d(string=hi) */
static void
bad_verb(struct print_fmt *p, const struct value *v, uint32_t verb, int depth)
{
	buf_puts(p->out, "%!");
	put_rune(p->out, verb);
	buf_putc(p->out, '(');
	if (value_is_nil(v)) {
		buf_puts(p->out, "<nil>");
	} else {
		buf_puts(p->out, value_type_name(v));
		buf_putc(p->out, '=');
		print_one(p, v, 'v', depth);
	}
	buf_putc(p->out, ')');
}

/* false: no such verb for it */
static bool
print_integer(struct print_fmt *p, uint64_t u, bool is_signed, uint32_t verb)
{
	bool sharp = p->f.sharp;

	switch (verb) {
	case 'v':
		if (p->f.sharp_v && !is_signed) {
			p->f.sharp = true;
			fmt_integer(p, u, 16, false, 'v');
			p->f.sharp = sharp;
			return true;
		}
		fmt_integer(p, u, 10, is_signed, 'd');
		return true;
	case 'd':
		fmt_integer(p, u, 10, is_signed, 'd');
		return true;
	case 'b':
		fmt_integer(p, u, 2, is_signed, 'b');
		return true;
	case 'o':
	case 'O':
		fmt_integer(p, u, 8, is_signed, (char)verb);
		return true;
	case 'x':
	case 'X':
		fmt_integer(p, u, 16, is_signed, (char)verb);
		return true;
	case 'c':
		fmt_rune(p, u);
		return true;
	case 'q':
		fmt_quoted_rune(p, u);
		return true;
	case 'U':
		fmt_unicode(p, u);
		return true;
	default:
		return false;
	}
}

static bool
print_float(struct print_fmt *p, double f, uint32_t verb)
{
	switch (verb) {
	case 'v':
		fmt_float(p, f, 'g', -1);
		return true;
	case 'b':
	case 'g':
	case 'G':
	case 'x':
	case 'X':
		fmt_float(p, f, (char)verb, -1);
		return true;
	case 'f':
	case 'e':
	case 'E':
		fmt_float(p, f, (char)verb, 6);
		return true;
	case 'F':
		fmt_float(p, f, 'f', 6);
		return true;
	default:
		return false;
	}
}

static bool
print_complex(struct print_fmt *p, double re, double im, uint32_t verb)
{
	bool plus = p->f.plus;

	if (verb > 'x' || strchr("vbgGxXfFeE", (int)verb) == NULL)
		return false;
	buf_putc(p->out, '(');
	print_float(p, re, verb);
	p->f.plus = true;
	print_float(p, im, verb);
	buf_puts(p->out, "i)");
	p->f.plus = plus;
	return true;
}

static bool
print_string(struct print_fmt *p, struct str s, uint32_t verb)
{
	switch (verb) {
	case 'v':
		if (p->f.sharp_v)
			fmt_quoted(p, s);
		else
			fmt_string(p, s);
		return true;
	case 's':
		fmt_string(p, s);
		return true;
	case 'x':
	case 'X':
		fmt_hex(p, s, verb == 'X');
		return true;
	case 'q':
		fmt_quoted(p, s);
		return true;
	default:
		return false;
	}
}

/* --- Lists and maps ---------------------------------------------------- */

/* An element: the interface around it shows where it is nil. */
static void
print_element(struct print_fmt *p, const json_t *j, uint32_t verb, int depth)
{
	struct value v;

	value_from_json(&v, j);
	if (!value_is_nil(&v))
		print_one(p, &v, verb, depth);
	else
		buf_puts(p->out, p->f.sharp_v ? "interface {}(nil)" :
		    "<nil>");
}

static void
print_list(struct print_fmt *p, const struct value *v, uint32_t verb,
    int depth)
{
	uint32_t i;

	if (p->f.sharp_v)
		buf_puts(p->out, "[]interface {}{");
	else
		buf_putc(p->out, '[');
	for (i = 0; i < v->u.list.len && !p->out->failed; i++) {
		if (i > 0)
			buf_puts(p->out, p->f.sharp_v ? ", " : " ");
		print_element(p, json_array_get(v->u.list.array,
		    (size_t)v->u.list.from + i), verb, depth + 1);
	}
	buf_putc(p->out, p->f.sharp_v ? '}' : ']');
}

static void
print_map(struct print_fmt *p, const struct value *v, uint32_t verb,
    int depth)
{
	struct value_member *m;
	struct arena a;
	struct value key;
	size_t n, i;

	arena_init(&a);
	m = value_members(&a, v->u.map, &n);
	if (m == NULL && json_object_size(v->u.map) > 0)
		buf_fail(p->out, LVT_ENOMEM);
	buf_puts(p->out, p->f.sharp_v ? "map[string]interface {}{" : "map[");
	for (i = 0; i < n && !p->out->failed; i++) {
		if (i > 0)
			buf_puts(p->out, p->f.sharp_v ? ", " : " ");
		key = value_str(m[i].key);
		print_one(p, &key, verb, depth + 1);
		buf_putc(p->out, ':');
		print_element(p, m[i].value, verb, depth + 1);
	}
	buf_putc(p->out, p->f.sharp_v ? '}' : ']');
	arena_release(&a);
}

static bool
print_deep(struct print_fmt *p, const struct value *v, uint32_t verb,
    int depth)
{
	/* %w is for errors: it does not even look inside. */
	if (verb == 'w')
		return false;
	if (depth > PRINT_DEPTH)
		buf_puts(p->out, "...");
	else if (v->kind == VALUE_LIST)
		print_list(p, v, verb, depth);
	else
		print_map(p, v, verb, depth);
	return true;
}

static void
print_one(struct print_fmt *p, const struct value *v, uint32_t verb,
    int depth)
{
	bool done = false;

	switch ((enum value_kind)v->kind) {
	case VALUE_NONE:
	case VALUE_NIL:
		if ((done = verb == 'v'))
			fmt_pad(p, STR("<nil>"));
		break;
	case VALUE_BOOL:
		if ((done = verb == 'v' || verb == 't'))
			fmt_bool(p, v->u.i != 0);
		break;
	case VALUE_INT:
	case VALUE_INT64:
		done = print_integer(p, (uint64_t)v->u.i, true, verb);
		break;
	case VALUE_BYTE:
		done = print_integer(p, (uint64_t)v->u.i, false, verb);
		break;
	case VALUE_FLOAT:
		done = print_float(p, v->u.f, verb);
		break;
	case VALUE_COMPLEX:
		done = print_complex(p, v->u.c.re, v->u.c.im, verb);
		break;
	case VALUE_STRING:
		done = print_string(p, v->u.s, verb);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		done = print_deep(p, v, verb, depth);
		break;
	case VALUE_HOST:
		done = print_string(p, str_z(v->u.host->name), verb);
		break;
	}
	if (!done)
		bad_verb(p, v, verb, depth);
}

/* An operand of a format: %T and %p look at the outside only. */
static void
print_operand(struct print_fmt *p, const struct value *v, uint32_t verb)
{
	bool sharp = p->f.sharp;

	if (verb == 'T') {
		if (value_is_nil(v))
			fmt_pad(p, STR("<nil>"));
		else
			fmt_string(p, str_z(value_type_name(v)));
	} else if (verb == 'p' && (v->kind == VALUE_LIST ||
	    v->kind == VALUE_MAP)) {
		p->f.sharp = !sharp;
		fmt_integer(p, ADDRESS, 16, false, 'v');
		p->f.sharp = sharp;
	} else if (verb == 'p') {
		bad_verb(p, v, verb, 0);
	} else {
		print_one(p, v, verb, 0);
	}
}

/* --- Formats ----------------------------------------------------------- */

/* A format on its way. */
struct format {
	const char *s;
	size_t i, end;
	const struct value *v;
	size_t n, arg;			/* operands, and which is next */
	bool reordered;			/* %[2]d was seen */
	bool good;			/* the last such index was right */
	bool after_index;
};

/* Digits at i, up to end. A number that is too large ends the format. */
static bool
parse_number(const char *s, size_t *i, size_t end, int *number)
{
	bool found = false;

	*number = 0;
	for (; *i < end && s[*i] >= '0' && s[*i] <= '9'; ++*i) {
		if (*number > TOO_LARGE) {
			*number = 0;
			*i = end;
			return false;
		}
		*number = *number * 10 + (s[*i] - '0');
		found = true;
	}
	return found;
}

/* [n] at i. *size: bytes to skip, 1 where there is no closing bracket. */
static bool
parse_index(const struct format *f, size_t *size, int *index)
{
	size_t from = f->i + 1, close;

	*size = 1;
	if (f->end - f->i < 3)
		return false;
	for (close = from; close < f->end && f->s[close] != ']'; close++)
		;
	if (close == f->end)
		return false;
	*size = close + 1 - f->i;
	if (!parse_number(f->s, &from, close, index) || from != close)
		return false;
	--*index;
	return true;
}

static void
take_index(struct format *f)
{
	size_t size;
	int index = 0;
	bool ok;

	f->after_index = false;
	if (f->i >= f->end || f->s[f->i] != '[')
		return;
	f->reordered = true;
	ok = parse_index(f, &size, &index);
	f->i += size;
	if (ok && index >= 0 && (size_t)index < f->n)
		f->arg = (size_t)index;
	else
		f->good = false;
	f->after_index = ok;
}

/* The operand of a "*". */
static bool
take_star(struct format *f, int *number)
{
	const struct value *v;

	*number = 0;
	if (f->arg >= f->n)
		return false;
	v = &f->v[f->arg++];
	if ((v->kind != VALUE_INT && v->kind != VALUE_INT64 &&
	    v->kind != VALUE_BYTE) ||
	    v->u.i > TOO_LARGE || v->u.i < -TOO_LARGE)
		return false;
	*number = (int)v->u.i;
	return true;
}

static void
take_flags(struct format *f, struct print_fmt *p)
{
	for (; f->i < f->end; f->i++) {
		switch (f->s[f->i]) {
		case '#':
			p->f.sharp = true;
			break;
		case '0':
			p->f.zero = !p->f.minus;
			break;
		case '+':
			p->f.plus = true;
			break;
		case '-':
			p->f.minus = true;
			p->f.zero = false;
			break;
		case ' ':
			p->f.space = true;
			break;
		default:
			return;
		}
	}
}

static void
take_width(struct format *f, struct print_fmt *p)
{
	if (f->i < f->end && f->s[f->i] == '*') {
		f->i++;
		p->f.has_width = take_star(f, &p->width);
		if (!p->f.has_width)
			buf_puts(p->out, "%!(BADWIDTH)");
		if (p->width < 0) {
			p->width = -p->width;
			p->f.minus = true;
			p->f.zero = false;
		}
		f->after_index = false;
		return;
	}
	p->f.has_width = parse_number(f->s, &f->i, f->end, &p->width);
	if (f->after_index && p->f.has_width)
		f->good = false;
}

static void
take_precision(struct format *f, struct print_fmt *p)
{
	if (f->end - f->i < 2 || f->s[f->i] != '.')
		return;
	f->i++;
	if (f->after_index)
		f->good = false;
	take_index(f);
	if (f->i < f->end && f->s[f->i] == '*') {
		f->i++;
		p->f.has_prec = take_star(f, &p->prec);
		if (p->prec < 0) {
			p->prec = 0;
			p->f.has_prec = false;
		}
		if (!p->f.has_prec)
			buf_puts(p->out, "%!(BADPREC)");
		f->after_index = false;
		return;
	}
	if (!parse_number(f->s, &f->i, f->end, &p->prec))
		p->prec = 0;
	p->f.has_prec = true;
}

static void
take_verb(struct format *f, struct print_fmt *p)
{
	uint32_t verb;

	f->i += utf8_decode(f->s + f->i, f->end - f->i, &verb);
	if (verb == '%') {
		buf_putc(p->out, '%');
		return;
	}
	if (!f->good || f->arg >= f->n) {
		buf_puts(p->out, "%!");
		put_rune(p->out, verb);
		buf_puts(p->out, f->good ? "(MISSING)" : "(BADINDEX)");
		return;
	}
	if (verb == 'v') {
		p->f.sharp_v = p->f.sharp;
		p->f.sharp = false;
		p->f.plus = false;	/* which names fields; there are none */
	}
	print_operand(p, &f->v[f->arg++], verb);
}

/* %!(EXTRA int=1, string=x) */
static void
print_extra(const struct format *f, struct print_fmt *p)
{
	size_t i;

	memset(&p->f, 0, sizeof(p->f));
	buf_puts(p->out, "%!(EXTRA ");
	for (i = f->arg; i < f->n; i++) {
		if (i > f->arg)
			buf_puts(p->out, ", ");
		if (value_is_nil(&f->v[i])) {
			buf_puts(p->out, "<nil>");
			continue;
		}
		buf_puts(p->out, value_type_name(&f->v[i]));
		buf_putc(p->out, '=');
		print_one(p, &f->v[i], 'v', 0);
	}
	buf_putc(p->out, ')');
}

void
print_format(struct buf *out, struct str format, const struct value *v,
    size_t n)
{
	struct format f = { .s = format.s, .end = format.len, .v = v, .n = n };
	struct print_fmt p = { .out = out };
	const char *percent;
	size_t from;

	while (f.i < f.end) {
		from = f.i;
		percent = memchr(f.s + from, '%', f.end - from);
		f.i = percent != NULL ? (size_t)(percent - f.s) : f.end;
		buf_add(out, f.s + from, f.i - from);
		if (percent == NULL)
			break;
		f.i++;
		f.good = true;
		memset(&p.f, 0, sizeof(p.f));
		take_flags(&f, &p);
		take_index(&f);
		take_width(&f, &p);
		take_precision(&f, &p);
		if (!f.after_index)
			take_index(&f);
		if (f.i >= f.end) {
			buf_puts(out, "%!(NOVERB)");
			break;
		}
		take_verb(&f, &p);
	}
	if (!f.reordered && f.arg < n)
		print_extra(&f, &p);
}

/* --- Without a format -------------------------------------------------- */

void
print_value(struct buf *out, const struct value *v)
{
	struct print_fmt p = { .out = out };

	switch ((enum value_kind)v->kind) {
	case VALUE_STRING:
		buf_str(out, v->u.s);
		break;
	case VALUE_INT:
	case VALUE_INT64:
		format_int(out, v->u.i);
		break;
	case VALUE_FLOAT:
		format_float(out, v->u.f, 'g', -1);
		break;
	case VALUE_BOOL:
		buf_puts(out, v->u.i != 0 ? "true" : "false");
		break;
	default:
		print_one(&p, v, 'v', 0);
	}
}

void
print_all(struct buf *out, const struct value *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		/* A space only between two that are no strings. */
		if (i > 0 && v[i].kind != VALUE_STRING &&
		    v[i - 1].kind != VALUE_STRING)
			buf_putc(out, ' ');
		print_value(out, &v[i]);
	}
}

void
print_lines(struct buf *out, const struct value *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		print_value(out, &v[i]);
	}
	buf_putc(out, '\n');
}
