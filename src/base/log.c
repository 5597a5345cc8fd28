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

static bool
wants_json(void)
{
	static int json = -1;
	const char *format = getenv("LVT_LOG_FORMAT");

	if (json < 0)
		json = format != NULL && strcmp(format, "json") == 0;
	return json != 0;
}

/* The message with what is no text made visible; bytes of UTF-8 stay. */
static size_t
add_message(char *to, size_t room, const char *message, bool json)
{
	const unsigned char *s;
	char *start = to;
	size_t n;

	for (s = (const unsigned char *)message; *s != '\0' && room > 8; s++) {
		n = 1;
		if (json && (*s == '"' || *s == '\\'))
			n = (size_t)sprintf(to, "\\%c", *s);
		else if (json && *s < ' ')
			n = (size_t)sprintf(to, "\\u%04x", *s);
		else
			*to = *s < ' ' || *s == 127 ? '?' : (char)*s;
		to += n;
		room -= n;
	}
	return (size_t)(to - start);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char line[4096], message[2048], when[64] = "";
	bool json, colour;
	struct timespec now;
	struct tm tm;
	va_list ap;
	size_t len;

	if (threshold < 0)
		threshold = log_threshold();
	if ((int)level > threshold)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	json = wants_json();
	colour = !json && isatty(STDERR_FILENO);
	len = (size_t)snprintf(line, sizeof(line) / 2, json ?
	    "%s{\"time\":\"%s.%03ldZ\",\"program\":\"%.200s\",\"level\":\"%s\"" :
	    "%s%s.%03ldZ %.200s %s: ",
	    colour ? levels[level].colour : "", when,
	    now.tv_nsec / 1000000, program_name, levels[level].name);
	if (json)
		len += (size_t)sprintf(line + len,
		    ",\"pid\":%ld,\"message\":\"", (long)getpid());
	len += add_message(line + len, sizeof(line) - len - 16, message, json);
	len += (size_t)sprintf(line + len, "%s\n", colour ? "\033[0m" :
	    json ? "\"}" : "");
	/* Nobody is left to tell when the log itself cannot be written. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
