#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "app/http/request.h"
#include "base/utf8.h"

#define PATH_BYTES	2048
#define QUERY_BYTES	16384

const char *
request_param(const struct request *rq, const char *name)
{
	return rq->io->param(rq->io->arg, name);
}

const char *
request_header(const struct request *rq, const char *name)
{
	char key[80] = "HTTP_";
	size_t i;

	if (strcasecmp(name, "Content-Type") == 0)
		return request_param(rq, "CONTENT_TYPE");
	if (strlen(name) >= sizeof(key) - 5)
		return NULL;
	for (i = 0; name[i] != '\0'; i++)
		key[5 + i] = name[i] == '-' ? '_' :
		    (char)toupper((unsigned char)name[i]);
	key[5 + i] = '\0';
	return request_param(rq, key);
}

static const char *
param_or(const struct request *rq, const char *name, const char *other)
{
	const char *v = request_param(rq, name);

	return v != NULL && v[0] != '\0' ? v : other;
}

/* --- Where the request goes ---------------------------------------------- */

/* No "//", no "." or "..", no bytes that are no text: what the server decoded
 * may still hold them. */
static bool
path_is_plain(const char *p)
{
	if (p[0] != '/' || !utf8_is_valid(str_z(p)))
		return false;
	for (; *p != '\0'; p++) {
		if (*p == '\\' || (unsigned char)*p < ' ')
			return false;
		if (*p != '/')
			continue;
		if (p[1] == '/')
			return false;
		if (p[1] == '.' && (p[2] == '\0' || p[2] == '/' ||
		    (p[2] == '.' && (p[3] == '\0' || p[3] == '/'))))
			return false;
	}
	return true;
}

static const char *
without_slash(struct arena *a, const char *z)
{
	size_t n = strlen(z);

	while (n > 0 && z[n - 1] == '/')
		n--;
	return arena_str(a, z, n).s;
}

/* The path of the URL, decoded, with the configured prefix taken off. */
static const char *
path_below(struct request *rq, const char *prefix)
{
	size_t n = strlen(prefix), len = strcspn(rq->uri, "?#");
	struct str path = form_decode(&rq->arena, (struct str){ rq->uri, len },
	    false);

	if (path.s == NULL || strlen(path.s) != path.len ||
	    strncmp(path.s, prefix, n) != 0 ||
	    (path.s[n] != '\0' && path.s[n] != '/'))
		return NULL;
	return path.s[n] == '\0' ? "/" : path.s + n;
}

static int
find_path(struct request *rq, const struct request_opts *o,
    struct lvt_error *err)
{
	const char *info = param_or(rq, "PATH_INFO", NULL);
	const char *script = param_or(rq, "SCRIPT_NAME", "");

	rq->uri = param_or(rq, "REQUEST_URI", NULL);
	if (rq->uri == NULL)
		rq->uri = arena_printf(&rq->arena, "%s%s", script,
		    info != NULL ? info : "");
	if (rq->uri == NULL)
		return lvt_error_nomem(err);
	/* A proxy may hand over the absolute form. */
	if (strncmp(rq->uri, "http", 4) == 0 && strstr(rq->uri, "://") != NULL) {
		rq->uri = strchr(strstr(rq->uri, "://") + 3, '/');
		rq->uri = rq->uri != NULL ? rq->uri : "/";
	}
	if (strlen(rq->uri) > PATH_BYTES + QUERY_BYTES)
		return lvt_error_set(err, LVT_ETOOBIG, "the address is too long");
	if (o->prefix != NULL) {
		rq->prefix = without_slash(&rq->arena, o->prefix);
		rq->path = rq->prefix != NULL ?
		    path_below(rq, rq->prefix) : NULL;
	} else {
		rq->prefix = without_slash(&rq->arena, script);
		rq->path = info != NULL ? info : "/";
	}
	if (rq->prefix == NULL || rq->path == NULL ||
	    strlen(rq->path) > PATH_BYTES || !path_is_plain(rq->path))
		return lvt_error_set(err, LVT_EINVALID,
		    "the address is not a path below '%s/'",
		    rq->prefix != NULL ? rq->prefix : "");
	return 0;
}

/* --- What it brings and what it wants ------------------------------------- */

static enum request_body
body_type(const char *type)
{
	static const struct { const char *type; enum request_body is; } rows[] = {
		{ "application/json", BODY_JSON },
		{ "application/vnd.lvt+json", BODY_JSON },
		{ "application/x-www-form-urlencoded", BODY_FORM },
		{ "multipart/form-data", BODY_MULTIPART },
	};
	size_t i, n;

	if (type == NULL || type[0] == '\0')
		return BODY_NONE;
	n = strcspn(type, "; \t");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].type) == n &&
		    strncasecmp(type, rows[i].type, n) == 0)
			return rows[i].is;
	return BODY_OTHER;
}

static enum request_accept
accept_type(const char *accept)
{
	if (accept == NULL)
		return ACCEPT_HTML;
	if (strstr(accept, "application/vnd.lvt+json") != NULL)
		return ACCEPT_LVT;
	if (strstr(accept, "text/html") != NULL)
		return ACCEPT_HTML;
	return strstr(accept, "application/json") != NULL ? ACCEPT_JSON :
	    ACCEPT_HTML;
}

static bool
is_tls(const struct request *rq)
{
	const char *https = param_or(rq, "HTTPS", "off");
	const char *scheme = param_or(rq, "REQUEST_SCHEME", "");
	const char *proto = request_header(rq, "X-Forwarded-Proto");

	return strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
	    strcasecmp(scheme, "https") == 0 ||
	    (proto != NULL && strcasecmp(proto, "https") == 0);
}

int
request_init(struct request *rq, const struct request_io *io,
    const struct request_opts *o, struct lvt_error *err)
{
	const char *query;
	int rc;

	memset(rq, 0, sizeof(*rq));
	rq->io = io;
	/* A body is read, decoded and split: some copies of it, no more. */
	arena_init_limit(&rq->arena, 8 * o->body_max + (4 << 20));
	rq->method = param_or(rq, "REQUEST_METHOD", "GET");
	rq->host = param_or(rq, "HTTP_HOST", "");
	rq->tls = is_tls(rq);
	rq->accept = accept_type(request_header(rq, "Accept"));
	rq->type = body_type(request_param(rq, "CONTENT_TYPE"));
	if ((rc = find_path(rq, o, err)) != 0)
		return rc;
	query = param_or(rq, "QUERY_STRING", "");
	if (strlen(query) > QUERY_BYTES)
		return lvt_error_set(err, LVT_ETOOBIG, "the query is too long");
	rc = form_urlencoded(&rq->query, &rq->arena, str_z(query));
	if (rc != 0)
		return lvt_error_set(err, rc, "the query cannot be read");
	return 0;
}

/* CONTENT_LENGTH tells how much is to be read; without it, until the end. */
static int
read_all(struct request *rq, size_t max, struct lvt_error *err)
{
	const char *text = param_or(rq, "CONTENT_LENGTH", NULL);
	unsigned long long want = 0;
	char *end, *body;
	size_t got = 0, room;
	ssize_t n;

	if (text != NULL) {
		errno = 0;
		want = strtoull(text, &end, 10);
		if (!isdigit((unsigned char)text[0]) || *end != '\0' ||
		    errno != 0)
			return lvt_error_set(err, LVT_EINVALID,
			    "Content-Length is not a number");
	}
	if (want > max)
		return lvt_error_set(err, LVT_ETOOBIG,
		    "the body has more than %zu bytes", max);
	room = text != NULL ? (size_t)want : max;
	if ((body = arena_alloc(&rq->arena, room + 2)) == NULL)
		return lvt_error_nomem(err);
	while (got < room + (text == NULL)) {
		n = rq->io->read(rq->io->arg, body + got,
		    room + (text == NULL) - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lvt_error_set(err, LVT_EIO, "cannot read the body");
		if (n == 0)
			break;
		got += (size_t)n;
	}
	if (got > max)
		return lvt_error_set(err, LVT_ETOOBIG,
		    "the body has more than %zu bytes", max);
	if (text != NULL && got < room)
		return lvt_error_set(err, LVT_EIO, "the body ended early");
	body[got] = '\0';
	rq->body = (struct str){ body, got };
	return 0;
}

int
request_read_body(struct request *rq, const struct request_opts *o,
    struct lvt_error *err)
{
	int rc = read_all(rq, o->body_max, err);

	if (rc != 0)
		return rc;
	if (rq->type == BODY_FORM)
		rc = form_urlencoded(&rq->form, &rq->arena, rq->body);
	else if (rq->type == BODY_MULTIPART)
		rc = form_multipart(&rq->form, &rq->arena, rq->body,
		    request_param(rq, "CONTENT_TYPE"));
	if (rc == LVT_ETOOBIG)
		return lvt_error_set(err, rc, "the form has more than %d fields",
		    FORM_FIELDS);
	if (rc != 0)
		return lvt_error_set(err, rc, "the form cannot be read: it ends "
		    "early, or a %%XX or a NUL in it is no text");
	return 0;
}

void
request_release(struct request *rq)
{
	arena_release(&rq->arena);
}
