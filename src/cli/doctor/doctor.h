/*
 * doctor.h - what the parts of lvt doctor share.
 *
 *   doctor.c   the command, and the order of the checks
 *   page.c     what a page must be like, and where it is mounted
 *   needs.c    what its script, cookie, syncs and actions must be like
 *   stream.c   what a stream must be like
 *   heads.c    what head files must be like
 *   http.c     requests
 *   advice.c   what to write into which configuration
 *   report.c   lines for people, or JSON
 */
#ifndef LVT_CLI_DOCTOR_H
#define LVT_CLI_DOCTOR_H

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

/* --- One request: http.c ------------------------------------------------ */

#define PROBE_HEADERS	8

/*
 * NEW --probe_open()--> RUNNING --probe_wait()--> RUNNING or ended
 * any --probe_release()--> freed
 */
struct probe {
	/* to be set before probe_open(); strings are borrowed until then */
	const char *method;		/* NULL: GET */
	const char *url, *body;
	const char *headers[PROBE_HEADERS];
	bool gzip, follow, http1;

	struct probe_wire *wire;	/* NULL while not running */
	bool ended;			/* the answer is complete, or broken */
	long status;			/* 0: no headers came */
	int version;			/* 1 or 2: HTTP/1.x or HTTP/2 */
	struct buf head, text;		/* of the last answer; all bodies */
	int64_t opened_ms, first_ms;	/* monotonic; when the body began, or 0 */
	size_t before;			/* bytes of text when a wait began */
	char landed[2048];		/* the URL after redirections */
	char why[256];			/* it did not work; "" */
};

struct doctor;
void	probe_init(struct probe *p);
void	probe_release(struct probe *p);
/* Return: 0 or LVT_ENOMEM. */
int	probe_open(const struct doctor *d, struct probe *p);
/* Until enough() is true (NULL: never), the answer ends, or limit_ms. */
void	probe_wait(struct probe *p, bool (*enough)(const struct probe *p),
	    int64_t limit_ms);
/* All in one: open, and wait for the end. */
int	probe_run(const struct doctor *d, struct probe *p);
/* A header of the answer, in text; "" where there is none. */
const char *probe_header(const struct probe *p, const char *name,
	    char *text, size_t size);
bool	probe_has(const struct probe *p, const char *what);	/* in the body */

/* --- The patient -------------------------------------------------------- */

enum doctor_server {
	SERVER_ANY, SERVER_APACHE, SERVER_LIGHTTPD, SERVER_NGINX
};

struct doctor {
	/* how it was asked */
	const char *user;
	bool json, insecure, quick, live;
	int64_t within_ms;		/* for the first event of a stream */
	enum doctor_server server;
	/* what the page says of itself; page.c */
	char url[2048], origin[512], path[2048];
	char page[1024], prefix[1024], stream[2048], view[64], head[64];
	char token[4096], script[2048], cookie[512];
	char heads[2048];		/* as its sync named them; "" */
	bool tls, is_cgi;
	/* the report */
	json_t *checks;
	int good, bad;
};

/* --- What to do: advice.c ----------------------------------------------- */

enum ailment {
	AIL_NONE, AIL_APP_DOWN, AIL_DATA, AIL_STREAM_DOWN, AIL_NO_ROUTE,
	AIL_BUFFERED, AIL_TIMEOUT, AIL_GZIP, AIL_STREAM_AUTH, AIL_PAGE_AUTH, AIL_PREFIX,
	AIL_HOST, AIL_TLS, AIL_POST, AIL_TYPE, AIL_CACHE, AIL_EVENT_ID,
	AIL_DATABASE, AIL_CORS, AIL_HEADS, AIL_HEADS_OLD
};

/* An array of {server, how, where, lines}; a new reference or NULL. */
json_t	*advice_for(const struct doctor *d, enum ailment what);

/* --- What to say: report.c ---------------------------------------------- */

void	report_good(struct doctor *d, const char *check, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Worth knowing, and no fault. */
void	report_note(struct doctor *d, enum ailment what, const char *check,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	report_bad(struct doctor *d, enum ailment what, const char *check,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int	report_end(struct doctor *d);	/* the exit code */
const char *server_name(enum doctor_server s);

/* --- Checks ------------------------------------------------------------- */

/* Fills in what the page says of itself. Return: 0, or -1 where there is
 * nothing more to look at. */
int	check_page(struct doctor *d);
void	check_needs(struct doctor *d);
void	check_streams(struct doctor *d);
/* What a page without a stream looks at. */
void	check_heads(struct doctor *d);

#endif
