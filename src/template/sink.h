/*
 * sink.h - where the evaluator's output goes.
 *
 * Every dynamic byte is appended to out, already escaped. Without ops the
 * statics are appended between them: out is the page. With ops no static is
 * written; the ops are told where each slot begins and ends, so that they can
 * frame the bytes into a tree (view/tree.c) without copying them.
 *
 * The calls nest like the tree itself:
 *
 *   list  = list_open  slot*  list_close
 *   slot  = text_open bytes text_close  |  list  |  range  |  empty
 *   range = range_open  item*  range_close
 *   item  = item_open  slot*  item_close
 *
 * A list (or item) has exactly as many slots as its statics have gaps.
 */
#ifndef LVT_TEMPLATE_SINK_H
#define LVT_TEMPLATE_SINK_H

#include <stdint.h>

#include "base/buf.h"

struct sink;

/* Each _open returns a mark that goes back into its _close. statics is the
 * number of a statics array, see program_statics(). */
struct sink_ops {
	size_t	(*text_open)(struct sink *s);
	void	(*text_close)(struct sink *s, size_t mark);
	size_t	(*list_open)(struct sink *s, uint32_t statics);
	void	(*list_close)(struct sink *s, size_t mark);
	size_t	(*range_open)(struct sink *s, uint32_t statics);
	void	(*range_close)(struct sink *s, size_t mark, uint32_t nitems);
	size_t	(*item_open)(struct sink *s);
	void	(*item_close)(struct sink *s, size_t mark);
	void	(*empty)(struct sink *s);	/* a branch not taken: an empty text */
};

struct sink {
	struct buf *out;
	const struct sink_ops *ops;	/* NULL: plain page */
};

#endif
