/* admin_run.c - what keeps running, what others are let in by, and settings. */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/admin/admin.h"
#include "app/agent/agent.h"
#include "app/auth/login.h"
#include "app/admin/outside.h"
#include "app/worker/worker.h"

int
admin_fcgi(struct admin *ad)
{
	const char *where = NULL, *value;
	struct lvt_error err = { 0 };
	int i, fd = STDIN_FILENO;
	long long n = 0;

	for (i = 0; i < ad->argc; i++)
		if ((value = admin_option(ad, &i, "--socket")) != NULL)
			where = value;
		else if ((value = admin_option(ad, &i, "--workers")) == NULL ||
		    !admin_number(value, 1, 1000, &n))
			return admin_misuse(ad, "fcgi");
	if (where == NULL && !worker_is_fastcgi())
		return admin_misuse(ad, "fcgi");
	if (where != NULL && (fd = worker_listen(where, &err)) < 0)
		return admin_fail(&err);
	if (n == 0 && where == NULL)
		return worker_fastcgi(ad->app, fd);
	i = worker_supervise(ad->app, fd, n > 0 ? (int)n : 2);
	if (where != NULL && strncmp(where, "unix:", 5) == 0)
		unlink(where + 5);
	return i;
}

int
admin_agent(struct admin *ad)
{
	bool once = ad->argc == 1 && strcmp(ad->argv[0], "--once") == 0;

	if (ad->argc > (once ? 1 : 0))
		return admin_misuse(ad, "agent");
	return agent_run(ad->app, once);
}

int
admin_config(struct admin *ad)
{
	if (ad->argc > 0)
		return admin_misuse(ad, "config");
	settings_print(&ad->app->set);
	return 0;
}

int
admin_gc(struct admin *ad)
{
	struct lvt_error err = { 0 };
	struct gc_result r;

	if (ad->argc > 0)
		return admin_misuse(ad, "gc");
	if (agent_gc(ad->app, &r, &err) != 0)
		return admin_fail(&err);
	printf("removed: %lld outbox rows, %lld replies, %lld sessions, "
	    "%lld patches, %lld presences\n", (long long)r.outbox,
	    (long long)r.replies, (long long)r.sessions, (long long)r.patches,
	    (long long)r.presence);
	return 0;
}

int
admin_token(struct admin *ad)
{
	struct lvt_error err = { 0 };
	long long seconds = 86400;
	struct buf token;
	int rc;

	if (ad->argc < 1 || ad->argc > 2 || (ad->argc == 2 &&
	    !admin_number(ad->argv[1], 1, INT32_MAX, &seconds)))
		return admin_misuse(ad, "token");
	buf_init(&token);
	rc = outside_token(ad->app, ad->argv[0], seconds, &token, &err);
	if (rc == 0)
		printf("%s\n", buf_z(&token));
	buf_release(&token);
	return rc == 0 ? 0 : admin_fail(&err);
}

int
admin_logout(struct admin *ad)
{
	struct lvt_error err = { 0 };

	if (ad->argc != 1 || ad->argv[0][0] == '\0')
		return admin_misuse(ad, "logout");
	return logout_user(ad->app, ad->argv[0], &err) == 0 ? 0 :
	    admin_fail(&err);
}
