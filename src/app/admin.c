#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/admin.h"
#include "app/agent.h"
#include "app/login.h"
#include "app/outside.h"
#include "app/worker.h"
#include "base/when.h"

/* --- Words ------------------------------------------------------------------------ */

static int
complain(const struct lvt_error *err)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name,
	    err->message);
	return 1;
}

static int
usage(const struct admin *ad, const char *name)
{
	(void)ad;
	return admin_usage(program_invocation_short_name, admin_find(name));
}

/* "--name VALUE" or "--name=VALUE" at argv[*i]; NULL: another word. */
static const char *
option(const struct admin *ad, int *i, const char *name)
{
	const char *word = ad->argv[*i];
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return NULL;
	if (word[n] == '=')
		return word + n + 1;
	return word[n] == '\0' && *i + 1 < ad->argc ? ad->argv[++*i] : NULL;
}

/* JSON from the word, or from standard input for "-". A new reference. */
static json_t *
json_word(const char *word)
{
	json_error_t why;
	json_t *j = strcmp(word, "-") == 0 ?
	    json_loadf(stdin, JSON_DECODE_ANY, &why) :
	    json_loads(word, JSON_DECODE_ANY, &why);

	if (j == NULL)
		fprintf(stderr, "%s: %s is not JSON: line %d, column %d: %s\n",
		    program_invocation_short_name,
		    strcmp(word, "-") == 0 ? "the input" : word, why.line,
		    why.column, why.text);
	return j;
}

/* "--in 5m", "--at 18:30", "--name N", "--coalesce KEY", "--expire 1h" at
 * argv[*i]: 1; 0: another word; negative: one that is wrong. */
static int
said_option(const struct admin *ad, int *i, struct lvt_opts *o)
{
	struct lvt_error err = { 0 };
	const char *value;
	int rc = 0;

	if ((value = option(ad, i, "--in")) != NULL)
		rc = when_span(value, &o->in_ms, &err);
	else if ((value = option(ad, i, "--at")) != NULL)
		rc = when_time(value, ad->app->now_ms(), &o->at, &err);
	else if ((value = option(ad, i, "--expire")) != NULL)
		rc = when_span(value, &o->expire_ms, &err);
	else if ((value = option(ad, i, "--name")) != NULL)
		o->name = value;
	else if ((value = option(ad, i, "--coalesce")) != NULL)
		o->coalesce = value;
	else
		return 0;
	if (rc != 0)
		complain(&err);
	return rc != 0 ? rc : 1;
}

/* --- Broadcast and publish ----------------------------------------------------------- */

static int
broadcast_to(struct admin *ad, const char *const *scopes, size_t n,
    const char *page, json_t *patch, const struct lvt_opts *opts)
{
	struct lvt_error err = { 0 };
	int64_t live, all = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (outside_broadcast(ad->app, scopes[i], page, patch, opts,
		    &live, &err) != 0)
			return complain(&err);
		all += live;
	}
	if (opts->at > ad->app->now_ms() || opts->in_ms > 0)
		printf("delayed\n");
	else
		printf("%lld live streams\n", (long long)all);
	return 0;
}

static int
cmd_broadcast(struct admin *ad)
{
	const char *page = NULL, *json = NULL, *to;
	const char **scopes = calloc((size_t)ad->argc + 1, sizeof(*scopes));
	char *made;
	size_t n = 0, k;
	struct lvt_opts opts = { 0 };
	json_t *patch = NULL;
	int i, rc, status = 2;

	for (i = 0; scopes != NULL && i < ad->argc; i++) {
		made = NULL;
		if (strcmp(ad->argv[i], "--all") == 0)
			made = strdup("*");
		else if ((to = option(ad, &i, "--user")) != NULL &&
		    to[0] != '\0')
			made = asprintf(&made, "u:%s", to) < 0 ? NULL : made;
		else if ((to = option(ad, &i, "--group")) != NULL &&
		    to[0] != '\0')
			made = asprintf(&made, "g:%s", to) < 0 ? NULL : made;
		else if ((to = option(ad, &i, "--page")) != NULL)
			page = to;
		else if ((rc = said_option(ad, &i, &opts)) != 0) {
			if (rc < 0)
				goto out;
		} else if (json == NULL && (ad->argv[i][0] != '-' ||
		    strcmp(ad->argv[i], "-") == 0))
			json = ad->argv[i];
		else
			goto out;
		if (made != NULL)
			scopes[n++] = made;
	}
	if (json == NULL || scopes == NULL)
		goto out;
	if (n == 0 && (scopes[n++] = strdup("*")) == NULL)
		goto out;
	status = 1;
	if ((patch = json_word(json)) != NULL)
		status = broadcast_to(ad, scopes, n, page, patch, &opts);
out:
	for (k = 0; scopes != NULL && k < n; k++)
		free((void *)(uintptr_t)scopes[k]);
	free(scopes);
	json_decref(patch);
	return status == 2 ? usage(ad, "broadcast") : status;
}

static int
cmd_publish(struct admin *ad)
{
	struct lvt_error err = { 0 };
	struct lvt_opts opts = { 0 };
	const char *word[3];
	json_t *payload;
	int i, n = 0, rc;

	for (i = 0; i < ad->argc; i++) {
		if ((rc = said_option(ad, &i, &opts)) < 0)
			return 2;
		if (rc == 0 && (n == 3 || strncmp(ad->argv[i], "--", 2) == 0))
			return usage(ad, "publish");
		if (rc == 0)
			word[n++] = ad->argv[i];
	}
	if (n != 3)
		return usage(ad, "publish");
	if ((payload = json_word(word[2])) == NULL)
		return 1;
	rc = outside_publish(ad->app, word[0], word[1], payload, &opts, &err);
	json_decref(payload);
	if (rc != 0)
		return complain(&err);
	printf("%s on %s\n", opts.at > ad->app->now_ms() || opts.in_ms > 0 ?
	    "delayed" : "published", word[0]);
	return 0;
}

static int
cmd_refresh(struct admin *ad)
{
	const char *page = NULL, *group = NULL, *value;
	struct lvt_error err = { 0 };
	int64_t changed = 0;
	int i;

	for (i = 0; i < ad->argc; i++)
		if ((value = option(ad, &i, "--group")) != NULL)
			group = value;
		else if (page == NULL && ad->argv[i][0] == '/')
			page = ad->argv[i];
		else
			return usage(ad, "refresh");
	if (page == NULL)
		return usage(ad, "refresh");
	if (outside_refresh(ad->app, page, group, &changed, &err) != 0)
		return complain(&err);
	printf("%lld sessions changed\n", (long long)changed);
	return 0;
}

/* --- Running ----------------------------------------------------------------------------- */

static int
cmd_fcgi(struct admin *ad)
{
	const char *where = NULL, *value;
	struct lvt_error err = { 0 };
	int i, fd = STDIN_FILENO, n = 0;

	for (i = 0; i < ad->argc; i++)
		if ((value = option(ad, &i, "--socket")) != NULL)
			where = value;
		else if ((value = option(ad, &i, "--workers")) != NULL)
			n = atoi(value);
		else
			return usage(ad, "fcgi");
	if (n < 0 || n > 1000 || (where == NULL && !worker_is_fastcgi()))
		return usage(ad, "fcgi");
	if (where != NULL && (fd = worker_listen(where, &err)) < 0)
		return complain(&err);
	if (n == 0 && where == NULL)
		return worker_fastcgi(ad->app, fd);
	i = worker_supervise(ad->app, fd, n > 0 ? n : 2);
	if (where != NULL && strncmp(where, "unix:", 5) == 0)
		unlink(where + 5);
	return i;
}

static int
cmd_agent(struct admin *ad)
{
	bool once = ad->argc == 1 && strcmp(ad->argv[0], "--once") == 0;

	if (ad->argc > (once ? 1 : 0))
		return usage(ad, "agent");
	return agent_run(ad->app, once);
}

/* --- Looking ------------------------------------------------------------------------------ */

static int
cmd_config(struct admin *ad)
{
	settings_print(&ad->app->set);
	return 0;
}

static void
when_text(int64_t ms, char text[32])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	text[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static int
print_session(void *arg, const struct place *at, int64_t rev,
    int64_t touched_ms, struct str state)
{
	char when[32];
	int64_t *n = arg;

	when_text(touched_ms, when);
	printf("%s\t%s\t%s\trev %lld\t%s\t%zu bytes\n", at->page, at->group,
	    at->user[0] != '\0' ? at->user : "-", (long long)rev, when,
	    state.len);
	++*n;
	return 0;
}

static int
cmd_sessions(struct admin *ad)
{
	struct lvt_error err = { 0 };
	int64_t n = 0;

	if (ad->argc == 3 && strcmp(ad->argv[0], "delete") == 0) {
		struct place at = { ad->app->name, ad->argv[1], ad->argv[2],
		    "" };

		if (store_session_delete(ad->app->store, &at, &err) != 0) {
			lvt_error_set(&err, LVT_ENOTFOUND,
			    "there is no such session");
			return complain(&err);
		}
		printf("deleted\n");
		return 0;
	}
	if (ad->argc > 0)
		return usage(ad, "sessions");
	if (store_sessions(ad->app->store, ad->app->name, print_session, &n,
	    &err) != 0)
		return complain(&err);
	printf("%lld sessions\n", (long long)n);
	return 0;
}

static int
count_session(void *arg, const struct place *at, int64_t rev,
    int64_t touched_ms, struct str state)
{
	(void)at;
	(void)rev;
	(void)touched_ms;
	(void)state;
	++*(int64_t *)arg;
	return 0;
}

static int
cmd_status(struct admin *ad)
{
	struct app *app = ad->app;
	int64_t sessions = 0, connections = 0, users = 0;
	struct lvt_error err = { 0 };
	char text[POSITION_TEXT];
	struct position head;

	if (store_head(app->store, &head, &err) != 0 ||
	    store_sessions(app->store, app->name, count_session, &sessions,
	    &err) != 0 || store_presence_count(app->store, app->name, NULL,
	    NULL, &connections, &users, &err) != 0)
		return complain(&err);
	position_text(head, text);
	printf("app         %s\ndatabase    %s\npages       %zu\n"
	    "sessions    %lld\noutbox      %s\nstreams     %lld\n"
	    "watching    %lld\ncompanion   %s\n", app->name,
	    store_path(app->store), app->npages, (long long)sessions, text,
	    (long long)connections, (long long)users,
	    access(store_bell_path(app->store), F_OK) == 0 ? "listens" :
	    "none");
	return 0;
}

static int
print_row(void *arg, const struct outbox_entry *e)
{
	static const char *const kinds[] = { "?", "page", "message", "revoke" };
	char at[POSITION_TEXT];

	(void)arg;
	position_text(e->at, at);
	printf("%s\t%s\t%.*s\t%.*s%.*s\t%.*s\n", at,
	    kinds[e->kind <= OUTBOX_REVOKE ? e->kind : 0], STR_ARG(e->app),
	    STR_ARG(e->channel), STR_ARG(e->page), STR_ARG(e->scope));
	if (e->body.len > 0)
		printf("\t%.*s%s", STR_ARG(e->body),
		    e->body.s[e->body.len - 1] == '\n' ? "" : "\n");
	return 0;
}

/* --- What waits ------------------------------------------------------------------------------ */

static int
print_parked(void *arg, const struct parked *p)
{
	char when[32] = "parked";

	(void)arg;
	if (p->due_ms > 0)
		when_text(p->due_ms, when);
	printf("%lld\t%s\t%s\t%lld\t%d tries\t%s\t%s\n\t%.*s\n",
	    (long long)p->id, p->consumer, p->group, (long long)p->seq,
	    p->tries, when, p->why, STR_ARG(p->body));
	return 0;
}

static int
all_parked(struct admin *ad, int (*visit)(void *, const struct parked *),
    void *arg, struct lvt_error *err)
{
	char prefix[300];

	snprintf(prefix, sizeof(prefix), "%s/", ad->app->name);
	return store_parked_list(ad->app->store, prefix, visit, arg, err);
}

/* The numbers of those that were given up, before anything is done to them. */
struct numbers {
	int64_t v[1000];
	size_t n;
};

static int
number_parked(void *arg, const struct parked *p)
{
	struct numbers *all = arg;

	if (p->due_ms == 0)
		all->v[all->n++] = p->id;
	return all->n == sizeof(all->v) / sizeof(all->v[0]);
}

/* "retry" or "drop", then "all" or a number. */
static int
change_parked(struct admin *ad, const char *verb, const char *which)
{
	struct numbers all = { .n = 0 };
	struct lvt_error err = { 0 };
	size_t i;
	int rc = 0;

	if (strcmp(which, "all") != 0)
		all.v[all.n++] = atoll(which);
	else
		rc = all_parked(ad, number_parked, &all, &err);
	for (i = 0; rc >= 0 && i < all.n; i++)
		rc = strcmp(verb, "drop") == 0 ?
		    store_parked_drop(ad->app->store, all.v[i], &err) :
		    store_parked_again(ad->app->store, all.v[i], 0,
		    ad->app->now_ms(), "somebody asked for it", &err);
	if (rc < 0)
		return complain(&err);
	printf("%zu events\n", all.n);
	return 0;
}

static int
cmd_parked(struct admin *ad)
{
	struct lvt_error err = { 0 };

	if (ad->argc == 3 && (strcmp(ad->argv[1], "retry") == 0 ||
	    strcmp(ad->argv[1], "drop") == 0))
		return change_parked(ad, ad->argv[1], ad->argv[2]);
	if (ad->argc > 1)
		return usage(ad, "outbox");
	return all_parked(ad, print_parked, NULL, &err) == 0 ? 0 :
	    complain(&err);
}

static int
print_delayed(void *arg, const struct delayed *d)
{
	char when[32];

	(void)arg;
	when_text(d->due_ms, when);
	printf("%lld\t%s\t%s\t%s%s\n\t%.*s\n", (long long)d->id, when,
	    d->name[0] != '\0' ? d->name : "-",
	    d->channel != NULL ? d->channel : d->page,
	    d->channel != NULL ? "" : d->scope, STR_ARG(d->body));
	return 0;
}

static int
cmd_delayed(struct admin *ad)
{
	struct lvt_error err = { 0 };
	int rc;

	if (ad->argc == 2 && strcmp(ad->argv[0], "cancel") == 0) {
		rc = ad->argv[1][0] >= '0' && ad->argv[1][0] <= '9' ?
		    store_delayed_cancel(ad->app->store, atoll(ad->argv[1]),
		    &err) : outside_cancel(ad->app, ad->argv[1], &err);
		if (rc == 0)
			printf("cancelled\n");
	} else if (ad->argc > 0) {
		return usage(ad, "delayed");
	} else {
		rc = store_delayed_list(ad->app->store, ad->app->name,
		    print_delayed, NULL, &err);
	}
	return rc == 0 ? 0 : complain(&err);
}

static int
cmd_outbox(struct admin *ad)
{
	struct lvt_error err = { 0 };
	struct position from;
	int64_t last;
	int rc;

	if (ad->argc > 0 && strcmp(ad->argv[0], "--parked") == 0)
		return cmd_parked(ad);
	if (ad->argc > 1)
		return usage(ad, "outbox");
	rc = store_boundary(ad->app->store, &from, &err);
	if (rc == 0 && ad->argc == 1 && atoll(ad->argv[0]) > from.seq)
		from.seq = atoll(ad->argv[0]);
	if (rc == 0)
		rc = store_outbox_read(ad->app->store, from.seq, 1000000,
		    print_row, NULL, &last, &err);
	return rc == 0 ? 0 : complain(&err);
}

static int
cmd_gc(struct admin *ad)
{
	struct lvt_error err = { 0 };
	struct gc_result r;

	if (ad->argc > 0)
		return usage(ad, "gc");
	if (agent_gc(ad->app, &r, &err) != 0)
		return complain(&err);
	printf("removed: %lld outbox rows, %lld replies, %lld sessions, "
	    "%lld patches, %lld presences\n", (long long)r.outbox,
	    (long long)r.replies, (long long)r.sessions, (long long)r.patches,
	    (long long)r.presence);
	return 0;
}

static int
cmd_token(struct admin *ad)
{
	struct lvt_error err = { 0 };
	struct buf token;
	int rc;

	if (ad->argc < 1 || ad->argc > 2)
		return usage(ad, "token");
	buf_init(&token);
	rc = outside_token(ad->app, ad->argv[0],
	    ad->argc > 1 ? atoll(ad->argv[1]) : 86400, &token, &err);
	if (rc == 0)
		printf("%s\n", buf_z(&token));
	buf_release(&token);
	return rc == 0 ? 0 : complain(&err);
}

static int
cmd_logout(struct admin *ad)
{
	struct lvt_error err = { 0 };

	if (ad->argc != 1 || ad->argv[0][0] == '\0')
		return usage(ad, "logout");
	return logout_user(ad->app, ad->argv[0], &err) == 0 ? 0 :
	    complain(&err);
}

/* --- The table ------------------------------------------------------------------------------ */

static const struct admin_command commands[] = {
	{ "fcgi", "[--socket unix:PATH|:PORT|HOST:PORT] [--workers N]",
	    "answer FastCGI requests, on a socket of its own", false, cmd_fcgi },
	{ "agent", "[--once]",
	    "run channel handlers, ticks, hooks and housekeeping", true,
	    cmd_agent },
	{ "broadcast", "[--all | --user U... | --group G...] [--page P] "
	    "[--in SPAN | --at TIME] [--name N] [--expire SPAN] JSON|-",
	    "change what open pages show", true, cmd_broadcast },
	{ "publish", "[--in SPAN | --at TIME] [--name N] [--coalesce KEY] "
	    "CHANNEL EVENT JSON|-",
	    "say something on a channel", true, cmd_publish },
	{ "refresh", "PAGE [--group G]",
	    "run mount again for those who have acted", true, cmd_refresh },
	{ "sessions", "[delete PAGE GROUP]",
	    "list sessions, or delete one", true, cmd_sessions },
	{ "outbox", "[AFTER-SEQUENCE] | --parked [retry|drop N|all]",
	    "what was committed for others to see; events that failed", true,
	    cmd_outbox },
	{ "delayed", "[cancel N|NAME]",
	    "what will be said later", true, cmd_delayed },
	{ "status", "", "what is there, in numbers", true, cmd_status },
	{ "gc", "", "remove what is old", true, cmd_gc },
	{ "token", "USER [SECONDS]",
	    "a token for lvt_auth_token", true, cmd_token },
	{ "logout", "USER",
	    "end a user's logins and streams", true, cmd_logout },
	{ "config", "", "every setting and where it came from", false,
	    cmd_config },
};

const struct admin_command *
admin_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

void
admin_help(const struct app *app, const char *prog)
{
	size_t i;

	printf("usage: %s [SETTING...] COMMAND [ARGUMENT...]\n\n"
	    "A web server starts it as FastCGI or CGI; by hand it takes:\n\n",
	    prog);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %s %s\n      %s\n", commands[i].name,
		    commands[i].args, commands[i].help);
	printf("\nPages:\n");
	for (i = 0; i < app->npages; i++)
		printf("  %-20s %s\n", app->pages[i].row->path,
		    app->pages[i].row->file);
	printf("\nSettings, as a flag or from the environment:\n");
	settings_help();
}

int
admin_usage(const char *prog, const struct admin_command *c)
{
	fprintf(stderr, "usage: %s %s %s\n%s\n", prog, c->name, c->args,
	    c->help);
	return 2;
}
