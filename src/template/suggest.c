/*
 * suggest.c - "did you mean".
 */
#include "template/parse.h"

#define NAME_MAX	32		/* bytes; longer names get no advice */

static size_t
least(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Insertions, removals, replacements and swaps that turn a into b. */
static size_t
distance(struct str a, struct str b)
{
	size_t d[NAME_MAX + 1][NAME_MAX + 1];

	for (size_t i = 0; i <= a.len; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b.len; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		for (size_t j = 1; j <= b.len; j++) {
			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + (a.s[i - 1] != b.s[j - 1]));
			if (i > 1 && j > 1 && a.s[i - 1] == b.s[j - 2] &&
			    a.s[i - 2] == b.s[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[a.len][b.len];
}

/* "lenght" is far from "len", but begins with it. */
static bool
is_near(struct str name, struct str candidate, size_t dist)
{
	size_t n = name.len < candidate.len ? name.len : candidate.len;

	return dist <= (name.len + 1) / 3 ||
	    (n >= 3 && memcmp(name.s, candidate.s, n) == 0);
}

static void
consider(struct str name, struct str candidate, struct str *best,
    size_t *best_dist)
{
	size_t dist;

	if (candidate.len > NAME_MAX)
		return;
	dist = distance(name, candidate);
	if (dist < *best_dist && is_near(name, candidate, dist)) {
		*best = candidate;
		*best_dist = dist;
	}
}

bool
parse_unknown_function(struct parser *p, struct lex_token token)
{
	struct str name = token.text, best = STR_NULL;
	size_t dist = NAME_MAX + 1;

	if (name.len > NAME_MAX)
		return parse_fail(p, token, "unknown function \"%.*s...\"",
		    NAME_MAX, name.s);
	for (const char *const *b = ast_builtins; *b != NULL; b++)
		consider(name, str_z(*b), &best, &dist);
	for (struct ast_func *f = p->set->funcs; f != NULL; f = f->next)
		consider(name, f->name, &best, &dist);
	if (best.s == NULL)
		return parse_fail(p, token, "unknown function \"" STR_FMT "\"",
		    STR_ARG(name));
	return parse_fail(p, token, "unknown function \"" STR_FMT
	    "\"; did you mean \"" STR_FMT "\"?", STR_ARG(name), STR_ARG(best));
}
