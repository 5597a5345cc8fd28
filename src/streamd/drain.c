/*
 * drain.c - going away without a request failing.
 *
 * RUNNING --SIGTERM, SIGINT--> DRAINING --all closed, or drain-ms and a
 * second passed--> stopped. A second signal stops at once.
 * RUNNING --SIGUSR2--> DRAINING, and then the program is started anew with
 * the same sockets: who comes meanwhile waits in their queue.
 *
 * Invariants:
 *   1. Whoever was accepted is answered: a stream is told when to come back
 *      and closed in a wave, a long-poll ends with what there is, a request
 *      that is still on its way is served and its connection closed.
 *   2. Nobody waits in the queue of a socket that is about to go: its own
 *      sockets are emptied and closed at once, those that a successor gets
 *      keep their queue.
 */
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "streamd/fanout/stream.h"

#define QUIET_MS	500		/* for what was accepted to speak */

/* In its wave: to tell all at once would hold up what is still sent. */
static void
say_goodbye(struct conn *c)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "retry: %u\n\n",
	    (unsigned)loop_retry(c->lp));

	if (conn_body(c, text, (size_t)n) == 0)
		conn_finish(c);
}

static void
on_signal(struct ev_loop *ev, ev_signal *w, int events)
{
	struct loop *lp = w->data;
	struct conn *c, *next;

	(void)events;
	if (lp->drain_until != 0) {
		lp->hand_over &= w->signum == SIGUSR2;
		ev_break(ev, EVBREAK_ALL);
		return;
	}
	lp->hand_over = w->signum == SIGUSR2;
	log_info("signal %d: closing %u connections over %lld ms", w->signum,
	    (unsigned)lp->nconns, (long long)lp->opt->drain_ms);
	if (lp->hand_over)
		listen_stop(lp);
	else
		listen_end(lp);
	lp->drain_since = clock_mono_ms();
	lp->drain_until = lp->drain_since + lp->opt->drain_ms;
	for (c = lp->conns; c != NULL; c = next) {
		next = c->next;
		if (c->state == CONN_WAITING)
			stream_timeout(c->stream);
	}
}

/* Is there nothing to wait for? A connection without a request may have one
 * on its way, for a moment. */
static bool
is_over(const struct conn *c, int64_t now, int64_t left)
{
	return left <= 0 || (c->state == CONN_READING &&
	    now - c->lp->drain_since >= QUIET_MS);
}

/* One wave: such a share that the last goes at drain_until. */
void
drain_tick(struct loop *lp)
{
	int64_t now = clock_mono_ms(), left = lp->drain_until - now;
	uint32_t waves = left > 0 ? (uint32_t)(left / WHEEL_TICK_MS) + 1 : 1;
	uint32_t n = (lp->nconns + waves - 1) / waves;
	struct conn *c, *next;

	for (c = lp->conns; c != NULL; c = next) {
		next = c->next;
		if (c->state == CONN_WAITING) {
			stream_timeout(c->stream);
		} else if (c->state == CONN_STREAMING && c->rest == NULL) {
			if (n == 0)
				continue;
			say_goodbye(c);
			n--;
		} else if (is_over(c, now, left)) {
			conn_close(c);
		}
	}
	if (lp->conns == NULL || left < -1000)
		ev_break(lp->ev, EVBREAK_ALL);
}

static void
watch(struct loop *lp, ev_signal *w, int signum)
{
	ev_signal_init(w, on_signal, signum);
	w->data = lp;
	ev_signal_start(lp->ev, w);
}

void
drain_watch(struct loop *lp)
{
	watch(lp, &lp->term, SIGTERM);
	watch(lp, &lp->intr, SIGINT);
	watch(lp, &lp->usr2, SIGUSR2);
}
