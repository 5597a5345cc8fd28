/*
 * READING --route: reply--> READING (kept) or CLOSING
 * READING --conn_stream()--> STREAMING --conn_finish()--> READING or CLOSING
 * READING --long-poll--> WAITING --conn_reply()--> READING or CLOSING
 * CLOSING --rest written, peer closed or 2 s--> DEAD
 * any --conn_close()--> DEAD --reap()--> freed
 *
 * Connections have an epoll of their own within that of the loop: a watcher
 * for each would be as large as all that we keep of it.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "streamd/fanout/stream.h"

#define READY_N		256		/* sockets of one look */
#define READY_LOOKS	8		/* before others have their turn */
#define ALIVE_IDLE_S	60		/* a silent peer is probed after this, */
#define ALIVE_EVERY_S	15		/* so often, */
#define ALIVE_PROBES	4		/* so many times */

void
conn_set_timer(struct conn *c, int64_t ms)
{
	wheel_set(&c->lp->wheel, &c->timer, ms);
}

/* Fails on Unix sockets, where none of it is needed. */
static void
set_socket(int fd)
{
	static const struct { int level, name, value; } rows[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, ALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, ALIVE_EVERY_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, ALIVE_PROBES },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (setsockopt(fd, rows[i].level, rows[i].name,
		    &rows[i].value, sizeof(rows[i].value)) != 0)
			return;
}

void
conn_accept(struct loop *lp, int fd, enum conn_front front)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct epoll_event ee = { .events = EPOLLIN, .data.ptr = c };

	if (c == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    epoll_ctl(lp->conns_io.fd, EPOLL_CTL_ADD, fd, &ee) != 0) {
		close(fd);
		free(c);
		return;
	}
	set_socket(fd);
	c->lp = lp;
	c->fd = fd;
	c->front = (uint8_t)front;
	c->state = CONN_READING;
	c->next = lp->conns;
	if (c->next != NULL)
		c->next->prev = c;
	lp->conns = c;
	lp->nconns++;
	lp->count.accepted++;
	conn_set_timer(c, REQUEST_MS);
}

void
conn_want(struct conn *c, bool room)
{
	struct epoll_event ee = { .events = EPOLLIN | (room ? EPOLLOUT : 0),
	    .data.ptr = c };

	if (c->full == room)
		return;
	c->full = room;
	epoll_ctl(c->lp->conns_io.fd, EPOLL_CTL_MOD, c->fd, &ee);
}

void
conn_ready(struct loop *lp)
{
	struct epoll_event ee[READY_N];
	int i, n = READY_N, looks;

	for (looks = 0; looks < READY_LOOKS && n == READY_N; looks++) {
		n = epoll_wait(lp->conns_io.fd, ee, READY_N, 0);
		for (i = 0; i < n; i++) {
			struct conn *c = ee[i].data.ptr;

			/* One may close others; none is freed here. */
			if (ee[i].events & EPOLLOUT && c->state != CONN_DEAD)
				conn_write(c);
			if (ee[i].events & ~(uint32_t)EPOLLOUT &&
			    c->state != CONN_DEAD)
				conn_read(c);
		}
	}
}

void
conn_close(struct conn *c)
{
	struct loop *lp = c->lp;

	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_DEAD;
	stream_free(c->stream);
	c->stream = NULL;
	wheel_cancel(&c->timer);
	close(c->fd);
	conn_drop_rest(c);
	conn_drop_parser(c);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		lp->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	lp->nconns--;
	loop_accept_resume(lp);
	/* One that waits for its turn is found dead there, and freed. */
	if (!c->in_work) {
		c->queued = lp->dead;
		lp->dead = c;
	}
}

void
conn_free(struct conn *c)
{
	free(c);
}

void
conn_work(struct conn *c)
{
	struct loop *lp = c->lp;

	if (c->in_work || c->state == CONN_DEAD)
		return;
	c->in_work = true;
	c->queued = lp->work;
	lp->work = c;
	ev_idle_start(lp->ev, &lp->idle);
}

void
conn_run(struct conn *c)
{
	if (c->state == CONN_READING)
		conn_requests(c);
	else if (c->stream != NULL && c->rest == NULL)
		stream_work(c->stream);
}

/* Has it taken nothing for too long? Then it is closed. */
static bool
drop_stalled(struct conn *c)
{
	struct loop *lp = c->lp;
	int64_t ms = (int64_t)(lp->wheel.now - c->moved) * WHEEL_TICK_MS;

	if (ms < lp->opt->stall_ms)
		return false;
	log_info("a reader is dropped: it took nothing for %" PRId64 " ms",
	    ms);
	lp->count.stalled++;
	conn_close(c);
	return true;
}

static void
stream_timer(struct conn *c)
{
	struct loop *lp = c->lp;
	int64_t beat = lp->opt->heartbeat_ms, stall = lp->opt->stall_ms;
	int64_t now_s = clock_wall_ms() / 1000;
	int64_t quiet = (int64_t)(lp->wheel.now - c->wrote) * WHEEL_TICK_MS;

	/* It comes back, is told 401, and syncs for another token. */
	if (now_s >= c->stream->expires_s)
		follow_expire(c->stream, now_s);
	if (c->state != CONN_STREAMING)
		return;
	if (c->rest != NULL || c->full) {
		if (!drop_stalled(c))
			conn_set_timer(c, beat < stall ? beat : stall);
		return;
	}
	if (quiet >= beat / 2) {
		stream_heartbeat(c->stream);
		quiet = 0;
	}
	if (c->state != CONN_DEAD)
		conn_set_timer(c, beat - quiet);
}

void
conn_timer(struct conn *c)
{
	switch (c->state) {
	case CONN_WAITING:
		stream_timeout(c->stream);
		break;
	case CONN_STREAMING:
		stream_timer(c);
		break;
	default:
		/* An answer goes on as long as its reader takes some of it. */
		if (c->rest == NULL)
			conn_close(c);
		else if (!drop_stalled(c))
			conn_set_timer(c, c->lp->opt->stall_ms);
	}
}
