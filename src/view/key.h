/*
 * key.h - the key of an item: see docs/protocol.md.
 *
 * The value, as it stands in the HTML, of data-key, lvt-key or id (in this
 * order of preference) of the first start tag. A machine reads the item's
 * HTML up to the end of that tag; to be fast, the machine runs over each
 * statics array once, and where that tells in which slot the key will be, the
 * item itself is not read.
 */
#ifndef LVT_VIEW_KEY_H
#define LVT_VIEW_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum key_plan_kind {
	KEY_READ,	/* no short cut: run the machine over the item */
	KEY_NONE,	/* there is no key */
	KEY_FIXED,	/* prefix is the key */
	KEY_SLOT,	/* prefix, the text of slot, suffix */
	KEY_DESCEND	/* the list in slot 0 tells */
};

/*
 * All but KEY_READ hold only while the slots before guard are inert: without
 * quotes, so that they cannot leave the attribute value that they stand in.
 */
struct key_plan {
	enum key_plan_kind kind;
	uint32_t slot, guard;
	struct str prefix, suffix;
};

/* Return: 0, LVT_ENOMEM. */
int	key_plan_make(struct key_plan *plan, const struct str *strs,
	    uint32_t count, struct arena *a);

struct statics;
/* The key of the item whose slots are at p; "" where there is none. It lives
 * as long as the view and the arena. Return: 0, LVT_ENOMEM. */
int	key_of(const struct statics *st, uint32_t statics, const char *p,
	    struct arena *a, struct str *key);

/* --- The machine, for whoever walks an item in another form -------------- */

enum key_state {
	KEY_BEFORE, KEY_LT, KEY_COMMENT, KEY_TAG, KEY_SPACE, KEY_NAME,
	KEY_AFTER_NAME, KEY_EQUALS, KEY_QUOTED, KEY_UNQUOTED, KEY_DONE
};

struct key_machine {
	enum key_state state;
	char quote;
	uint8_t matched;	/* of "<!--" or "-->" */
	int rank;		/* of the attribute being read; KEY_RANKS: none */
	int best;		/* of the value held */
	size_t name_len;
	char name[10];
	struct buf value, key;
};

#define KEY_RANKS	3

void	key_machine_init(struct key_machine *m);
void	key_machine_release(struct key_machine *m);
/* true when the tag is read (or there is none) and m->key is the key. */
bool	key_machine_feed(struct key_machine *m, struct str html);

#endif
