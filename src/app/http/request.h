/*
 * request.h - one HTTP request, read through CGI's names.
 *
 * FastCGI, CGI and the test driver differ only in struct request_io.
 *
 * Owns:    its arena, and in it everything that its members point to.
 * Invariants:
 *   1. path begins with "/", holds no NUL, no "//", and no "." or ".." part.
 *   2. prefix is "" or begins with "/" and does not end with one.
 *   3. No more than body_max bytes of a body are ever kept.
 */
#ifndef LVT_APP_REQUEST_H
#define LVT_APP_REQUEST_H

#include <sys/types.h>

#include "app/http/form.h"
#include "base/error.h"

struct request_io {
	/* a CGI meta-variable, or NULL; lives as long as the request */
	const char *(*param)(void *arg, const char *name);
	/* like read(2) */
	ssize_t (*read)(void *arg, char *to, size_t size);
	void	*arg;
};

enum request_accept { ACCEPT_HTML, ACCEPT_JSON, ACCEPT_LVT };
enum request_body { BODY_NONE, BODY_JSON, BODY_FORM, BODY_MULTIPART, BODY_OTHER };

struct request {
	const struct request_io *io;
	struct arena arena;
	const char *method, *path, *prefix;
	const char *uri;		/* path and query as the browser has them */
	const char *host;		/* "" if not sent */
	bool tls;
	enum request_accept accept;
	enum request_body type;
	struct form query;
	struct str body;
	struct form form;		/* of a form's body */
};

struct request_opts {
	const char *prefix;		/* NULL: from SCRIPT_NAME */
	size_t body_max;		/* bytes */
};

/*
 * Everything but the body.
 * Return: 0, LVT_EINVALID (malformed), LVT_ETOOBIG, LVT_ENOMEM.
 */
int	request_init(struct request *rq, const struct request_io *io,
	    const struct request_opts *o, struct lvt_error *err);
/* The body, and the form in it. Return: as above; LVT_EIO. */
int	request_read_body(struct request *rq, const struct request_opts *o,
	    struct lvt_error *err);
void	request_release(struct request *rq);
/* "Accept" -> HTTP_ACCEPT; NULL where not sent. */
const char *request_header(const struct request *rq, const char *name);
const char *request_param(const struct request *rq, const char *name);

#endif
