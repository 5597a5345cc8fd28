/*
 * request.h - a request, whichever way it came.
 *
 * Owns:    nothing: every string is borrowed from the parser that made it,
 *          until that parser's _done().
 * Invariants:
 *   1. Both front ends fill the same fields from the one table REQUEST_FIELDS.
 *   2. A header that came twice is refused by HTTP (none of these may).
 */
#ifndef LVT_STREAMD_REQUEST_H
#define LVT_STREAMD_REQUEST_H

#include "base/str.h"

/* member, HTTP header, FastCGI parameter */
#define REQUEST_FIELDS(X)                                               \
	X(authorization, "authorization",  "HTTP_AUTHORIZATION")        \
	X(lvt_token,     "x-lvt-token",    "HTTP_X_LVT_TOKEN")          \
	X(last_event_id, "last-event-id",  "HTTP_LAST_EVENT_ID")        \
	X(if_none_match, "if-none-match",  "HTTP_IF_NONE_MATCH")        \
	X(cookie,        "cookie",         "HTTP_COOKIE")             \
	X(origin,        "origin",         "HTTP_ORIGIN")

struct request {
	struct str method, path, query, body;
#define REQUEST_MEMBER_(member, header, param) struct str member;
	REQUEST_FIELDS(REQUEST_MEMBER_)
#undef REQUEST_MEMBER_
	bool keep;			/* the peer wants the connection kept */
};

#define REQUEST_LINE_MAX	(8u << 10)	/* bytes */
#define REQUEST_HEAD_MAX	(32u << 10)	/* all headers */
#define REQUEST_HEADERS_MAX	100
#define REQUEST_PARAMS_MAX	(64u << 10)	/* FastCGI */
#define REQUEST_BODY_MAX	(64u << 10)

/* The decoded value of a query member into out, NUL-terminated. Return: its
 * length, -1 where it is not there, -2 where it is malformed or too long: then
 * out is empty. */
int	request_query(const struct request *rq, const char *name, char *out,
	    size_t size);
/* Is there a cookie of this name with this value? */
bool	request_has_cookie(const struct request *rq, const char *name,
	    const char *value);

#endif
