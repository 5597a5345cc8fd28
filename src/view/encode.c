#include "view/encode.h"

void
json_add_u32(struct buf *out, uint32_t v)
{
	char digits[10];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(out, digits + n, sizeof(digits) - n);
}

void
encode_slot_name(struct buf *out, uint32_t slot)
{
	char name[4] = { '"', (char)('0' + slot), '"', ':' };

	if (slot < 10) {
		buf_add(out, name, sizeof(name));
		return;
	}
	buf_putc(out, '"');
	json_add_u32(out, slot);
	buf_add(out, "\":", 2);
}

static void
encode_statics(const struct encoder *e, uint32_t statics)
{
	buf_add(e->out, "{\"s\":", 5);
	if (e->mode == VIEW_STATICS_INLINE || statics >= e->st->nnamed)
		buf_str(e->out, e->st->arrays[statics].json);
	else
		json_add_u32(e->out, statics);
}

/* The slots, each behind a comma but the first where nothing precedes. */
static void
encode_slots(const struct encoder *e, const char *p, const char *end,
    bool comma)
{
	uint32_t i;

	for (i = 0; p < end; i++, p = tree_next(p)) {
		if (comma || i > 0)
			buf_putc(e->out, ',');
		encode_slot_name(e->out, i);
		encode_node(e, p);
	}
}

void
encode_item(const struct encoder *e, const char *p, const char *end)
{
	buf_putc(e->out, '{');
	encode_slots(e, p, end, false);
	buf_putc(e->out, '}');
}

void
encode_list(const struct encoder *e, uint32_t statics, const char *p,
    const char *end)
{
	encode_statics(e, statics);
	encode_slots(e, p, end, true);
	buf_putc(e->out, '}');
}

void
encode_range(const struct encoder *e, const struct node *n)
{
	const char *p = n->body, *next;
	uint32_t i;

	encode_statics(e, n->statics);
	buf_add(e->out, ",\"d\":[", 6);
	for (i = 0; i < n->count; i++, p = next) {
		next = tree_next_item(p);
		if (i > 0)
			buf_putc(e->out, ',');
		encode_item(e, p + TREE_ITEM_HEAD, next);
	}
	buf_add(e->out, "]}", 2);
}

void
encode_node(const struct encoder *e, const char *p)
{
	struct node n = tree_node(p);

	switch (n.kind) {
	case TREE_TEXT:
		json_add_string(e->out, tree_text(&n));
		break;
	case TREE_LIST:
		encode_list(e, n.statics, n.body, n.end);
		break;
	default:
		encode_range(e, &n);
		break;
	}
}
