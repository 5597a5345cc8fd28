/*
 * topics.h - who listens to which channel or page.
 *
 * A topic's name is a channel, a channel pattern ("order.*", "room.>"), or a
 * page's scope as topics_page() writes it; the three never meet, since a
 * page's name starts with a byte that no channel may hold.
 *
 * Owns:    the topics and the order of listeners within each.
 * Borrows: every owner (a stream), until topics_drop() of its members.
 * May not: look inside an owner, write to sockets, read the store.
 * Invariants:
 *   1. An owner is in a topic at most once.
 *   2. A topic exists exactly as long as somebody listens to it.
 *   3. Listeners of a topic are visited in the order they came.
 *   4. A channel with a hundred thousand names costs the same as one with
 *      one; only patterns that can match are walked.
 */
#ifndef LVT_STREAMD_TOPICS_H
#define LVT_STREAMD_TOPICS_H

#include "base/buf.h"

struct topics;
struct topic;

struct member {				/* one owner's place in one topic */
	struct member *prev, *next;	/* in the topic */
	struct member *other;		/* of the same owner */
	struct topic *topic;
	void *owner;
};

struct topics *topics_create(void);	/* NULL: out of memory */
void	topics_free(struct topics *t);	/* NULL is fine; all must have left */
/* *members is the owner's list. 0 (also if it is there), LVT_ENOMEM. */
int	topics_join(struct topics *t, struct str name, struct member **members,
	    void *owner);
bool	topics_leave(struct topics *t, struct str name,
	    struct member **members);
void	topics_drop(struct topics *t, struct member **members);
/* Every listener of the channel or page; one that listens by several
 * patterns is visited for each. visit must not join or leave. */
void	topics_each(struct topics *t, struct str channel,
	    void (*visit)(void *arg, void *owner), void *arg);
/* Do these memberships cover the channel or page? */
bool	topics_match(const struct member *members, struct str channel);
struct str topics_name(const struct member *m);
size_t	topics_count(const struct topics *t);
size_t	topics_listeners(const struct topics *t, struct str name);
/* Writes the name of one scope of a page. */
void	topics_page(struct buf *out, struct str app, struct str page,
	    struct str scope);
bool	topics_is_page(struct str name);
/* Page and scope of such a name, which is written into. */
void	topics_page_split(char *name, const char **page, const char **scope);
/* Is every channel that want matches also matched by grant? */
bool	topics_covers(struct str grant, struct str want);

#endif
