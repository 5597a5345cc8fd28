/*
 * cookie.h - reading Cookie, writing Set-Cookie (RFC 6265).
 */
#ifndef LVT_APP_COOKIE_H
#define LVT_APP_COOKIE_H

#include "base/buf.h"

/* The value of the first cookie of that name; .s NULL: none. Borrowed from
 * header, which may be NULL. Quotes around the value are left out. */
struct str cookie_find(const char *header, const char *name);

struct cookie {
	const char *name, *value, *path;
	long max_age_s;
	bool secure;
};

/* Appends "NAME=VALUE; Path=…; …": HttpOnly and SameSite=Lax always. */
void	cookie_write(struct buf *out, const struct cookie *c);

#endif
