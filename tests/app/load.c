/*
 * load.c - clients that act over HTTP as fast as they are answered.
 *
 *   load [-c CLIENTS] [-n ACTIONS | -t SECONDS] [-g GROUPS] [-kv] [-b BODY]
 *        [-o FILE] HOST PORT PATH
 *
 * -k: each action has a key of its own and is sent again, with it, until it is
 * answered with 200; else everything but 200 counts as an error. -g: clients
 * take turns at being so many browsers; with -v each is one of them all the
 * time, and names the view that it was last shown, as the browser's client does. -o: a line for each group, its number
 * and how many actions were acknowledged. Prints one line:
 *   actions N seconds S rate R p50_us P p99_us P max_us P retries N errors N
 *
 * Owns:    its sockets; one loop, no threads.
 *
 *   IDLE --client_send()--> SENT --200--> IDLE, or DONE when all are sent
 *   SENT --lost, refused, not 200; with -k--> IDLE: the same action again
 */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX	(1 << 20)
#define CLIENTS_MAX	1000
#define PATIENCE_US	30000000

struct client {
	int fd;
	long action;			/* -1: none */
	int group;
	int64_t since;			/* first sent */
	int64_t not_before;		/* of the next try */
	char view[32];			/* as it was last told; "": none */
	char *in;
	size_t got;
};

static struct {
	int clients, groups, keys, views;
	long count;
	double seconds;
	const char *body, *out, *host, *port, *path;
} opt = { .clients = 1, .groups = 1, .body = "{\"action\":\"add\"}" };

static struct client clients[CLIENTS_MAX];
static uint32_t *times;
static size_t ntimes, cap;
static long sent, retries, errors, *acked;
static int64_t begun, until;
static struct addrinfo *where;
static char run[17];			/* makes keys of this run its own */

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->got = 0;
}

static int
client_open(struct client *c)
{
	int one = 1;

	c->fd = socket(where->ai_family, SOCK_STREAM, 0);
	if (c->fd < 0)
		die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, where->ai_addr, where->ai_addrlen) != 0) {
		client_close(c);
		return -1;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

/* The action was not answered: once more a little later, or an error. */
static void
client_failed(struct client *c)
{
	client_close(c);
	if (opt.keys) {
		retries++;
		c->not_before = now_us() + 5000;
		return;
	}
	errors++;
	c->action = -1;
}

static void
client_send(struct client *c)
{
	char text[2048], key[64] = "", view[64] = "";
	int n;

	if (c->fd < 0 && client_open(c) != 0) {
		client_failed(c);
		return;
	}
	if (opt.keys)
		snprintf(key, sizeof(key), "LVT-Key: %s-%ld\r\n", run,
		    c->action);
	if (c->view[0] != '\0')
		snprintf(view, sizeof(view), "LVT-View: %s\r\n", c->view);
	n = snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: %s:%s\r\n"
	    "Content-Type: application/json\r\n"
	    "Accept: application/vnd.lvt+json\r\n"
	    "Cookie: livetemplate-id=%043d\r\n%s%s"
	    "Content-Length: %zu\r\n\r\n%s", opt.path, opt.host, opt.port,
	    c->group, key, view, strlen(opt.body), opt.body);
	c->got = 0;
	if (write(c->fd, text, (size_t)n) != n)
		client_failed(c);
}

static int
all_sent(void)
{
	return opt.count > 0 ? sent >= opt.count : now_us() >= until;
}

static void
client_next(struct client *c)
{
	if (c->action < 0) {
		if (all_sent())
			return;
		c->action = sent++;
		c->group = (int)((opt.views ? c - clients : c->action) %
		    opt.groups);
		c->since = now_us();
		c->not_before = 0;
	}
	client_send(c);
}

static void
client_answered(struct client *c, int status, int closes)
{
	if (status != 200) {
		client_failed(c);
		return;
	}
	if (ntimes == cap) {
		cap = cap * 2 + 1024;
		if ((times = realloc(times, cap * sizeof(*times))) == NULL)
			die("realloc");
	}
	times[ntimes++] = (uint32_t)(now_us() - c->since);
	acked[c->group]++;
	c->action = -1;
	c->got = 0;
	if (closes)
		client_close(c);
	client_next(c);
}

static void
read_view(struct client *c)
{
	const char *at = strcasestr(c->in, "\r\nlvt-view: ");

	if (!opt.views || at == NULL)
		return;
	snprintf(c->view, sizeof(c->view), "%.*s",
	    (int)strcspn(at + 12, "\r"), at + 12);
}

/* Is the answer whole? Its status then, else 0. Servers send Content-Length,
 * or chunks. */
static int
answer_status(struct client *c, int *closes)
{
	char *end, *at;

	c->in[c->got] = '\0';
	if ((end = strstr(c->in, "\r\n\r\n")) == NULL)
		return 0;
	/* Not in what may be a long body. */
	*end = '\0';
	*closes = strcasestr(c->in, "\r\nconnection: close") != NULL;
	at = strcasestr(c->in, "\r\ncontent-length:");
	read_view(c);
	*end = '\r';
	if (at != NULL) {
		if (c->got < (size_t)(end + 4 - c->in) + (size_t)atol(at + 17))
			return 0;
	} else if (c->got < 5 ||
	    memcmp(c->in + c->got - 5, "0\r\n\r\n", 5) != 0) {
		return 0;
	}
	return atoi(c->in + 9);
}

static void
client_read(struct client *c)
{
	ssize_t n = read(c->fd, c->in + c->got, ANSWER_MAX - 1 - c->got);
	int closes, status;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		client_failed(c);
		return;
	}
	c->got += (size_t)n;
	if ((status = answer_status(c, &closes)) != 0)
		client_answered(c, status, closes);
	else if (c->got == ANSWER_MAX - 1)
		client_failed(c);
}

/* Those that wait for an answer are polled, the others may send again. */
static int
step(struct pollfd *fds)
{
	int64_t now = now_us();
	int i, busy = 0;

	for (i = 0; i < opt.clients; i++) {
		struct client *c = &clients[i];

		fds[i] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
		if (c->fd < 0 && now >= c->not_before)
			client_next(c);
		fds[i].fd = c->action >= 0 ? c->fd : -1;
		busy |= c->action >= 0;
		if (c->action >= 0 && now - c->since > PATIENCE_US) {
			fprintf(stderr, "load: no answer for %d s\n",
			    PATIENCE_US / 1000000);
			exit(1);
		}
	}
	if (!busy)
		return 0;
	if (poll(fds, (nfds_t)opt.clients, 5) < 0 && errno != EINTR)
		die("poll");
	for (i = 0; i < opt.clients; i++)
		if (fds[i].fd >= 0 && fds[i].revents != 0)
			client_read(&clients[i]);
	return 1;
}

static int
by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
report(void)
{
	double s = (double)(now_us() - begun) / 1e6;
	FILE *f;
	int i;

	if (ntimes == 0) {
		fprintf(stderr, "load: nothing was answered, %ld errors\n",
		    errors);
		exit(1);
	}
	qsort(times, ntimes, sizeof(*times), by_time);
	printf("actions %zu seconds %.2f rate %.0f p50_us %u p99_us %u "
	    "max_us %u retries %ld errors %ld\n", ntimes, s,
	    (double)ntimes / s, times[ntimes / 2], times[ntimes * 99 / 100],
	    times[ntimes - 1], retries, errors);
	if (opt.out == NULL)
		return;
	if ((f = fopen(opt.out, "w")) == NULL)
		die(opt.out);
	for (i = 0; i < opt.groups; i++)
		fprintf(f, "%043d %ld\n", i, acked[i]);
	if (fclose(f) != 0)
		die(opt.out);
}

static void
setup(void)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM };
	int i;

	if (getaddrinfo(opt.host, opt.port, &hint, &where) != 0)
		die(opt.host);
	if ((acked = calloc((size_t)opt.groups, sizeof(*acked))) == NULL)
		die("calloc");
	for (i = 0; i < opt.clients; i++) {
		clients[i].fd = -1;
		clients[i].action = -1;
		if ((clients[i].in = malloc(ANSWER_MAX)) == NULL)
			die("malloc");
	}
	begun = now_us();
	until = begun + (int64_t)(opt.seconds * 1e6);
	snprintf(run, sizeof(run), "%llx", (unsigned long long)begun);
}

int
main(int argc, char *argv[])
{
	static struct pollfd fds[CLIENTS_MAX];
	int o;

	while ((o = getopt(argc, argv, "c:n:t:g:kvb:o:")) != -1)
		switch (o) {
		case 'c': opt.clients = atoi(optarg); break;
		case 'n': opt.count = atol(optarg); break;
		case 't': opt.seconds = atof(optarg); break;
		case 'g': opt.groups = atoi(optarg); break;
		case 'k': opt.keys = 1; break;
		case 'v': opt.views = 1; break;
		case 'b': opt.body = optarg; break;
		case 'o': opt.out = optarg; break;
		default: return 2;
		}
	if (argc - optind != 3 || opt.clients < 1 || opt.groups < 1 ||
	    opt.clients > CLIENTS_MAX || (opt.count == 0 && opt.seconds <= 0)) {
		fprintf(stderr, "usage: load [-c CLIENTS] [-n ACTIONS | "
		    "-t SECONDS] [-g GROUPS] [-kv] [-b BODY] [-o FILE] HOST "
		    "PORT PATH\n");
		return 2;
	}
	opt.host = argv[optind];
	opt.port = argv[optind + 1];
	opt.path = argv[optind + 2];
	setup();
	while (step(fds))
		continue;
	report();
	return errors > 0;
}
