#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/action/context.h"
#include "app/action/validate.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/real.h"

size_t
text_length(const char *z)
{
	size_t n = 0;

	for (; *z != '\0'; z++)
		n += ((unsigned char)*z & 0xc0) != 0x80;
	return n;
}

/* One "@", something before it, a dotted name behind it: what mail servers
 * accept beyond that only they know. */
bool
text_is_email(const char *z)
{
	const char *at = strrchr(z, '@');
	const char *p;

	if (at == NULL || at == z || strlen(z) > 254 ||
	    strpbrk(z, " \t\r\n<>(),;:\"") != NULL ||
	    memchr(z, '@', (size_t)(at - z)) != NULL)
		return false;
	p = at + 1;
	if (*p == '.' || *p == '-' || strchr(p, '.') == NULL ||
	    strstr(z, "..") != NULL || z[strlen(z) - 1] == '.')
		return false;
	for (; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80 && !ascii_is_alnum(*p) &&
		    *p != '.' && *p != '-')
			return false;
	return true;
}

bool
text_is_url(const char *z)
{
	size_t n = strncasecmp(z, "http://", 7) == 0 ? 7 :
	    strncasecmp(z, "https://", 8) == 0 ? 8 : 0;

	return n > 0 && ascii_is_alnum(z[n]) &&
	    strpbrk(z, " \t\r\n<>\"") == NULL;
}

static bool
is_one_of(const char *list, const char *value)
{
	size_t n, want = strlen(value);

	for (; *list != '\0'; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (n == want && memcmp(list, value, n) == 0)
			return true;
	}
	return false;
}

static bool
matches(const char *pattern, const char *value)
{
	regex_t re;
	bool yes;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	yes = regexec(&re, value, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

/* NULL: fine; else why not. */
static const char *
check_number(const struct lvt_rule *r, const char *value, char *why,
    size_t size)
{
	double d;
	char *end;

	if (r->flags & LVT_INTEGER) {
		errno = 0;
		d = (double)strtoll(value, &end, 10);
		if (end == value || *end != '\0' || errno != 0 ||
		    (!ascii_is_digit(value[0]) && value[0] != '-' &&
		    value[0] != '+'))
			return "must be a whole number";
	} else if (real_parse(str_z(value), &d) != 0) {
		return "must be a number";
	}
	if (r->min == 0 && r->max == 0)
		return NULL;
	if (d >= (double)r->min && (r->max < r->min || d <= (double)r->max))
		return NULL;
	if (r->max < r->min)
		snprintf(why, size, "must be at least %lld", (long long)r->min);
	else
		snprintf(why, size, "must be %lld to %lld", (long long)r->min,
		    (long long)r->max);
	return why;
}

static const char *
check_length(const struct lvt_rule *r, const char *value, char *why,
    size_t size)
{
	size_t n = text_length(value);

	if (r->min == 0 && r->max == 0)
		return NULL;
	if ((int64_t)n < r->min)
		snprintf(why, size, "must have at least %lld characters",
		    (long long)r->min);
	else if (r->max >= r->min && (int64_t)n > r->max)
		snprintf(why, size, "must have at most %lld characters",
		    (long long)r->max);
	else
		return NULL;
	return why;
}

static const char *
check_text(const struct lvt_rule *r, const char *value, char *why,
    size_t size)
{
	const char *bad;

	if (r->flags & (LVT_INTEGER | LVT_NUMBER))
		bad = check_number(r, value, why, size);
	else
		bad = check_length(r, value, why, size);
	if (bad != NULL)
		return bad;
	if ((r->flags & LVT_EMAIL) && !text_is_email(value))
		return "must be an e-mail address";
	if ((r->flags & LVT_URL) && !text_is_url(value))
		return "must be a web address";
	if (r->oneof != NULL && !is_one_of(r->oneof, value)) {
		snprintf(why, size, "must be one of: %s", r->oneof);
		return why;
	}
	if (r->pattern != NULL && !matches(r->pattern, value))
		return "has not the form that is asked for";
	return NULL;
}

/* White space at both ends goes, in the data too: the handler sees what was
 * checked. */
static int
trim(json_t *data, const char *field)
{
	json_t *v = json_object_get(data, field), *shorter;
	const char *from;
	size_t n;

	if (!json_is_string(v))
		return 0;
	from = json_string_value(v);
	n = json_string_length(v);
	while (n > 0 && ascii_is_space(from[n - 1]))
		n--;
	while (n > 0 && ascii_is_space(*from)) {
		from++;
		n--;
	}
	if (n == json_string_length(v))
		return 0;
	shorter = json_stringn(from, n);
	return json_object_set_new(data, field, shorter);
}

static const char *
check_rule(const struct lvt_rule *r, struct lvt_ctx *cx, char *why,
    size_t size)
{
	const char *value = lvt_str(cx, r->field), *bad;

	if (value[0] == '\0' || ((r->flags & LVT_REQUIRED) &&
	    !lvt_has(cx, r->field)))
		return r->flags & LVT_REQUIRED ? "is required" : NULL;
	bad = check_text(r, value, why, size);
	if (bad == NULL && r->check != NULL && r->check(cx, value) != 0)
		bad = "is not valid";
	return bad;
}

int
validate(const struct lvt_rule *rules, json_t *data, struct lvt_ctx *cx,
    int (*fail)(void *arg, const char *field, const char *message), void *arg)
{
	const struct lvt_rule *r;
	const char *bad;
	char why[200];
	int n = 0;

	for (r = rules; r != NULL && r->field != NULL; r++) {
		if ((r->flags & LVT_TRIM) && trim(data, r->field) != 0)
			return LVT_ENOMEM;
		bad = check_rule(r, cx, why, sizeof(why));
		if (bad == NULL)
			continue;
		/* A check of its own may have said more than the row does;
		 * fail() keeps the first message of a field. */
		if (fail(arg, r->field,
		    r->message != NULL ? r->message : bad) != 0)
			return LVT_ENOMEM;
		n++;
	}
	return n;
}

int
validate_check_rules(const struct lvt_rule *rules, struct lvt_error *err)
{
	const struct lvt_rule *r;
	char why[200];
	regex_t re;
	int rc;

	for (r = rules; r != NULL && r->field != NULL; r++) {
		if (r->pattern == NULL)
			continue;
		rc = regcomp(&re, r->pattern, REG_EXTENDED | REG_NOSUB);
		if (rc != 0) {
			regerror(rc, &re, why, sizeof(why));
			return lvt_error_set(err, LVT_EINVALID,
			    "rule for \"%s\": pattern \"%s\": %s", r->field,
			    r->pattern, why);
		}
		regfree(&re);
	}
	return 0;
}
