/*
 * html.c - the page that a view is.
 */
#include "view/part.h"

struct printer {
	const struct statics *st;
	struct buf *out;
	const char *hole;	/* what follows this slot goes to after */
	struct buf *after;
};

static void print_node(struct printer *pr, const char *p);

/* statics: as many strings as there are slots, and one more. */
static void
print_slots(struct printer *pr, uint32_t statics, const char *p,
    const char *end)
{
	const struct str *s = pr->st->arrays[statics].strs;

	for (; p < end; p = tree_next(p)) {
		buf_str(pr->out, *s++);
		print_node(pr, p);
	}
	buf_str(pr->out, *s);
}

static void
print_node(struct printer *pr, const char *p)
{
	struct node n = tree_node(p);
	const char *next;
	uint32_t i;

	switch (n.kind) {
	case TREE_TEXT:
		buf_str(pr->out, tree_text(&n));
		if (p == pr->hole)
			pr->out = pr->after;
		break;
	case TREE_LIST:
		print_slots(pr, n.statics, n.body, n.end);
		break;
	default:
		for (p = n.body, i = 0; i < n.count; i++, p = next) {
			next = tree_next_item(p);
			print_slots(pr, n.statics, p + TREE_ITEM_HEAD, next);
		}
		break;
	}
}

static void
print_part(const struct view *v, enum view_part which, struct buf *out,
    struct buf *after)
{
	struct statics *st = statics_of(v->program);
	struct printer pr = { .st = st, .out = out, .after = after };
	struct part part;
	int rc;

	if ((rc = part_open(&part, st, v, which)) != 0) {
		buf_fail(out, rc);
		return;
	}
	if (after != NULL)
		pr.hole = part.hole;
	print_slots(&pr, part.statics, part.p, part.end);
	part_close(&part);
}

void
view_html(const struct view *v, enum view_part part, struct buf *out)
{
	print_part(v, part, out, NULL);
}

void
view_html_around(const struct view *v, struct buf *before, struct buf *after)
{
	print_part(v, VIEW_OUTER, before, after);
}
