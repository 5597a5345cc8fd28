#include <xxhash.h>

#include "base/error.h"
#include "base/utf8.h"
#include "view/gap.h"
#include "view/match.h"

#define NAMES_BY_SEARCH	8	/* then a table is cheaper */

/* --- A table of texts --------------------------------------------------- */

/*
 * Open addressing over 32-bit numbers. What does not find a place within
 * PROBES is left out: texts made to collide cost a worse update, not time.
 */
#define PROBES	64

struct entry {
	uint64_t hash;
	uint32_t number;	/* MATCH_NONE: free */
};

struct table {
	struct entry *v;
	uint64_t mask;
};

static int
table_init(struct table *t, uint32_t n, struct arena *a)
{
	uint64_t size = 16;

	while (size < (uint64_t)n * 2)
		size *= 2;
	t->mask = size - 1;
	if ((t->v = arena_alloc(a, size * sizeof(*t->v))) == NULL)
		return LVT_ENOMEM;
	memset(t->v, 0xff, size * sizeof(*t->v));
	return 0;
}

/* The entry of this text, or a free one for it, or NULL. text_of says what
 * the numbers in the table stand for. */
static struct entry *
table_find(const struct table *t, struct str text,
    struct str (*text_of)(const void *arg, uint32_t number), const void *arg)
{
	uint64_t hash = XXH3_64bits(text.s, text.len);
	struct entry *e;
	uint64_t i;

	for (i = 0; i < PROBES; i++) {
		e = &t->v[(hash + i) & t->mask];
		if (e->number == MATCH_NONE) {
			e->hash = hash;
			return e;
		}
		if (e->hash == hash && str_eq(text_of(arg, e->number), text))
			return e;
	}
	return NULL;
}

static struct str
key_text(const void *keys, uint32_t i)
{
	return ((const struct str *)keys)[i];
}

static struct str
item_text(const void *items, uint32_t i)
{
	const struct item *item = (const struct item *)items + i;

	return (struct str){ item->p, item->len };
}

/* --- Items and keys ----------------------------------------------------- */

static int
list_items(struct items *items, const struct node *range, struct arena *a)
{
	const char *p = range->body, *next;
	uint32_t i;

	items->keys = NULL;
	items->n = range->count;
	items->v = arena_alloc(a, range->count * sizeof(*items->v));
	if (items->v == NULL)
		return LVT_ENOMEM;
	for (i = 0; i < range->count; i++, p = next) {
		next = tree_next_item(p);
		items->v[i].p = p + TREE_ITEM_HEAD;
		items->v[i].len = (size_t)(next - items->v[i].p);
	}
	return 0;
}

/* The keys of the items from .. to - 1; the others' stay unset. */
static int
list_keys(struct match *m, struct items *items, uint32_t from, uint32_t to)
{
	struct str *keys;
	uint32_t i;

	keys = arena_alloc(m->arena, items->n * sizeof(*keys));
	if (keys == NULL)
		return LVT_ENOMEM;
	/* All or none: a key that is not known might be another's, too. */
	for (i = from; i < to; i++)
		if (key_of(m->st, m->statics, items->v[i].p, m->arena,
		    &keys[i]) != 0)
			return LVT_ENOMEM;
	items->keys = keys;
	return 0;
}

static int
find_repeated(struct match *m)
{
	struct table t;
	struct entry *e;
	uint32_t i;

	m->repeated = arena_zalloc(m->arena, m->old.n * sizeof(bool));
	if (m->repeated == NULL || table_init(&t, m->old.n, m->arena) != 0)
		return LVT_ENOMEM;
	for (i = 0; i < m->old.n; i++) {
		e = table_find(&t, m->old.keys[i], key_text, m->old.keys);
		if (e != NULL && e->number == MATCH_NONE) {
			e->number = i;
			continue;
		}
		m->repeated[i] = true;
		if (e != NULL)
			m->repeated[e->number] = true;
	}
	return 0;
}

static bool
is_repeated(struct match *m, uint32_t i)
{
	uint32_t k;

	if (m->repeated == NULL && m->asked++ < NAMES_BY_SEARCH) {
		for (k = 0; k < m->old.n; k++)
			if (k != i && str_eq(m->old.keys[k], m->old.keys[i]))
				return true;
		return false;
	}
	if (m->repeated == NULL && find_repeated(m) != 0)
		return true;
	return m->repeated[i];
}

struct str
match_name(struct match *m, uint32_t i)
{
	struct str key;

	if (m->old.keys == NULL && list_keys(m, &m->old, 0, m->old.n) != 0)
		return STR_NULL;
	key = m->old.keys[i];
	/* Bytes that are no UTF-8 travel as U+FFFD and may look alike. */
	if (key.len == 0 || !utf8_is_valid(key) || is_repeated(m, i))
		return STR_NULL;
	return key;
}

/* --- Matching ----------------------------------------------------------- */

static bool
same_item(const struct item *a, const struct item *b)
{
	return tree_same(a->p, a->len, b->p, b->len);
}

static void
trim(struct match *m)
{
	uint32_t n = m->old.n < m->new.n ? m->old.n : m->new.n;
	const struct item *a = m->old.v, *b = m->new.v;

	while (m->head < n && same_item(&a[m->head], &b[m->head]))
		m->head++;
	n -= m->head;
	a += m->old.n - 1;
	b += m->new.n - 1;
	while (m->tail < n && same_item(a - m->tail, b - m->tail))
		m->tail++;
}

/* Keys met once on each side. A second one undoes the pair: its key then
 * stands in the table with that mark. */
static int
match_by_key(struct match *m)
{
	struct table t;
	struct entry *e;
	struct str *keys = m->old.keys;
	bool *often;
	uint32_t i;

	often = arena_zalloc(m->arena, m->old.n * sizeof(*often));
	if (often == NULL ||
	    table_init(&t, match_old_end(m) - m->head, m->arena) != 0)
		return LVT_ENOMEM;
	for (i = m->head; i < match_old_end(m); i++) {
		if (keys[i].len == 0)
			continue;
		e = table_find(&t, keys[i], key_text, keys);
		if (e != NULL && e->number != MATCH_NONE)
			often[e->number] = true;
		else if (e != NULL)
			e->number = i;
	}
	for (i = m->head; i < match_new_end(m); i++) {
		if (m->new.keys[i].len == 0)
			continue;
		e = table_find(&t, m->new.keys[i], key_text, keys);
		if (e == NULL || e->number == MATCH_NONE || often[e->number])
			continue;
		if (m->to[e->number] != MATCH_NONE) {
			m->from[m->to[e->number]] = MATCH_NONE;
			m->to[e->number] = MATCH_NONE;
			often[e->number] = true;
		} else
			match_pair(m, e->number, i);
	}
	return 0;
}

/* Equal items: the first of the new with the first of the old, and so on. */
static int
match_by_content(struct match *m)
{
	uint32_t *following, *last;
	struct table t;
	struct entry *e;
	uint32_t i;

	following = arena_alloc(m->arena, m->old.n * sizeof(*following));
	last = arena_alloc(m->arena, m->old.n * sizeof(*last));
	if (following == NULL || last == NULL ||
	    table_init(&t, match_old_end(m) - m->head, m->arena) != 0)
		return LVT_ENOMEM;
	for (i = m->head; i < match_old_end(m); i++) {
		if (m->to[i] != MATCH_NONE)
			continue;
		following[i] = MATCH_NONE;
		e = table_find(&t, item_text(m->old.v, i), item_text,
		    m->old.v);
		if (e == NULL)
			continue;
		if (e->number == MATCH_NONE)
			e->number = i;
		else
			following[last[e->number]] = i;
		last[e->number] = i;
	}
	for (i = m->head; i < match_new_end(m); i++) {
		if (m->from[i] != MATCH_NONE)
			continue;
		e = table_find(&t, item_text(m->new.v, i), item_text,
		    m->old.v);
		if (e == NULL || e->number == MATCH_NONE)
			continue;
		/* The chain's first stays its name, and hands on the next. */
		if (m->to[e->number] == MATCH_NONE) {
			last[e->number] = following[e->number];
			match_pair(m, e->number, i);
		} else if (last[e->number] != MATCH_NONE) {
			uint32_t next = last[e->number];

			last[e->number] = following[next];
			match_pair(m, next, i);
		}
	}
	return 0;
}

/*
 * The longest increasing subsequence of from[], over the matched new items:
 * those need not move. ends[k] is the new item that ends the best run of
 * k + 1; before[] leads back.
 */
static int
find_stays(struct match *m)
{
	uint32_t *ends, *before, i, at, len = 0, lo, hi, mid;

	ends = arena_alloc(m->arena, m->new.n * sizeof(*ends));
	before = arena_alloc(m->arena, m->new.n * sizeof(*before));
	if (ends == NULL || before == NULL)
		return LVT_ENOMEM;
	for (i = m->head; i < match_new_end(m); i++) {
		if (m->from[i] == MATCH_NONE)
			continue;
		for (lo = 0, hi = len; lo < hi; ) {
			mid = lo + (hi - lo) / 2;
			if (m->from[ends[mid]] < m->from[i])
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo > 0 ? ends[lo - 1] : MATCH_NONE;
		ends[lo] = i;
		if (lo == len)
			len++;
	}
	for (at = len > 0 ? ends[len - 1] : MATCH_NONE; at != MATCH_NONE;
	    at = before[at])
		m->stays[at] = true;
	return 0;
}

/* --- All of it ---------------------------------------------------------- */

static int
match_middle(struct match *m)
{
	int rc;

	if (list_keys(m, &m->old, 0, m->old.n) != 0 ||
	    list_keys(m, &m->new, m->head, match_new_end(m)) != 0)
		return LVT_ENOMEM;
	if ((rc = match_by_key(m)) != 0 || (rc = match_by_content(m)) != 0 ||
	    (rc = find_stays(m)) != 0)
		return rc;
	return gap_match_all(m);
}

int
match_init(struct match *m, const struct statics *st, const struct node *a,
    const struct node *b, struct arena *arena)
{
	*m = (struct match){ .st = st, .statics = a->statics, .arena = arena };
	if (list_items(&m->old, a, arena) != 0 ||
	    list_items(&m->new, b, arena) != 0)
		return LVT_ENOMEM;
	trim(m);
	m->from = arena_alloc(arena, m->new.n * sizeof(*m->from));
	m->to = arena_alloc(arena, m->old.n * sizeof(*m->to));
	m->stays = arena_zalloc(arena, m->new.n * sizeof(*m->stays));
	if (m->from == NULL || m->to == NULL || m->stays == NULL)
		return LVT_ENOMEM;
	memset(m->from, 0xff, m->new.n * sizeof(*m->from));
	memset(m->to, 0xff, m->old.n * sizeof(*m->to));
	if (m->head == match_old_end(m) || m->head == match_new_end(m))
		return 0;
	return match_middle(m);
}
