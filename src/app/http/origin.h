/*
 * origin.h - does a request that changes something come from our own page?
 *
 * A browser cannot be made to lie about Sec-Fetch-Site and Origin, so no
 * token in the HTML is needed. Whoever sends neither is no browser.
 */
#ifndef LVT_APP_ORIGIN_H
#define LVT_APP_ORIGIN_H

#include "base/error.h"

struct origin {
	const char *site;	/* Sec-Fetch-Site, or NULL */
	const char *origin;	/* Origin, or NULL */
	const char *host;	/* Host */
	const char *allowed;	/* LVT_ORIGINS: between spaces or commas; NULL */
};

/* 0, or LVT_EDENIED with a message that names both. */
int	origin_check(const struct origin *o, struct lvt_error *err);

#endif
