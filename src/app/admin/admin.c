#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/admin/admin.h"
#include "base/suggest.h"

/* --- Words ------------------------------------------------------------------------ */

int
admin_fail(const struct lvt_error *err)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name,
	    err->message);
	return 1;
}

int
admin_misuse(const struct admin *ad, const char *name)
{
	const struct admin_command *c = admin_find(name);

	(void)ad;
	fprintf(stderr, "usage: %s %s %s\n%s\n",
	    program_invocation_short_name, c->name, c->args, c->help);
	return 2;
}

const char *
admin_option(const struct admin *ad, int *i, const char *name)
{
	const char *word = ad->argv[*i];
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return NULL;
	if (word[n] == '=')
		return word + n + 1;
	return word[n] == '\0' && *i + 1 < ad->argc ? ad->argv[++*i] : NULL;
}

bool
admin_number(const char *text, long long min, long long max, long long *n)
{
	char *end;

	errno = 0;
	*n = strtoll(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && *n >= min &&
	    *n <= max;
}

void
admin_when(int64_t ms, char text[ADMIN_WHEN])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	text[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		strftime(text, ADMIN_WHEN, "%Y-%m-%d %H:%M:%S", &tm);
}

/* --- The table ------------------------------------------------------------------------------ */

#define LIVE	(NEEDS_STORE | NEEDS_TEMPLATES)

static const struct admin_command commands[] = {
	{ "fcgi", "[--socket unix:PATH|:PORT|HOST:PORT] [--workers N]",
	    "answer FastCGI requests, on a socket of its own", NEEDS_TEMPLATES,
	    admin_fcgi },
	{ "agent", "[--once]",
	    "run channel handlers, ticks, hooks and housekeeping", LIVE,
	    admin_agent },
	{ "broadcast", "[--all | --user U... | --group G...] [--page P] "
	    "[--in SPAN | --at TIME] [--name N] [--expire SPAN] JSON|-",
	    "change what open pages show", LIVE, admin_broadcast },
	{ "publish", "[--in SPAN | --at TIME] [--name N] [--coalesce KEY] "
	    "CHANNEL EVENT JSON|-",
	    "say something on a channel", LIVE, admin_publish },
	{ "refresh", "PAGE [--group G]",
	    "run mount again for those who have acted", LIVE, admin_refresh },
	{ "sessions", "[delete PAGE GROUP]",
	    "list sessions, or delete one", LIVE, admin_sessions },
	{ "outbox", "[AFTER-SEQUENCE] | --parked [retry|drop N|all]",
	    "what was committed for others to see; events that failed", LIVE,
	    admin_outbox },
	{ "delayed", "[cancel N|NAME]",
	    "what will be said later", LIVE, admin_delayed },
	{ "status", "", "what is there, in numbers", LIVE, admin_status },
	{ "gc", "", "remove what is old", LIVE, admin_gc },
	{ "token", "USER [SECONDS]",
	    "a token for lvt_auth_token", LIVE, admin_token },
	{ "logout", "USER",
	    "end a user's logins and streams", LIVE, admin_logout },
	{ "check", "", "are rows and templates right? with the app's own "
	    "functions", NEEDS_CHECK, admin_check },
	{ "render", "PAGE [--data FILE|JSON|-] [--user U]",
	    "print a page of its first document and these members", NEEDS_CHECK,
	    admin_render },
	{ "config", "", "every setting and where it came from", 0,
	    admin_config },
};

#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

const struct admin_command *
admin_find(const char *name)
{
	size_t i;

	for (i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int
admin_unknown(const char *word)
{
	struct suggest s = suggest_for(str_z(word));
	bool flag = word[0] == '-';
	size_t i;

	for (i = 0; !flag && i < NCOMMANDS; i++)
		suggest_try(&s, str_z(commands[i].name));
	if (flag)
		settings_suggest(&s);
	fprintf(stderr, "%s: there is no %s '%s'", program_invocation_short_name,
	    flag ? "setting" : "command", word);
	if (s.best.s != NULL)
		fprintf(stderr, "; did you mean '" STR_FMT "'?",
		    STR_ARG(s.best));
	fprintf(stderr, "\n%s --help lists them\n",
	    program_invocation_short_name);
	return 2;
}

void
admin_help(const struct app *app, const char *prog)
{
	size_t i;

	printf("usage: %s [SETTING...] COMMAND [ARGUMENT...]\n\n"
	    "A web server starts it as FastCGI or CGI; by hand it takes:\n\n",
	    prog);
	for (i = 0; i < NCOMMANDS; i++)
		printf("  %s %s\n      %s\n", commands[i].name,
		    commands[i].args, commands[i].help);
	printf("\nPages:\n");
	for (i = 0; i < app->npages; i++)
		printf("  %-20s %s\n", app->pages[i].row->path,
		    app->pages[i].row->file);
	printf("\nSettings, as a flag or from the environment:\n");
	settings_help();
}
