#include <stdio.h>

#include "app/http/response.h"

void
response_init(struct response *rs)
{
	memset(rs, 0, sizeof(*rs));
	buf_init(&rs->headers);
	buf_init(&rs->body);
}

void
response_release(struct response *rs)
{
	buf_release(&rs->headers);
	buf_release(&rs->body);
}

void
response_reset(struct response *rs, int status, const char *type)
{
	rs->status = status;
	rs->type = type;
	rs->head_only = false;
	buf_clear(&rs->headers);
	buf_clear(&rs->body);
}

void
response_header(struct response *rs, const char *name, const char *fmt, ...)
{
	size_t start, i;
	va_list ap;

	buf_puts(&rs->headers, name);
	buf_puts(&rs->headers, ": ");
	start = rs->headers.len;
	va_start(ap, fmt);
	buf_vprintf(&rs->headers, fmt, ap);
	va_end(ap);
	for (i = start; i < rs->headers.len; i++)
		if ((unsigned char)rs->headers.s[i] < ' ' ||
		    rs->headers.s[i] == 0x7f)
			rs->headers.s[i] = ' ';
	buf_puts(&rs->headers, "\r\n");
}

const char *
response_reason(int status)
{
	static const struct { int status; const char *text; } rows[] = {
		{ 200, "OK" }, { 204, "No Content" }, { 303, "See Other" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Status";
}

int
response_head(struct response *rs, struct buf *out)
{
	buf_printf(out, "Status: %d %s\r\n", rs->status,
	    response_reason(rs->status));
	if (rs->type != NULL)
		buf_printf(out, "Content-Type: %s\r\n", rs->type);
	/* A 304 and a HEAD speak of a body that they do not have. */
	if (rs->status != 304 && rs->status != 204 && !rs->head_only)
		buf_printf(out, "Content-Length: %zu\r\n", rs->body.len);
	buf_puts(out, "X-Content-Type-Options: nosniff\r\n");
	buf_add(out, rs->headers.s, rs->headers.len);
	buf_puts(out, "\r\n");
	if (rs->headers.failed || rs->body.failed || out->failed)
		return LVT_ENOMEM;
	return 0;
}

void
json_text(struct buf *out, struct str s)
{
	size_t i, from = 0;

	buf_putc(out, '"');
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.s[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_add(out, s.s + from, i - from);
		from = i + 1;
		if (c == '\n')
			buf_puts(out, "\\n");
		else if (c < ' ')
			buf_printf(out, "\\u%04x", c);
		else {
			buf_putc(out, '\\');
			buf_putc(out, (char)c);
		}
	}
	buf_add(out, s.s + from, s.len - from);
	buf_putc(out, '"');
}

void
html_text(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		switch (s.s[i]) {
		case '<': buf_puts(out, "&lt;"); break;
		case '>': buf_puts(out, "&gt;"); break;
		case '&': buf_puts(out, "&amp;"); break;
		case '"': buf_puts(out, "&#34;"); break;
		case '\'': buf_puts(out, "&#39;"); break;
		case '\0': buf_puts(out, "\xef\xbf\xbd"); break;
		default: buf_putc(out, s.s[i]);
		}
}
