#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/token.h"

void
base64url_encode(const void *p, size_t len, struct buf *out)
{
	size_t room = sodium_base64_ENCODED_LEN(len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);	/* with its NUL */

	if (out->cap - out->len < room && buf_grow(out, room) != 0)
		return;
	sodium_bin2base64(out->s + out->len, room, p, len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	out->len += room - 1;
}

int
base64url_decode(const char *s, size_t len, struct buf *out)
{
	size_t n = 0;

	if (len == 0)
		return 0;
	if (out->cap - out->len < len && buf_grow(out, len) != 0)
		return out->failed;
	if (sodium_base642bin((unsigned char *)out->s + out->len,
	    out->cap - out->len, s, len, NULL, &n, NULL,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return LVT_EINVALID;
	out->len += n;
	return 0;
}

int
token_sign(const unsigned char key[TOKEN_KEY], const json_t *claims,
    struct buf *out)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char *json = json_dumps(claims, JSON_COMPACT | JSON_SORT_KEYS);
	size_t start = out->len;

	if (json == NULL)
		return LVT_ENOMEM;
	base64url_encode(json, strlen(json), out);
	free(json);
	if (out->failed)
		return out->failed;
	crypto_auth_hmacsha256(mac, (unsigned char *)out->s + start,
	    out->len - start, key);
	buf_putc(out, '.');
	base64url_encode(mac, sizeof(mac), out);
	return out->failed;
}

json_t *
token_verify(const unsigned char key[TOKEN_KEY], const char *token,
    size_t len, struct lvt_error *err)
{
	const char *dot = len <= TOKEN_MAX ? memchr(token, '.', len) : NULL;
	json_t *claims = NULL;
	struct buf mac, json;

	buf_init(&mac);
	buf_init(&json);
	if (dot == NULL ||
	    base64url_decode(dot + 1, len - (size_t)(dot + 1 - token), &mac) != 0 ||
	    mac.len != crypto_auth_hmacsha256_BYTES ||
	    crypto_auth_hmacsha256_verify((unsigned char *)mac.s,
	    (const unsigned char *)token, (size_t)(dot - token), key) != 0 ||
	    base64url_decode(token, (size_t)(dot - token), &json) != 0 ||
	    (claims = json_loadb(json.s, json.len, 0, NULL)) == NULL)
		lvt_error_set(err, LVT_EDENIED, "token is not valid");
	if (claims != NULL && !json_is_object(claims)) {
		json_decref(claims);
		claims = NULL;
		lvt_error_set(err, LVT_EDENIED, "token is not an object");
	}
	buf_release(&mac);
	buf_release(&json);
	return claims;
}
