/*
 * LINE --end of request line--> HEAD --blank line, http_head()--> BODY
 * BODY --Content-Length bytes--> given --http_done()--> LINE
 */
#include <stddef.h>
#include <strings.h>

#include "streamd/front/http.h"

static const struct field {
	const char *name;
	size_t at;
} fields[] = {
#define FIELD_(member, header, param) \
	{ header, offsetof(struct request, member) },
	REQUEST_FIELDS(FIELD_)
#undef FIELD_
};

void
http_init(struct http *h)
{
	memset(h, 0, sizeof(*h));
	buf_init_limit(&h->in, HTTP_BUFFER);
}

void
http_release(struct http *h)
{
	buf_release(&h->in);
}

int
http_feed(struct http *h, const void *p, size_t n)
{
	buf_add(&h->in, p, n);
	return h->in.failed;
}

static bool
is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static struct str
trim(struct str v)
{
	while (v.len > 0 && (v.s[0] == ' ' || v.s[0] == '\t'))
		v.s++, v.len--;
	while (v.len > 0 && (v.s[v.len - 1] == ' ' || v.s[v.len - 1] == '\t'))
		v.len--;
	return v;
}

static bool
has_word(struct str list, const char *word)
{
	size_t i, n = strlen(word);

	for (i = 0; i + n <= list.len; i++)
		if (strncasecmp(list.s + i, word, n) == 0 &&
		    (i == 0 || !is_token(list.s[i - 1])) &&
		    (i + n == list.len || !is_token(list.s[i + n])))
			return true;
	return false;
}

/* METHOD SP origin-form SP HTTP/1.x */
static int
request_line(struct http *h, struct str line, bool *old)
{
	const char *sp = memchr(line.s, ' ', line.len), *end, *q;
	struct request *rq = &h->rq;
	struct str target, version;
	size_t i;

	if (sp == NULL || sp == line.s || sp - line.s > 16)
		return -400;
	rq->method = (struct str){ line.s, (size_t)(sp - line.s) };
	for (i = 0; i < rq->method.len; i++)
		if (!is_token(rq->method.s[i]))
			return -400;
	target.s = sp + 1;
	end = memchr(target.s, ' ', line.len - rq->method.len - 1);
	if (end == NULL)
		return -400;
	target.len = (size_t)(end - target.s);
	version = (struct str){ end + 1, (size_t)(line.s + line.len - end - 1) };
	if (version.len != 8 || memcmp(version.s, "HTTP/", 5) != 0)
		return -400;
	*old = str_is(version, "HTTP/1.0");
	if (!*old && !str_is(version, "HTTP/1.1"))
		return -505;
	if (target.len == 0 || (target.s[0] != '/' && !str_is(target, "*")))
		return -400;
	for (i = 0; i < target.len; i++)
		if ((unsigned char)target.s[i] <= ' ' || target.s[i] == 0x7f)
			return -400;
	q = memchr(target.s, '?', target.len);
	rq->path = target;
	rq->query = STR_NULL;
	if (q != NULL) {
		rq->path.len = (size_t)(q - target.s);
		rq->query = (struct str){ q + 1, target.len - rq->path.len - 1 };
	}
	return 0;
}

struct seen {
	int hosts, lengths;
	bool old;
};

static int
content_length(struct http *h, struct str v, struct seen *seen)
{
	size_t i, n = 0;

	if (seen->lengths++ > 0 || v.len == 0 || v.len > 12)
		return -400;
	for (i = 0; i < v.len; i++) {
		if (v.s[i] < '0' || v.s[i] > '9')
			return -400;
		n = n * 10 + (size_t)(v.s[i] - '0');
	}
	if (n > REQUEST_BODY_MAX)
		return -413;
	h->body = n;
	return 0;
}

static int
take_field(struct request *rq, struct str name, struct str v)
{
	struct str *to;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (name.len != strlen(fields[i].name) ||
		    strncasecmp(name.s, fields[i].name, name.len) != 0)
			continue;
		to = (struct str *)(void *)((char *)rq + fields[i].at);
		if (to->s != NULL)
			return -400;
		*to = v;
	}
	return 0;
}

static int
header(struct http *h, struct str line, struct seen *seen)
{
	const char *colon = memchr(line.s, ':', line.len);
	struct str name, v;
	size_t i;

	if (colon == NULL || colon == line.s)
		return -400;
	name = (struct str){ line.s, (size_t)(colon - line.s) };
	for (i = 0; i < name.len; i++)
		if (!is_token(name.s[i]))
			return -400;
	v = trim((struct str){ colon + 1, line.len - name.len - 1 });
	for (i = 0; i < v.len; i++)
		if (((unsigned char)v.s[i] < ' ' && v.s[i] != '\t') ||
		    v.s[i] == 0x7f)
			return -400;
#define IS(z) (name.len == sizeof(z) - 1 && strncasecmp(name.s, z, name.len) == 0)
	if (IS("host"))
		return seen->hosts++ > 0 ? -400 : 0;
	if (IS("content-length"))
		return content_length(h, v, seen);
	if (IS("transfer-encoding"))
		return -411;	/* no client of ours sends chunks */
	if (IS("expect")) {
		h->expects = !seen->old && has_word(v, "100-continue");
		return 0;
	}
	if (IS("connection")) {
		if (has_word(v, "close"))
			h->rq.keep = false;
		else if (seen->old && has_word(v, "keep-alive"))
			h->rq.keep = true;
		return 0;
	}
#undef IS
	return take_field(&h->rq, name, v);
}

static int
parse_head(struct http *h)
{
	const char *p = h->in.s + h->line + 2, *end = h->in.s + h->head - 2;
	struct seen seen = { 0, 0, false };
	int n = 0, rc;

	memset(&h->rq, 0, sizeof(h->rq));
	h->body = 0;
	h->expects = false;
	rc = request_line(h, (struct str){ h->in.s, h->line }, &seen.old);
	if (rc != 0)
		return rc;
	h->rq.keep = !seen.old;
	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		if (lf == NULL || lf == p || lf[-1] != '\r')
			return -400;
		if (++n > REQUEST_HEADERS_MAX)
			return -431;
		rc = header(h, (struct str){ p, (size_t)(lf - p) - 1 }, &seen);
		if (rc != 0)
			return rc;
		p = lf + 1;
	}
	return !seen.old && seen.hosts != 1 ? -400 : 0;
}

/* Moves scanned over whole lines; finds the request line and the head's end. */
static int
scan(struct http *h)
{
	while (h->head == 0) {
		char *s = h->in.s, *lf;
		size_t start = h->scanned;

		lf = start < h->in.len ?
		    memchr(s + start, '\n', h->in.len - start) : NULL;
		if (lf == NULL)
			h->scanned = h->in.len;
		else
			h->scanned = (size_t)(lf - s) + 1;
		if (h->line == 0 && h->scanned > REQUEST_LINE_MAX)
			return -414;
		if (h->scanned > h->line + REQUEST_HEAD_MAX)
			return -431;
		if (lf == NULL)
			return 0;
		if (lf == s || lf[-1] != '\r')
			return -400;
		if (h->line == 0) {
			if (lf - s < 2)
				return -400;
			h->line = (size_t)(lf - s) - 1;
		} else if (lf[-2] == '\n')
			h->head = h->scanned;
	}
	return 1;
}

int
http_next(struct http *h, const struct request **rq)
{
	size_t before = h->head;
	int rc = scan(h);

	if (rc <= 0)
		return rc;
	if (before == 0 && (rc = parse_head(h)) != 0)
		return rc;
	if (h->in.len < h->head + h->body)
		return 0;
	/* The buffer may have moved since the head was parsed. */
	if (before != 0 && (rc = parse_head(h)) != 0)
		return rc;
	h->rq.body = (struct str){ h->in.s + h->head, h->body };
	*rq = &h->rq;
	return 1;
}

void
http_done(struct http *h)
{
	size_t used = h->head + h->body;

	memmove(h->in.s, h->in.s + used, h->in.len - used);
	h->in.len -= used;
	h->scanned = h->line = h->head = h->body = 0;
	h->expects = false;
}
