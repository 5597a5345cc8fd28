#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static const struct level {
	const char *name, *colour;
} levels[] = {
	[LOG_ERROR_] = { "error", "\033[31m" },
	[LOG_WARN_] = { "warn", "\033[33m" },
	[LOG_INFO_] = { "info", "\033[0m" },
	[LOG_DEBUG_] = { "debug", "\033[2m" },
};

static const char *program_name = "lvt";
static int threshold = -1;

void
log_init(const char *program)
{
	program_name = program;
}

static int
log_threshold(void)
{
	const char *want = getenv("LVT_LOG");
	int i;

	if (want != NULL)
		for (i = LOG_ERROR_; i <= LOG_DEBUG_; i++)
			if (strcmp(want, levels[i].name) == 0)
				return i;
	return LOG_INFO_;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char line[2048], when[32] = "";
	bool colour = isatty(STDERR_FILENO);
	struct timespec now;
	struct tm tm;
	va_list ap;
	size_t len;

	if (threshold < 0)
		threshold = log_threshold();
	if ((int)level > threshold)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	len = (size_t)snprintf(line, sizeof(line), "%s%s.%03ldZ %s %s: ",
	    colour ? levels[level].colour : "", when,
	    now.tv_nsec / 1000000, program_name, levels[level].name);
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - len - 8, fmt, ap);
	va_end(ap);
	len = strlen(line);
	len += (size_t)snprintf(line + len, sizeof(line) - len, "%s\n",
	    colour ? "\033[0m" : "");
	/* Nobody is left to tell when the log itself cannot be written. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
