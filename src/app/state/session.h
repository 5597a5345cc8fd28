/*
 * session.h - the document of a group as its pages see it, and their views.
 *
 * Owns:    struct sight: the document of one place at one time, and what was
 *          read with it.
 * Invariants:
 *   1. doc = first document or saved state, then the patches that are newer,
 *      in order, then (for a group without a row) mount.
 *   2. It is never changed after session_load(): handlers work on copies.
 *   3. Where users share a group, what was said to one of them is no part of
 *      doc: it is a layer over it, which views show to that one alone.
 */
#ifndef LVT_APP_SESSION_H
#define LVT_APP_SESSION_H

#include "app/action/context.h"

struct sight {
	struct page *page;
	struct place at;
	json_t *doc;			/* ask session_doc() */
	json_t *layer;			/* of at.user; NULL: none */
	struct str text;		/* what doc is parsed from; "": it is
					 * not, but was put together */
	struct arena arena;		/* holds text */
	bool exists;
	int64_t rev, epoch, expires_ms;
	struct position head;
	int64_t watching;		/* as last committed */
};

/* cx: who looks; at and route are taken from it. Return: 0, LVT_ENOTFOUND
 * (mount says so), LVT_ESTORE, LVT_ENOMEM or what mount returned. */
int	session_load(struct lvt_ctx *cx, struct sight *out,
	    struct lvt_error *err);
void	session_release(struct sight *s);
/* The document: borrowed; parsed now, if nobody has asked before. */
json_t	*session_doc(struct sight *s, struct lvt_error *err);
/* A document like it to be changed: a new reference. */
json_t	*session_take(struct sight *s, struct lvt_error *err);
/* Is doc, whose text is given, another document? */
bool	session_differs(struct sight *s, const json_t *doc, struct str text);
/* May several users be in one group of this page? */
bool	session_is_shared(const struct page *pg);
/* What of the casts reaches at, on top of its document (json_equal to what a
 * load after the commit gives) and of its layer. layer NULL: there is none yet.
 * 0 or LVT_ENOMEM. */
int	session_cast(const struct lvt_ctx *cx, const struct page *pg,
	    const struct place *at, json_t *doc, json_t **layer);

/* What was broadcast under that name to the user ("": to all) on a page that
 * nobody can visit: *out is a new reference; NULL: nothing, or it is damaged.
 * Return: 0, or as store_load(). */
int	session_kept(struct app *app, const char *page, const char *user,
	    const char *name, json_t **out, struct lvt_error *err);

/* What {{.lvt}} knows beyond the document. */
struct look {
	struct app *app;
	const char *user;
	const json_t *errors;		/* {field: text} or NULL */
	const json_t *typed;		/* what was typed, or NULL */
	const struct page *page;
	int64_t watching;
	const json_t *layer;		/* over the document; NULL: none */
};

/* 0, or LVT_EEXEC with the place: a template names a member of .lvt that there
 * is not, which shows only where it is rendered. */
int	session_check(const struct page *pg, struct lvt_error *err);
/* Render doc as look sees it into v (which is initialised here). */
int	session_view(const struct look *l, const json_t *doc, struct view *v,
	    struct lvt_error *err);

#endif
