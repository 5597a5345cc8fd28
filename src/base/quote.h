/*
 * quote.h - a string as JSON.
 *
 * Owns:    nothing.
 * Invariants:
 *   1. What is written is UTF-8, whatever the string is: a byte that starts no
 *      character becomes U+FFFD.
 */
#ifndef LVT_BASE_QUOTE_H
#define LVT_BASE_QUOTE_H

#include "base/buf.h"

/* With its quotes, escaped. */
void	json_add_string(struct buf *out, struct str s);

#endif
