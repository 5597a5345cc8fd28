/*
 * encode.h - trees as JSON.
 *
 * The JSON is valid UTF-8 whatever the view holds: bytes that are none become
 * U+FFFD. What is U+FFFD in a page that a browser decodes anyway stays so.
 */
#ifndef LVT_VIEW_ENCODE_H
#define LVT_VIEW_ENCODE_H

#include "base/quote.h"
#include "view/tree.h"
#include "view/view.h"

struct encoder {
	const struct statics *st;
	enum view_statics mode;
	struct buf *out;
};

void	json_add_u32(struct buf *out, uint32_t v);

/* "3": */
void	encode_slot_name(struct buf *out, uint32_t slot);
/* The node at p. */
void	encode_node(const struct encoder *e, const char *p);
/* An item, whose slots are at p .. end: {"0":...} */
void	encode_item(const struct encoder *e, const char *p, const char *end);
/* A list: {"s":...,"0":...} */
void	encode_list(const struct encoder *e, uint32_t statics, const char *p,
	    const char *end);
void	encode_range(const struct encoder *e, const struct node *n);

/*
 * At most as long as the JSON of nodes of len bytes: a node's head is longer
 * than what JSON puts around it by a quarter at worst (an item without slots:
 * 4 bytes become "{},").
 */
static inline size_t
encode_least(size_t len)
{
	return len - len / 4;
}

#endif
