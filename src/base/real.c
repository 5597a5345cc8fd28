#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lvt.h>

#include "base/real.h"

#define EXPONENT_MAX	1000000		/* no double reaches it */

static char
lower(char c)
{
	return (char)(c | 0x20);
}

static bool
is_digit(char c, bool hex)
{
	return (c >= '0' && c <= '9') ||
	    (hex && lower(c) >= 'a' && lower(c) <= 'f');
}

bool
real_underscores_ok(struct str s)
{
	char saw = '^';			/* 0: digit, !: something else */
	bool hex = false;
	size_t i = 0;

	if (s.len > 0 && (s.s[0] == '-' || s.s[0] == '+'))
		i = 1;
	if (i + 1 < s.len && s.s[i] == '0' && (lower(s.s[i + 1]) == 'b' ||
	    lower(s.s[i + 1]) == 'o' || lower(s.s[i + 1]) == 'x')) {
		hex = lower(s.s[i + 1]) == 'x';
		saw = '0';
		i += 2;
	}
	for (; i < s.len; i++) {
		if (is_digit(s.s[i], hex)) {
			saw = '0';
		} else if (s.s[i] == '_') {
			if (saw != '0')
				return false;
			saw = '_';
		} else {
			if (saw == '_')
				return false;
			saw = '!';
		}
	}
	return saw != '_';
}

/* [+-]digits[_digits] of an exponent, which is all that is left of s. */
static int
parse_exponent(struct str s, size_t i, int64_t *out)
{
	int64_t e = 0;
	bool negative = false;

	if (i < s.len && (s.s[i] == '+' || s.s[i] == '-'))
		negative = s.s[i++] == '-';
	if (i >= s.len || !is_digit(s.s[i], false))
		return LVT_EINVALID;
	for (; i < s.len; i++) {
		if (s.s[i] == '_')
			continue;
		if (!is_digit(s.s[i], false))
			return LVT_EINVALID;
		if (e < EXPONENT_MAX)
			e = e * 10 + (s.s[i] - '0');
	}
	*out = negative ? -e : e;
	return 0;
}

/*
 * Rewrite the number as "sign digits exponent" without a point, so that
 * strtod() has nothing to ask the locale about. out has room for s and 32
 * bytes more.
 */
static int
normalize(struct str s, char *out)
{
	size_t i = 0, o = 0, ndigits = 0;
	int64_t exponent = 0, fraction = 0;
	bool hex = false, dot = false, underscores = false, has_exponent;

	if (i < s.len && (s.s[i] == '+' || s.s[i] == '-'))
		out[o++] = s.s[i++];
	if (i + 2 < s.len && s.s[i] == '0' && lower(s.s[i + 1]) == 'x') {
		hex = true;
		out[o++] = '0';
		out[o++] = 'x';
		i += 2;
	}
	for (; i < s.len; i++) {
		if (s.s[i] == '_') {
			underscores = true;
		} else if (s.s[i] == '.' && !dot) {
			dot = true;
		} else if (is_digit(s.s[i], hex)) {
			out[o++] = s.s[i];
			ndigits++;
			fraction += dot ? (hex ? 4 : 1) : 0;
		} else {
			break;
		}
	}
	has_exponent = i < s.len && lower(s.s[i]) == (hex ? 'p' : 'e');
	if (ndigits == 0 || (hex && !has_exponent) ||
	    (i < s.len && !has_exponent))
		return LVT_EINVALID;
	if (has_exponent) {
		underscores |= memchr(s.s + i, '_', s.len - i) != NULL;
		if (parse_exponent(s, i + 1, &exponent) != 0)
			return LVT_EINVALID;
	}
	if (underscores && !real_underscores_ok(s))
		return LVT_EINVALID;
	snprintf(out + o, 32, "%c%lld", hex ? 'p' : 'e',
	    (long long)(exponent - fraction));
	return 0;
}

int
real_parse(struct str text, double *out)
{
	char small[160], *norm = small;
	int rc;

	if (text.len > sizeof(small) - 34 &&
	    (norm = malloc(text.len + 34)) == NULL)
		return LVT_ENOMEM;
	rc = normalize(text, norm);
	if (rc == 0) {
		*out = strtod(norm, NULL);
		if (isinf(*out))
			rc = LVT_ETOOBIG;
	}
	if (norm != small)
		free(norm);
	return rc;
}
