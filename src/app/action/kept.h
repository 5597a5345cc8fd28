/*
 * kept.h - the outcome of an action with a key, for whoever asks again.
 *
 * {"action", "status", "rev", and where there are any: "errors", "reply",
 * "redirect", "base", "view", "tree", "outer"}: what came of it, and the step
 * from the view before to the view after, if that is small.
 *
 * Owns:    nothing.
 */
#ifndef LVT_APP_KEPT_H
#define LVT_APP_KEPT_H

#include "app/action/step.h"

#define KEPT_UPDATE	4096		/* bytes of an update that is kept */

/* Has st's key been answered? Then st->kept and st->replayed are set.
 * Return: 0; LVT_ESTALE: with another body; LVT_ESTORE, LVT_ENOMEM. */
int	kept_find(struct lvt_ctx *cx, struct step *st, struct lvt_error *err);
/* What to keep, in cx's arena; .s NULL: out of memory. rev: afterwards; u:
 * the step that the views take, or NULL. */
struct str kept_text(struct lvt_ctx *cx, const struct step *st, int64_t rev,
	    const struct update *u);
/* An invalid action's outcome: the reply alone, in a commit of its own. */
int	kept_errors(struct lvt_ctx *cx, const struct step *st,
	    struct lvt_error *err);
/* The login that came of it; NULL: none. */
const struct login *kept_login(struct lvt_ctx *cx, const json_t *kept);
/* The update of kept, if it leads from base to view: into u. */
bool	kept_update(const json_t *kept, const struct view_id *base,
	    const struct view_id *view, struct update *u);

#endif
