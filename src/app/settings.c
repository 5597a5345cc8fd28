#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/settings.h"
#include "base/suggest.h"

enum kind { TEXT, NUMBER };

static const struct row {
	const char *flag, *env, *value;	/* value: the default, or NULL */
	enum kind kind;
	long long min, max;
	const char *help;
} rows[SETTINGS] = {
	[SET_DB] = { "--db", "LVT_DB", NULL, TEXT, 0, 0,
	    "the database file; not below the web root" },
	[SET_DURABILITY] = { "--durability", "LVT_DURABILITY", "full", TEXT,
	    0, 0, "full: every commit reaches the disk; normal: faster" },
	[SET_PREFIX] = { "--prefix", "LVT_PREFIX", NULL, TEXT, 0, 0,
	    "where the app is mounted, /counter; else from SCRIPT_NAME" },
	[SET_TEMPLATES] = { "--templates", "LVT_TEMPLATES", NULL, TEXT, 0, 0,
	    "the folder of the templates" },
	[SET_WWW] = { "--www", "LVT_WWW", NULL, TEXT, 0, 0,
	    "a folder with lvt.js to serve instead of the built-in one" },
	[SET_DEV] = { "--dev", "LVT_DEV", "0", NUMBER, 0, 1,
	    "1: templates are read again when they change, errors are shown" },
	[SET_ORIGINS] = { "--origins", "LVT_ORIGINS", NULL, TEXT, 0, 0,
	    "further origins whose pages may act, https://a.example ..." },
	[SET_STREAM] = { "--stream", "LVT_STREAM", "auto", TEXT, 0, 0,
	    "off: pages poll; auto: they use the companion" },
	[SET_STREAM_URL] = { "--stream-url", "LVT_STREAM_URL", NULL, TEXT, 0,
	    0, "where the companion listens; PREFIX/_lvt/stream" },
	[SET_HEADS] = { "--heads", "LVT_HEADS", NULL, TEXT, 0, 0,
	    "a folder that the web server shows, for head files: pages without "
	    "a companion poll these" },
	[SET_HEADS_URL] = { "--heads-url", "LVT_HEADS_URL", NULL, TEXT, 0, 0,
	    "where that folder is shown; else from DOCUMENT_ROOT" },
	[SET_TOKEN_TTL] = { "--token-ttl", "LVT_TOKEN_TTL", "86400", NUMBER,
	    60, 31536000, "seconds that a page's stream token is good for" },
	[SET_BODY_MAX] = { "--body-max", "LVT_BODY_MAX", "1048576", NUMBER,
	    1024, 1 << 30, "bytes that a request may bring" },
	[SET_RATE] = { "--rate", "LVT_RATE", "100", NUMBER, 0, 1000000,
	    "actions a second of one visitor or address, ten times that at "
	    "once; 0: any" },
	[SET_VARIANTS] = { "--variants", "LVT_VARIANTS", "64", NUMBER, 1,
	    10000, "distinct views that one commit renders" },
	[SET_OUTBOX_KEEP] = { "--outbox-keep", "LVT_OUTBOX_KEEP", "86400",
	    NUMBER, 60, 31536000, "seconds that sent rows are kept" },
	[SET_TRIES] = { "--tries", "LVT_TRIES", "8", NUMBER, 1, 1000,
	    "times that a handler is given an event that fails" },
	[SET_TRY_MS] = { "--try-ms", "LVT_TRY_MS", "1000", NUMBER, 1,
	    60000, "ms until the second time; doubled each time" },
};

void
settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
}

void
settings_release(struct settings *s)
{
	int i;

	for (i = 0; i < SETTINGS; i++)
		free(s->owned[i]);
	memset(s, 0, sizeof(*s));
}

static int
setting_keep(struct settings *s, int which, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return LVT_ENOMEM;
	free(s->owned[which]);
	s->owned[which] = copy;
	s->text[which] = copy;
	return 0;
}

int
settings_flag(struct settings *s, int argc, char *argv[], int *i,
    struct lvt_error *err)
{
	const char *word = argv[*i], *value;
	int k;

	for (k = 0; k < SETTINGS; k++) {
		size_t n = strlen(rows[k].flag);

		if (strncmp(word, rows[k].flag, n) != 0 ||
		    (word[n] != '\0' && word[n] != '='))
			continue;
		if (word[n] == '=')
			value = word + n + 1;
		else if (*i + 1 < argc)
			value = argv[++*i];
		else
			return lvt_error_set(err, LVT_EINVALID,
			    "%s needs a value: %s", rows[k].flag, rows[k].help);
		s->source[k] = FROM_FLAG;
		return setting_keep(s, k, value) == 0 ? 1 :
		    lvt_error_nomem(err);
	}
	return 0;
}

static int
setting_number(struct settings *s, int k, struct lvt_error *err)
{
	const struct row *r = &rows[k];
	char *end;

	errno = 0;
	s->number[k] = strtoll(s->text[k], &end, 10);
	if (end == s->text[k] || *end != '\0' || errno != 0 ||
	    s->number[k] < r->min || s->number[k] > r->max)
		return lvt_error_set(err, LVT_EINVALID,
		    "%s: '%s' is no number from %lld to %lld",
		    s->source[k] == FROM_FLAG ? r->flag : r->env, s->text[k],
		    r->min, r->max);
	return 0;
}

int
settings_load(struct settings *s, const char *(*env)(const char *name),
    struct lvt_error *err)
{
	const char *v;
	int k, rc;

	for (k = 0; k < SETTINGS; k++) {
		if (s->text[k] == NULL) {
			v = env(rows[k].env);
			if (v != NULL && v[0] != '\0') {
				if (setting_keep(s, k, v) != 0)
					return lvt_error_nomem(err);
				s->source[k] = FROM_ENVIRONMENT;
			} else {
				s->text[k] = rows[k].value;
			}
		}
		if (rows[k].kind == NUMBER &&
		    (rc = setting_number(s, k, err)) != 0)
			return rc;
	}
	if (strcmp(s->text[SET_DURABILITY], "full") != 0 &&
	    strcmp(s->text[SET_DURABILITY], "normal") != 0)
		return lvt_error_set(err, LVT_EINVALID,
		    "durability is full or normal, not '%s'",
		    s->text[SET_DURABILITY]);
	return 0;
}

int
settings_default(struct settings *s, enum setting which, const char *value)
{
	return s->text[which] != NULL ? 0 : setting_keep(s, which, value);
}

void
settings_print(const struct settings *s)
{
	static const char *const from[] = { "default", "environment", "flag" };
	int k;

	for (k = 0; k < SETTINGS; k++)
		printf("%-16s %-28s %-12s %s\n", rows[k].env,
		    s->text[k] != NULL ? s->text[k] : "-",
		    from[s->source[k]], rows[k].help);
}

void
settings_help(void)
{
	int k;

	for (k = 0; k < SETTINGS; k++)
		printf("  %-15s %-16s %s\n", rows[k].flag, rows[k].env,
		    rows[k].help);
}

void
settings_suggest(struct suggest *s)
{
	int k;

	for (k = 0; k < SETTINGS; k++)
		suggest_try(s, str_z(rows[k].flag));
}
