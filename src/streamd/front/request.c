#include "base/ascii.h"
#include "streamd/front/request.h"

/* Nobody is to read half of it, or past its end. */
static int
malformed(char *out)
{
	out[0] = '\0';
	return -2;
}

static int
decode(struct str v, char *out, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < v.len; i++) {
		char c = v.s[i];

		if (c == '+')
			c = ' ';
		if (c == '%') {
			if (v.len - i < 3 || ascii_hex(v.s[i + 1]) < 0 ||
			    ascii_hex(v.s[i + 2]) < 0)
				return malformed(out);
			c = (char)(ascii_hex(v.s[i + 1]) << 4 |
			    ascii_hex(v.s[i + 2]));
			i += 2;
		}
		/* A NUL would cut what is compared from what was said. */
		if (c == '\0' || n + 1 >= size)
			return malformed(out);
		out[n++] = c;
	}
	out[n] = '\0';
	return (int)n;
}

int
request_query(const struct request *rq, const char *name, char *out,
    size_t size)
{
	const char *p = rq->query.s, *end;
	size_t len = strlen(name);

	out[0] = '\0';
	if (rq->query.len == 0)
		return -1;
	end = p + rq->query.len;
	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		const char *stop = amp != NULL ? amp : end;

		if ((size_t)(stop - p) > len && p[len] == '=' &&
		    memcmp(p, name, len) == 0)
			return decode((struct str){ p + len + 1,
			    (size_t)(stop - p) - len - 1 }, out, size);
		p = stop + 1;
	}
	return -1;
}

bool
request_has_cookie(const struct request *rq, const char *name,
    const char *value)
{
	const char *p = rq->cookie.s, *end = p + rq->cookie.len, *stop;
	size_t n = strlen(name), m = strlen(value);

	while (p < end) {
		while (p < end && (*p == ' ' || *p == ';'))
			p++;
		stop = p < end ? memchr(p, ';', (size_t)(end - p)) : NULL;
		if (stop == NULL)
			stop = end;
		if ((size_t)(stop - p) == n + 1 + m &&
		    memcmp(p, name, n) == 0 && p[n] == '=' &&
		    memcmp(p + n + 1, value, m) == 0)
			return true;
		p = stop;
	}
	return false;
}
