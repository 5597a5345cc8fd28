/*
 * The thread: open --store_lease()--> HOLDING --every 5 s--> HOLDING
 *             HOLDING --the lease was lost or the file replaced--> open
 * Each way into HOLDING asks the loop to say everything again.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "streamd/presence.h"

struct op {
	struct op *next;
	bool drop;
	struct presence row;		/* strings in text */
	char text[];
};

struct presence_thread {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct op *first, **last;	/* under lock, as all down to stop */
	size_t queued;
	bool overflowed, reopen, stop;
	char *db;
	void (*again)(void *arg);
	void *arg;
	/* the thread's own */
	struct store *store;
	int64_t lease;
	int64_t renewed_ms;
	bool failing;
};

#define BATCH	512

static void
free_ops(struct op *o)
{
	struct op *next;

	for (; o != NULL; o = next) {
		next = o->next;
		free(o);
	}
}

static void
report(struct presence_thread *p, const struct lvt_error *err)
{
	if (!p->failing)
		log_warn("presence cannot be written: %s", err->message);
	p->failing = true;
}

struct batch {
	struct presence add[BATCH];
	const char *drop[BATCH];
	size_t nadd, ndrop;
};

/* The store drops first and adds then: one that came and went within the
 * batch is taken out of what is added. */
static void
batch_add(struct batch *b, const struct op *o)
{
	size_t i;

	if (!o->drop) {
		b->add[b->nadd++] = o->row;
		return;
	}
	b->drop[b->ndrop++] = o->row.conn;
	for (i = b->nadd; i-- > 0; )
		if (strcmp(b->add[i].conn, o->row.conn) == 0)
			b->add[i] = b->add[--b->nadd];
}

static int
put(struct presence_thread *p, const struct batch *b)
{
	struct lvt_error err = { 0 };
	int rc;

	if (b->nadd == 0 && b->ndrop == 0)
		return 0;
	rc = store_presence_put(p->store, p->lease, b->add, b->nadd, b->drop,
	    b->ndrop, &err);
	if (rc != 0)
		report(p, &err);
	return rc;
}

/* One transaction for up to BATCH of each. */
static int
write_ops(struct presence_thread *p, const struct op *o)
{
	struct batch b = { .nadd = 0 };
	int rc = 0;

	for (; o != NULL && rc == 0; o = o->next) {
		batch_add(&b, o);
		if (b.nadd < BATCH && b.ndrop < BATCH)
			continue;
		rc = put(p, &b);
		b.nadd = b.ndrop = 0;
	}
	return rc == 0 ? put(p, &b) : rc;
}

/* A stream that is open is use: what it shows does not expire. */
static void
keep_sessions(struct presence_thread *p)
{
	struct lvt_error err = { 0 };
	int64_t n;

	if (store_sessions_keep(p->store, &n, &err) != 0)
		log_warn("cannot keep what is watched: %s", err.message);
}

static int
hold(struct presence_thread *p)
{
	struct lvt_error err = { 0 };
	int64_t now = clock_mono_ms(), before = p->lease;
	int rc;

	if (p->store == NULL)
		p->store = store_open(p->db, NULL, &err);
	if (p->store == NULL) {
		report(p, &err);
		return LVT_ESTORE;
	}
	if (p->lease != 0 && now - p->renewed_ms < PRESENCE_RENEW_MS)
		return 0;
	rc = store_lease(p->store, &p->lease, PRESENCE_TTL_MS, &err);
	if (rc != 0) {
		report(p, &err);
		p->lease = 0;
		return rc;
	}
	/* Late by more than its life: the rows may be gone. */
	if (before != p->lease ||
	    now - p->renewed_ms > PRESENCE_TTL_MS)
		p->again(p->arg);
	p->renewed_ms = now;
	p->failing = false;
	keep_sessions(p);
	return 0;
}

/* What was to be said at a later time, and now is due. */
static void
release(struct presence_thread *p)
{
	struct lvt_error err = { 0 };
	int64_t n;

	if (store_release(p->store, &n, &err) != 0)
		log_warn("cannot say what is due: %s", err.message);
}

static void
start_over(struct presence_thread *p)
{
	store_close(p->store);
	p->store = NULL;
	p->lease = 0;
}

static void
wait_a_while(struct presence_thread *p, int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&p->wake, &p->lock, &until);
}

static void *
presence_main(void *arg)
{
	struct presence_thread *p = arg;
	struct op *ops;
	bool stop, reopen, overflowed;

	do {
		pthread_mutex_lock(&p->lock);
		/* The batch: wait its time even when there is something. */
		if (!p->stop)
			wait_a_while(p, PRESENCE_BATCH_MS);
		ops = p->first;
		p->first = NULL;
		p->last = &p->first;
		p->queued = 0;
		stop = p->stop;
		reopen = p->reopen;
		overflowed = p->overflowed;
		p->reopen = p->overflowed = false;
		pthread_mutex_unlock(&p->lock);
		if (reopen || overflowed)
			start_over(p);
		/* What cannot be written now is said again by the loop. */
		if (hold(p) != 0 || write_ops(p, ops) != 0)
			start_over(p);
		else
			release(p);
		free_ops(ops);
	} while (!stop);
	if (p->lease != 0)
		store_lease(p->store, &p->lease, 1, NULL);
	start_over(p);
	return NULL;
}

struct presence_thread *
presence_start(const char *db, void (*again)(void *arg), void *arg,
    struct lvt_error *err)
{
	struct presence_thread *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (p == NULL || (p->db = strdup(db)) == NULL) {
		free(p);
		lvt_error_nomem(err);
		return NULL;
	}
	p->last = &p->first;
	p->again = again;
	p->arg = arg;
	pthread_mutex_init(&p->lock, NULL);
	/* By a clock that nobody sets: else an hour back is an hour's wait. */
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&p->thread, NULL, presence_main, p) != 0) {
		lvt_error_set(err, LVT_EFAIL, "cannot start a thread");
		free(p->db);
		free(p);
		return NULL;
	}
	return p;
}

static void
queue(struct presence_thread *p, struct op *o)
{
	struct op *all = NULL;

	pthread_mutex_lock(&p->lock);
	if (o == NULL || p->queued == PRESENCE_QUEUE_MAX) {
		all = p->first;
		p->first = NULL;
		p->last = &p->first;
		p->queued = 0;
		p->overflowed = true;
		if (o != NULL)
			o->next = all;
		all = o != NULL ? o : all;
	} else {
		*p->last = o;
		p->last = &o->next;
		p->queued++;
	}
	pthread_mutex_unlock(&p->lock);
	free_ops(all);
}

static const char *
keep(char **to, const char *s)
{
	size_t n = strlen(s) + 1;
	char *kept = *to;

	memcpy(kept, s, n);
	*to += n;
	return kept;
}

void
presence_add(struct presence_thread *p, const struct presence *row)
{
	size_t n = strlen(row->conn) + strlen(row->at.app) +
	    strlen(row->at.page) + strlen(row->at.group) +
	    strlen(row->at.user) + 5;
	struct op *o = malloc(sizeof(*o) + n);
	char *text;

	if (o != NULL) {
		text = o->text;
		o->next = NULL;
		o->drop = false;
		o->row = *row;
		o->row.conn = keep(&text, row->conn);
		o->row.at.app = keep(&text, row->at.app);
		o->row.at.page = keep(&text, row->at.page);
		o->row.at.group = keep(&text, row->at.group);
		o->row.at.user = keep(&text, row->at.user);
	}
	queue(p, o);
}

void
presence_drop(struct presence_thread *p, const char *conn)
{
	struct op *o = calloc(1, sizeof(*o) + strlen(conn) + 1);

	if (o != NULL) {
		char *text = o->text;

		o->drop = true;
		o->row.conn = keep(&text, conn);
	}
	queue(p, o);
}

void
presence_reopen(struct presence_thread *p)
{
	pthread_mutex_lock(&p->lock);
	p->reopen = true;
	pthread_mutex_unlock(&p->lock);
}

void
presence_stop(struct presence_thread *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	free_ops(p->first);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	free(p->db);
	free(p);
}
