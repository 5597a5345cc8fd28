/* admin_say.c - broadcast, publish, refresh: an app's word from the shell. */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/admin/admin.h"
#include "app/admin/outside.h"
#include "base/when.h"

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

	if ((value = admin_option(ad, i, "--in")) != NULL)
		rc = when_span(value, &o->in_ms, &err);
	else if ((value = admin_option(ad, i, "--at")) != NULL)
		rc = when_time(value, ad->app->now_ms(), &o->at, &err);
	else if ((value = admin_option(ad, i, "--expire")) != NULL)
		rc = when_span(value, &o->expire_ms, &err);
	else if ((value = admin_option(ad, i, "--name")) != NULL)
		o->name = value;
	else if ((value = admin_option(ad, i, "--coalesce")) != NULL)
		o->coalesce = value;
	else
		return 0;
	if (rc != 0)
		admin_fail(&err);
	return rc != 0 ? rc : 1;
}

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
			return admin_fail(&err);
		all += live;
	}
	if (opts->at > ad->app->now_ms() || opts->in_ms > 0)
		printf("delayed\n");
	else
		printf("%lld live streams\n", (long long)all);
	return 0;
}

/* "--all", "--user U", "--group G" at argv[*i]: 1, and whom that is (NULL: out
 * of memory); 0: another word; negative: nobody is named. */
static int
scope_option(const struct admin *ad, int *i, char **scope)
{
	const char *name;
	char kind = 'u';

	*scope = NULL;
	if (strcmp(ad->argv[*i], "--all") == 0) {
		*scope = strdup("*");
		return 1;
	}
	if ((name = admin_option(ad, i, "--user")) == NULL) {
		kind = 'g';
		name = admin_option(ad, i, "--group");
	}
	if (name == NULL)
		return 0;
	/* A variable of a script that is empty: never everybody. */
	if (name[0] == '\0') {
		fprintf(stderr, "%s: --user and --group name somebody: this "
		    "name is empty\n", program_invocation_short_name);
		return LVT_EINVALID;
	}
	if (asprintf(scope, "%c:%s", kind, name) < 0)
		*scope = NULL;
	return 1;
}

int
admin_broadcast(struct admin *ad)
{
	const char *page = NULL, *json = NULL, *value;
	const char **scopes = calloc((size_t)ad->argc + 1, sizeof(*scopes));
	char *made;
	size_t n = 0, k;
	struct lvt_opts opts = { 0 };
	json_t *patch = NULL;
	int i, rc, status = 2;

	for (i = 0; scopes != NULL && i < ad->argc; i++) {
		if ((rc = scope_option(ad, &i, &made)) != 0) {
			if (rc < 0 || made == NULL)
				goto out;
			scopes[n++] = made;
		} else if ((value = admin_option(ad, &i, "--page")) != NULL)
			page = value;
		else if ((rc = said_option(ad, &i, &opts)) != 0) {
			if (rc < 0)
				goto out;
		} else if (json == NULL && (ad->argv[i][0] != '-' ||
		    strcmp(ad->argv[i], "-") == 0))
			json = ad->argv[i];
		else
			goto out;
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
	return status == 2 ? admin_misuse(ad, "broadcast") : status;
}

int
admin_publish(struct admin *ad)
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
			return admin_misuse(ad, "publish");
		if (rc == 0)
			word[n++] = ad->argv[i];
	}
	if (n != 3)
		return admin_misuse(ad, "publish");
	if ((payload = json_word(word[2])) == NULL)
		return 1;
	rc = outside_publish(ad->app, word[0], word[1], payload, &opts, &err);
	json_decref(payload);
	if (rc != 0)
		return admin_fail(&err);
	printf("%s on %s\n", opts.at > ad->app->now_ms() || opts.in_ms > 0 ?
	    "delayed" : "published", word[0]);
	return 0;
}

int
admin_refresh(struct admin *ad)
{
	const char *page = NULL, *group = NULL, *value;
	struct lvt_error err = { 0 };
	int64_t changed = 0;
	int i;

	for (i = 0; i < ad->argc; i++)
		if ((value = admin_option(ad, &i, "--group")) != NULL)
			group = value;
		else if (page == NULL && ad->argv[i][0] == '/')
			page = ad->argv[i];
		else
			return admin_misuse(ad, "refresh");
	if (page == NULL)
		return admin_misuse(ad, "refresh");
	if (outside_refresh(ad->app, page, group, &changed, &err) != 0)
		return admin_fail(&err);
	printf("%lld sessions changed\n", (long long)changed);
	return 0;
}
