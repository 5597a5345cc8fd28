/*
 * real.h - text to double, correctly rounded, whatever the locale.
 *
 * The grammar is that of Go's ParseFloat: decimal or hexadecimal digits with
 * "_" between them, a point, an exponent (which hexadecimal must have).
 */
#ifndef LVT_BASE_REAL_H
#define LVT_BASE_REAL_H

#include "base/str.h"

/* Return: 0, LVT_EINVALID (no number), LVT_ETOOBIG (past the largest double;
 * *out is infinite) or LVT_ENOMEM. */
int	real_parse(struct str text, double *out);
/* "_" only between digits, or between the prefix of a base and a digit */
bool	real_underscores_ok(struct str text);

#endif
