#include "app/http/cookie.h"

struct str
cookie_find(const char *header, const char *name)
{
	size_t nlen = strlen(name);
	const char *at = header, *end;

	while (at != NULL && *at != '\0') {
		while (*at == ' ' || *at == '\t' || *at == ';')
			at++;
		end = at + strcspn(at, ";");
		if ((size_t)(end - at) > nlen && at[nlen] == '=' &&
		    memcmp(at, name, nlen) == 0) {
			at += nlen + 1;
			while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
				end--;
			if (end - at >= 2 && *at == '"' && end[-1] == '"') {
				at++;
				end--;
			}
			return (struct str){ at, (size_t)(end - at) };
		}
		at = end;
	}
	return STR_NULL;
}

void
cookie_write(struct buf *out, const struct cookie *c)
{
	buf_printf(out, "%s=%s; Path=%s; Max-Age=%ld; HttpOnly; SameSite=Lax%s",
	    c->name, c->value, c->path[0] != '\0' ? c->path : "/",
	    c->max_age_s, c->secure ? "; Secure" : "");
}
