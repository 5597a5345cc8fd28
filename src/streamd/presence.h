/*
 * presence.h - who watches, told to the database by a thread of its own.
 *
 * Owns:    a thread, a store, the lease and the queue between.
 * May not: touch the loop; it is told by a callback that everything must be
 *          said again.
 * Invariants:
 *   1. The loop never waits for the database here: it appends to a queue.
 *   2. The queue is bounded; when it is full all of it is dropped, and the
 *      loop is asked to say everything again once the thread is through.
 *   3. Rows are written at most every PRESENCE_BATCH_MS, and die with the
 *      lease if this process does.
 */
#ifndef LVT_STREAMD_PRESENCE_H
#define LVT_STREAMD_PRESENCE_H

#include "store/store.h"

#define PRESENCE_BATCH_MS	200
#define PRESENCE_RENEW_MS	5000
#define PRESENCE_TTL_MS		15000
#define PRESENCE_QUEUE_MAX	200000

struct presence_thread;

/* again(arg) is called from the thread, and must only wake the loop. */
struct presence_thread *presence_start(const char *db,
	    void (*again)(void *arg), void *arg, struct lvt_error *err);
void	presence_add(struct presence_thread *p, const struct presence *row);
void	presence_drop(struct presence_thread *p, const char *conn);
/* Writes what is queued, lets the lease end, joins the thread. NULL is fine. */
void	presence_stop(struct presence_thread *p);
/* The database is another one: open it again, say everything again. */
void	presence_reopen(struct presence_thread *p);

#endif
