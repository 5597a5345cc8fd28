/*
 * range_diff.c - the operations that lead from one list of items to another.
 *
 * In this order: removals, moves (or the new order), updates, insertions. So
 * everything is named by what the old list held, and an insertion finds its
 * neighbour where it belongs.
 */
#include "view/diff.h"
#include "view/match.h"

struct range_diff {
	struct differ *d;
	struct match m;
	bool any;		/* an operation is written */
};

static void
begin(struct range_diff *r, char op)
{
	char head[5] = { '[', '"', op, '"', ',' };

	if (r->any)
		buf_putc(r->d->e.out, ',');
	r->any = true;
	buf_add(r->d->e.out, head, sizeof(head));
}

static void
add_id(struct range_diff *r, uint32_t old)
{
	struct str name;

	if (old == MATCH_NONE) {
		buf_add(r->d->e.out, "null", 4);
		return;
	}
	name = match_name(&r->m, old);
	if (name.len > 0)
		json_add_string(r->d->e.out, name);
	else
		json_add_u32(r->d->e.out, old);
}

/* The old item that stays before new item i, MATCH_NONE at the start. */
static uint32_t
kept_before(const struct match *m, uint32_t i)
{
	while (i > m->head)
		if (m->from[--i] != MATCH_NONE)
			return m->from[i];
	return m->head > 0 ? m->head - 1 : MATCH_NONE;
}

static void
removals(struct range_diff *r)
{
	const struct match *m = &r->m;
	uint32_t i;

	for (i = m->head; i < m->old.n - m->tail; i++) {
		if (m->to[i] != MATCH_NONE)
			continue;
		begin(r, 'r');
		add_id(r, i);
		buf_putc(r->d->e.out, ']');
	}
}

static void
whole_order(struct range_diff *r)
{
	const struct match *m = &r->m;
	struct buf *out = r->d->e.out;
	bool first = true;
	uint32_t i, old;

	begin(r, 'o');
	buf_putc(out, '[');
	for (i = 0; i < m->new.n; i++) {
		old = i < m->head ? i : i < m->new.n - m->tail ? m->from[i] :
		    i - m->new.n + m->old.n;
		if (old == MATCH_NONE)
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		add_id(r, old);
	}
	buf_add(out, "]]", 2);
}

/* Of what stands from mark on and behind split, keep the shorter. */
static void
keep_shorter(struct buf *out, size_t mark, size_t split)
{
	size_t second = out->len - split;

	if (out->failed)
		return;
	if (second < split - mark)
		memmove(out->s + mark, out->s + split, second);
	else
		second = split - mark;
	out->len = mark + second;
}

static void
moves(struct range_diff *r)
{
	const struct match *m = &r->m;
	struct buf *out = r->d->e.out;
	uint32_t i, last = m->head > 0 ? m->head - 1 : MATCH_NONE;
	size_t mark = out->len, split, left = m->head + m->tail;
	bool any = r->any;

	for (i = m->head; i < m->new.n - m->tail; i++) {
		if (m->from[i] == MATCH_NONE)
			continue;
		left++;
		if (!m->stays[i]) {
			begin(r, 'm');
			add_id(r, m->from[i]);
			buf_putc(out, ',');
			add_id(r, last);
			buf_putc(out, ']');
		}
		last = m->from[i];
	}
	/* The order takes two bytes for each item that is left, or more. */
	if ((out->len - mark) / 2 < left)
		return;
	split = out->len;
	r->any = any;
	whole_order(r);
	keep_shorter(out, mark, split);
}

static void
updates(struct range_diff *r)
{
	const struct match *m = &r->m;
	const struct item *a, *b;
	uint32_t i;

	for (i = m->head; i < m->new.n - m->tail; i++) {
		if (m->from[i] == MATCH_NONE)
			continue;
		a = &m->old.v[m->from[i]];
		b = &m->new.v[i];
		if (tree_same(a->p, a->len, b->p, b->len))
			continue;
		begin(r, 'u');
		add_id(r, m->from[i]);
		buf_putc(r->d->e.out, ',');
		diff_slots(r->d, a->p, b->p, b->p + b->len);
		buf_putc(r->d->e.out, ']');
	}
}

/* The new items from .. to - 1. */
static void
insertion(struct range_diff *r, uint32_t from, uint32_t to)
{
	const struct item *v = r->m.new.v;
	struct buf *out = r->d->e.out;
	uint32_t i, before = kept_before(&r->m, from);

	begin(r, 'i');
	if (to == r->m.new.n)
		buf_puts(out, "null,\"end\",");
	else if (before == MATCH_NONE)
		buf_puts(out, "null,\"start\",");
	else {
		add_id(r, before);
		buf_puts(out, ",\"after\",");
	}
	if (to - from > 1)
		buf_putc(out, '[');
	for (i = from; i < to; i++) {
		if (i > from)
			buf_putc(out, ',');
		encode_item(&r->d->e, v[i].p, v[i].p + v[i].len);
	}
	if (to - from > 1)
		buf_putc(out, ']');
	buf_putc(out, ']');
}

static void
insertions(struct range_diff *r)
{
	const struct match *m = &r->m;
	uint32_t i = m->head, from, end = m->new.n - m->tail;

	while (i < end) {
		if (m->from[i] != MATCH_NONE) {
			i++;
			continue;
		}
		for (from = i; i < end && m->from[i] == MATCH_NONE; i++)
			;
		insertion(r, from, i);
	}
}

void
diff_range(struct differ *d, const struct node *a, const struct node *b)
{
	struct range_diff r = { .d = d };
	struct buf *out = d->e.out;
	size_t mark = out->len, split;

	if (match_init(&r.m, d->e.st, a, b, &d->arena) != 0) {
		encode_range(&d->e, b);		/* always right */
		return;
	}
	buf_putc(out, '[');
	removals(&r);
	moves(&r);
	updates(&r);
	insertions(&r);
	buf_putc(out, ']');
	if (out->len - mark < encode_least((size_t)(b->end - b->start)))
		return;
	split = out->len;
	encode_range(&d->e, b);
	keep_shorter(out, mark, split);
}
