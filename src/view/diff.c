#include "view/diff.h"
#include "view/part.h"

static void
diff_node(struct differ *d, const char *pa, const char *pb)
{
	struct node a = tree_node(pa), b = tree_node(pb);

	if (a.kind != b.kind || a.kind == TREE_TEXT || a.statics != b.statics)
		encode_node(&d->e, pb);
	else if (a.kind == TREE_LIST)
		diff_slots(d, a.body, b.body, b.end);
	else
		diff_range(d, &a, &b);
}

void
diff_slots(struct differ *d, const char *a, const char *b, const char *bend)
{
	struct buf *out = d->e.out;
	const char *anext, *bnext;
	bool first = true;
	uint32_t i;

	buf_putc(out, '{');
	for (i = 0; b < bend; i++, a = anext, b = bnext) {
		anext = tree_next(a);
		bnext = tree_next(b);
		if (tree_same(a, (size_t)(anext - a), b, (size_t)(bnext - b)))
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		encode_slot_name(out, i);
		diff_node(d, a, b);
	}
	buf_putc(out, '}');
}

/*
 * No comparison of sizes here: the update of a list is at most the whole, as
 * its slots are some of the whole's and none is larger. Only ranges differ.
 */
void
view_diff(const struct view *a, const struct view *b, enum view_part which,
    enum view_statics mode, struct buf *out)
{
	struct statics *st = statics_of(b->program);
	struct differ d = { .e = { st, mode, out } };
	struct part pa, pb;
	int rc;

	if (view_equal(a, b)) {
		buf_add(out, "{}", 2);
		return;
	}
	if ((rc = part_open(&pa, st, a, which)) != 0) {
		buf_fail(out, rc);
		return;
	}
	if ((rc = part_open(&pb, st, b, which)) != 0) {
		part_close(&pa);
		buf_fail(out, rc);
		return;
	}
	arena_init(&d.arena);
	if (pa.statics != pb.statics)
		encode_list(&d.e, pb.statics, pb.p, pb.end);
	else
		diff_slots(&d, pa.p, pb.p, pb.end);
	arena_release(&d.arena);
	part_close(&pa);
	part_close(&pb);
}
