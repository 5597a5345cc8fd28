/*
 * options.h - settings: a flag, else the environment, else the default.
 *
 * Invariants:
 *   1. A setting is one row of OPTION_NUMBERS or OPTION_LISTS: help, flag,
 *      variable, limits and default cannot drift apart.
 */
#ifndef LVT_STREAMD_OPTIONS_H
#define LVT_STREAMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* member, flag, variable, default, least, most, help */
#define OPTION_NUMBERS(X)                                                \
	X(heartbeat_ms, "heartbeat-ms", "LVT_HEARTBEAT_MS", 15000, 100,  \
	    120000, "comment on an idle stream every so many ms")        \
	X(wait_ms, "wait-ms", "LVT_WAIT_MS", 25000, 100, 120000,         \
	    "a long-poll without events ends after this")                \
	X(poll_ms, "poll-ms", "LVT_TAIL_MS", 250, 5, 60000,              \
	    "look at the outbox this often if the bell is silent")       \
	X(stall_ms, "stall-ms", "LVT_STALL_MS", 60000, 500, 3600000,     \
	    "drop a reader that takes nothing for so long")              \
	X(retry_ms, "retry-ms", "LVT_RETRY_MS", 1000, 10, 600000,        \
	    "clients reconnect after about this")                        \
	X(drain_ms, "drain-ms", "LVT_DRAIN_MS", 2000, 0, 60000,          \
	    "on SIGTERM, close streams over this time")                  \
	X(retention_limit, "retention-limit", "LVT_RETENTION_LIMIT",     \
	    10000, 1, 1000000, "rows looked at for one resume")          \
	X(ring_bytes, "ring-bytes", "LVT_RING_BYTES", 16 << 20, 4096,    \
	    INT64_C(1) << 32, "newest rows kept in memory")              \
	X(rest_bytes, "rest-bytes", "LVT_REST_BYTES", 64 << 20, 65536,   \
	    INT64_C(1) << 32, "unsent bytes held for all slow readers")  \
	X(sync_rate, "sync-rate", "LVT_SYNC_RATE", 500, 1, 1000000,      \
	    "spread syncs so that workers see so many a second")         \
	X(max_conns, "max-connections", "LVT_MAX_CONNECTIONS", 0, 0,     \
	    10000000, "0: what descriptors allow")

/* member, flag, variable, value, help */
#define OPTION_LISTS(X)                                                  \
	X(http, "http", "LVT_STREAMD_HTTP", "ADDR",                      \
	    "listen for HTTP: HOST:PORT or unix:PATH")                   \
	X(fcgi, "fcgi", "LVT_STREAMD_FCGI", "ADDR",                      \
	    "listen for FastCGI: as above, or - for descriptor 0")       \
	X(origin, "origin", "LVT_ORIGINS", "ORIGIN",                     \
	    "allow pages of this origin (CORS); * for all")

#define OPTION_LIST_MAX	16

struct option_list {
	char *items[OPTION_LIST_MAX];
	int n;
};

struct options {
	const char *db;
	bool help, version;
#define OPTION_MEMBER_(m, flag, var, def, least, most, help_) int64_t m;
	OPTION_NUMBERS(OPTION_MEMBER_)
#undef OPTION_MEMBER_
#define OPTION_MEMBER_(m, flag, var, value, help_) struct option_list m;
	OPTION_LISTS(OPTION_MEMBER_)
#undef OPTION_MEMBER_
};

int	options_parse(struct options *o, int argc, char **argv,
	    struct lvt_error *err);
void	options_release(struct options *o);
void	options_help(void);		/* to standard output */

#endif
