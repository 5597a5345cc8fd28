/*
 * follow.h - the pages that a stream follows: one for each tab it serves.
 *
 * Owns:    names of a page and of who looks at it, grants of its token.
 * May not: know how events are written to a socket.
 * Invariants:
 *   1. A stream follows a page once, and pages of one app: events name
 *      nothing but the page.
 *   2. What a token granted ends with its page: by removal, expiry and
 *      revocation alike.
 *   3. A stream has a follow from its set-up to its end; one that has
 *      channels only has one without a page.
 */
#ifndef LVT_STREAMD_FOLLOW_H
#define LVT_STREAMD_FOLLOW_H

#include "streamd/outbox/event.h"
#include "streamd/fanout/grant.h"
#include "streamd/loop.h"

#define FOLLOWS_MAX	64		/* pages of one stream */
#define SCOPE_MAX	520		/* bytes of "u:" and a name of a worker's */

struct stream;

enum view_state {
	VIEW_UNKNOWN,			/* never said: the next row is stale */
	VIEW_KNOWN,
	VIEW_TOLD			/* told stale: quiet until it is said */
};

/* One for each stream at least: names are offsets into text, which begins
 * with the app. */
struct follow {
	struct follow *next;
	int64_t at;			/* rows up to here are in the view */
	int64_t from;			/* the token's: none up to here */
	struct stand stand;		/* the view that it shows */
	uint32_t expires_s;		/* the token's end, since the epoch */
	uint32_t nth;			/* of its stream's, for presence */
	uint16_t page, group, user;
	uint16_t grants;		/* patterns, each NUL-ended, then "" */
	uint8_t known;			/* enum view_state */
	bool present;			/* the database was told */
	bool counted;			/* so are channels of its token */
	char text[];
};

static inline const char *
follow_app(const struct follow *f)
{
	return f->text;
}

static inline const char *
follow_page(const struct follow *f)
{
	return f->text + f->page;
}

static inline const char *
follow_group(const struct follow *f)
{
	return f->text + f->group;
}

static inline const char *
follow_user(const struct follow *f)
{
	return f->text + f->user;
}

struct stream_page {			/* what a client says of a page */
	const struct grant *grant;
	const char *page;		/* "": channels only */
	const unsigned char *view;	/* NULL: not said */
	int64_t at;			/* the view has rows up to here */
};

struct follow *follow_find(const struct stream *s, const char *page);
/* 0; LVT_ECONFLICT: of another app, or followed for somebody else; ETOOBIG,
 * ENOMEM. What is followed already takes token and view. */
int	follow_add(struct stream *s, const struct stream_page *p);
/* Not the last: that ends with its stream. */
void	follow_remove(struct stream *s, struct follow *f);
void	follow_free_all(struct stream *s);
bool	follow_grants(const struct stream *s, struct str pattern);
/* May a message be heard? Tokens may replay from different rows on. */
bool	follow_hears(const struct stream *s, const struct event *ev);
/* On whose account a channel is heard, where that is to be known; NULL. */
const struct follow *follow_counted(const struct stream *s,
	    struct str pattern);
/* Tells the database that the page is looked at. */
void	follow_present(struct stream *s, struct follow *f);
/* The client stands at this view (NULL: where it stood), which has all rows up
 * to at. The stream may be gone after. */
void	follow_set_view(struct stream *s, struct follow *f,
	    const unsigned char *view, struct position at);
/* Pages that were opened with a view of before what their token replays are told
 * to sync; a long-poll has room for one of them. 0 or -1 (closed, or answered). */
int	follow_tell_old(struct stream *s);
/* All pages were told at once: rows after head are heard, though tokens of
 * another history begin later. */
void	follow_restart(struct stream *s, int64_t head);
struct whose follow_whose(struct str group, struct str user);
/* Pages whose token is at its end are told so and left; with the last one the
 * stream ends: it may be gone after. */
void	follow_expire(struct stream *s, int64_t now_s);
void	follow_revoke(struct stream *s, const struct event *ev);

#endif
