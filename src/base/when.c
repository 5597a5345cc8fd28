#include <config.h>		/* _GNU_SOURCE */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/when.h"

int
when_span(const char *text, int64_t *ms, struct lvt_error *err)
{
	static const struct { const char *unit; int64_t ms; } units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 },
	};
	char *end;
	long long n = strtoll(text, &end, 10);
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != text && n >= 0 && n <= 1000000000 &&
		    strcmp(end, units[i].unit) == 0) {
			*ms = n * units[i].ms;
			return 0;
		}
	return lvt_error_set(err, LVT_EINVALID,
	    "'%s' is no span of time: 90s, 5m, 2h, 1d or 250ms", text);
}

static int
when_today(struct tm *tm, int64_t now_ms, int64_t *ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm today;

	if (localtime_r(&now, &today) == NULL)
		return -1;
	today.tm_hour = tm->tm_hour;
	today.tm_min = tm->tm_min;
	today.tm_sec = 0;
	today.tm_isdst = -1;
	*ms = (int64_t)mktime(&today) * 1000;
	if (*ms <= now_ms) {
		today.tm_mday++;	/* mktime() knows the calendar */
		today.tm_isdst = -1;
		*ms = (int64_t)mktime(&today) * 1000;
	}
	return 0;
}

int
when_time(const char *text, int64_t now_ms, int64_t *ms,
    struct lvt_error *err)
{
	static const char *const forms[] = {
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
		"%Y-%m-%dT%H:%M", "%Y-%m-%d",
	};
	struct tm tm;
	char *end;
	size_t i;

	if (text[0] == '@') {
		*ms = strtoll(text + 1, &end, 10) * 1000;
		if (end != text + 1 && *end == '\0' && *ms > 0)
			return 0;
	}
	memset(&tm, 0, sizeof(tm));
	if ((end = strptime(text, "%H:%M", &tm)) != NULL && *end == '\0' &&
	    when_today(&tm, now_ms, ms) == 0)
		return 0;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		if ((end = strptime(text, forms[i], &tm)) == NULL)
			continue;
		tm.tm_isdst = -1;
		if (*end == '\0')
			*ms = (int64_t)mktime(&tm) * 1000;
		else if (strcmp(end, "Z") == 0)
			*ms = (int64_t)timegm(&tm) * 1000;
		else
			continue;
		return 0;
	}
	return lvt_error_set(err, LVT_EINVALID, "'%s' is no time: "
	    "2026-05-01 18:30, 2026-05-01T16:30:00Z, 18:30 or @SECONDS", text);
}
