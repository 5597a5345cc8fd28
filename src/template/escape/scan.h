/*
 * scan.h - small readers of text, for the steps of transition.c.
 *
 * May not: read past the end of a string; NUL is a byte like any other.
 */
#ifndef LVT_TEMPLATE_SCAN_H
#define LVT_TEMPLATE_SCAN_H

#include "base/ascii.h"
#include "template/escape/context.h"

static inline size_t
scan_space(struct str s)
{
	size_t i = 0;

	while (i < s.len && ascii_is_space(s.s[i]))
		i++;
	return i;
}

static inline struct str
scan_from(struct str s, size_t i)
{
	return (struct str){ s.s + i, s.len - i };
}

static inline bool
scan_starts(struct str s, const char *z)
{
	size_t n = strlen(z);

	return s.len >= n && memcmp(s.s, z, n) == 0;
}

/*
 * The first character of s in lower case if that is ASCII, else NUL. Returns
 * how many bytes it takes. Two letters past ASCII have a lower case in it.
 */
static inline size_t
scan_lower(struct str s, char *c)
{
	*c = s.s[0];
	if (*c >= 'A' && *c <= 'Z')
		*c |= 0x20;
	if ((unsigned char)*c < 0x80)
		return 1;
	*c = '\0';
	if (scan_starts(s, "\xc4\xb0")) {
		*c = 'i';		/* U+0130, I with a dot */
		return 2;
	}
	if (scan_starts(s, "\xe2\x84\xaa")) {
		*c = 'k';		/* U+212A, the Kelvin sign */
		return 3;
	}
	return 1;
}

/* z is in lower case */
static inline bool
scan_starts_nocase(struct str s, const char *z)
{
	size_t i = 0;

	for (; z[i] != '\0'; i++) {
		if (i == s.len)
			return false;
		if (s.s[i] != z[i] && !(ascii_is_letter(s.s[i]) &&
		    (s.s[i] | 0x20) == z[i]))
			return false;
	}
	return true;
}

/* Where the first of these bytes stands at or after i; s.len if nowhere. */
static inline size_t
scan_any(struct str s, size_t i, const char *set)
{
	while (i < s.len && (s.s[i] == '\0' || strchr(set, s.s[i]) == NULL))
		i++;
	return i;
}

static inline size_t
scan_find(struct str s, const char *z)
{
	size_t i = 0;

	while (i < s.len && !scan_starts(scan_from(s, i), z))
		i++;
	return i;
}

/* transition.c: to the error state, saying before "quoted"; all of s read */
size_t	scan_refuse(struct transit *t, struct context *c, struct str s,
	    const char *before, struct str quoted);
size_t	scan_unfinished(struct transit *t, struct context *c, struct str s,
	    const char *language);

/* The steps of each language, see transition.c. */
typedef size_t scan_step(struct transit *t, struct context *c, struct str s);
scan_step step_url;
scan_step step_js, step_js_tmpl, step_js_delimited;	/* js.c */
scan_step step_css, step_css_string;			/* css.c */

#endif
