/*
 * gap.c - pairs of items between two that stay.
 *
 * At both ends those that are much alike are pairs. Of the others the pairs
 * wanted keep the order and share the most bytes: best[] has, for the first i
 * old and k new ones, what their best pairs are worth. Of long lists only a
 * band around the diagonal is looked at, or nothing is.
 */
#include <stdlib.h>

#include "base/error.h"
#include "view/gap.h"

#define GAP_CELLS	16384	/* of best[], in all gaps of a list */
#define GAP_PAIR	8	/* bytes that an update saves in any case */
#define GAP_FAR		64	/* items to look through for the same key */

/* What nothing has matched yet between the same neighbours. */
struct gap {
	const struct match *m;
	uint32_t *old, *new;
	uint32_t nold, nnew;
	uint32_t *best;
	int64_t first, width;	/* of the band: k - i, from first on */
};

static uint32_t *
best_at(const struct gap *g, uint32_t i, uint32_t k)
{
	int64_t at = (int64_t)k - i - g->first;

	return at < 0 || at >= g->width ? NULL : &g->best[i * g->width + at];
}

static uint32_t
best_of(const struct gap *g, uint32_t i, uint32_t k)
{
	const uint32_t *best = best_at(g, i, k);

	return best != NULL ? *best : 0;
}

static uint32_t
pair_worth(const struct match *m, uint32_t old, uint32_t new)
{
	const struct item *b = &m->new.v[new];
	const char *p = m->old.v[old].p, *q = b->p, *pnext, *qnext;
	uint32_t bytes = GAP_PAIR;

	if (!str_eq(m->old.keys[old], m->new.keys[new]))
		return 0;
	for (; q < b->p + b->len; p = pnext, q = qnext) {
		pnext = tree_next(p);
		qnext = tree_next(q);
		if (tree_same(p, (size_t)(pnext - p), q, (size_t)(qnext - q)))
			bytes += (uint32_t)(qnext - q);
	}
	return bytes;
}

static void
pair_in_place(struct match *m, uint32_t old, uint32_t new)
{
	match_pair(m, old, new);
	m->stays[new] = true;
}

static bool
much_alike(const struct match *m, uint32_t old, uint32_t new)
{
	return pair_worth(m, old, new) >
	    GAP_PAIR + m->new.v[new].len / 4 * 3;
}

/* Mostly a value changed in each, or all that follow have another number. */
static void
pair_ends(struct match *m, struct gap *g)
{
	while (g->nold > 0 && g->nnew > 0 &&
	    much_alike(m, *g->old, *g->new)) {
		pair_in_place(m, *g->old++, *g->new++);
		g->nold--;
		g->nnew--;
	}
	while (g->nold > 0 && g->nnew > 0 &&
	    much_alike(m, g->old[g->nold - 1], g->new[g->nnew - 1]))
		pair_in_place(m, g->old[--g->nold], g->new[--g->nnew]);
}

static void
find_best(struct gap *g)
{
	uint32_t i, k, worth, best;

	for (i = 1; i <= g->nold; i++) {
		k = i + g->first > 1 ? (uint32_t)(i + g->first) : 1;
		for (; k <= g->nnew && best_at(g, i, k) != NULL; k++) {
			best = best_of(g, i - 1, k);
			if (best < best_of(g, i, k - 1))
				best = best_of(g, i, k - 1);
			worth = pair_worth(g->m, g->old[i - 1], g->new[k - 1]);
			if (worth > 0 && best < best_of(g, i - 1, k - 1) + worth)
				best = best_of(g, i - 1, k - 1) + worth;
			*best_at(g, i, k) = best;
		}
	}
}

static void
pair_best(struct match *m, const struct gap *g)
{
	uint32_t i = g->nold, k = g->nnew, best;

	while ((best = best_of(g, i, k)) > 0) {
		if (best_of(g, i - 1, k) == best) {
			i--;
		} else if (best_of(g, i, k - 1) == best) {
			k--;
		} else {
			pair_in_place(m, g->old[--i], g->new[--k]);
		}
	}
}

/* Too many to compare: the next with the same key, if it is not far. */
static void
pair_in_order(struct match *m, const struct gap *g)
{
	uint32_t from = 0, i, k;

	for (k = 0; k < g->nnew; k++)
		for (i = from; i < g->nold && i - from < GAP_FAR; i++)
			if (str_eq(m->old.keys[g->old[i]],
			    m->new.keys[g->new[k]])) {
				pair_in_place(m, g->old[i], g->new[k]);
				from = i + 1;
				break;
			}
}

/* A band as wide as there are cells for; false: there are too few. */
static bool
choose_band(struct match *m, struct gap *g)
{
	int64_t more = (int64_t)g->nnew - g->nold, rows = g->nold + 1;
	int64_t side, all = more < 0 ? g->nnew : g->nold;

	side = ((GAP_CELLS - m->cells) / rows - 1 - llabs(more)) / 2;
	if (side < 1)
		return false;
	if (side > all)
		side = all;
	g->first = (more < 0 ? more : 0) - side;
	g->width = (more < 0 ? 0 : more) + side - g->first + 1;
	m->cells += (uint32_t)(rows * g->width);
	return true;
}

/* New items from .. to - 1 and old ones lo .. hi - 1 stand between the same
 * neighbours. */
static int
gap_match(struct match *m, uint32_t lo, uint32_t hi, uint32_t from,
    uint32_t to)
{
	struct gap g = { .m = m };

	if (lo == hi || from == to)
		return 0;
	g.old = arena_alloc(m->arena, (hi - lo) * sizeof(*g.old));
	g.new = arena_alloc(m->arena, (to - from) * sizeof(*g.new));
	if (g.old == NULL || g.new == NULL)
		return LVT_ENOMEM;
	for (; lo < hi; lo++)
		if (m->to[lo] == MATCH_NONE)
			g.old[g.nold++] = lo;
	for (; from < to; from++)
		if (m->from[from] == MATCH_NONE)
			g.new[g.nnew++] = from;
	pair_ends(m, &g);
	if ((g.nold <= 1 && g.nnew <= 1) || !choose_band(m, &g)) {
		pair_in_order(m, &g);
		return 0;
	}
	g.best = arena_zalloc(m->arena, (g.nold + 1) * (size_t)g.width *
	    sizeof(*g.best));
	if (g.best == NULL)
		return LVT_ENOMEM;
	find_best(&g);
	pair_best(m, &g);
	return 0;
}

int
gap_match_all(struct match *m)
{
	uint32_t lo = m->head, from = m->head, i;

	for (i = m->head; i < match_new_end(m); i++) {
		if (!m->stays[i])
			continue;
		if (gap_match(m, lo, m->from[i], from, i) != 0)
			return LVT_ENOMEM;
		lo = m->from[i] + 1;
		from = i + 1;
	}
	return gap_match(m, lo, match_old_end(m), from, i);
}
