/* main.c - how a program was started, and what it then is. */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/admin/admin.h"
#include "app/agent/agent.h"
#include "app/page.h"
#include "app/worker/worker.h"
#include "base/log.h"

static const char *
from_environment(const char *name)
{
	return getenv(name);
}

static int
say_error(const char *name, const struct lvt_error *err)
{
	char text[ERROR_TEXT];

	fprintf(stderr, "%s: %s\n", name, error_text(err, text));
	return 1;
}

/* A web server shows our standard error to nobody: answer, too. */
static int
cgi_trouble(const struct lvt_error *err)
{
	say_error(program_invocation_short_name, err);
	printf("Status: 500 Internal Server Error\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	    "The application cannot start; its log says why.\n");
	return 1;
}

/* In development they may be broken until they are mended. */
static bool
needs_templates(const struct app *app, const struct admin_command *c)
{
	return c->needs & NEEDS_CHECK || (c->needs & NEEDS_TEMPLATES &&
	    app->set.number[SET_DEV] == 0);
}

static int
run_command(struct app *app, int argc, char *argv[], int at,
    struct lvt_error *err)
{
	const struct admin_command *c;
	struct admin ad = { app, argc - at - 1, argv + at + 1 };

	c = admin_find(argv[at]);
	if (c == NULL)
		return admin_unknown(argv[at]);
	if ((needs_templates(app, c) && pages_check(app, err) != 0) ||
	    (c->needs & NEEDS_STORE && app_store(app, err) != 0))
		return say_error(program_invocation_short_name, err);
	return c->run(&ad);
}

/* Settings before the command; the index of the command, or negative. */
static int
read_flags(struct app *app, int argc, char *argv[], struct lvt_error *err)
{
	int i, rc;

	for (i = 1; i < argc; i++) {
		rc = settings_flag(&app->set, argc, argv, &i, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			break;
	}
	return i;
}

static int
run(struct app *app, int argc, char *argv[], const struct lvt_app *row)
{
	bool cgi = worker_is_cgi();
	struct lvt_error err = { 0 };
	int at = cgi ? argc : read_flags(app, argc, argv, &err);
	const char *word;

	if (at < 0 || settings_load(&app->set, from_environment, &err) != 0 ||
	    app_open(app, row, argv[0], &err) != 0 ||
	    agent_check(app, &err) != 0)
		return cgi ? cgi_trouble(&err) :
		    say_error(program_invocation_short_name, &err);
	if ((cgi || (at == argc && worker_is_fastcgi())) &&
	    app->set.number[SET_DEV] == 0 && pages_check(app, &err) != 0)
		return cgi ? cgi_trouble(&err) :
		    say_error(program_invocation_short_name, &err);
	if (cgi)
		return worker_cgi(app);
	if (at == argc && worker_is_fastcgi())
		return worker_fastcgi(app, 0);
	word = at < argc ? argv[at] : "--help";
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0) {
		admin_help(app, program_invocation_short_name);
		return 0;
	}
	return run_command(app, argc, argv, at, &err);
}

int
lvt_app_main(int argc, char *argv[], const struct lvt_app *row)
{
	struct app app;
	int status;

	memset(&app, 0, sizeof(app));
	log_init(program_invocation_short_name);
	settings_init(&app.set);
	status = run(&app, argc, argv, row);
	app_close(&app);
	return status;
}
