/*
 * context.h - what a handler is given, and what it has said so far.
 *
 * Owns:    errors, reply and the casts' patches; the rest lives in its arena.
 * Invariants:
 *   1. Nothing that a handler says leaves the context before its commit.
 *   2. ctx_restart() makes it as if the handler had never run.
 *   3. Payloads are text at once: what a handler changes later does not count.
 */
#ifndef LVT_APP_CONTEXT_H
#define LVT_APP_CONTEXT_H

#include "app/app.h"
#include "app/route.h"
#include "app/http/request.h"

#define CTX_WRONG	400		/* bytes of why a call was refused */
#define CTX_SAYS	1000		/* messages and casts of one action */
#define CTX_SAY_BYTES	((size_t)1 << 20)	/* of one of them */

struct message {
	const char *channel, *coalesce;	/* channel NULL: a page's scope is */
	const char *page, *scope;	/* told to ask, by a row without lines */
	struct str body;		/* {"channel","event","payload"} */
};

struct cast {				/* a broadcast */
	const char *scope;		/* "*", "u:USER", "g:GROUP" */
	const char *page;		/* path or "*" */
	json_t *patch;
	struct patch *leaves;
	size_t nleaves;
	int64_t expire_ms;		/* 0: never; from now */
};

struct lvt_ctx {
	struct app *app;
	struct request *rq;		/* NULL outside a request */
	const struct route *route;	/* NULL where there is no page */
	const struct lvt_auth *auth;
	struct place at;		/* page "" where there is none */
	json_t *data;			/* borrowed */
	int64_t now_ms;

	struct arena arena;
	json_t *errors;			/* {field: text}; NULL: none */
	json_t *reply;
	const char *redirect;
	struct message *messages;
	size_t nmessages;
	struct cast *casts;
	size_t ncasts;
	struct delayed *later;		/* said at a later time */
	size_t nlater;
	struct other *others;		/* see other.h */
	size_t nothers;
	const char *channel, *event;	/* of a handler's message, or NULL */
	const void *arg;		/* of a step of our own */
	int	(*hook)(void *db, void *arg);
	void	*hook_arg;
	struct hooks *hooks;		/* what hook runs; see bind.c */
	const struct outer *outer;	/* see other.c; NULL: none */
	char	wrong[CTX_WRONG];	/* see ctx_wrong(); "": nothing was */
	const struct login *login;	/* see login.c; NULL: none */
	json_t *grants;			/* while a page's grant runs */
};

void	ctx_init(struct lvt_ctx *cx, struct app *app, struct request *rq,
	    const struct route *route);
void	ctx_restart(struct lvt_ctx *cx);
void	ctx_release(struct lvt_ctx *cx);
int	ctx_fail(struct lvt_ctx *cx, const char *field, const char *message);
/* A call of the handler's that cannot be. Whoever wrote it is told why, if the
 * handler fails with it; the first one counts. Return: LVT_EINVALID. */
int	ctx_wrong(struct lvt_ctx *cx, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Room for one more of size bytes in an array of the arena that holds n. */
void	*ctx_more(struct lvt_ctx *cx, void *have, size_t n, size_t size);
/* Copies *m, whose strings live in the arena. */
int	ctx_message(struct lvt_ctx *cx, const struct message *m);
/* As lvt_broadcast() and friends; scope "*", "u:…", "g:…"; page "*" or path. */
int	ctx_cast(struct lvt_ctx *cx, const char *scope, const char *page,
	    json_t *patch, const struct lvt_opts *opts);
/* Is a place of that group and user within a cast's scope and page? */
bool	cast_reaches(const struct cast *c, const struct place *at);

#endif
