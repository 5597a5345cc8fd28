/* admin_look.c - what is in the database of an app: sessions, outbox, status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/admin/admin.h"
#include "app/admin/outside.h"

/* --- Sessions and numbers ------------------------------------------------- */

static int
print_session(void *arg, const struct session_row *row)
{
	char when[ADMIN_WHEN];
	int64_t *n = arg;

	admin_when(row->touched_ms, when);
	printf("%s\t%s\t%s\trev %lld\t%s\t%zu bytes\n", row->at.page,
	    row->at.group, row->at.user[0] != '\0' ? row->at.user : "-",
	    (long long)row->rev, when, row->state.len);
	++*n;
	return 0;
}

int
admin_sessions(struct admin *ad)
{
	struct lvt_error err = { 0 };
	int64_t n = 0;

	if (ad->argc == 3 && strcmp(ad->argv[0], "delete") == 0) {
		struct place at = { ad->app->name, ad->argv[1], ad->argv[2],
		    "" };

		if (store_session_delete(ad->app->store, &at, &err) != 0) {
			lvt_error_set(&err, LVT_ENOTFOUND,
			    "there is no such session");
			return admin_fail(&err);
		}
		printf("deleted\n");
		return 0;
	}
	if (ad->argc > 0)
		return admin_misuse(ad, "sessions");
	if (store_sessions(ad->app->store, ad->app->name, print_session, &n,
	    &err) != 0)
		return admin_fail(&err);
	printf("%lld sessions\n", (long long)n);
	return 0;
}

static int
count_session(void *arg, const struct session_row *row)
{
	(void)row;
	++*(int64_t *)arg;
	return 0;
}

/* Are they brought up to date, and could they be? Files that can neither be
 * written nor removed go on saying that nothing has happened. */
static void
print_heads(struct app *app)
{
	const char *folder = app->set.text[SET_HEADS], *why = NULL;
	struct lvt_error err = { 0 };

	if (folder == NULL) {
		printf("head files  none\n");
		return;
	}
	if (store_heads(app->store, app->name, NULL, 0, false, &err) != 0)
		why = err.message;
	else if (access(folder, W_OK | X_OK) != 0)
		why = strerror(errno);
	if (why == NULL)
		printf("head files  up to date in %s\n", folder);
	else
		printf("head files  not written in %s: %s; pages that look at "
		    "them are up to two minutes late\n", folder, why);
}

int
admin_status(struct admin *ad)
{
	struct app *app = ad->app;
	int64_t sessions = 0, connections = 0, users = 0;
	struct lvt_error err = { 0 };
	char text[POSITION_TEXT];
	struct position head;

	if (ad->argc > 0)
		return admin_misuse(ad, "status");
	if (store_head(app->store, &head, &err) != 0 ||
	    store_sessions(app->store, app->name, count_session, &sessions,
	    &err) != 0 || store_presence_count(app->store, app->name, NULL,
	    NULL, &connections, &users, &err) != 0)
		return admin_fail(&err);
	position_text(head, text);
	printf("app         %s\ndatabase    %s\npages       %zu\n"
	    "sessions    %lld\noutbox      %s\nstreams     %lld\n"
	    "watching    %lld\ncompanion   %s\n", app->name,
	    store_path(app->store), app->npages, (long long)sessions, text,
	    (long long)connections, (long long)users,
	    store_bell_answers(app->store) ? "listens" : "none");
	print_heads(app);
	return 0;
}

/* --- The outbox, and what waits ---------------------------------------------- */

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

static int
print_parked(void *arg, const struct parked *p)
{
	char when[ADMIN_WHEN] = "parked";

	(void)arg;
	if (p->due_ms > 0)
		admin_when(p->due_ms, when);
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
		return admin_fail(&err);
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
		return admin_misuse(ad, "outbox");
	return all_parked(ad, print_parked, NULL, &err) == 0 ? 0 :
	    admin_fail(&err);
}

static int
print_delayed(void *arg, const struct delayed *d)
{
	char when[ADMIN_WHEN];

	(void)arg;
	admin_when(d->due_ms, when);
	printf("%lld\t%s\t%s\t%s%s\n\t%.*s\n", (long long)d->id, when,
	    d->name[0] != '\0' ? d->name : "-",
	    d->channel != NULL ? d->channel : d->page,
	    d->channel != NULL ? "" : d->scope, STR_ARG(d->body));
	return 0;
}

int
admin_delayed(struct admin *ad)
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
		return admin_misuse(ad, "delayed");
	} else {
		rc = store_delayed_list(ad->app->store, ad->app->name,
		    print_delayed, NULL, &err);
	}
	return rc == 0 ? 0 : admin_fail(&err);
}

int
admin_outbox(struct admin *ad)
{
	struct lvt_error err = { 0 };
	struct position from;
	int64_t last;
	int rc;

	if (ad->argc > 0 && strcmp(ad->argv[0], "--parked") == 0)
		return cmd_parked(ad);
	if (ad->argc > 1 || (ad->argc == 1 &&
	    (ad->argv[0][0] < '0' || ad->argv[0][0] > '9')))
		return admin_misuse(ad, "outbox");
	rc = store_boundary(ad->app->store, &from, &err);
	if (rc == 0 && ad->argc == 1 && atoll(ad->argv[0]) > from.seq)
		from.seq = atoll(ad->argv[0]);
	if (rc == 0)
		rc = store_outbox_read(ad->app->store, from.seq, 1000000,
		    print_row, NULL, &last, &err);
	return rc == 0 ? 0 : admin_fail(&err);
}
