/* reply.c - what is said to a request: an answer, or the head of a stream. */
#include <sys/socket.h>

#include "streamd/fanout/stream.h"

#define LINGER_MS	2000

static const char *
reason(int status)
{
	static const struct { int status; const char *text; } reasons[] = {
		{ 200, "OK" }, { 204, "No Content" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 411, "Length Required" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Error";
}

static void
status_line(struct conn *c, struct buf *b, int status)
{
	buf_printf(b, "%s%d %s\r\n", c->front == FRONT_HTTP ?
	    "HTTP/1.1 " : "Status: ", status, reason(status));
	if (c->origin > 0)
		buf_printf(b, "Access-Control-Allow-Origin: %s\r\n"
		    "Vary: Origin\r\n"
		    "Access-Control-Expose-Headers: ETag\r\n",
		    c->lp->opt->origin.items[c->origin - 1]);
}

int
conn_reply(struct conn *c, int status, const char *type,
    const char *headers, struct str body)
{
	struct buf *b = &c->lp->text;
	int rc;

	if (c->state == CONN_DEAD)
		return -1;
	if (status >= 400)
		c->lp->count.refused++;
	buf_clear(b);
	status_line(c, b, status);
	buf_puts(b, headers);
	buf_puts(b, "Cache-Control: no-store\r\n");
	if (status != 204)
		buf_printf(b, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    type, body.len);
	if (c->front == FRONT_HTTP && !c->keep)
		buf_puts(b, "Connection: close\r\n");
	buf_puts(b, "\r\n");
	if (!c->head_only && status != 204)
		buf_str(b, body);
	if (b->failed) {
		buf_release(b);
		conn_close(c);
		return -1;
	}
	rc = conn_body(c, b->s, b->len);
	if (rc == 0)
		conn_finish(c);
	return rc;
}

int
conn_refuse_with(struct conn *c, int status, const char *headers,
    const char *why)
{
	struct buf b;
	int rc;

	buf_init(&b);
	buf_printf(&b, "{\"error\":{\"code\":%d,\"message\":\"", status);
	/* It may name what the client said, which need not even be text. */
	for (; *why != '\0'; why++)
		buf_putc(&b, *why < ' ' || *why > '~' || *why == '"' ||
		    *why == '\\' ? '?' : *why);
	buf_puts(&b, "\"}}\n");
	rc = conn_reply(c, status, "application/json", headers,
	    (struct str){ b.s, b.failed ? 0 : b.len });
	buf_release(&b);
	return rc;
}

int
conn_refuse(struct conn *c, int status, const char *why)
{
	return conn_refuse_with(c, status,
	    status == 503 ? "Retry-After: 1\r\n" :
	    status == 401 ? "WWW-Authenticate: LVT\r\n" : "", why);
}

int
conn_stream(struct conn *c, struct str first)
{
	struct buf *b = &c->lp->text;

	buf_clear(b);
	status_line(c, b, 200);
	/* The two last headers ask proxies to pass on each event at once. */
	buf_puts(b, "Content-Type: text/event-stream\r\n"
	    "Cache-Control: no-store, no-transform\r\n"
	    "X-Accel-Buffering: no\r\n");
	if (c->front == FRONT_HTTP)
		buf_puts(b, "Connection: close\r\n");
	buf_puts(b, "\r\n");
	buf_str(b, first);
	if (b->failed) {
		buf_release(b);
		conn_close(c);
		return -1;
	}
	c->state = CONN_STREAMING;
	if (c->front == FRONT_HTTP)
		c->keep = false;
	/* The first beats are spread, the others follow from them. */
	conn_set_timer(c, c->lp->opt->heartbeat_ms / 2 + loop_random(c->lp,
	    (uint32_t)(c->lp->opt->heartbeat_ms / 2)));
	if (c->front == FRONT_HTTP)
		conn_drop_parser(c);
	return conn_body(c, b->s, b->len);
}

void
conn_end(struct conn *c)
{
	c->state = CONN_CLOSING;
	conn_set_timer(c, c->rest != NULL ? REQUEST_MS : LINGER_MS);
	/* Closing with unread input would take the reply back. */
	if (c->rest == NULL)
		shutdown(c->fd, SHUT_WR);
}

void
conn_finish(struct conn *c)
{
	struct buf *wire = &c->lp->wire;

	stream_free(c->stream);
	c->stream = NULL;
	if (c->state == CONN_DEAD)
		return;
	if (c->front == FRONT_FCGI) {
		buf_clear(wire);
		fcgi_end(wire, c->in.fcgi->id, FCGI_COMPLETE);
		fcgi_done(c->in.fcgi);
		if (conn_bytes(c, wire->s, wire->len) != 0)
			return;
	} else if (c->in.http != NULL && c->keep)
		http_done(c->in.http);
	if (!c->keep || c->lp->drain_until != 0) {
		conn_end(c);
		return;
	}
	c->state = CONN_READING;
	c->head_only = false;
	c->origin = 0;
	conn_set_timer(c, IDLE_MS);
	if (c->front == FRONT_FCGI || !http_is_empty(c->in.http))
		conn_work(c);
	else
		conn_drop_parser(c);
}
