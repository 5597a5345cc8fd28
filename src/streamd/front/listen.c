/*
 * listen.c - the sockets that connections come from.
 *
 * Some we open and name "own-FRONT-N", after their place in the settings; a
 * successor finds them by it. Others were opened by whoever started us: one
 * whose name begins with "http" speaks HTTP, all others FastCGI.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "streamd/front/conn.h"

#define BACKLOG		4096
#define ACCEPT_TURN	64		/* before others have theirs */

static const char *const front_names[] = { "http", "fcgi" };

static void
accept_some(struct listener *l, int most)
{
	struct loop *lp = l->lp;
	int i, fd;

	for (i = 0; i < most; i++) {
		if (lp->nconns >= lp->max_conns) {
			loop_accept_pause(lp);
			return;
		}
		fd = accept(l->io.fd, NULL, NULL);
		if (fd >= 0) {
			conn_accept(lp, fd, l->front);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			loop_accept_pause(lp);
		return;
	}
}

static void
on_accept(struct ev_loop *ev, ev_io *w, int events)
{
	(void)ev;
	(void)events;
	accept_some((struct listener *)(void *)w, ACCEPT_TURN);
}

static int
add(struct loop *lp, int fd, enum conn_front front, char *path,
    struct lvt_error *err)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		free(l);
		free(path);
		close(fd);
		return lvt_error_set(err, LVT_EIO, "cannot set up a socket");
	}
	l->lp = lp;
	l->front = (uint8_t)front;
	l->unlink = path;
	l->next = lp->listeners;
	lp->listeners = l;
	ev_io_init(&l->io, on_accept, fd, EV_READ);
	return 0;
}

/* A socket that nobody answers on is left over from a crash. */
static void
remove_dead(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd;

	if (lstat(sun->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0 &&
	    errno == ECONNREFUSED)
		unlink(sun->sun_path);
	close(fd);
}

static int
listen_unix(struct loop *lp, const char *path, enum conn_front front,
    struct lvt_error *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char *kept;
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return lvt_error_set(err, LVT_EINVALID,
		    "path of socket is too long: %s", path);
	strcpy(sun.sun_path, path);
	remove_dead(&sun);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		lvt_error_set(err, LVT_EIO, "cannot listen on %s: %s", path,
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		return LVT_EIO;
	}
	kept = strdup(path);
	if (kept == NULL) {
		close(fd);
		return lvt_error_nomem(err);
	}
	log_info("listening on %s unix:%s", front_names[front], path);
	return add(lp, fd, front, kept, err);
}

static void
say_address(int fd, enum conn_front front)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		log_info("listening on %s %s:%s", front_names[front], host,
		    port);
}

static int
listen_tcp(struct loop *lp, const char *addr, enum conn_front front,
    struct lvt_error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *ai = NULL;
	const char *colon = strrchr(addr, ':');
	char host[256];
	int fd = -1, one = 1;

	if (colon == NULL || (size_t)(colon - addr) >= sizeof(host))
		return lvt_error_set(err, LVT_EINVALID, "'%s' is neither "
		    "HOST:PORT nor unix:PATH", addr);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - addr), addr);
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	if (getaddrinfo(host[0] != '\0' && strcmp(host, "*") != 0 ? host :
	    NULL, colon + 1, &hints, &ai) != 0)
		return lvt_error_set(err, LVT_EINVALID,
		    "no such address: %s", addr);
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		lvt_error_set(err, LVT_EIO, "cannot listen on %s: %s", addr,
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		freeaddrinfo(ai);
		return LVT_EIO;
	}
	freeaddrinfo(ai);
	say_address(fd, front);
	return add(lp, fd, front, NULL, err);
}

/* Was it opened before, for us or by a predecessor in this process? */
static int
listen_again(struct loop *lp, int fd, const char *addr,
    enum conn_front front, struct lvt_error *err)
{
	char *path = strncmp(addr, "unix:", 5) == 0 ? strdup(addr + 5) : NULL;

	log_info("listening on %s %s, as before", front_names[front], addr);
	return add(lp, fd, front, path, err);
}

static int
listen_one(struct loop *lp, const char *addr, enum conn_front front,
    struct lvt_error *err)
{
	if (strcmp(addr, "-") == 0)
		return add(lp, dup(STDIN_FILENO), front, NULL, err);
	if (strncmp(addr, "unix:", 5) == 0)
		return listen_unix(lp, addr + 5, front, err);
	return listen_tcp(lp, addr, front, err);
}

static int
listen_list(struct loop *lp, const struct option_list *list,
    enum conn_front front, struct inherit *in, struct lvt_error *err)
{
	char name[32];
	int i, fd, rc = 0;

	for (i = 0; i < list->n && rc == 0; i++) {
		snprintf(name, sizeof(name), "own-%s-%d", front_names[front],
		    i);
		fd = inherit_take(in, name);
		rc = fd != -1 ?
		    listen_again(lp, fd, list->items[i], front, err) :
		    listen_one(lp, list->items[i], front, err);
		if (rc == 0) {
			strcpy(lp->listeners->name, name);
			lp->listeners->given =
			    strcmp(list->items[i], "-") == 0;
		}
	}
	return rc;
}

static int
listen_given(struct loop *lp, struct inherit *in, struct lvt_error *err)
{
	enum conn_front front;
	int i, fd, rc = 0;

	for (i = 0; i < in->n && rc == 0; i++) {
		if ((fd = in->all[i].fd) == -1)
			continue;
		front = strncmp(in->all[i].name, "http", 4) == 0 ?
		    FRONT_HTTP : FRONT_FCGI;
		log_info("listening on %s, given as descriptor %d (%s)",
		    front_names[front], fd, in->all[i].name);
		in->all[i].fd = -1;
		rc = add(lp, fd, front, NULL, err);
		if (rc == 0) {
			strcpy(lp->listeners->name, in->all[i].name);
			lp->listeners->given = true;
		}
	}
	return rc;
}

int
listen_all(struct loop *lp, struct lvt_error *err)
{
	struct inherit in;
	int rc;

	inherit_init(&in);
	rc = listen_list(lp, &lp->opt->http, FRONT_HTTP, &in, err);
	if (rc == 0)
		rc = listen_list(lp, &lp->opt->fcgi, FRONT_FCGI, &in, err);
	return rc != 0 ? rc : listen_given(lp, &in, err);
}

void
listen_start(struct loop *lp)
{
	struct listener *l;

	for (l = lp->listeners; l != NULL; l = l->next)
		ev_io_start(lp->ev, &l->io);
}

void
listen_stop(struct loop *lp)
{
	struct listener *l;

	for (l = lp->listeners; l != NULL; l = l->next)
		ev_io_stop(lp->ev, &l->io);
}

static void
listener_free(struct listener *l)
{
	ev_io_stop(l->lp->ev, &l->io);
	close(l->io.fd);
	if (l->unlink != NULL)
		unlink(l->unlink);
	free(l->unlink);
	free(l);
}

void
listen_end(struct loop *lp)
{
	struct listener **at = &lp->listeners, *l;

	while ((l = *at) != NULL) {
		ev_io_stop(lp->ev, &l->io);
		if (l->given) {
			at = &l->next;
			continue;
		}
		accept_some(l, BACKLOG);
		*at = l->next;
		listener_free(l);
	}
}

int
listen_hand_over(struct loop *lp, struct inherit *to)
{
	struct listener *l;

	memset(to, 0, sizeof(*to));
	for (l = lp->listeners; l != NULL; l = l->next) {
		if (inherit_keep(to, l->io.fd, l->name) != 0)
			return LVT_EIO;
		free(l->unlink);
		l->unlink = NULL;
	}
	return 0;
}

void
listen_free(struct loop *lp)
{
	struct listener *l;

	while ((l = lp->listeners) != NULL) {
		lp->listeners = l->next;
		listener_free(l);
	}
}
