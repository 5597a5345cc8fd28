/*
 * topics.h - who listens to which channel or page.
 *
 * A topic's name is a channel, a channel pattern ("order.*", "room.>"), or a
 * page's scope as topics_page() writes it; the three never meet, since a
 * page's name starts with a byte that no channel may hold.
 *
 * Owns:    the topics and the lists of their listeners.
 * Borrows: every owner (a stream), until topics_drop() of its members.
 * May not: look inside an owner, write to sockets, read the store.
 * Invariants:
 *   1. An owner is in a topic at most once.
 *   2. A topic exists exactly as long as somebody listens to it.
 *   3. A membership is two numbers and a pointer on each side: there may be
 *      millions. Listeners of a topic are in no order.
 *   4. A channel with a hundred thousand names costs the same as one with
 *      one; only patterns that can match are walked.
 */
#ifndef LVT_STREAMD_TOPICS_H
#define LVT_STREAMD_TOPICS_H

#include "base/buf.h"

struct topics;
struct topic;

struct member {				/* one owner's place in one topic */
	struct topic *topic;
	uint32_t at;			/* among its listeners */
};

/* What an owner is a member of; begins as zeros. It stays where it is: topics
 * know their listeners by it, and its owner is around it. */
struct members {
	struct member *list;
	uint32_t n;
};

struct topics *topics_create(void);	/* NULL: out of memory */
void	topics_free(struct topics *t);	/* NULL is fine; all must have left */
/* 0 (also if it is a member already), LVT_ENOMEM. */
int	topics_join(struct topics *t, struct str name, struct members *ms);
bool	topics_has(const struct members *ms, struct str name);
bool	topics_leave(struct topics *t, struct str name, struct members *ms);
void	topics_drop(struct topics *t, struct members *ms);
/* Every listener of the channel or page; one that listens by several
 * patterns is visited for each. visit must not join or leave. */
void	topics_each(struct topics *t, struct str channel,
	    void (*visit)(void *arg, struct members *ms), void *arg);
/* Do these memberships cover the channel or page? */
bool	topics_match(const struct members *ms, struct str channel);
struct str topics_name(const struct member *m);	/* until it leaves */
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
