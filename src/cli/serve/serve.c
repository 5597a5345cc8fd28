/*
 * serve.c - lvt serve: one command that runs everything a page needs.
 *
 * Starts lighttpd, the workers and the agent of each program and one
 * companion, watches the programs' files, and leaves no process behind.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lvt.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/serve/children.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/serve/lighttpd.h"
#include "cli/serve/preflight.h"

#define PROGRAMS_MAX	16
#define TICK_MS		200
#define READY_MS	10000
#define GRACE_MS	5000

struct program_row {
	const char *path;		/* absolute */
	const char *name;		/* its last part */
	struct timespec changed;	/* modification time when last started */
	struct child *worker, *agent;
};

struct serve {
	struct arena arena;
	struct children children;
	struct program_row programs[PROGRAMS_MAX];
	struct lighttpd_app apps[PROGRAMS_MAX];
	int nprograms;
	const char *host, *db, *index, *workers;
	int port;
	bool cgi, agent;
	char dir[64];			/* temporary; removed at the end */
	const char *lighttpd, *streamd;
};

/* A text that lives as long as the command. Without memory for a path there
 * is nothing to save: the children end with this process. */
static const char * __attribute__((format(printf, 2, 3)))
text(struct serve *s, const char *fmt, ...)
{
	char line[8192];
	const char *p;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	p = arena_z(&s->arena, line);
	if (p == NULL) {
		fputs("lvt serve: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/* The first of PATH, the places where daemons live, and our own folder that
 * has this program; NULL if none has. */
static const char *
find_program(struct serve *s, const char *name, const char *env)
{
	static const char *const beside[] = { "", "/../sbin", "/../bin" };
	const char *path = getenv(env), *found;
	char self[4096], *dirs, *dir, *save = NULL;
	ssize_t n;
	size_t i;

	if (path != NULL && path[0] != '\0')
		return path;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
			found = text(s, "%s%s/%s", self, beside[i], name);
			if (access(found, X_OK) == 0)
				return found;
		}
	}
	path = getenv("PATH");
	dirs = (char *)(uintptr_t)text(s, "%s:/usr/local/sbin:/usr/sbin:/sbin",
	    path != NULL ? path : "/usr/bin:/bin");
	for (dir = strtok_r(dirs, ":", &save); dir != NULL;
	    dir = strtok_r(NULL, ":", &save)) {
		found = text(s, "%s/%s", dir, name);
		if (access(found, X_OK) == 0)
			return found;
	}
	return NULL;
}

static int
parse_number(const char *text, int min, int max, const char *what, int *out)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < min || n > max) {
		fprintf(stderr, "lvt serve: %s is '%s', but must be a number "
		    "from %d to %d\n", what, text, min, max);
		return LVT_EINVALID;
	}
	*out = (int)n;
	return 0;
}

static int
add_program(struct serve *s, const char *arg)
{
	struct program_row *p = &s->programs[s->nprograms];
	char *real;

	if (s->nprograms == PROGRAMS_MAX)
		return serve_refuse("more than %d programs: '%s'", PROGRAMS_MAX,
		    arg);
	if (preflight_program(arg) != 0)
		return LVT_ENOTFOUND;
	if ((real = realpath(arg, NULL)) == NULL)
		return serve_refuse("cannot find '%s'", arg);
	p->path = text(s, "%s", real);
	free(real);
	p->name = strrchr(p->path, '/') + 1;
	s->nprograms++;
	return 0;
}

static int
parse_options(struct serve *s, int argc, char *argv[])
{
	enum { OPT_CGI = 256, OPT_NO_AGENT };
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "host", required_argument, NULL, 'H' },
		{ "db", required_argument, NULL, 'd' },
		{ "workers", required_argument, NULL, 'w' },
		{ "index", required_argument, NULL, 'i' },
		{ "cgi", no_argument, NULL, OPT_CGI },
		{ "no-agent", no_argument, NULL, OPT_NO_AGENT },
		{ NULL, 0, NULL, 0 }
	};
	const char *port = getenv("PORT");
	int opt, workers;

	s->host = "127.0.0.1";
	s->db = getenv("LVT_DB");
	s->workers = "2";
	s->agent = true;
	if (port == NULL || port[0] == '\0')
		port = "8080";
	while ((opt = getopt_long(argc, argv, "p:H:d:w:i:", options,
	    NULL)) != -1)
		switch (opt) {
		case 'p': port = optarg; break;
		case 'H': s->host = optarg; break;
		case 'd': s->db = optarg; break;
		case 'w': s->workers = optarg; break;
		case 'i': s->index = optarg; break;
		case OPT_CGI: s->cgi = true; break;
		case OPT_NO_AGENT: s->agent = false; break;
		default:
			return cli_usage("serve", "wrong option");
		}
	if (optind == argc)
		return cli_usage("serve", "no PROGRAM is given");
	if (parse_number(port, 1, 65535, "the port", &s->port) != 0 ||
	    parse_number(s->workers, 1, 256, "--workers", &workers) != 0)
		return CLI_USAGE;
	for (; optind < argc; optind++)
		if (add_program(s, argv[optind]) != 0)
			return CLI_FAILED;
	return CLI_OK;
}

/* Everything that can be wrong is found before anything is started. */
static int
check(struct serve *s)
{
	char *real;
	int i;

	s->lighttpd = find_program(s, "lighttpd", "LVT_LIGHTTPD");
	if (s->lighttpd == NULL)
		return serve_refuse("lighttpd is not installed "
		    "(Debian: apt-get install lighttpd)");
	s->streamd = find_program(s, "lvt-streamd", "LVT_STREAMD");
	if (s->streamd == NULL && !s->cgi)
		return serve_refuse("lvt-streamd was not found beside lvt or "
		    "in PATH; set LVT_STREAMD to its path");
	if (s->db == NULL)
		s->db = text(s, "%s.db", s->programs[0].path);
	if (s->index != NULL) {
		real = realpath(s->index, NULL);
		if (real == NULL)
			return serve_refuse("the index folder '%s' cannot be "
			    "read", s->index);
		s->index = text(s, "%s", real);
		free(real);
	}
	if (preflight_database(s->db, s->index) != 0)
		return LVT_EFAIL;
	for (i = 0; i < s->nprograms; i++)
		if (preflight_app(s->programs[i].path) != 0)
			return LVT_EFAIL;
	return 0;
}

static int
add_app(struct serve *s, int i)
{
	struct program_row *p = &s->programs[i];
	struct lighttpd_app *app = &s->apps[i];
	const char *socket = text(s, "%s/%d.sock", s->dir, i);
	const char *to = text(s, "unix:%s", socket);
	const char *label = text(s, "%s agent", p->name);
	struct child *c;

	app->program = p->path;
	app->prefix = s->nprograms == 1 ? "" : text(s, "/%s", p->name);
	if (s->cgi)
		return 0;
	app->socket = socket;
	if ((c = children_add(&s->children, p->name)) == NULL)
		return LVT_ETOOBIG;
	memcpy(c->argv, (const char *[]){ p->path, "fcgi", "--socket", to,
	    "--workers", s->workers, NULL }, 7 * sizeof(c->argv[0]));
	c->env[0] = text(s, "LVT_DB=%s", s->db);
	c->env[1] = "LVT_DEV=1";
	c->env[2] = text(s, "LVT_PREFIX=%s", app->prefix);
	p->worker = c;
	if (!s->agent)
		return 0;
	if ((c = children_add(&s->children, label)) == NULL)
		return LVT_ETOOBIG;
	memcpy(c->argv, (const char *[]){ p->path, "agent", NULL },
	    3 * sizeof(c->argv[0]));
	memcpy(c->env, p->worker->env, sizeof(c->env));
	p->agent = c;
	return 0;
}

static int
write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL && fwrite(text, 1, len, f) == len;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "lvt serve: cannot write '%s': %s\n", path,
		    strerror(errno));
	return ok ? 0 : LVT_EIO;
}

/* The page at / where several programs are served and none was given. */
static int
write_index(struct serve *s)
{
	struct buf b;
	int i, rc;

	buf_init(&b);
	buf_puts(&b, "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">"
	    "<title>lvt</title><h1>Live pages</h1><ul>");
	for (i = 0; i < s->nprograms; i++)
		buf_printf(&b, "<li><a href=\"/%s/\">%s</a></li>",
		    s->programs[i].name, s->programs[i].name);
	buf_puts(&b, "</ul></html>\n");
	rc = b.failed ? LVT_ENOMEM :
	    write_file(text(s, "%s/index.html", s->index), b.s, b.len);
	buf_release(&b);
	return rc;
}

static int
write_config(struct serve *s, const char *path)
{
	const struct lighttpd_site site = {
		.host = s->host, .port = s->port, .root = s->index,
		.tmp = s->dir, .db = s->db, .apps = s->apps, .napps = s->nprograms,
		.stream_socket = s->cgi ? NULL :
		    text(s, "%s/stream.sock", s->dir),
	};
	struct buf b;
	int rc;

	buf_init(&b);
	lighttpd_config(&site, &b);
	rc = b.failed ? LVT_ENOMEM : write_file(path, b.s, b.len);
	buf_release(&b);
	return rc;
}

static int
prepare(struct serve *s)
{
	const char *tmp = getenv("TMPDIR"), *conf;
	struct child *c;
	int i;

	snprintf(s->dir, sizeof(s->dir), "%s/lvt-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(s->dir) == NULL) {
		fprintf(stderr, "lvt serve: cannot make a temporary folder "
		    "'%s': %s\n", s->dir, strerror(errno));
		s->dir[0] = '\0';
		return LVT_EIO;
	}
	for (i = 0; i < s->nprograms; i++)
		if (add_app(s, i) != 0)
			return LVT_ETOOBIG;
	if (s->index == NULL) {
		s->index = text(s, "%s/www", s->dir);
		if (mkdir(s->index, 0755) != 0 || write_index(s) != 0)
			return LVT_EIO;
	}
	if (!s->cgi) {
		if ((c = children_add(&s->children, "lvt-streamd")) == NULL)
			return LVT_ETOOBIG;
		memcpy(c->argv, (const char *[]){ s->streamd, "--db", s->db,
		    "--fcgi", text(s, "unix:%s/stream.sock",
		    s->dir), NULL }, 6 * sizeof(c->argv[0]));
	}
	conf = text(s, "%s/lighttpd.conf", s->dir);
	if (write_config(s, conf) != 0)
		return LVT_EIO;
	if ((c = children_add(&s->children, "lighttpd")) == NULL)
		return LVT_ETOOBIG;
	memcpy(c->argv, (const char *[]){ s->lighttpd, "-D", "-f", conf, NULL },
	    5 * sizeof(c->argv[0]));
	return 0;
}

static bool
answers(const struct serve *s)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *ai = NULL;
	char port[8];
	bool ok;
	int fd;

	snprintf(port, sizeof(port), "%d", s->port);
	if (getaddrinfo(strcmp(s->host, "0.0.0.0") == 0 ? "127.0.0.1" :
	    s->host, port, &hints, &ai) != 0)
		return false;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok = fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0;
	if (fd >= 0)
		close(fd);
	freeaddrinfo(ai);
	return ok;
}

static void
say_where(const struct serve *s)
{
	int i;

	printf("\n  http://%s:%d/\n", strcmp(s->host, "127.0.0.1") == 0 ||
	    strcmp(s->host, "0.0.0.0") == 0 ? "localhost" : s->host, s->port);
	for (i = 0; s->nprograms > 1 && i < s->nprograms; i++)
		printf("    /%s/\n", s->programs[i].name);
	printf("\n  open it in two windows, and see one follow the other\n"
	    "  Alt+Shift+L in a page shows what it does\n"
	    "  state is in %s; Ctrl-C stops everything\n", s->db);
	/* Else they would look beside the program, where nobody listens. */
	if (s->nprograms > 1)
		printf("  for their commands, such as publish: export LVT_DB=%s\n",
		    s->db);
	printf("\n");
	fflush(stdout);
}

/* A program that was built again is started again; half-written files are
 * given a moment. */
static void
watch_programs(struct serve *s)
{
	struct stat st;
	int i;

	for (i = 0; i < s->nprograms; i++) {
		struct program_row *p = &s->programs[i];

		if (stat(p->path, &st) != 0 || st.st_size == 0)
			continue;
		if (p->changed.tv_sec != 0 && p->worker != NULL &&
		    (st.st_mtim.tv_sec != p->changed.tv_sec ||
		    st.st_mtim.tv_nsec != p->changed.tv_nsec)) {
			printf("lvt: %s has changed\n", p->name);
			fflush(stdout);
			child_stop(p->worker, SIGTERM);
			if (p->agent != NULL)
				child_stop(p->agent, SIGTERM);
		}
		p->changed = st.st_mtim;
	}
}

static int
run(struct serve *s, const sigset_t *signals)
{
	const struct timespec tick = { 0, TICK_MS * 1000000L };
	int64_t started = clock_mono_ms();
	bool said = false;
	int sig;

	for (;;) {
		children_reap(&s->children);
		if (children_start(&s->children) != 0)
			return LVT_EIO;
		watch_programs(s);
		if (!said && answers(s)) {
			say_where(s);
			said = true;
		}
		if (!said && clock_mono_ms() - started > READY_MS)
			return serve_refuse("nothing answers after 10 s; see "
			    "the messages above (is the port taken?)");
		sig = sigtimedwait(signals, NULL, &tick);
		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			return 0;
	}
}

static void
remove_dir(struct serve *s)
{
	static const char *const files[] = { "stream.sock", "lighttpd.conf",
	    "www/index.html" };
	size_t k;
	int i;

	if (s->dir[0] == '\0')
		return;
	for (k = 0; k < sizeof(files) / sizeof(files[0]); k++)
		unlink(text(s, "%s/%s", s->dir, files[k]));
	for (i = 0; i < s->nprograms; i++)
		unlink(text(s, "%s/%d.sock", s->dir, i));
	rmdir(text(s, "%s/www", s->dir));
	rmdir(s->dir);
}

int
cmd_serve(int argc, char *argv[])
{
	struct serve *s = calloc(1, sizeof(*s));
	sigset_t signals;
	int rc;

	if (s == NULL)
		return CLI_FAILED;
	arena_init(&s->arena);
	rc = parse_options(s, argc, argv);
	if (rc != CLI_OK) {
		arena_release(&s->arena);
		free(s);
		return rc;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if ((rc = check(s)) == 0 && (rc = prepare(s)) == 0) {
		if (answers(s))
			rc = serve_refuse("port %d is taken by another "
			    "program; choose one with --port", s->port);
		else
			rc = run(s, &signals);
	}
	children_end(&s->children, GRACE_MS);
	remove_dir(s);
	arena_release(&s->arena);
	free(s);
	return rc == 0 ? CLI_OK : CLI_FAILED;
}
