/*
 * idle --BEGIN--> PARAMS --empty PARAMS--> STDIN --empty STDIN--> given
 * given --fcgi_done()--> idle          any --ABORT--> idle (FCGI_ABORTED)
 */
#include <stddef.h>

#include "base/error.h"
#include "streamd/front/fcgi.h"

#define IN_MAX	(FCGI_HEADER + FCGI_CONTENT + 255 + (128u << 10))
#define OUT_MAX	(8u << 10)

static const struct field {
	const char *name;
	size_t at;
} fields[] = {
	{ "REQUEST_METHOD", offsetof(struct request, method) },
	{ "QUERY_STRING", offsetof(struct request, query) },
#define FIELD_(member, header, param) \
	{ param, offsetof(struct request, member) },
	REQUEST_FIELDS(FIELD_)
#undef FIELD_
};

void
fcgi_init(struct fcgi *f)
{
	memset(f, 0, sizeof(*f));
	buf_init_limit(&f->in, IN_MAX);
	buf_init_limit(&f->params, REQUEST_PARAMS_MAX);
	buf_init_limit(&f->body, REQUEST_BODY_MAX);
	buf_init_limit(&f->path, REQUEST_PARAMS_MAX);
	buf_init_limit(&f->out, OUT_MAX);
}

void
fcgi_release(struct fcgi *f)
{
	buf_release(&f->in);
	buf_release(&f->params);
	buf_release(&f->body);
	buf_release(&f->path);
	buf_release(&f->out);
}

int
fcgi_feed(struct fcgi *f, const void *p, size_t n)
{
	buf_add(&f->in, p, n);
	return f->in.failed;
}

void
fcgi_header(unsigned char h[FCGI_HEADER], enum fcgi_type type, uint16_t id,
    size_t content)
{
	h[0] = 1;
	h[1] = (unsigned char)type;
	h[2] = (unsigned char)(id >> 8);
	h[3] = (unsigned char)id;
	h[4] = (unsigned char)(content >> 8);
	h[5] = (unsigned char)content;
	h[6] = h[7] = 0;
}

static void
end_request(struct buf *out, uint16_t id, enum fcgi_end why)
{
	unsigned char r[16] = { 0 };

	fcgi_header(r, FCGI_END, id, 8);
	r[12] = (unsigned char)why;
	buf_add(out, r, sizeof(r));
}

void
fcgi_end(struct buf *out, uint16_t id, enum fcgi_end why)
{
	unsigned char h[FCGI_HEADER];

	fcgi_header(h, FCGI_STDOUT, id, 0);
	buf_add(out, h, sizeof(h));
	end_request(out, id, why);
}

/* A name-value pair's length: 1 byte, or 4 with the high bit set. */
static int
pair_length(const unsigned char **p, const unsigned char *end, size_t *n)
{
	const unsigned char *q = *p;

	if (q == end)
		return -1;
	if (*q < 128) {
		*n = *q;
		*p = q + 1;
		return 0;
	}
	if (end - q < 4)
		return -1;
	*n = (size_t)(q[0] & 127) << 24 | (size_t)q[1] << 16 |
	    (size_t)q[2] << 8 | q[3];
	*p = q + 4;
	return 0;
}

static int
pair_next(const unsigned char **p, const unsigned char *end,
    struct str *name, struct str *value)
{
	if (pair_length(p, end, &name->len) != 0 ||
	    pair_length(p, end, &value->len) != 0 ||
	    name->len > (size_t)(end - *p) ||
	    value->len > (size_t)(end - *p) - name->len)
		return -1;
	name->s = (const char *)*p;
	value->s = name->s + name->len;
	*p += name->len + value->len;
	return 0;
}

struct where {
	struct str uri, script, info;
};

static void
take_param(struct fcgi *f, struct where *w, struct str name, struct str value)
{
	size_t i;

	if (str_is(name, "REQUEST_URI"))
		w->uri = value;
	else if (str_is(name, "SCRIPT_NAME"))
		w->script = value;
	else if (str_is(name, "PATH_INFO"))
		w->info = value;
	else
		for (i = 0; i < sizeof(fields) / sizeof(*fields); i++)
			if (str_is(name, fields[i].name))
				*(struct str *)(void *)((char *)&f->rq +
				    fields[i].at) = value;
}

/* The path as the browser asked for it, where the server says so: what
 * SCRIPT_NAME and PATH_INFO mean differs between servers. */
static int
parse_params(struct fcgi *f)
{
	const unsigned char *p = (const unsigned char *)f->params.s, *end;
	struct where w = { STR_NULL, STR_NULL, STR_NULL };
	struct str name, value;
	const char *q;

	if (f->params.len == 0)
		return -400;
	end = p + f->params.len;
	while (p < end) {
		if (pair_next(&p, end, &name, &value) != 0)
			return -400;
		take_param(f, &w, name, value);
	}
	if (f->rq.method.len == 0)
		return -400;
	if (w.uri.len > 0) {
		q = memchr(w.uri.s, '?', w.uri.len);
		f->rq.path = w.uri;
		if (q != NULL)
			f->rq.path.len = (size_t)(q - w.uri.s);
		return 0;
	}
	buf_str(&f->path, w.script);
	buf_str(&f->path, w.info);
	f->rq.path = (struct str){ f->path.s, f->path.len };
	return f->path.failed ? -400 : 0;
}

static int
get_values(struct fcgi *f, const unsigned char *p, size_t n)
{
	static const struct { const char *name, *value; } known[] = {
		{ "FCGI_MAX_CONNS", "65536" }, { "FCGI_MAX_REQS", "65536" },
		{ "FCGI_MPXS_CONNS", "0" },
	};
	const unsigned char *end = p + n;
	unsigned char h[FCGI_HEADER];
	struct str name, value;
	size_t i, start = f->out.len;

	fcgi_header(h, FCGI_GET_VALUES_RESULT, 0, 0);
	buf_add(&f->out, h, sizeof(h));
	while (p < end && pair_next(&p, end, &name, &value) == 0)
		for (i = 0; i < 3; i++)
			if (str_is(name, known[i].name))
				buf_printf(&f->out, "%c%c%s%s",
				    (int)name.len,
				    (int)strlen(known[i].value),
				    known[i].name, known[i].value);
	if (f->out.failed)
		return FCGI_BROKEN;
	fcgi_header(h, FCGI_GET_VALUES_RESULT, 0,
	    f->out.len - start - FCGI_HEADER);
	memcpy(f->out.s + start, h, sizeof(h));
	return FCGI_MORE;
}

static int
begin(struct fcgi *f, uint16_t id, const unsigned char *p, size_t n)
{
	if (n < 8 || id == 0)
		return FCGI_BROKEN;
	if (f->id != 0) {
		end_request(&f->out, id, FCGI_CANT_MPX);
		return f->out.failed ? FCGI_BROKEN : FCGI_MORE;
	}
	if ((p[0] << 8 | p[1]) != 1) {
		end_request(&f->out, id, FCGI_BAD_ROLE);
		return f->out.failed ? FCGI_BROKEN : FCGI_MORE;
	}
	fcgi_done(f);
	f->id = id;
	f->rq.keep = p[2] & 1;
	return FCGI_MORE;
}

static int
add(struct fcgi *f, struct buf *to, bool *done, const unsigned char *p,
    size_t n, int full)
{
	if (*done)
		return FCGI_MORE;	/* late data of a server that goes on */
	if (n == 0) {
		*done = true;
		return to == &f->params ? parse_params(f) : FCGI_MORE;
	}
	buf_add(to, p, n);
	return to->failed ? full : FCGI_MORE;
}

static int
record(struct fcgi *f, int type, uint16_t id, const unsigned char *p,
    size_t n)
{
	unsigned char r[FCGI_HEADER + 8] = { 0 };

	if (type == FCGI_BEGIN)
		return begin(f, id, p, n);
	if (type == FCGI_GET_VALUES && id == 0)
		return get_values(f, p, n);
	if (id == 0) {
		fcgi_header(r, FCGI_UNKNOWN, 0, 8);
		r[FCGI_HEADER] = (unsigned char)type;
		buf_add(&f->out, r, sizeof(r));
		return f->out.failed ? FCGI_BROKEN : FCGI_MORE;
	}
	if (id != f->id)
		return FCGI_MORE;	/* of a request that is over */
	switch (type) {
	case FCGI_ABORT:
		return FCGI_ABORTED;
	case FCGI_PARAMS:
		return add(f, &f->params, &f->params_done, p, n, -431);
	case FCGI_STDIN:
		return f->params_done ?
		    add(f, &f->body, &f->body_done, p, n, -413) : FCGI_BROKEN;
	default:
		return FCGI_MORE;
	}
}

int
fcgi_next(struct fcgi *f, const struct request **rq)
{
	size_t used = 0;
	int rc = FCGI_MORE;

	while (rc == FCGI_MORE && f->in.len - used >= FCGI_HEADER) {
		const unsigned char *h =
		    (const unsigned char *)f->in.s + used;
		size_t n = (size_t)(h[4] << 8 | h[5]);

		if (h[0] != 1) {
			rc = FCGI_BROKEN;
			break;
		}
		if (f->in.len - used < FCGI_HEADER + n + h[6])
			break;
		rc = record(f, h[1], (uint16_t)(h[2] << 8 | h[3]),
		    h + FCGI_HEADER, n);
		used += FCGI_HEADER + n + h[6];
		if (rc == FCGI_MORE && f->body_done && !f->given)
			rc = FCGI_REQUEST;
	}
	if (used > 0) {
		memmove(f->in.s, f->in.s + used, f->in.len - used);
		f->in.len -= used;
	}
	if (rc == FCGI_REQUEST) {
		f->given = true;
		f->rq.body = (struct str){ f->body.s, f->body.len };
		*rq = &f->rq;
	}
	return rc;
}

void
fcgi_done(struct fcgi *f)
{
	buf_release(&f->params);
	buf_release(&f->body);
	buf_release(&f->path);
	buf_init_limit(&f->params, REQUEST_PARAMS_MAX);
	buf_init_limit(&f->body, REQUEST_BODY_MAX);
	buf_init_limit(&f->path, REQUEST_PARAMS_MAX);
	memset(&f->rq, 0, sizeof(f->rq));
	f->id = 0;
	f->params_done = f->body_done = f->given = false;
}
