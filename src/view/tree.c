#include "base/error.h"
#include "view/tree.h"

/*
 * Room for a head, at whose place the mark points. After a failed append the
 * buffer takes nothing any more, and the marks are not used.
 */
static size_t
open_node(struct sink *s, char kind, size_t head, uint32_t statics)
{
	struct buf *out = s->out;
	size_t mark = out->len;
	char *p;

	if (out->cap - out->len < head && buf_grow(out, head) != 0)
		return mark;
	p = out->s + mark;
	p[0] = kind;
	if (head >= TREE_LIST_HEAD)
		tree_put_u32(p + 5, statics);
	out->len += head;
	return mark;
}

static void
close_node(struct sink *s, size_t mark)
{
	if (s->out->failed == 0)
		tree_put_u32(s->out->s + mark + 1,
		    (uint32_t)(s->out->len - mark - TREE_TEXT_HEAD));
}

static void
enter(struct sink *s)
{
	struct tree_writer *w = (struct tree_writer *)s;

	if (++w->depth > TREE_DEPTH && s->out->failed == 0) {
		w->too_deep = true;
		buf_fail(s->out, LVT_ETOOBIG);
	}
}

static void
empty(struct sink *s)
{
	buf_add(s->out, "T\0\0\0", TREE_TEXT_HEAD);
}

static size_t
text_open(struct sink *s)
{
	return open_node(s, TREE_TEXT, TREE_TEXT_HEAD, 0);
}

static void
text_close(struct sink *s, size_t mark)
{
	close_node(s, mark);
}

static size_t
list_open(struct sink *s, uint32_t statics)
{
	enter(s);
	return open_node(s, TREE_LIST, TREE_LIST_HEAD, statics);
}

static void
list_close(struct sink *s, size_t mark)
{
	((struct tree_writer *)s)->depth--;
	close_node(s, mark);
}

static size_t
range_open(struct sink *s, uint32_t statics)
{
	enter(s);
	return open_node(s, TREE_RANGE, TREE_RANGE_HEAD, statics);
}

/* Without items it is an empty text: docs/protocol.md. */
static void
range_close(struct sink *s, size_t mark, uint32_t nitems)
{
	((struct tree_writer *)s)->depth--;
	if (s->out->failed != 0)
		return;
	if (nitems == 0) {
		s->out->len = mark;
		empty(s);
		return;
	}
	tree_put_u32(s->out->s + mark + 9, nitems);
	close_node(s, mark);
}

static size_t
item_open(struct sink *s)
{
	size_t mark = s->out->len;

	buf_add(s->out, "\0\0\0", TREE_ITEM_HEAD);
	return mark;
}

static void
item_close(struct sink *s, size_t mark)
{
	if (s->out->failed == 0)
		tree_put_u32(s->out->s + mark,
		    (uint32_t)(s->out->len - mark - TREE_ITEM_HEAD));
}

static const struct sink_ops tree_ops = {
	.text_open = text_open, .text_close = text_close,
	.list_open = list_open, .list_close = list_close,
	.range_open = range_open, .range_close = range_close,
	.item_open = item_open, .item_close = item_close,
	.empty = empty,
};

void
tree_writer_init(struct tree_writer *w, struct buf *out)
{
	*w = (struct tree_writer){ .sink = { out, &tree_ops } };
}

/* --- Checking ----------------------------------------------------------- */

struct check {
	const struct statics *st;
	uint32_t depth;
};

static bool check_slots(struct check *c, const char *p, const char *end,
    uint32_t statics);

static bool
check_items(struct check *c, const char *p, const char *end,
    const struct node *range)
{
	const char *item;
	uint32_t i;

	for (i = 0; i < range->count; i++) {
		if (end - p < TREE_ITEM_HEAD ||
		    (size_t)(end - p) - TREE_ITEM_HEAD < tree_u32(p))
			return false;
		item = p + TREE_ITEM_HEAD;
		p = tree_next_item(p);
		if (!check_slots(c, item, p, range->statics))
			return false;
	}
	return p == end;
}

static bool
check_node(struct check *c, const char *p, const char *end)
{
	static const struct { char kind; size_t head; } heads[] = {
		{ TREE_TEXT, TREE_TEXT_HEAD },
		{ TREE_LIST, TREE_LIST_HEAD },
		{ TREE_RANGE, TREE_RANGE_HEAD },
	};
	struct node n;
	size_t i;
	bool ok;

	for (i = 0; i < 3 && p < end && heads[i].kind != *p; i++)
		;
	if (i == 3 || (size_t)(end - p) < heads[i].head ||
	    tree_u32(p + 1) + TREE_TEXT_HEAD < heads[i].head ||
	    (size_t)(end - p) - TREE_TEXT_HEAD < tree_u32(p + 1))
		return false;
	n = tree_node(p);
	if (n.kind == TREE_TEXT)
		return true;
	if (n.statics >= c->st->nprogram || ++c->depth > TREE_DEPTH)
		return false;
	ok = n.kind == TREE_LIST ?
	    check_slots(c, n.body, n.end, n.statics) :
	    check_items(c, n.body, n.end, &n);
	c->depth--;
	return ok;
}

static bool
check_slots(struct check *c, const char *p, const char *end, uint32_t statics)
{
	uint32_t i, slots = c->st->arrays[statics].count - 1;

	for (i = 0; i < slots; i++) {
		if (!check_node(c, p, end))
			return false;
		p = tree_next(p);
	}
	return p == end;
}

bool
tree_check(const struct statics *st, const char *bytes, size_t len)
{
	struct check c = { st, 0 };

	return len > 0 && *bytes == TREE_LIST &&
	    check_node(&c, bytes, bytes + len) &&
	    tree_next(bytes) == bytes + len;
}
