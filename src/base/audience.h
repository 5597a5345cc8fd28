/*
 * audience.h - for whom a line of an outbox row is: a short name of it.
 *
 * Views are named by their content, so visitors whose states differ may stand
 * at one view. A line of a row is only for those whose state leads where the
 * line leads; it names them by hashes, which say nothing about names and cost
 * the companion one comparison.
 */
#ifndef LVT_BASE_AUDIENCE_H
#define LVT_BASE_AUDIENCE_H

#include <stdint.h>

#define AUDIENCE_TEXT	17		/* "@" and 16 hex digits */

/* user NULL: everybody in the group. Never 0. */
uint64_t audience_hash(const char *group, const char *user);
void	audience_text(uint64_t hash, char text[AUDIENCE_TEXT + 1]);

#endif
