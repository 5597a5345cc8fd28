/*
 * part.c - find the list that holds <body>, and cut there.
 *
 * The body's slots are a run of that list's, so the body needs no copy. The
 * outer tree does: the lists from the root down to the one that is cut are
 * written anew, as they get shorter.
 */
#include "base/error.h"
#include "view/part.h"

#define PATH_MAX_LISTS	16	/* a page is not found deeper than this */

struct path {
	const char *lists[PATH_MAX_LISTS];	/* the root first */
	int n;
};

/* Does the list at p, or one that its text slots lead to, hold <body>? */
static bool
find_body(const struct statics *st, const char *p, struct path *path)
{
	struct node n = tree_node(p);
	const struct split *sp = &st->arrays[n.statics].split;
	uint32_t i;

	if (path->n == PATH_MAX_LISTS)
		return false;
	path->lists[path->n++] = p;
	if (sp->found && (sp->closed || path->n == 1))
		return true;
	if (sp->text_slots != NULL)
		for (p = n.body, i = 0; p < n.end; p = tree_next(p), i++)
			if (*p == TREE_LIST && split_text_slot(sp, i) &&
			    find_body(st, p, path))
				return true;
	path->n--;
	return false;
}

static const char *
skip(const char *p, uint32_t slots)
{
	while (slots-- > 0)
		p = tree_next(p);
	return p;
}

/* The lists of the path from level on, without the body. */
static void
write_outer(const struct statics *st, const struct path *path, int level,
    struct buf *out, size_t *hole)
{
	struct node n = tree_node(path->lists[level]);
	const struct split *sp = &st->arrays[n.statics].split;
	bool cut = level == path->n - 1;
	const char *from, *to;
	size_t mark = out->len;

	buf_add(out, n.start, TREE_LIST_HEAD);
	if (cut) {
		from = skip(n.body, sp->from);
		to = skip(from, sp->to - sp->from);
	} else {
		from = path->lists[level + 1];
		to = tree_next(from);
	}
	buf_add(out, n.body, (size_t)(from - n.body));
	if (cut) {
		*hole = out->len;
		buf_add(out, "T\0\0\0", TREE_TEXT_HEAD);
	} else
		write_outer(st, path, level + 1, out, hole);
	buf_add(out, to, (size_t)(n.end - to));
	if (out->failed)
		return;
	tree_put_u32(out->s + mark + 1,
	    (uint32_t)(out->len - mark - TREE_TEXT_HEAD));
	if (cut)
		tree_put_u32(out->s + mark + 5, sp->outer);
}

static int
open_outer(struct part *part, const struct statics *st,
    const struct path *path)
{
	struct node n;
	size_t hole = 0;

	if (path->n == 0) {
		buf_add(&part->own, "T\0\0\0", TREE_TEXT_HEAD);
		part->statics = st->count - 1;
	} else
		write_outer(st, path, 0, &part->own, &hole);
	if (part->own.failed)
		return part->own.failed;
	part->p = part->own.s;
	part->end = part->own.s + part->own.len;
	part->hole = part->own.s + hole;
	if (path->n > 0) {
		n = tree_node(part->own.s);
		part->statics = n.statics;
		part->p = n.body;
	}
	return 0;
}

int
part_open(struct part *part, const struct statics *st, const struct view *v,
    enum view_part which)
{
	struct node n = tree_node(v->bytes.s);
	struct path path = { .n = 0 };
	const struct split *sp;

	*part = (struct part){ n.statics, n.body, n.end, NULL, { 0 } };
	if (which == VIEW_WHOLE)
		return 0;
	find_body(st, v->bytes.s, &path);
	if (which == VIEW_OUTER)
		return open_outer(part, st, &path);
	if (path.n > 0) {
		n = tree_node(path.lists[path.n - 1]);
		sp = &st->arrays[n.statics].split;
		part->statics = sp->body;
		part->p = skip(n.body, sp->from);
		part->end = skip(part->p, sp->to - sp->from);
	}
	return 0;
}

void
part_close(struct part *part)
{
	buf_release(&part->own);
}
