/*
 * part.c - find where the body begins and ends, and cut there.
 *
 * Both places are found by walking down from the root through lists that
 * stand in text. Where they are in one list, the body's slots are a run of
 * that list's and need no copy. Else the lists on the way to each of them are
 * cut, too, and the part is written anew:
 *
 *   body  = the rest of the list with <body>, what is between, the beginning
 *           of the list with </body>
 *   outer = the other halves, and the empty slot between them
 */
#include "base/error.h"
#include "view/cut.h"
#include "view/part.h"

struct path {
	struct cut_path p;
	struct node lists[CUT_LISTS];
};

struct cutter {
	struct statics *st;
	struct path open, close;
	int common;		/* the last list that both ways go through */
	struct buf *out;
	int rc;
};

/* --- Finding ------------------------------------------------------------ */

static bool
find_tag(const struct statics *st, const char *p, enum split_tag tag,
    struct path *path)
{
	struct node n = tree_node(p);
	const struct split *sp = &st->arrays[n.statics].split;
	int level = path->p.n;
	uint32_t i;

	if (level == CUT_LISTS)
		return false;
	path->lists[level] = n;
	path->p.statics[level] = n.statics;
	path->p.n++;
	if (sp->has[tag]) {
		path->p.at = sp->at[tag];
		return true;
	}
	for (p = n.body, i = 0; sp->text_slots != NULL && p < n.end;
	    p = tree_next(p), i++) {
		path->p.slots[level] = i;
		if (*p == TREE_LIST && split_text_slot(sp, i) &&
		    find_tag(st, p, tag, path))
			return true;
	}
	path->p.n--;
	return false;
}

/* A page may go without end tags, as HTML may: then it ends with the root. */
static bool
find_body(struct cutter *c, const char *root)
{
	struct path *open = &c->open, *close = &c->close;

	if (!find_tag(c->st, root, SPLIT_BODY, open))
		return false;
	if (!find_tag(c->st, root, SPLIT_BODY_END, close) &&
	    !find_tag(c->st, root, SPLIT_HTML_END, close)) {
		close->lists[0] = tree_node(root);
		cut_at_end(c->st, close->lists[0].statics, &close->p);
	}
	while (c->common + 1 < open->p.n && c->common + 1 < close->p.n &&
	    open->lists[c->common + 1].start ==
	    close->lists[c->common + 1].start)
		c->common++;
	return cut_fits(c->st, &open->p, &close->p, c->common);
}

/* --- Cutting ------------------------------------------------------------ */

static const char *
skip(const char *p, uint32_t slots)
{
	while (slots-- > 0)
		p = tree_next(p);
	return p;
}

static size_t
begin_list(struct cutter *c)
{
	size_t mark = c->out->len;

	buf_add(c->out, "L\0\0\0\0\0\0\0", TREE_LIST_HEAD);
	return mark;
}

static void
end_list(struct cutter *c, size_t mark, uint32_t statics)
{
	if (statics == UINT32_MAX)
		c->rc = LVT_ENOMEM;
	if (c->out->failed)
		return;
	tree_put_u32(c->out->s + mark + 1,
	    (uint32_t)(c->out->len - mark - TREE_TEXT_HEAD));
	tree_put_u32(c->out->s + mark + 5, statics);
}

static void	write_head(struct cutter *c, const struct path *path, int level);
static void	write_tail(struct cutter *c, const struct path *path, int level);

/* The slots of list `level` before the path, and the head of the next. */
static void
head_slots(struct cutter *c, const struct path *path, int level)
{
	const struct node *n = &path->lists[level];
	bool last = level == path->p.n - 1;
	const char *to = skip(n->body, last ? path->p.at.string :
	    path->p.slots[level]);

	buf_add(c->out, n->body, (size_t)(to - n->body));
	if (!last)
		write_head(c, path, level + 1);
}

/* The tail of the next list, and the slots of this one behind the path. */
static void
tail_slots(struct cutter *c, const struct path *path, int level)
{
	const struct node *n = &path->lists[level];
	bool last = level == path->p.n - 1;
	const char *from = skip(n->body, last ? path->p.at.string :
	    path->p.slots[level] + 1);

	if (!last)
		write_tail(c, path, level + 1);
	buf_add(c->out, from, (size_t)(n->end - from));
}

static void
write_head(struct cutter *c, const struct path *path, int level)
{
	size_t mark = begin_list(c);

	head_slots(c, path, level);
	end_list(c, mark, cut_head(c->st, &path->p, level));
}

static void
write_tail(struct cutter *c, const struct path *path, int level)
{
	size_t mark = begin_list(c);

	tail_slots(c, path, level);
	end_list(c, mark, cut_tail(c->st, &path->p, level));
}

static void
write_body(struct cutter *c)
{
	const struct node *n = &c->open.lists[c->common];
	struct place from = cut_before(c->st, &c->open.p, c->common);
	struct place to = cut_behind(&c->close.p, c->common);
	bool opens = c->open.p.n - 1 == c->common;
	bool closes = c->close.p.n - 1 == c->common;
	size_t mark = begin_list(c);
	const char *p, *end;

	p = skip(n->body, from.string + !opens);
	end = skip(n->body, to.string - !closes);
	if (!opens)
		write_tail(c, &c->open, c->common + 1);
	buf_add(c->out, p, (size_t)(end - p));
	if (!closes)
		write_head(c, &c->close, c->common + 1);
	end_list(c, mark, cut_body(c->st, &c->open.p, &c->close.p, c->common));
}

/* The lists from the root down to the common one stay whole, but for what
 * they lead to. */
static size_t
write_outer(struct cutter *c, int level)
{
	const struct node *n = &c->open.lists[level];
	size_t mark = begin_list(c), hole;
	const char *p;

	if (level < c->common) {
		p = skip(n->body, c->open.p.slots[level]);
		buf_add(c->out, n->body, (size_t)(p - n->body));
		hole = write_outer(c, level + 1);
		p = tree_next(p);
		buf_add(c->out, p, (size_t)(n->end - p));
		end_list(c, mark, n->statics);
		return hole;
	}
	head_slots(c, &c->open, level);
	hole = c->out->len;
	buf_add(c->out, "T\0\0\0", TREE_TEXT_HEAD);
	tail_slots(c, &c->close, level);
	end_list(c, mark, cut_outer(c->st, &c->open.p, &c->close.p, level));
	return hole;
}

/* --- Parts -------------------------------------------------------------- */

/* The part is the list that was written to its own buffer. */
static int
own_list(struct part *part, const struct cutter *c)
{
	struct node n;

	if (c->rc != 0 || part->own.failed)
		return c->rc != 0 ? c->rc : part->own.failed;
	n = tree_node(part->own.s);
	part->statics = n.statics;
	part->p = n.body;
	part->end = n.end;
	return 0;
}

static int
open_body(struct part *part, struct cutter *c)
{
	const struct node *n = &c->open.lists[c->common];

	if (c->open.p.n - 1 != c->common || c->close.p.n - 1 != c->common) {
		write_body(c);
		return own_list(part, c);
	}
	part->statics = cut_body(c->st, &c->open.p, &c->close.p, c->common);
	part->p = skip(n->body, c->open.p.at.string);
	part->end = skip(part->p,
	    c->close.p.at.string - c->open.p.at.string);
	return part->statics != UINT32_MAX ? 0 : LVT_ENOMEM;
}

static int
open_outer(struct part *part, struct cutter *c, bool found)
{
	size_t hole, mark;
	int rc;

	if (found) {
		hole = write_outer(c, 0);
	} else {
		mark = begin_list(c);
		hole = c->out->len;
		buf_add(c->out, "T\0\0\0", TREE_TEXT_HEAD);
		end_list(c, mark, c->st->nothing);
	}
	if ((rc = own_list(part, c)) == 0)
		part->hole = part->own.s + hole;
	return rc;
}

int
part_open(struct part *part, struct statics *st, const struct view *v,
    enum view_part which)
{
	struct node n = tree_node(v->bytes.s);
	struct cutter c = { .st = st, .out = &part->own };
	bool found;
	int rc = 0;

	*part = (struct part){ n.statics, n.body, n.end, NULL, { 0 } };
	if (which == VIEW_WHOLE)
		return 0;
	found = find_body(&c, v->bytes.s);
	if (which == VIEW_OUTER)
		rc = open_outer(part, &c, found);
	else if (found)
		rc = open_body(part, &c);
	if (rc != 0)
		part_close(part);
	return rc;
}

void
part_close(struct part *part)
{
	buf_release(&part->own);
}
