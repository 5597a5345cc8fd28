/*
 * step.h - one optimistic step: read, run the user's function, commit.
 *
 * Owns:    struct step: the documents and views before and after, until
 *          step_release().
 *
 *   READ --session_load()--> RUN --the function, rules--> RENDERED
 *   RENDERED --store_commit()--> DONE
 *   RENDERED --LVT_ECONFLICT: somebody was faster--> READ    (8 times)
 *   RUN --invalid, refused, failed--> STOPPED: nothing happened
 *   READ --the key has its reply--> KEPT: what it did is done already
 *
 * Invariants:
 *   1. No transaction is open while the user's function runs; the turn of the
 *      group is only advice.
 *   2. What the function said is committed with its change or not at all.
 */
#ifndef LVT_APP_STEP_H
#define LVT_APP_STEP_H

#include "app/state/recall.h"
#include "app/state/update.h"

#define STEP_TRIES	8
#define STEP_TURN_MS	2000
#define KEY_TEXT	64

struct step {
	/* in */
	lvt_fn	*fn;			/* NULL: leaves the document alone */
	const struct lvt_rule *rules;
	const char *store;		/* the document's member; "": all of it */
	const char *action;		/* for messages and the kept reply */
	const json_t *data;		/* of the caller; copied for each try */
	const char *key;		/* NULL: none */
	unsigned char hash[16];		/* of the body */
	int64_t rev;			/* that the caller saw; -1: any */
	const int64_t *watching;	/* how many watch now; NULL: as before */
	bool twice;			/* run the function twice and compare */
	const struct cursor_write *cursor;	/* NULL: none */

	/* out; views are those of the actor, without errors */
	struct sight before;
	json_t *after;			/* the document now */
	json_t *layer;			/* the actor's now, or NULL */
	json_t *used;			/* data as the function had it */
	struct view old_view, new_view;
	struct update update;		/* from one to the other */
	struct buf text;		/* what was saved; empty: nothing was */
	struct recall *recall;		/* of the app; NULL: did not run */
	bool committed, replayed;
	json_t *kept;			/* the kept reply, if replayed */
	int64_t rev_now;
	struct position head;
};

void	step_init(struct step *st);
void	step_release(struct step *st);		/* before ctx_release() */
/*
 * Return: 0: done (or nothing to do, or replayed). LVT_EINVALID: cx->errors.
 * LVT_ECONFLICT: rev is stale, or the function says so. LVT_EBUSY: lost too
 * often. LVT_ESTALE: the key was used with another body. Else: what failed.
 * On failure before and old_view are there if they could be read, and
 * new_view is a view of the same.
 */
int	step_run(struct lvt_ctx *cx, struct step *st, struct lvt_error *err);

/* The commit of what cx says alone: no document of its own takes part.
 * LVT_ECONFLICT: one that lvt_update() changed has moved on; run it again. */
int	step_say(struct lvt_ctx *cx, const struct cursor_write *cursor,
	    struct lvt_error *err);
/* Whoever shows the page at path, of a group or (NULL) at all, is to ask. */
int	step_stale(struct app *app, const char *path, const char *group,
	    struct lvt_error *err);

#endif
