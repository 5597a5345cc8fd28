/*
 * webhook.h - one message as an HTTP POST, signed.
 *
 *   Content-Type: application/json
 *   Lvt-Id: SEQ-TAG            the same at each try: drop what was seen
 *   Lvt-Signature: t=SECONDS,v1=HEX
 *       HMAC-SHA256 with the secret over SECONDS, "." and the body
 *
 * Any answer of 2xx is success; redirections are not followed.
 */
#ifndef LVT_CLI_WEBHOOK_H
#define LVT_CLI_WEBHOOK_H

#include "base/error.h"
#include "base/str.h"

struct webhook;

/* secret NULL: not signed. NULL: err (no http or https URL; no libcurl). */
struct webhook *webhook_open(const char *url, const char *secret,
	    struct lvt_error *err);
void	webhook_free(struct webhook *w);	/* NULL is fine */
/* Return: 0, LVT_EIO (no answer), LVT_EFAIL (an answer that is no success; no
 * libcurl) or LVT_ENOMEM. */
int	webhook_post(struct webhook *w, struct str body, const char *id,
	    struct lvt_error *err);

#endif
