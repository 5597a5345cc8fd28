/*
 * response.h - one HTTP answer, collected whole before a byte leaves.
 *
 * Owns:    its header and body bytes.
 * Invariants:
 *   1. A header's value never holds a line break: it would be another header.
 *   2. Whatever fails before response_send() can still become another answer.
 */
#ifndef LVT_APP_RESPONSE_H
#define LVT_APP_RESPONSE_H

#include "base/buf.h"
#include "base/error.h"

struct response {
	int status;
	const char *type;		/* of the body; static, or NULL */
	struct buf headers, body;
	bool head_only;			/* to HEAD: the body is not told of */
};

void	response_init(struct response *rs);
void	response_release(struct response *rs);
/* Start over: an answer without headers and body. */
void	response_reset(struct response *rs, int status, const char *type);
void	response_header(struct response *rs, const char *name,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* CGI's form: "Status: 200 OK", headers, an empty line; then the body, unless
 * head_only. Return: 0 or LVT_ENOMEM. */
int	response_head(struct response *rs, struct buf *out);
const char *response_reason(int status);

/* "text", as JSON: quotes, escapes. */
void	json_text(struct buf *out, struct str s);
/* Text for HTML, in content and quoted attributes. */
void	html_text(struct buf *out, struct str s);

#endif
