/* doctor.c - lvt doctor URL: is a deployed page as it must be? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/doctor/doctor.h"

static const char *const servers[] = {
	[SERVER_ANY] = "any server", [SERVER_APACHE] = "apache",
	[SERVER_LIGHTTPD] = "lighttpd", [SERVER_NGINX] = "nginx",
};

const char *
server_name(enum doctor_server s)
{
	return servers[s];
}

static int
set_server(struct doctor *d, const char *value)
{
	enum doctor_server s;

	for (s = SERVER_APACHE; s <= SERVER_NGINX; s++)
		if (strcmp(servers[s], value) == 0) {
			d->server = s;
			return 0;
		}
	return -1;
}

static int
set_within(struct doctor *d, const char *value)
{
	char *end;

	d->within_ms = strtol(value, &end, 10);
	return *end != '\0' || d->within_ms < 1 || d->within_ms > 600000 ?
	    -1 : 0;
}

static int
set_user(struct doctor *d, const char *value)
{
	d->user = value;
	return strchr(value, ':') != NULL ? 0 : -1;
}

static const struct flag {
	const char *name, *what;
	int	(*set)(struct doctor *d, const char *value);
} flags[] = {
	{ "--server", "apache, lighttpd or nginx", set_server },
	{ "--within", "milliseconds", set_within },
	{ "--user", "NAME:PASSWORD", set_user },
};

static bool
take_switch(struct doctor *d, const char *word)
{
	const struct { const char *name; bool *on; } rows[] = {
		{ "--json", &d->json }, { "--insecure", &d->insecure },
		{ "--quick", &d->quick }, { "--live", &d->live },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(word, rows[i].name) == 0) {
			*rows[i].on = true;
			return true;
		}
	return false;
}

/* 1: taken, 0: no such flag, -1: its value is no good. */
static int
take_flag(struct doctor *d, int argc, char *argv[], int *i)
{
	const char *word = argv[*i], *value;
	size_t k, n;

	for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
		n = strlen(flags[k].name);
		if (strncmp(word, flags[k].name, n) != 0 ||
		    (word[n] != '\0' && word[n] != '='))
			continue;
		value = word[n] == '=' ? word + n + 1 :
		    *i + 1 < argc ? argv[++*i] : "";
		if (flags[k].set(d, value) == 0)
			return 1;
		cli_usage("doctor", "%s wants %s", flags[k].name,
		    flags[k].what);
		return -1;
	}
	return 0;
}

static int
take_words(struct doctor *d, int argc, char *argv[])
{
	int i, rc;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-') {
			if (d->url[0] != '\0')
				return cli_usage("doctor", "one URL at a time");
			if (strlen(argv[i]) >= sizeof(d->url) / 2)
				return cli_usage("doctor", "the URL is too long");
			/* As people write it: a.example/chat/ */
			snprintf(d->url, sizeof(d->url), "%s%s",
			    strstr(argv[i], "://") != NULL ? "" : "http://",
			    argv[i]);
			continue;
		}
		if (take_switch(d, argv[i]))
			continue;
		if ((rc = take_flag(d, argc, argv, &i)) < 0)
			return CLI_USAGE;
		if (rc == 0)
			return cli_usage("doctor", "no such option: %s",
			    argv[i]);
	}
	if (d->url[0] == '\0')
		return cli_usage("doctor", "which page? give its URL");
	if (strncmp(d->url, "http://", 7) != 0 &&
	    strncmp(d->url, "https://", 8) != 0)
		return cli_usage("doctor", "'%s' is no http or https URL",
		    d->url);
	return CLI_OK;
}

int
cmd_doctor(int argc, char *argv[])
{
	struct doctor *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL || (d->checks = json_array()) == NULL) {
		free(d);
		fprintf(stderr, "lvt: out of memory\n");
		return CLI_FAILED;
	}
	d->within_ms = 1000;
	rc = take_words(d, argc, argv);
	if (rc == CLI_OK) {
		if (check_page(d) == 0) {
			check_needs(d);
			check_streams(d);
		}
		rc = report_end(d);
	}
	json_decref(d->checks);
	free(d);
	return rc;
}
