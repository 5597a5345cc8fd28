/*
 * log.h - one line to standard error: time, program, level, message.
 *
 * LVT_LOG=error|warn|info|debug chooses what is said (default info),
 * LVT_LOG_FORMAT=json writes {"time","program","pid","level","message"} instead.
 * Colours only on terminals. A line is written by one write(), so processes that
 * share a log do not mix theirs; what visitors send cannot make a line of its
 * own: control characters are shown as "?" (as escapes in JSON).
 */
#ifndef LVT_BASE_LOG_H
#define LVT_BASE_LOG_H

enum log_level { LOG_ERROR_, LOG_WARN_, LOG_INFO_, LOG_DEBUG_ };

void	log_init(const char *program);		/* borrowed for ever */
void	log_line(enum log_level level, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#define log_error(...)	log_line(LOG_ERROR_, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_WARN_, __VA_ARGS__)
#define log_info(...)	log_line(LOG_INFO_, __VA_ARGS__)
#define log_debug(...)	log_line(LOG_DEBUG_, __VA_ARGS__)

#endif
