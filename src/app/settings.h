/*
 * settings.h - flag, else environment, else default: one table.
 *
 * Owns:    the values that came from flags or were worked out.
 * Invariants:
 *   1. Every setting is a row: its help, "app config" and the manual's list
 *      come from that row.
 *   2. Numbers are checked once, when settings are read.
 */
#ifndef LVT_APP_SETTINGS_H
#define LVT_APP_SETTINGS_H

#include "base/error.h"

enum setting {
	SET_DB, SET_DURABILITY, SET_PREFIX, SET_TEMPLATES, SET_WWW, SET_DEV,
	SET_ORIGINS, SET_STREAM, SET_STREAM_URL, SET_HEADS, SET_HEADS_URL,
	SET_TOKEN_TTL, SET_BODY_MAX, SET_RATE, SET_VARIANTS, SET_OUTBOX_KEEP,
	SET_TRIES, SET_TRY_MS,
	SETTINGS
};

enum setting_source { FROM_DEFAULT, FROM_ENVIRONMENT, FROM_FLAG };

struct settings {
	const char *text[SETTINGS];	/* NULL: not set and no default */
	enum setting_source source[SETTINGS];
	char	*owned[SETTINGS];
	long long number[SETTINGS];	/* of numeric settings */
};

void	settings_init(struct settings *s);
void	settings_release(struct settings *s);
/* A "--flag value" or "--flag=value" at argv[*i]: 1 and *i moved to its last
 * word; 0: not ours; negative: err. */
int	settings_flag(struct settings *s, int argc, char *argv[], int *i,
	    struct lvt_error *err);
/* The environment (through getenv), then defaults. */
int	settings_load(struct settings *s, const char *(*env)(const char *name),
	    struct lvt_error *err);
/* A value that was worked out, where nothing was set. Copied. */
int	settings_default(struct settings *s, enum setting which,
	    const char *value);
/* One line for each: name, value, source, help. */
void	settings_print(const struct settings *s);
void	settings_help(void);
struct suggest;
void	settings_suggest(struct suggest *s);	/* flags that may be meant */

#endif
