#include <math.h>

#include "base/real.h"
#include "template/parse/literal.h"

#define TWO63	9223372036854775808.0
#define TWO64	18446744073709551616.0

/* Bounded, for messages. */
static struct str
brief(struct str s)
{
	if (s.len > 40)
		s.len = 40;
	return s;
}

static int
illegal(struct str text, struct lvt_error *err)
{
	text = brief(text);
	return lvt_error_set(err, LVT_EPARSE,
	    "illegal number syntax: \"" STR_FMT "\"", STR_ARG(text));
}

/* --- Integers ---------------------------------------------------------- */

static int
prefix_base(struct str *s)
{
	int base = 10;

	if (s->s[0] != '0')
		return base;
	if (s->len >= 3)
		base = (s->s[1] | 0x20) == 'b' ? 2 : (s->s[1] | 0x20) == 'o' ?
		    8 : (s->s[1] | 0x20) == 'x' ? 16 : 10;
	if (base != 10) {
		s->s += 2;
		s->len -= 2;
		return base;
	}
	s->s++;			/* a leading zero alone means octal */
	s->len--;
	return 8;
}

static bool
parse_uint(struct str text, uint64_t *out)
{
	struct str s = text;
	bool underscores = false;
	uint64_t v = 0;
	int base;

	if (s.len == 0)
		return false;
	base = prefix_base(&s);
	for (size_t i = 0; i < s.len; i++) {
		int d = 99;

		if (s.s[i] == '_') {
			underscores = true;
			continue;
		}
		if (s.s[i] >= '0' && s.s[i] <= '9')
			d = s.s[i] - '0';
		else if ((s.s[i] | 0x20) >= 'a' && (s.s[i] | 0x20) <= 'f')
			d = (s.s[i] | 0x20) - 'a' + 10;
		if (d >= base ||
		    __builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	if (underscores && !real_underscores_ok(text))
		return false;
	*out = v;
	return true;
}

static bool
parse_int(struct str s, int64_t *out)
{
	bool negative = false;
	uint64_t u;

	if (s.len > 0 && (s.s[0] == '+' || s.s[0] == '-')) {
		negative = s.s[0] == '-';
		s.s++;
		s.len--;
	}
	if (!parse_uint(s, &u) || u > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - u) : (int64_t)u;
	return true;
}

/* --- Other forms ------------------------------------------------------- */

/* A float that is whole is also an integer, where it fits. */
static void
set_float(struct ast_number *n, double f)
{
	n->is_float = true;
	n->f = f;
	if (f != trunc(f))
		return;
	if (f >= -TWO63 && f < TWO63) {
		n->is_int = true;
		n->i = (int64_t)f;
	}
	if (f >= 0 && f < TWO64) {
		n->is_uint = true;
		n->u = (uint64_t)f;
	}
}

static void
set_complex(struct ast_number *n, double re, double im)
{
	n->is_complex = true;
	n->f = re;
	n->im = im;
	if (im == 0)
		set_float(n, re);
}

static int
parse_char(struct str text, struct ast_number *n, struct lvt_error *err)
{
	struct str s = { text.s + 1, text.len - 1 };
	uint32_t c;
	bool multibyte;

	if (char_unquote(&s, '\'', &c, &multibyte) != 0 ||
	    s.len != 1 || s.s[0] != '\'') {
		text = brief(text);
		return lvt_error_set(err, LVT_EPARSE,
		    "malformed character constant: " STR_FMT, STR_ARG(text));
	}
	n->is_char = n->is_int = n->is_uint = n->is_float = true;
	n->i = c;
	n->u = c;
	n->f = c;
	return 0;
}

/* 1+2i: the sign in the middle is the first one that ends the real part. */
static int
parse_complex(struct str text, struct ast_number *n, struct lvt_error *err)
{
	double re, im;
	size_t i = 1;

	while (i < text.len && ((text.s[i] != '+' && text.s[i] != '-') ||
	    text.s[i - 1] == 'e' || text.s[i - 1] == 'E' ||
	    text.s[i - 1] == 'p' || text.s[i - 1] == 'P'))
		i++;
	if (i == text.len ||
	    real_parse((struct str){ text.s, i }, &re) != 0 ||
	    real_parse((struct str){ text.s + i, text.len - i - 1 }, &im) != 0)
		return illegal(text, err);
	set_complex(n, re, im);
	return 0;
}

static bool
looks_like_float(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr(".eEpP", s.s[i]) != NULL)
			return true;
	return false;
}

static int
parse_plain(struct str text, struct ast_number *n, struct lvt_error *err)
{
	double f;

	if (text.s[text.len - 1] == 'i' && real_parse(
	    (struct str){ text.s, text.len - 1 }, &f) == 0) {
		set_complex(n, 0, f);
		return 0;
	}
	n->is_uint = parse_uint(text, &n->u);
	n->is_int = parse_int(text, &n->i);
	if (n->is_int && n->i == 0) {
		n->is_uint = true;		/* -0 */
		n->u = 0;
	}
	n->is_float = n->is_int || n->is_uint;
	if (n->is_float) {
		n->f = n->is_int ? (double)n->i : (double)n->u;
		return 0;
	}
	if (real_parse(text, &f) != 0)
		return illegal(text, err);
	if (!looks_like_float(text)) {
		text = brief(text);
		return lvt_error_set(err, LVT_EPARSE,
		    "integer overflow: \"" STR_FMT "\"", STR_ARG(text));
	}
	set_float(n, f);
	return 0;
}

int
number_parse(struct lex_token token, struct ast_number *n,
    struct lvt_error *err)
{
	memset(n, 0, sizeof(*n));
	if (token.type == LEX_CHAR)
		return parse_char(token.text, n, err);
	if (token.type == LEX_COMPLEX)
		return parse_complex(token.text, n, err);
	return parse_plain(token.text, n, err);
}
