/**
 * lvt-sqlite.h - the application's own SQL in the commit of an action
 *
 * The tables of an application may live in the database that the app keeps its
 * state in (LVT_DB); what an action writes there then stands or falls with it.
 */
#ifndef LVT_SQLITE_H
#define LVT_SQLITE_H

#include <lvt.h>
#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * lvt_at_commit() - run fn inside the short transaction that commits
 * @fn:  its own statements on @db; no BEGIN, COMMIT or ROLLBACK, no wait.
 *       Returns 0; LVT_EINVALID after lvt_error(), LVT_ECONFLICT or another
 *       LVT_E*: nothing of the action happened then
 * @arg: must live until the commit: what lvt_alloc() gave, or static
 *
 * Several run in the order in which they were asked for. One that is not
 * reached, because somebody else committed first, is forgotten: the handler runs
 * again and asks again.
 *
 * Return: 0 or LVT_ENOMEM.
 */
int	lvt_at_commit(struct lvt_ctx *cx, int (*fn)(sqlite3 *db, void *arg),
	    void *arg);

#ifdef __cplusplus
}
#endif
#endif
