/*
 * stream.c - a stream: that it opens, that events come when they are
 * sent, and that it lives.
 *
 * A position that never was is stale to any companion, at once. So a request
 * that resumes from there shows whether it got through, without anybody
 * having to change something.
 */
#include <config.h>		/* _GNU_SOURCE: memmem, strcasestr */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/doctor/doctor.h"

#define NOWHERE		"1-00000000"
#define PATIENCE_MS	2000		/* past what is wished */
#define HEADER_BYTES	5000
#define TOKEN		"X-LVT-Token: "		/* as our client sends it */

struct opened {
	struct probe p;
	struct buf url;
	char auth[HEADER_BYTES];
};

static void
set_up(const struct doctor *d, struct opened *o, const char *header,
    const char *query)
{
	probe_init(&o->p);
	buf_init(&o->url);
	if (strncmp(d->stream, "http", 4) != 0)
		buf_puts(&o->url, d->origin);
	buf_printf(&o->url, "%s%s%s", d->stream,
	    strchr(d->stream, '?') != NULL ? "&" : "?", query);
	snprintf(o->auth, sizeof(o->auth), "%s%s", header, d->token);
	o->p.url = buf_z(&o->url);
	o->p.headers[0] = o->auth;
	o->p.headers[1] = "Accept: text/event-stream";
	o->p.headers[2] = "Cache-Control: no-store";
}

static void
put_away(struct opened *o)
{
	probe_release(&o->p);
	buf_release(&o->url);
}

static void
position(const struct doctor *d, char query[256])
{
	snprintf(query, 256, "after=%s&view=%s", d->head, d->view);
}

/* --- Has it come? ------------------------------------------------------------- */

static bool
welcomed(const struct probe *p)
{
	return probe_has(p, "\"heartbeat\":") || p->status >= 300;
}

static bool
told_stale(const struct probe *p)
{
	return probe_has(p, "event: stale") || p->status >= 300;
}

static bool
has_more(const struct probe *p)
{
	return p->text.len > p->before;
}

/* As the client reads it: "SEQ-TAG" and nothing else. */
static bool
is_position(const char *etag)
{
	size_t digits = strspn(etag + (*etag == '"'), "0123456789");
	const char *tag = etag + 1 + digits;

	return *etag == '"' && digits > 0 && *tag == '-' &&
	    strspn(tag + 1, "0123456789abcdef") == 8 &&
	    strcmp(tag + 9, "\"") == 0;
}

static bool
is_stream(const struct probe *p)
{
	char type[128];

	probe_header(p, "Content-Type", type, sizeof(type));
	return p->status == 200 &&
	    strcasestr(type, "text/event-stream") != NULL;
}

/* --- Why it has not ------------------------------------------------------------- */

/* The same with another header, or without compression: does that work? */
static bool
works_with(struct doctor *d, const char *header, bool gzip)
{
	struct opened o;
	char query[256];
	bool yes;

	position(d, query);
	set_up(d, &o, header, query);
	o.p.gzip = gzip;
	probe_open(d, &o.p);
	probe_wait(&o.p, welcomed, d->within_ms + PATIENCE_MS);
	yes = is_stream(&o.p) && probe_has(&o.p, "event: welcome");
	put_away(&o);
	return yes;
}

static void
explain_refusal(struct doctor *d, const struct probe *p)
{
	char said[200];

	snprintf(said, sizeof(said), "%.*s", (int)strcspn(p->text.len > 0 ?
	    p->text.s : "", "\r\n"), p->text.len > 0 ? p->text.s : "");
	if (p->status == 401 && works_with(d, "Authorization: LVT ", true))
		report_bad(d, AIL_STREAM_AUTH, "stream", "401: the header "
		    "X-LVT-Token does not reach the companion");
	else if (p->status == 401)
		report_bad(d, AIL_DATABASE, "stream", "401 (%s): the companion "
		    "and the app have not the same database", said);
	else if (p->status >= 502 && p->status <= 504)
		report_bad(d, AIL_STREAM_DOWN, "stream", "%ld: the web server "
		    "does not reach the companion", p->status);
	else if (p->status == 404 || p->status == 200)
		report_bad(d, AIL_NO_ROUTE, "stream", "%s does not lead to the "
		    "companion (status %ld)", d->stream, p->status);
	else
		report_bad(d, AIL_NONE, "stream", "%s answers %ld (%s)",
		    d->stream, p->status, said);
}

static void
explain_silence(struct doctor *d, const struct probe *p)
{
	char encoding[64];
	int waited = (int)(clock_mono_ms() - p->opened_ms);

	probe_header(p, "Content-Encoding", encoding, sizeof(encoding));
	if (encoding[0] != '\0' && works_with(d, TOKEN, false))
		report_bad(d, AIL_GZIP, "stream", "no event within %d ms: the "
		    "web server gathers what it compresses", waited);
	else
		report_bad(d, AIL_BUFFERED, "stream", "no event within %d ms: "
		    "the web server holds them back", waited);
}

/* --- A stream, from its opening on ------------------------------------------------ */

static void
check_cors(struct doctor *d, const struct probe *p)
{
	char allowed[300];

	if (strncmp(d->stream, "http", 4) != 0 ||
	    strncmp(d->stream, d->origin, strlen(d->origin)) == 0)
		return;
	probe_header(p, "Access-Control-Allow-Origin", allowed,
	    sizeof(allowed));
	if (strcmp(allowed, "*") == 0 || strcmp(allowed, d->origin) == 0)
		report_good(d, "other host", "the companion allows %s",
		    d->origin);
	else
		report_bad(d, AIL_CORS, "other host", "the companion does not "
		    "allow pages of %s to read its streams", d->origin);
}

/* Tells the companion nothing: the stream hears no channels. */
static void
check_told(struct doctor *d, const char *conn)
{
	struct opened o;
	char body[200];

	snprintf(body, sizeof(body), "{\"conn\":\"%s\",\"unsubscribe\":[]}",
	    conn);
	set_up(d, &o, TOKEN, "");
	o.url.len--;			/* without the "?" */
	o.p.url = buf_z(&o.url);
	o.p.method = "POST";
	o.p.body = body;
	o.p.headers[1] = "Content-Type: application/json";
	probe_run(d, &o.p);
	if (o.p.status == 204)
		report_good(d, "telling", "a POST finds the stream");
	else if (o.p.status == 404 && probe_has(&o.p, "no such connection"))
		report_bad(d, AIL_NONE, "telling", "a POST reaches another "
		    "companion than the stream: only one may serve %s",
		    d->stream);
	else
		report_bad(d, AIL_POST, "telling", "a POST to the stream "
		    "answers %ld %s", o.p.status, o.p.why);
	put_away(&o);
}

static void
check_heartbeat(struct doctor *d, struct probe *p, int64_t every_ms)
{
	int64_t since = clock_mono_ms();

	if (d->quick)
		return;
	probe_wait(p, has_more, every_ms + every_ms / 4 + d->within_ms +
	    PATIENCE_MS);
	if (p->text.len > p->before)
		report_good(d, "heartbeat", "after %.1f s",
		    (double)(clock_mono_ms() - since) / 1000);
	else if (p->ended)
		report_bad(d, AIL_TIMEOUT, "heartbeat", "the web server ended "
		    "the stream after %.1f s of silence",
		    (double)(clock_mono_ms() - since) / 1000);
	else
		report_bad(d, AIL_BUFFERED, "heartbeat", "none within %.1f s: "
		    "the web server holds small pieces back",
		    (double)(clock_mono_ms() - since) / 1000);
}

/* What follows name in the data of the welcome. */
static const char *
said(const struct probe *p, const char *name)
{
	const char *at = memmem(p->text.s, p->text.len, name, strlen(name));

	return at != NULL ? at + strlen(name) : "";
}

static void
live_on(struct doctor *d, struct probe *p)
{
	const char *at;
	char conn[100];
	int64_t every;

	at = said(p, "\"conn\":\"");
	snprintf(conn, sizeof(conn), "%.*s", (int)strcspn(at, "\""), at);
	every = strtol(said(p, "\"heartbeat\":"), NULL, 10);
	check_told(d, conn);
	check_heartbeat(d, p, every > 0 && every <= 120000 ? every : 15000);
}

static int
check_stream(struct doctor *d)
{
	char query[256], encoding[64], origin[600];
	struct opened o;
	int rc = -1, took;

	position(d, query);
	set_up(d, &o, TOKEN, query);
	snprintf(origin, sizeof(origin), "Origin: %s", d->origin);
	o.p.headers[3] = origin;
	o.p.gzip = true;
	probe_open(d, &o.p);
	probe_wait(&o.p, welcomed, d->within_ms + PATIENCE_MS);
	took = (int)(clock_mono_ms() - o.p.opened_ms);
	if (o.p.status != 0 && !is_stream(&o.p)) {
		probe_wait(&o.p, NULL, PATIENCE_MS);
		explain_refusal(d, &o.p);
	} else if (o.p.status == 0 && o.p.ended) {
		report_bad(d, AIL_NONE, "stream", "%s", o.p.why);
	} else if (!welcomed(&o.p) || took > d->within_ms) {
		explain_silence(d, &o.p);
	} else {
		probe_header(&o.p, "Content-Encoding", encoding,
		    sizeof(encoding));
		report_good(d, "stream", "first event within %d ms, HTTP/%s",
		    took, o.p.version == 2 ? "2" : "1.1");
		if (encoding[0] != '\0')
			report_note(d, AIL_GZIP, "compression", "each stream "
			    "is compressed (%s), which costs the web server "
			    "memory as long as it is open", encoding);
		check_cors(d, &o.p);
		live_on(d, &o.p);
		rc = o.p.version;
	}
	put_away(&o);
	return rc;
}

/* --- Coming back --------------------------------------------------------------------- */

static void
check_resume(struct doctor *d)
{
	struct opened o;
	char query[256];

	position(d, query);
	set_up(d, &o, TOKEN, query);
	o.p.headers[3] = "Last-Event-ID: " NOWHERE;
	o.p.gzip = true;
	probe_open(d, &o.p);
	probe_wait(&o.p, told_stale, d->within_ms + PATIENCE_MS);
	if (probe_has(&o.p, "event: stale"))
		report_good(d, "resuming", "Last-Event-ID reaches the companion");
	else if (is_stream(&o.p) && probe_has(&o.p, "event: welcome"))
		report_bad(d, AIL_EVENT_ID, "resuming", "the header "
		    "Last-Event-ID does not reach the companion");
	else
		report_bad(d, AIL_NONE, "resuming", "a stream that resumes "
		    "answers %ld %s", o.p.status, o.p.why);
	put_away(&o);
}

static void
check_poll(struct doctor *d)
{
	char etag[100];
	struct opened o;

	set_up(d, &o, TOKEN, "mode=poll&after=" NOWHERE);
	o.p.headers[1] = "Accept: application/json";
	o.p.gzip = true;
	probe_run(d, &o.p);
	probe_header(&o.p, "ETag", etag, sizeof(etag));
	if (o.p.status != 200 || !probe_has(&o.p, "\"stale\""))
		report_bad(d, AIL_NONE, "long-poll", "the status is %ld %s",
		    o.p.status, o.p.why);
	else if (!is_position(etag))
		report_note(d, AIL_GZIP, "long-poll", "its ETag was changed "
		    "on the way to %s", etag[0] != '\0' ? etag : "nothing");
	else
		report_good(d, "long-poll", "within %d ms",
		    (int)(o.p.first_ms - o.p.opened_ms));
	put_away(&o);
}

/* A browser may speak HTTP/1.1, or a proxy on its side. */
static void
check_http1(struct doctor *d)
{
	struct opened o;
	char query[256];

	position(d, query);
	set_up(d, &o, TOKEN, query);
	o.p.http1 = o.p.gzip = true;
	probe_open(d, &o.p);
	probe_wait(&o.p, welcomed, d->within_ms + PATIENCE_MS);
	if (is_stream(&o.p) && probe_has(&o.p, "event: welcome"))
		report_good(d, "stream", "by HTTP/1.1, too");
	else
		report_bad(d, AIL_BUFFERED, "stream", "not by HTTP/1.1");
	put_away(&o);
}

static void
no_stream(struct doctor *d)
{
	const char *why = d->is_cgi ?
	    "the app runs as plain CGI, without a companion" :
	    "the app is told to (LVT_STREAM)";

	if (d->live)
		report_bad(d, AIL_NO_ROUTE, "stream", "pages poll: %s", why);
	else
		report_note(d, AIL_NONE, "stream", "pages poll, every few "
		    "seconds: %s", why);
	check_heads(d);
}

void
check_streams(struct doctor *d)
{
	int version;

	if (d->stream[0] == '\0') {
		no_stream(d);
		return;
	}
	if ((version = check_stream(d)) < 0)
		return;
	check_resume(d);
	check_poll(d);
	if (version == 2)
		check_http1(d);
}
