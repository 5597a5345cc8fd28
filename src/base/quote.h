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

/* With its quotes, escaped. false: it was not UTF-8. */
bool	json_add_string(struct buf *out, struct str s);

/* How many bytes from s on stand for themselves in a string: ASCII that needs no
 * escape. */
size_t	json_plain_run(const char *s, size_t len);

#endif
