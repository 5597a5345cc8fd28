#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "app/http/origin.h"

/* Is origin one of the listed ones? */
static bool
is_allowed(const char *allowed, const char *origin)
{
	size_t n, want = strlen(origin);

	if (allowed == NULL)
		return false;
	for (; *allowed != '\0'; allowed += n) {
		allowed += strspn(allowed, " ,\t");
		n = strcspn(allowed, " ,\t");
		if (n == want && strncasecmp(allowed, origin, n) == 0)
			return true;
	}
	return false;
}

/* "https://a.example:8443" is of host "a.example:8443". */
static bool
is_own(const char *origin, const char *host)
{
	const char *at = strstr(origin, "://");

	return at != NULL && host[0] != '\0' && strcasecmp(at + 3, host) == 0;
}

int
origin_check(const struct origin *o, struct lvt_error *err)
{
	const char *origin = o->origin != NULL ? o->origin : "(not named)";

	if (o->origin != NULL && is_allowed(o->allowed, o->origin))
		return 0;
	if (o->site != NULL) {
		if (strcmp(o->site, "same-origin") == 0 ||
		    strcmp(o->site, "none") == 0)
			return 0;
	} else if (o->origin == NULL || is_own(o->origin, o->host)) {
		return 0;
	}
	return lvt_error_set(err, LVT_EDENIED, "a page of %s may not act on %s "
	    "(LVT_ORIGINS lists further origins that may)", origin, o->host);
}
