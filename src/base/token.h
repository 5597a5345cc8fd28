/*
 * token.h - signed claims: base64url(JSON) "." base64url(HMAC-SHA-256).
 *
 * Workers sign, the companion verifies; both have the key of the database.
 * May not: read a clock or a store: the caller passes key and time.
 */
#ifndef LVT_BASE_TOKEN_H
#define LVT_BASE_TOKEN_H

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

#define TOKEN_KEY	32
#define TOKEN_MAX	4096	/* bytes of a token at most */

/* Appends the token. Return: 0, LVT_ENOMEM, or out->failed. */
int	token_sign(const unsigned char key[TOKEN_KEY], const json_t *claims,
	    struct buf *out);
/* A new reference to the claims; NULL: forged, damaged or too long (err). */
json_t	*token_verify(const unsigned char key[TOKEN_KEY], const char *token,
	    size_t len, struct lvt_error *err);

/* base64url without padding, as RFC 4648 section 5; both append. */
void	base64url_encode(const void *p, size_t len, struct buf *out);
/* Return: 0, LVT_EINVALID, or out->failed. */
int	base64url_decode(const char *s, size_t len, struct buf *out);

#endif
