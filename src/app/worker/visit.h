/*
 * visit.h - one request to one page, on its way to an answer.
 *
 * Owns:    the context; borrows request and response.
 */
#ifndef LVT_APP_VISIT_H
#define LVT_APP_VISIT_H

#include "app/worker/asset.h"
#include "app/auth/auth.h"
#include "app/action/step.h"
#include "app/state/views.h"

struct visit {
	struct app *app;
	struct request *rq;
	struct response *rs;
	struct route route;
	struct lvt_ctx cx;
	enum request_accept accept;
	const char *heads;		/* visit_heads() so far; NULL: not asked */
};

/* --- answer.c: what is said ------------------------------------------------ */

/* {"error":{"code","message"}}, or a small page; headers so far are kept for
 * 401. detail: for the developer's eyes, NULL in production. */
void	answer_error(struct app *app, struct response *rs,
	    enum request_accept accept, int status, const char *code,
	    const char *message);
/* A template or an action that failed: logged, and shown only in dev mode. */
void	answer_failure(struct visit *v, const struct lvt_error *err);

/* The view as it is now, and what came of an action. */
struct answer {
	int status;
	const struct sight *at;
	int64_t rev;
	struct position head;
	const struct view *view;	/* without errors */
	const struct view *old;		/* before the action, or NULL */
	const struct update *update;	/* from old to view, or NULL */
	bool acted, success, conflict;
	const char *action;
	const json_t *errors, *reply;
	const char *redirect;
	const struct view *error_view;	/* with errors, or NULL */
	const json_t *kept;		/* outcome of the first time, or NULL */
};

int	answer_envelope(struct visit *v, const struct answer *a);
void	answer_unchanged(struct visit *v, const struct answer *a);
/* What a sync brings besides: where to hear what comes next. After an action a
 * client hears on as before, and is spared the signing of a token. */
int	answer_stream(struct visit *v, struct position head);

/* --- heads.c: what a page without a stream polls --------------------------------- */

/* URLs of its head files with spaces between; "" where it has none. */
const char *visit_heads(struct visit *v);

/* --- document.c: the HTML page ------------------------------------------------ */

int	document_token(struct visit *v, struct position head,
	    struct buf *token);
/* Where the companion listens; "" where there is none. */
const char *document_stream(struct visit *v);
int	document_write(struct visit *v, const struct answer *a,
	    struct buf *out);

/* --- post.c ----------------------------------------------------------------- */

void	visit_post(struct visit *v);

/* --- serve.c ---------------------------------------------------------------- */

/* Answer the request; everything that can go wrong is an answer, too. */
void	serve(struct app *app, const struct request_io *io,
	    struct response *rs);

#endif
