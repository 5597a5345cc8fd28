#include "base/suggest.h"

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
	size_t d[SUGGEST_NAME_MAX + 1][SUGGEST_NAME_MAX + 1];

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

struct suggest
suggest_for(struct str name)
{
	return (struct suggest){ name, STR_NULL, SUGGEST_NAME_MAX + 1 };
}

void
suggest_try(struct suggest *s, struct str candidate)
{
	size_t dist;

	if (s->name.len > SUGGEST_NAME_MAX || candidate.len > SUGGEST_NAME_MAX)
		return;
	dist = distance(s->name, candidate);
	if (dist < s->distance && is_near(s->name, candidate, dist)) {
		s->best = candidate;
		s->distance = dist;
	}
}
