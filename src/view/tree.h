/*
 * tree.h - a view's bytes: writing them, walking them, checking them.
 *
 * The layout is that of view.h. Numbers are 32 bits, little-endian, and not
 * aligned. Walking trusts the bytes: they come from the writer, or from
 * tree_check().
 *
 * Invariants:
 *   1. Nothing nests deeper than TREE_DEPTH, so readers may recurse.
 *   2. The number of slots is that of the statics less one.
 */
#ifndef LVT_VIEW_TREE_H
#define LVT_VIEW_TREE_H

#include <stdint.h>

#include "base/buf.h"
#include "template/sink.h"
#include "view/statics.h"

#define TREE_DEPTH	4000	/* lists and ranges within each other */

#define TREE_TEXT	'T'
#define TREE_LIST	'L'
#define TREE_RANGE	'R'

#define TREE_TEXT_HEAD	5	/* kind, length */
#define TREE_LIST_HEAD	9	/* kind, length, statics */
#define TREE_RANGE_HEAD	13	/* kind, length, statics, count */
#define TREE_ITEM_HEAD	4	/* length */

/* --- Writing: a sink for program_exec() --------------------------------- */

struct tree_writer {
	struct sink sink;	/* first, so that the ops find the rest */
	uint32_t depth;
	bool too_deep;		/* then the buffer failed with LVT_ETOOBIG */
};

void	tree_writer_init(struct tree_writer *w, struct buf *out);

/* --- Walking ------------------------------------------------------------ */

struct node {
	char kind;
	uint32_t statics;	/* of a list or range */
	uint32_t count;		/* items of a range */
	const char *start;	/* of the node itself */
	const char *body;	/* the text, the slots or the items */
	const char *end;	/* of the node: where the next begins */
};

static inline uint32_t
tree_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 |
	    (uint32_t)u[3] << 24;
}

static inline void
tree_put_u32(char *p, uint32_t v)
{
	p[0] = (char)v;
	p[1] = (char)(v >> 8);
	p[2] = (char)(v >> 16);
	p[3] = (char)(v >> 24);
}

/* Where the node at p ends, without reading it. */
static inline const char *
tree_next(const char *p)
{
	return p + TREE_TEXT_HEAD + tree_u32(p + 1);
}

static inline const char *
tree_next_item(const char *p)
{
	return p + TREE_ITEM_HEAD + tree_u32(p);
}

static inline struct node
tree_node(const char *p)
{
	struct node n = { .kind = *p, .start = p, .end = tree_next(p) };

	switch (n.kind) {
	case TREE_TEXT:
		n.body = p + TREE_TEXT_HEAD;
		break;
	case TREE_LIST:
		n.statics = tree_u32(p + 5);
		n.body = p + TREE_LIST_HEAD;
		break;
	default:
		n.statics = tree_u32(p + 5);
		n.count = tree_u32(p + 9);
		n.body = p + TREE_RANGE_HEAD;
		break;
	}
	return n;
}

static inline struct str
tree_text(const struct node *n)
{
	return (struct str){ n->body, (size_t)(n->end - n->body) };
}

static inline bool
tree_same(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && memcmp(a, b, alen) == 0;
}

/* --- Checking ----------------------------------------------------------- */

/* Are these bytes, from wherever, one list that the writer could have made? */
bool	tree_check(const struct statics *st, const char *bytes, size_t len);

#endif
