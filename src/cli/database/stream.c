/* stream.c - lvt token, revoke: whom streams let in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/token.h"
#include "cli/commands.h"
#include "cli/database/database.h"
#include "cli/database/options.h"

#define LIST_MAX	64
#define DAY_S		86400

/* --- lvt token ----------------------------------------------------------- */

struct words {			/* of an option that may be repeated */
	const char *v[LIST_MAX];
	int n;
};

struct claims {
	const char *db, *app, *user, *group, *from;
	struct words pages, channels;
	int64_t ttl_s;
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
make_list(const struct words *words)
{
	json_t *list = json_array();
	int i;

	for (i = 0; list != NULL && i < words->n; i++)
		if (add_words(list, words->v[i]) != 0) {
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
	    "p", make_list(&c->pages), "c", channels,
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
take_word(void *to, const char *value)
{
	struct words *words = to;

	if (words->n < LIST_MAX)
		words->v[words->n++] = value;
	return CLI_OK;
}

static int
take_from(void *to, const char *value)
{
	struct position p;

	if (position_parse(value, strlen(value), &p) != 0)
		return cli_usage("token", "--from is a position, SEQ-TAG");
	*(const char **)to = value;
	return CLI_OK;
}

static int
take_ttl(void *to, const char *value)
{
	int64_t *ttl_s = to;
	char *end;

	*ttl_s = strtoll(value, &end, 10);
	return *end == '\0' && *ttl_s >= 1 && *ttl_s <= 3650LL * DAY_S ?
	    CLI_OK : cli_usage("token", "--ttl is a number of seconds");
}

static int
token_options(struct claims *c, int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &c->db, NULL },
		{ "app", CLI_TEXT, &c->app, NULL },
		{ "channels", CLI_OTHER, &c->channels, take_word },
		{ "channel", CLI_OTHER, &c->channels, take_word },
		{ "page", CLI_OTHER, &c->pages, take_word },
		{ "user", CLI_TEXT, &c->user, NULL },
		{ "group", CLI_TEXT, &c->group, NULL },
		{ "ttl", CLI_OTHER, &c->ttl_s, take_ttl },
		{ "from", CLI_OTHER, &c->from, take_from },
		{ 0 }
	};

	if (cli_options("token", options, argc, argv) != CLI_OK)
		return CLI_USAGE;
	return cli_no_words("token", argc, argv);
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
	if (c.channels.n == 0 && c.pages.n == 0)
		return cli_usage("token", "it would be good for nothing: give "
		    "--channels or --page");
	channels = make_list(&c.channels);
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
	const char *db = NULL, *app = NULL, *user = NULL, *group = NULL;
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &db, NULL },
		{ "app", CLI_TEXT, &app, NULL },
		{ "user", CLI_TEXT, &user, NULL },
		{ "group", CLI_TEXT, &group, NULL },
		{ 0 }
	};
	struct lvt_error err = { 0 };

	if (cli_options("revoke", options, argc, argv) != CLI_OK)
		return CLI_USAGE;
	if (app == NULL || (user == NULL) == (group == NULL) ||
	    optind != argc)
		return cli_usage("revoke", "give --app, and --user or "
		    "--group");
	return revoke_one(db, app, user != NULL ? "user" : "group",
	    user != NULL ? user : group, &err) == 0 ? CLI_OK : cli_fail(&err);
}
