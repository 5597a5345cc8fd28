/* loop.c - turns, time, and the life of a loop. */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "streamd/fanout/stream.h"

#define RESERVED_FDS	32		/* database, listeners, logs */
#define PAUSE_S		1.0
#define TELL_MS		60000		/* a limit that is met again and again */

uint32_t
loop_random(struct loop *lp, uint32_t below)
{
	/* xorshift: jitter needs no more, and there is much of it */
	lp->rng ^= lp->rng << 13;
	lp->rng ^= lp->rng >> 17;
	lp->rng ^= lp->rng << 5;
	return below > 0 ? lp->rng % below : 0;
}

uint32_t
loop_retry(struct loop *lp)
{
	uint32_t least = (uint32_t)lp->opt->retry_ms;

	/* A thousand come back each second, however many there are. */
	return least / 2 + loop_random(lp, least + lp->nstreams);
}

int
loop_open_store(struct loop *lp, struct lvt_error *err)
{
	struct store *st = store_open(lp->opt->db, NULL, err);
	struct stat sb;
	int rc;

	if (st == NULL)
		return LVT_ESTORE;
	rc = store_key(st, "token", lp->key, err);
	if (rc != 0) {
		store_close(st);
		return rc;
	}
	store_close(lp->store);
	lp->store = st;
	grants_clear(lp->grants);
	if (stat(lp->opt->db, &sb) == 0) {
		lp->dev = sb.st_dev;
		lp->ino = sb.st_ino;
	}
	return 0;
}

/* --- Turns --------------------------------------------------------------- */

/* Only keeps the loop from sleeping while there is work: the work itself is
 * done before it would sleep, since an idle watcher waits for all others. */
static void
on_idle(struct ev_loop *ev, ev_idle *w, int events)
{
	(void)ev;
	(void)w;
	(void)events;
}

static void
take_turns(struct loop *lp)
{
	struct conn *c = lp->work, *next;

	lp->work = NULL;
	for (; c != NULL; c = next) {
		next = c->queued;
		c->in_work = false;
		if (c->state == CONN_DEAD) {
			c->queued = lp->dead;
			lp->dead = c;
			continue;
		}
		conn_run(c);
	}
	if (lp->work == NULL)
		ev_idle_stop(lp->ev, &lp->idle);
}

static void
reap(struct loop *lp)
{
	struct conn *c;

	while ((c = lp->dead) != NULL) {
		lp->dead = c->queued;
		conn_free(c);
	}
}

static void
on_prepare(struct ev_loop *ev, ev_prepare *w, int events)
{
	struct loop *lp = w->data;

	(void)ev;
	(void)events;
	take_turns(lp);
	reap(lp);
}

static void
on_conns(struct ev_loop *ev, ev_io *w, int events)
{
	(void)ev;
	(void)events;
	conn_ready(w->data);
}

static void
on_again(struct ev_loop *ev, ev_async *w, int events)
{
	struct loop *lp = w->data;
	struct conn *c;

	(void)ev;
	(void)events;
	for (c = lp->conns; c != NULL; c = c->next)
		if (c->stream != NULL)
			stream_present(c->stream);
}

static void
wake_again(void *arg)
{
	struct loop *lp = arg;

	ev_async_send(lp->ev, &lp->again);
}

static void
on_resume_accept(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *lp = w->data;

	(void)events;
	ev_timer_stop(ev, w);
	if (lp->drain_until == 0)
		listen_start(lp);
}

void
loop_accept_pause(struct loop *lp)
{
	int64_t now = clock_mono_ms();

	if (ev_is_active(&lp->resume_accept))
		return;
	if (lp->full_told_ms == 0 || now - lp->full_told_ms >= TELL_MS)
		log_warn("%u connections: no more until one ends, as "
		    "descriptors or --max-connections do not allow it",
		    (unsigned)lp->nconns);
	lp->full_told_ms = now;
	lp->count.full++;
	listen_stop(lp);
	ev_timer_set(&lp->resume_accept, PAUSE_S, 0.);
	ev_timer_start(lp->ev, &lp->resume_accept);
}

/* A place is free: whoever waits need not wait for the end of the second. */
void
loop_accept_resume(struct loop *lp)
{
	if (!ev_is_active(&lp->resume_accept) || lp->drain_until != 0 ||
	    lp->nconns >= lp->max_conns)
		return;
	ev_timer_stop(lp->ev, &lp->resume_accept);
	listen_start(lp);
}

/* --- Time ---------------------------------------------------------------- */

static void
fire(void *arg, struct timer *t)
{
	(void)arg;
	conn_timer((struct conn *)(void *)((char *)t -
	    offsetof(struct conn, timer)));
}

static void
on_tick(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *lp = w->data;

	(void)ev;
	(void)events;
	wheel_tick(&lp->wheel, fire, lp);
	if (lp->drain_until != 0)
		drain_tick(lp);
	else
		tail_check(lp);
}

/* --- Life ---------------------------------------------------------------- */

static void
set_limits(struct loop *lp)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return;
	if (rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
		getrlimit(RLIMIT_NOFILE, &rl);
	}
	lp->max_conns = rl.rlim_cur > 2 * RESERVED_FDS ?
	    (uint32_t)(rl.rlim_cur - RESERVED_FDS) : RESERVED_FDS;
	if (lp->opt->max_conns > 0 && lp->opt->max_conns < lp->max_conns)
		lp->max_conns = (uint32_t)lp->opt->max_conns;
}

static void
set_watchers(struct loop *lp)
{
	ev_timer_init(&lp->tick, on_tick, WHEEL_TICK_MS / 1000.,
	    WHEEL_TICK_MS / 1000.);
	ev_init(&lp->resume_accept, on_resume_accept);
	ev_idle_init(&lp->idle, on_idle);
	ev_prepare_init(&lp->prepare, on_prepare);
	ev_async_init(&lp->again, on_again);
	lp->tick.data = lp->resume_accept.data = lp->idle.data =
	    lp->prepare.data = lp->again.data = lp;
	ev_io_start(lp->ev, &lp->conns_io);
	ev_timer_start(lp->ev, &lp->tick);
	ev_prepare_start(lp->ev, &lp->prepare);
	ev_async_start(lp->ev, &lp->again);
	drain_watch(lp);
}

struct loop *
loop_create(const struct options *opt, struct lvt_error *err)
{
	struct loop *lp = calloc(1, sizeof(*lp));

	if (lp == NULL || sodium_init() < 0) {
		free(lp);
		lvt_error_nomem(err);
		return NULL;
	}
	lp->opt = opt;
	lp->free_slot = UINT32_MAX;
	lp->rng = randombytes_random() | 1;
	buf_init(&lp->wire);
	buf_init(&lp->text);
	log_setup(&lp->replay_log, SCRATCH_BYTES);
	wheel_init(&lp->wheel);
	ev_io_init(&lp->conns_io, on_conns, epoll_create1(EPOLL_CLOEXEC),
	    EV_READ);
	lp->conns_io.data = lp;
	lp->ev = ev_loop_new(EVFLAG_AUTO);
	lp->topics = topics_create();
	lp->grants = grants_create();
	if (lp->ev == NULL || lp->conns_io.fd < 0 ||
	    lp->topics == NULL || lp->grants == NULL ||
	    ring_init(&lp->ring, (size_t)opt->ring_bytes) != 0) {
		lvt_error_nomem(err);
		loop_free(lp);
		return NULL;
	}
	set_limits(lp);
	set_watchers(lp);
	if (loop_open_store(lp, err) != 0 || tail_start(lp, err) != 0 ||
	    listen_all(lp, err) != 0 || (lp->presence = presence_start(
	    opt->db, wake_again, lp, err)) == NULL) {
		loop_free(lp);
		return NULL;
	}
	return lp;
}

int
loop_run(struct loop *lp)
{
	listen_start(lp);
	log_info("ready: %s", lp->opt->db);
	ev_run(lp->ev, 0);
	return lp->hand_over;
}

void
loop_free(struct loop *lp)
{
	struct conn *c;

	if (lp == NULL)
		return;
	while (lp->conns != NULL)
		conn_close(lp->conns);
	while ((c = lp->work) != NULL) {
		lp->work = c->queued;
		conn_free(c);
	}
	reap(lp);
	presence_stop(lp->presence);
	listen_free(lp);
	if (lp->ev != NULL) {
		tail_stop(lp);
		ev_loop_destroy(lp->ev);
	}
	if (lp->conns_io.fd >= 0)
		close(lp->conns_io.fd);
	store_close(lp->store);
	topics_free(lp->topics);
	grants_free(lp->grants);
	ring_release(&lp->ring);
	log_release(&lp->replay_log);
	free(lp->slots);
	free(lp->whose);
	free(lp->dirty);
	free(lp->pend);
	buf_release(&lp->wire);
	buf_release(&lp->text);
	sodium_memzero(lp->key, sizeof(lp->key));
	free(lp);
}
