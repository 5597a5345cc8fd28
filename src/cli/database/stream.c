/* stream.c - lvt token, revoke: whom streams let in. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/token.h"
#include "cli/commands.h"
#include "cli/database/database.h"

#define LIST_MAX	64
#define DAY_S		86400

enum { OPT_DB = 256, OPT_APP, OPT_CHANNELS, OPT_PAGE, OPT_USER, OPT_GROUP,
	OPT_TTL, OPT_FROM };

/* --- lvt token ----------------------------------------------------------- */

struct claims {
	const char *db, *app, *user, *group, *from;
	const char *pages[LIST_MAX], *channels[LIST_MAX];
	int npages, nchannels;
	long long ttl_s;
};

/* The words of "a,b" as a JSON array's elements. */
static int
add_words(json_t *list, const char *words)
{
	size_t n;

	for (; *words != '\0'; words += n + (words[n] == ',')) {
		n = strcspn(words, ",");
		if (n > 0 && json_array_append_new(list,
		    json_stringn(words, n)) != 0)
			return LVT_ENOMEM;
	}
	return 0;
}

static json_t *
make_list(const char *const *items, int n)
{
	json_t *list = json_array();
	int i;

	for (i = 0; list != NULL && i < n; i++)
		if (add_words(list, items[i]) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static int
check_channels(const json_t *list)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *p = json_string_value(json_array_get(list, i));

		if (!channel_pattern_is_valid(p, strlen(p)))
			return cli_usage("token", "'%s' is no pattern of "
			    "channels", p);
	}
	return CLI_OK;
}

static int
sign(const struct claims *c, json_t *channels, struct lvt_error *err)
{
	struct store *st = cli_open(c->db, NULL, err);
	unsigned char key[TOKEN_KEY];
	struct position head;
	char at[POSITION_TEXT];
	json_t *doc = NULL;
	struct buf out;
	int rc = LVT_ESTORE;

	buf_init(&out);
	if (st == NULL || store_key(st, "token", key, err) != 0 ||
	    store_head(st, &head, err) != 0)
		goto out;
	position_text(head, at);
	doc = json_pack("{s:s, s:s, s:s, s:o, s:O, s:I, s:s, s:I}",
	    "a", c->app, "g", c->group, "u", c->user,
	    "p", make_list(c->pages, c->npages), "c", channels,
	    "x", (json_int_t)(clock_wall_ms() / 1000 + c->ttl_s), "i", at,
	    "t", (json_int_t)(clock_wall_ms() / 1000));
	if (doc != NULL && c->from != NULL)
		json_object_set_new(doc, "f", json_string(c->from));
	rc = doc != NULL ? token_sign(key, doc, &out) : LVT_ENOMEM;
	if (rc == 0 && out.len > TOKEN_MAX)
		rc = lvt_error_set(err, LVT_ETOOBIG, "the token has %zu bytes,"
		    " %d are allowed", out.len, TOKEN_MAX);
	if (rc == 0) {
		buf_putc(&out, '\n');
		rc = cli_print(&out);
	}
out:
	store_close(st);
	json_decref(doc);
	buf_release(&out);
	return rc;
}

static int
token_options(struct claims *c, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, OPT_DB },
		{ "app", required_argument, NULL, OPT_APP },
		{ "channels", required_argument, NULL, OPT_CHANNELS },
		{ "channel", required_argument, NULL, OPT_CHANNELS },
		{ "page", required_argument, NULL, OPT_PAGE },
		{ "user", required_argument, NULL, OPT_USER },
		{ "group", required_argument, NULL, OPT_GROUP },
		{ "ttl", required_argument, NULL, OPT_TTL },
		{ "from", required_argument, NULL, OPT_FROM },
		{ NULL, 0, NULL, 0 }
	};
	struct position p;
	char *end;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case OPT_DB: c->db = optarg; break;
		case OPT_APP: c->app = optarg; break;
		case OPT_USER: c->user = optarg; break;
		case OPT_GROUP: c->group = optarg; break;
		case OPT_CHANNELS:
			if (c->nchannels < LIST_MAX)
				c->channels[c->nchannels++] = optarg;
			break;
		case OPT_PAGE:
			if (c->npages < LIST_MAX)
				c->pages[c->npages++] = optarg;
			break;
		case OPT_FROM:
			if (position_parse(optarg, strlen(optarg), &p) != 0)
				return cli_usage("token",
				    "--from is a position, SEQ-TAG");
			c->from = optarg;
			break;
		case OPT_TTL:
			c->ttl_s = strtoll(optarg, &end, 10);
			if (*end != '\0' || c->ttl_s < 1 ||
			    c->ttl_s > 3650LL * DAY_S)
				return cli_usage("token",
				    "--ttl is a number of seconds");
			break;
		default:
			return cli_usage("token", "wrong option");
		}
	return optind == argc ? CLI_OK :
	    cli_usage("token", "'%s' is one word too many", argv[optind]);
}

int
cmd_token(int argc, char *argv[])
{
	struct claims c = { .app = "", .user = "", .group = "",
	    .ttl_s = DAY_S };
	struct lvt_error err = { 0 };
	json_t *channels;
	int rc = token_options(&c, argc, argv);

	if (rc != CLI_OK)
		return rc;
	if (c.nchannels == 0 && c.npages == 0)
		return cli_usage("token", "it would be good for nothing: give "
		    "--channels or --page");
	channels = make_list(c.channels, c.nchannels);
	if (channels == NULL)
		return cli_nomem();
	rc = check_channels(channels);
	if (rc == CLI_OK && sign(&c, channels, &err) != 0)
		rc = cli_fail(&err);
	json_decref(channels);
	return rc;
}

/* --- lvt revoke ---------------------------------------------------------- */

static int
revoke_one(const char *db, const char *app, const char *member, const char *who,
    struct lvt_error *err)
{
	struct store *st = cli_open(db, NULL, err);
	json_t *doc = json_pack("{s:s}", member, who);
	char *body = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;
	struct outbox_row row = { .kind = OUTBOX_REVOKE, .app = app };
	struct commit c = { .rows = &row, .nrows = 1 };
	struct commit_result r;
	char at[POSITION_TEXT];
	int rc = LVT_ESTORE;

	if (body == NULL)
		rc = lvt_error_set(err, LVT_EINVALID, "'%s' is not UTF-8",
		    who);
	else if (st != NULL) {
		row.body = str_z(body);
		rc = store_commit(st, &c, &r, err);
	}
	if (rc == 0) {
		position_text(row.at, at);
		puts(at);
	}
	store_close(st);
	json_decref(doc);
	free(body);
	return rc;
}

int
cmd_revoke(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, OPT_DB },
		{ "app", required_argument, NULL, OPT_APP },
		{ "user", required_argument, NULL, OPT_USER },
		{ "group", required_argument, NULL, OPT_GROUP },
		{ NULL, 0, NULL, 0 }
	};
	const char *db = NULL, *app = NULL, *user = NULL, *group = NULL;
	struct lvt_error err = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case OPT_DB: db = optarg; break;
		case OPT_APP: app = optarg; break;
		case OPT_USER: user = optarg; break;
		case OPT_GROUP: group = optarg; break;
		default:
			return cli_usage("revoke", "wrong option");
		}
	if (app == NULL || (user == NULL) == (group == NULL) ||
	    optind != argc)
		return cli_usage("revoke", "give --app, and --user or "
		    "--group");
	return revoke_one(db, app, user != NULL ? "user" : "group",
	    user != NULL ? user : group, &err) == 0 ? CLI_OK : cli_fail(&err);
}
