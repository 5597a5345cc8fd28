/*
 * apply.h - updates on trees as JSON, for apply.c and apply_range.c.
 *
 * Strict: whatever does not fit is refused, for a wrong page is worse than a
 * sync. Nothing given is changed; results share what did not change.
 */
#ifndef LVT_VIEW_APPLY_H
#define LVT_VIEW_APPLY_H

#include "view/key.h"
#include "view/view.h"

#define APPLY_DEPTH	10000

struct applier {
	const json_t *statics;	/* the table, or NULL */
	struct lvt_error *err;
	uint32_t depth;
};

int	apply_bad(struct applier *ap, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));	/* LVT_EINVALID */

/* The strings of a tree's statics, NULL where they are not known. */
const json_t *apply_statics(const struct applier *ap, const json_t *tree);
/* Is this an item for a range with these statics (NULL: not known)?
 * Return: 0, LVT_EINVALID. */
int	apply_check_item(struct applier *ap, const json_t *item,
	    const json_t *strs);
/* old with the slots of changes changed: a new reference, or NULL. */
json_t	*apply_slots(struct applier *ap, const json_t *old,
	    const json_t *changes);
/* apply_range.c: the range after the operations: a new reference, or NULL. */
json_t	*apply_range(struct applier *ap, const json_t *range,
	    const json_t *ops);
/* Feed an item (or a tree) to the machine, as the HTML that it is; true: it
 * needs no more. */
bool	apply_feed(const struct applier *ap, const json_t *slots,
	    const json_t *strs, struct key_machine *m);

#endif
