/*
 * store.h - where state, patches, outbox, replies and presence live.
 *
 * The only way in and out of the database; the only folder that speaks SQL.
 * A store is one connection: one thread at a time. Processes open their own;
 * after fork() a store must be opened again.
 *
 * Invariants:
 *   1. The outbox sequence is the commit order: writers are serial.
 *   2. Nothing of a commit is visible before all of it is.
 *   3. A position is good only if its row exists with its tag, or if it is
 *      the retention boundary.
 *   4. No read transaction stays open when a call returns.
 *
 * All text is UTF-8; JSON columns hold compact JSON text. Times are
 * milliseconds since the epoch. Every row but outbox, channels and consumers
 * is keyed by the app's name as well.
 */
#ifndef LVT_STORE_STORE_H
#define LVT_STORE_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct store;

enum store_durability { STORE_FULL, STORE_NORMAL };

struct store_opts {
	enum store_durability durability;
	int busy_ms;			/* 0: 5000 */
	bool readonly;
	bool tidies;			/* calls store_tidy() */
	const char *heads;		/* their folder, borrowed; NULL: none */
	int64_t (*now_ms)(void *arg);	/* NULL: the wall clock; for tests */
	void *now_arg;
};

/* path ":memory:" gives a private store for tests. The file is made with mode
 * 0600, schema and keys if it is not there; migrated if it is older. */
struct store *store_open(const char *path, const struct store_opts *opts,
	    struct lvt_error *err);
void	store_close(struct store *st);		/* NULL is fine */
/* What commits leave to be done, if there is something: between requests, when
 * nobody waits for an answer. Without tidies commits do it themselves. */
void	store_tidy(struct store *st);
const char *store_path(const struct store *st);
/* Is another file at the path now (restored, replaced)? Close, open again:
 * keys may differ. Costs a stat(); ask once in a while. */
bool	store_replaced(const struct store *st);
/* Fixed for the life of the database. purpose: "token", "view", "cookie". */
int	store_key(struct store *st, const char *purpose,
	    unsigned char key[32], struct lvt_error *err);

/* --- Positions ---------------------------------------------------------- */

struct position {
	int64_t seq;			/* 0: before the first row */
	uint32_t tag;
};

#define POSITION_TEXT	32		/* "SEQ-TAG": decimal, 8 hex digits */

void	position_text(struct position p, char text[POSITION_TEXT]);
int	position_parse(const char *text, size_t len, struct position *p);
int	store_head(struct store *st, struct position *head,
	    struct lvt_error *err);
/* The retention boundary: the newest row that is gone, the start if none is.
 * The head of an empty outbox is its boundary. */
int	store_boundary(struct store *st, struct position *p,
	    struct lvt_error *err);
/* 0, LVT_ESTALE (not ours, or behind retention), LVT_ESTORE. */
int	store_position_check(struct store *st, struct position p,
	    struct lvt_error *err);

/* --- State -------------------------------------------------------------- */

/* Whose state: one row for each (app, page, group). user "" is nobody. */
struct place {
	const char *app, *page, *group, *user;
};

struct patch {				/* one leaf of a merge patch */
	struct str path;		/* JSON array of member names, compact */
	struct str value;		/* JSON text; "null" removes */
	int64_t seq;
};

/* Return: 0, LVT_ESTORE (a leaf is damaged), LVT_ENOMEM. */
int	patch_apply(json_t *doc, const struct patch *leaf,
	    struct lvt_error *err);

/* What a page needs to know, read in one transaction. Lives in an arena. */
struct session {
	bool exists;			/* false: never acted, expired, deleted */
	struct str state;		/* JSON text, {store: object}; "" */
	int64_t rev;			/* 0: never acted; give it to the commit */
	int64_t epoch;			/* changes when the session is revoked */
	int64_t expires_ms;		/* 0: never */
	struct patch *patches;		/* to apply to the state, in this order */
	size_t npatches;
	struct patch *layer;		/* the user's own; see below */
	size_t nlayer;
	int64_t watching;		/* how many, as last committed */
	struct position head;		/* of the outbox, in the same read */
};

/*
 * The row of (app, page, group) and the patches that it has not taken: those
 * to "*", to its group, and to its user (at->user, and the user of the row's
 * last commit). A patch whose time has run out comes last, as a "null".
 */
int	store_load(struct store *st, const struct place *at, struct arena *a,
	    struct session *out, struct lvt_error *err);
/* The same where several users share the group: what was broadcast to at->user
 * is a layer over its state, all of it each time, and no part of it. */
int	store_load_shared(struct store *st, const struct place *at,
	    struct arena *a, struct session *out, struct lvt_error *err);
/* Was something of the page (or of all pages) broadcast to a single user? */
int	store_has_layers(struct store *st, const char *app, const char *page,
	    bool *any, struct lvt_error *err);

/* --- Commits ------------------------------------------------------------ */

enum outbox_kind {
	OUTBOX_PAGE = 1,	/* body: variants, see docs/protocol.md */
	OUTBOX_MESSAGE = 2,	/* body: {"channel","event","payload"} */
	OUTBOX_REVOKE = 3	/* body: {"user"} or {"group"} */
};

struct outbox_row {
	enum outbox_kind kind;
	const char *app;	/* who wrote it */
	const char *page;	/* PAGE: path of the page as mounted in the app */
	const char *scope;	/* PAGE: "*", "u:USER" or "g:GROUP" */
	const char *channel;	/* MESSAGE */
	const char *coalesce;	/* MESSAGE: key or NULL */
	struct str body;
	struct position at;	/* out: filled in by the commit */
};

struct patch_write {
	const char *scope;	/* as above */
	const char *page;	/* a path, or "*": all pages of the app */
	const struct patch *leaves;	/* seq is filled in by the commit */
	size_t nleaves;
	int64_t expires_ms;	/* 0: never; else removed at this time */
};

/* What is said later, with a sequence of its own then: a message (channel) or
 * a broadcast (scope, page, leaves). due_ms 0: no such thing, but all of the
 * app that wait under this name are cancelled. */
struct delayed {
	int64_t id;			/* out */
	int64_t due_ms;
	const char *app;		/* out, of a list */
	const char *name;		/* to cancel it by; NULL: none */
	const char *channel, *coalesce;
	const char *scope, *page;
	const struct patch *leaves; size_t nleaves;
	int64_t expire_ms;		/* after due; 0: never */
	struct str body;		/* the row's, or the patch for reading */
};

/* A connection that came or left, as presence says. */
struct coming {
	bool came;
	int64_t lease;
	const char *conn;
	struct place at;
};

#define STORE_REV_ANY	(-1)	/* commit whatever the revision is */

/* An action's key and the reply kept for whoever asks again with it. */
struct reply_write {
	const char *key;	/* up to 64 bytes, from the client */
	unsigned char hash[16];	/* of the request body */
	struct str reply;	/* opaque: status, headers, body */
};

/*
 * Patches and commits share the outbox's sequence. A patch has that of the
 * last row of its commit (a commit of patches alone is given one PAGE row
 * without variants for each patch_write: stale for everyone in scope). The
 * session that the same commit writes has *not* taken it: a load applies it on
 * top of that state, so a handler's own broadcast is newer than its own write.
 * Leaves of one commit apply in the order in which they were given; writing a
 * leaf drops older leaves of its scope and page at and below it.
 */
struct commit {
	struct place at;	/* page or group NULL: no session takes part */
	int64_t rev;		/* the revision that was read, STORE_REV_ANY */
	int64_t patched;	/* head.seq of that read: patches taken up to it */
	/* Conflict, too, where any page row of this app came after patched:
	 * for variants rendered from the states of other groups. */
	bool still;
	const struct str *state;	/* NULL: leave the row alone */
	/* Of the session row; 0: never. May be kept as it was where it would
	 * move by less than a part in 24 of the time that is left. */
	int64_t expires_ms;
	const int64_t *watching;	/* how many watch; NULL: as before */
	const struct patch_write *patches; size_t npatches;
	struct outbox_row *rows; size_t nrows;
	const struct reply_write *reply;	/* NULL: none */
	/* What this commit settles; NULL: nothing. An event, by the consumer's
	 * cursor; or, parked not 0, a parked one; or somebody's coming. */
	const struct cursor_write { const char *consumer; int64_t seq;
	    int64_t parked; const struct coming *seen; } *cursor;
	struct delayed *delayed; size_t ndelayed;
	/* Further sessions, each with the revision that was read. */
	const struct also_write { struct place at; int64_t rev, patched;
	    struct str state; int64_t expires_ms; } *also; size_t nalso;
	/* lvt_at_commit(): runs inside the transaction on the sqlite3 handle */
	int	(*hook)(void *db, void *arg); void *hook_arg;
};

struct commit_result {
	int64_t rev;			/* now */
	struct position head;		/* after the commit */
};

/*
 * All of c in one transaction under the writer lock; rings the doorbell where
 * it wrote rows.
 * Return: 0, or nothing of it happened:
 * LVT_ECONFLICT: read again and decide again. Unless rev is STORE_REV_ANY: the
 *     row moved on, or a patch that it has to take came after patched. Always:
 *     still was asked for in vain, the key has its reply already (see
 *     store_reply_find()), or the cursor is not behind seq, the parked event
 *     or the change of presence has been dealt with.
 * LVT_EBUSY: no turn to write within busy_ms.
 * LVT_EINVALID: a row, scope, key or channel is malformed (our own mistake).
 * LVT_ESTORE; LVT_ENOMEM; the hook's code.
 */
int	store_commit(struct store *st, struct commit *c,
	    struct commit_result *r, struct lvt_error *err);

/* Turns of one group: wait (at most wait_ms) for, and give back, its turn. One
 * at a time; it is advice, the revision decides. A commit gives it back as soon
 * as it is written, before its sync. 0, LVT_EBUSY, LVT_EIO. */
int	store_turn_take(struct store *st, const struct place *at, int wait_ms);
void	store_turn_give(struct store *st);

/* A kept reply: 0 and *reply; LVT_ENOTFOUND; LVT_EINVALID: same key, other body. */
int	store_reply_find(struct store *st, const struct place *at,
	    const char *key, const unsigned char hash[16], struct arena *a,
	    struct str *reply, struct lvt_error *err);

/* Sessions, for tools: visit every row of an app (NULL: all apps); visit
 * returns non-zero to stop, which is then returned. */
struct session_row {
	struct place at;
	int64_t rev;
	int64_t touched_ms;		/* last use */
	int64_t ttl_ms;			/* that it lives after it; 0: for ever */
	struct str state;
};
int	store_sessions(struct store *st, const char *app,
	    int (*visit)(void *arg, const struct session_row *row), void *arg,
	    struct lvt_error *err);
/* It was looked at: it lives until then, if it is there and would not longer.
 * Nothing else of it moves. */
int	store_session_touch(struct store *st, const struct place *at,
	    int64_t expires_ms, struct lvt_error *err);
/* Groups that somebody watches are in use: each lives on for its time from now,
 * a part in 24 sooner or later. Who looks after presence calls it now and then;
 * without it a group lives at least for as long as it is watched. */
int	store_sessions_keep(struct store *st, int64_t *n,
	    struct lvt_error *err);
/* 0 or LVT_ENOTFOUND. Open pages are told (a page row without variants) and
 * show the initial document; rev and epoch move on. */
int	store_session_delete(struct store *st, const struct place *at,
	    struct lvt_error *err);

/* --- Outbox ------------------------------------------------------------- */

struct outbox_entry {			/* borrowed for the visit */
	struct position at;
	enum outbox_kind kind;
	int64_t when_ms;
	struct str app, page, scope, channel, coalesce, body;
};

/* Rows after seq in order, at most limit. visit returns 0, or non-zero to stop
 * (which is then returned); it must not use the store. *last: the last seq
 * visited, after where there is none. LVT_ESTALE: rows after it are gone, or
 * the outbox ends before it (a restored copy): positions are lost. */
int	store_outbox_read(struct store *st, int64_t after, int limit,
	    int (*visit)(void *arg, const struct outbox_entry *e), void *arg,
	    int64_t *last, struct lvt_error *err);
/* The same through the indexes: rows of an app for one of the scopes ("*",
 * "u:USER", "g:GROUP") of a page, or of page "*", or on channels matching one of
 * the patterns, merged in order of seq, each once, after < seq <= upto. More
 * than limit rows examined: LVT_ETOOBIG. */
struct outbox_scope {
	const char *page, *scope;
};
struct outbox_filter {
	const char *app;
	const struct outbox_scope *scopes; size_t nscopes;
	const char *const *patterns; size_t npatterns;
};
int	store_outbox_replay(struct store *st, int64_t after, int64_t upto,
	    int limit, const struct outbox_filter *f,
	    int (*visit)(void *arg, const struct outbox_entry *e), void *arg,
	    struct lvt_error *err);
/* Names are 1 to 16 levels of [A-Za-z0-9_:-], at most 255 bytes. In a pattern
 * "*" is one whole level, ">" (last) one or more. */
#define CHANNEL_MAX	255
bool	channel_matches(const char *pattern, size_t plen, const char *channel,
	    size_t clen);
bool	channel_is_valid(const char *name, size_t len);	/* no wildcards */
bool	channel_pattern_is_valid(const char *pattern, size_t len);

/* Durable consumers. A new one starts at the head. set moves either way, for
 * tools; who works through events moves it with a commit, or forward only. */
int	store_cursor_get(struct store *st, const char *consumer, int64_t *seq,
	    struct lvt_error *err);
int	store_cursor_set(struct store *st, const char *consumer, int64_t seq,
	    struct lvt_error *err);

/* Events that a consumer could not handle. One that waits for its next try
 * holds up the later ones of its (consumer, group); one given up does not. */
struct parked {
	int64_t id, seq;
	const char *consumer, *group;
	int tries;
	int64_t due_ms;			/* of the next try; 0: given up */
	const char *why, *channel;
	struct str body;
};
/* Also moves the cursor. LVT_ECONFLICT: it is not behind seq. */
int	store_park(struct store *st, const struct parked *p,
	    struct lvt_error *err);
/* LVT_ENOTFOUND: it has been dealt with. */
int	store_parked_again(struct store *st, int64_t id, int tries,
	    int64_t due_ms, const char *why, struct lvt_error *err);
int	store_parked_drop(struct store *st, int64_t id, struct lvt_error *err);
/* Does one of the group wait? */
int	store_parked_waits(struct store *st, const char *consumer,
	    const char *group, bool *waits, struct lvt_error *err);
/* One whose time has come and that nothing holds up; LVT_ENOTFOUND. */
int	store_parked_next(struct store *st, const char *consumer,
	    struct arena *a, struct parked *out, struct lvt_error *err);
/* Of consumers whose names begin so; NULL: all. visit as store_sessions(). */
int	store_parked_list(struct store *st, const char *prefix,
	    int (*visit)(void *arg, const struct parked *p), void *arg,
	    struct lvt_error *err);

/* Say what is due now. Every commit does; this is for who only looks, and
 * costs one look at an index where nothing is due. *n: how many. */
int	store_release(struct store *st, int64_t *n, struct lvt_error *err);
int	store_delayed_cancel(struct store *st, int64_t id,
	    struct lvt_error *err);		/* or LVT_ENOTFOUND */
int	store_delayed_list(struct store *st, const char *app,
	    int (*visit)(void *arg, const struct delayed *d), void *arg,
	    struct lvt_error *err);

/* Was the user, or the group, of the app revoked after that row? 1, 0 or an
 * error. user and group may be "". More rows than are looked at count as yes. */
int	store_revoked(struct store *st, const char *app, const char *user,
	    const char *group, int64_t after, struct lvt_error *err);
/* The newest row that revokes; 0: none is retained. */
int	store_last_revoked(struct store *st, int64_t *seq,
	    struct lvt_error *err);

/* --- Waking up ---------------------------------------------------------- */

/* The doorbell: a datagram socket beside the database that the companion
 * binds. Ringing never blocks; losing a ring costs a poll interval. */
void	store_ring(struct store *st);
/* LVT_EBUSY: a companion that is alive has it; a dead one's is replaced. *fd is
 * non-blocking and yours: read and discard what comes, then read the outbox. */
int	store_bell_bind(struct store *st, int *fd, struct lvt_error *err);
/* What a ring said, if it said it: 0 and the row that was committed right after
 * *before (its strings lie in p), or LVT_ENOTFOUND: read the outbox. A row that
 * does not follow the last one read, or that came with other rings, is no use:
 * a ring between may be lost. */
#define STORE_BELL_MAX	4096
int	store_bell_row(const void *p, size_t n, struct position *before,
	    struct outbox_entry *e);
/* Does a companion listen to it? Its name outlives one that died. Rings not. */
bool	store_bell_answers(struct store *st);
/* The path of that socket, for whoever rings without a store; "" for none. */
const char *store_bell_path(const struct store *st);

/* --- Head files: for pages that poll, where there is no companion ---------- */

#define HEAD_NAME	27		/* with its NUL */

struct head_file {
	const char *scope;		/* "*", "u:USER" or "g:GROUP" */
	char name[HEAD_NAME];		/* out: of its file */
};

/* Bring the head files up to date, which every commit and store_gc() do as well,
 * and name n of them. wanted: a page is about to poll these, so they are to be
 * there; then for an hour at least. LVT_ENOTFOUND: the store has none. Whatever
 * else: they may lag, so that nobody should be told to poll them. */
int	store_heads(struct store *st, const char *app, struct head_file *list,
	    size_t n, bool wanted, struct lvt_error *err);

/* --- Presence: who watches, kept by companions, dies with their lease ---- */

struct presence {
	const char *conn;		/* unique within the lease */
	struct place at;
	char view[32];			/* view id as text; "" unknown */
};

/* Make or renew a lease (id out on first call with *lease 0). LVT_ENOTFOUND:
 * it ran out and is gone; start with 0 and put all connections again. */
int	store_lease(struct store *st, int64_t *lease, int ttl_ms,
	    struct lvt_error *err);
int	store_presence_put(struct store *st, int64_t lease,
	    const struct presence *add, size_t nadd,
	    const char *const *drop, size_t ndrop, struct lvt_error *err);
/* put replaces a row of the same conn; drop comes first. LVT_ENOTFOUND as above.
 * Live rows by distinct (group, user) of a page, most watched first. page or
 * group may be NULL (any). */
int	store_watchers(struct store *st, const char *app, const char *page,
	    const char *group, int limit,
	    int (*visit)(void *arg, const struct place *at, const char *view,
	    int64_t connections), void *arg, struct lvt_error *err);
/* Connections, and distinct users (nobody: by group), watching. */
int	store_presence_count(struct store *st, const char *app,
	    const char *page, const char *group, int64_t *connections,
	    int64_t *users, struct lvt_error *err);

/* Who hears channels is presence, too, where the token of a stream says so: the
 * page is then STORE_HEARS and the pattern. Not counted above but where such a
 * page is asked for. By user, then group. */
#define STORE_HEARS	"channel:"
int	store_hearers(struct store *st, const char *app,
	    int (*visit)(void *arg, const struct place *at,
	    const char *pattern, int64_t connections), void *arg,
	    struct lvt_error *err);

/* Places of an app where somebody watches, or did at the last commit: distinct
 * users, connections of nobody, and the number committed. In order of page. */
int	store_watching(struct store *st, const char *app,
	    int (*visit)(void *arg, const struct place *at, int64_t users,
	    int64_t nobody, int64_t committed), void *arg,
	    struct lvt_error *err);

/* Who came or left and was not told yet; those who left first. */
int	store_seen_changes(struct store *st, const char *app,
	    int (*visit)(void *arg, const struct coming *s), void *arg,
	    struct lvt_error *err);
/* Other connections of this user (of nobody: of this group) on the page, as
 * they were told. */
int	store_seen_others(struct store *st, const struct coming *s, int64_t *n,
	    struct lvt_error *err);

/* Named leases for "one at a time" jobs (the agent), one for each store: 0, or
 * LVT_EBUSY. That of a dead process of this machine is free at once. */
int	store_job_take(struct store *st, const char *job, const char *owner,
	    int ttl_ms, struct lvt_error *err);
int	store_job_give(struct store *st, const char *job, const char *owner,
	    struct lvt_error *err);

/* --- Housekeeping ------------------------------------------------------- */

struct gc_opts {
	int64_t outbox_keep_ms;		/* older rows go; 0: none by age */
	int64_t outbox_keep_rows;	/* but so many stay; 0: no such rule */
	int64_t reply_keep_ms;		/* 0: ten minutes */
};
struct gc_result { int64_t outbox, replies, sessions, patches, presence; };
/* In short transactions: others write in between. patches: those whose time ran
 * out and that became removals. */
int	store_gc(struct store *st, const struct gc_opts *o, struct gc_result *r,
	    struct lvt_error *err);

/* --- In numbers --------------------------------------------------------- */

struct store_status {
	struct position head, boundary;	/* rows in between: all of them */
	int64_t now_ms;
	int64_t first_ms, last_ms;	/* of the outbox's rows; 0: none */
	int64_t sessions, patches;
	int64_t companions, connections; /* alive; registered with them */
	int64_t agents;			/* alive */
	int64_t delayed;		/* that will be said later */
	int64_t parked, retrying;	/* events: given up; that wait */
	int64_t bytes;			/* of the file */
};
int	store_status(struct store *st, struct store_status *s,
	    struct lvt_error *err);
/* Durable consumers, and jobs that somebody does now, by name. visit as with
 * store_sessions(). */
int	store_cursors(struct store *st,
	    int (*visit)(void *arg, const char *consumer, int64_t seq),
	    void *arg, struct lvt_error *err);
int	store_jobs(struct store *st,
	    int (*visit)(void *arg, const char *job, const char *owner),
	    void *arg, struct lvt_error *err);

#endif
