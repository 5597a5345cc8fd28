/*
 * error.h - one way to say what went wrong.
 *
 * Owns:    nothing; writes into the caller's struct lvt_error.
 * Invariants:
 *   1. An error is written only on failure, and the first message wins,
 *      because it is nearest the cause.
 *   2. A NULL error is fine everywhere.
 */
#ifndef LVT_BASE_ERROR_H
#define LVT_BASE_ERROR_H

#include <stdarg.h>

#include <lvt.h>

void	lvt_error_init(struct lvt_error *err);
int	lvt_error_set(struct lvt_error *err, int code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));	/* returns code */
int	lvt_error_vset(struct lvt_error *err, int code, const char *fmt,
	    va_list ap) __attribute__((format(printf, 3, 0)));
/* Name the place, once: file (or template) name, line and column from 1,
 * 0 where unknown. Keeps a place that is already there. */
void	lvt_error_at(struct lvt_error *err, const char *file, int line, int col);
int	lvt_error_nomem(struct lvt_error *err);	/* returns LVT_ENOMEM */

#define ERROR_TEXT	1100		/* bytes that hold any */

/* "file:line:col: message", or the message alone, or what the code says. */
const char *error_text(const struct lvt_error *err, char text[ERROR_TEXT]);

#endif
