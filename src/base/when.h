/*
 * when.h - times as people type them.
 */
#ifndef LVT_BASE_WHEN_H
#define LVT_BASE_WHEN_H

#include <stdint.h>

#include "base/error.h"

/* "90", "90s", "5m", "2h", "1d", "250ms": *ms, or LVT_EINVALID. */
int	when_span(const char *text, int64_t *ms, struct lvt_error *err);
/* "2026-05-01 18:30", with :SS and T if need be, local time, or UTC with "Z";
 * "18:30": the next one; "@SECONDS" since the epoch. *ms, or LVT_EINVALID. */
int	when_time(const char *text, int64_t now_ms, int64_t *ms,
	    struct lvt_error *err);

#endif
