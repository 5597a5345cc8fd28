/*
 * stream.c - lvt publish, token, revoke: what speaks to streams by hand, from
 * cron and in tests.
 *
 * Publishing is a commit like any other: when the command has ended, or has
 * answered a line with its position, the message is in the outbox.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/token.h"
#include "cli/commands.h"
#include "cli/database.h"

#define BATCH_MAX	1000
#define LINE_MAX_	((size_t)4 << 20)	/* bytes of one payload */
#define LIST_MAX	64
#define DAY_S		86400

enum { OPT_DB = 256, OPT_STDIN, OPT_BATCH, OPT_DURABILITY, OPT_APP, OPT_TEXT,
	OPT_COALESCE, OPT_PRINT, OPT_CHANNELS, OPT_PAGE, OPT_USER, OPT_GROUP,
	OPT_TTL, OPT_FROM };

/* --- lvt publish --------------------------------------------------------- */

struct publish {
	const char *db, *app, *channel, *event, *coalesce;
	bool lines, text, print;
	int batch;
	struct store_opts opts;
	struct store *st;
	/* the commit that is being collected */
	struct outbox_row rows[BATCH_MAX];
	char *channels[BATCH_MAX];	/* of lines that name their own */
	size_t n;
};

/* What is no JSON is a text: a line of a log, a word typed by hand. */
static json_t *
payload(const struct publish *p, const char *s, size_t len)
{
	json_t *doc = p->text ? NULL :
	    json_loadb(s, len, JSON_DECODE_ANY, NULL);

	return doc != NULL ? doc : json_stringn(s, len);
}

static int
add(struct publish *p, char *channel, const char *s, size_t len,
    struct lvt_error *err)
{
	struct outbox_row *row = &p->rows[p->n];
	const char *name = channel != NULL ? channel : p->channel;
	json_t *doc;
	char *body;

	if (!channel_is_valid(name, strlen(name))) {
		lvt_error_set(err, LVT_EINVALID, "'%s' is no channel", name);
		free(channel);
		return LVT_EINVALID;
	}
	doc = json_pack("{s:s, s:s, s:o}", "channel", name, "event",
	    p->event, "payload", payload(p, s, len));
	body = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;
	json_decref(doc);
	if (body == NULL) {
		free(channel);
		return lvt_error_set(err, LVT_EINVALID,
		    "a payload is neither JSON nor UTF-8");
	}
	*row = (struct outbox_row){ .kind = OUTBOX_MESSAGE, .app = p->app,
	    .channel = name, .coalesce = p->coalesce, .body = str_z(body) };
	p->channels[p->n++] = channel;
	return 0;
}

static int
commit(struct publish *p, struct lvt_error *err)
{
	struct commit c = { .rows = p->rows, .nrows = p->n };
	struct commit_result r;
	char at[POSITION_TEXT];
	size_t i;
	int rc = p->n > 0 ? store_commit(p->st, &c, &r, err) : 0;

	for (i = 0; i < p->n; i++) {
		position_text(p->rows[i].at, at);
		if (rc == 0 && p->print && puts(at) == EOF)
			rc = lvt_error_set(err, LVT_EIO, "cannot write");
		free((char *)(uintptr_t)p->rows[i].body.s);
		free(p->channels[i]);
	}
	if (rc == 0 && p->print && p->n > 0 && fflush(stdout) != 0)
		rc = lvt_error_set(err, LVT_EIO, "cannot write");
	p->n = 0;
	return rc;
}

/* Lines by read(), so that poll() tells the truth about what is there. */
struct lines {
	struct buf in;
	size_t at;
	bool end;
};

/* 1: a line; 0: none now (wait: at the end); or an error. */
static int
next_line(struct lines *l, bool wait, struct str *line, struct lvt_error *err)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	const char *from, *lf;
	ssize_t n;

	for (;;) {
		from = l->in.s + l->at;
		lf = l->in.len > l->at ?
		    memchr(from, '\n', l->in.len - l->at) : NULL;
		if (lf != NULL || (l->end && l->in.len > l->at)) {
			line->s = from;
			line->len = lf != NULL ? (size_t)(lf - from) :
			    l->in.len - l->at;
			l->at += line->len + (lf != NULL);
			return 1;
		}
		if (l->end || (!wait && poll(&p, 1, 0) <= 0))
			return 0;
		if (l->at > 0) {
			l->in.len -= l->at;
			memmove(l->in.s, from, l->in.len);
			l->at = 0;
		}
		if (buf_grow(&l->in, 64 << 10) != 0)
			return lvt_error_set(err, l->in.failed,
			    "a line is longer than %zu bytes", LINE_MAX_);
		n = read(STDIN_FILENO, l->in.s + l->in.len,
		    l->in.cap - l->in.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lvt_error_set(err, LVT_EIO,
			    "cannot read: %s", strerror(errno));
		l->end = n == 0;
		l->in.len += (size_t)n;
	}
}

/* CHANNEL is "-": the line's first word is its channel. */
static int
add_line(struct publish *p, struct str line, struct lvt_error *err)
{
	const char *sp;
	char *channel;
	size_t n;

	if (line.len > 0 && line.s[line.len - 1] == '\r')
		line.len--;
	if (strcmp(p->channel, "-") != 0)
		return add(p, NULL, line.s, line.len, err);
	sp = memchr(line.s, ' ', line.len);
	n = sp != NULL ? (size_t)(sp - line.s) : line.len;
	if (sp == NULL || (channel = strndup(line.s, n)) == NULL)
		return lvt_error_set(err, LVT_EINVALID, "a line is not "
		    "CHANNEL PAYLOAD: '%.*s'", (int)(n < 64 ? n : 64),
		    line.s);
	return add(p, channel, sp + 1, line.len - n - 1, err);
}

static int
publish_lines(struct publish *p, struct lvt_error *err)
{
	struct lines l = { .at = 0 };
	struct str line;
	int rc, other;

	buf_init_limit(&l.in, LINE_MAX_);
	while ((rc = next_line(&l, true, &line, err)) == 1) {
		do
			rc = add_line(p, line, err);
		while (rc == 0 && p->n < (size_t)p->batch &&
		    (rc = next_line(&l, false, &line, err)) == 1);
		/* What was good before a bad line is published. */
		other = commit(p, err);
		if (rc != 0 || (rc = other) != 0)
			break;
	}
	buf_release(&l.in);
	return rc;
}

static int
publish_words(struct publish *p, int argc, char **argv, struct lvt_error *err)
{
	struct buf in;
	int rc;

	p->print = true;
	if (argc > 1)
		p->event = argv[0];
	if (argc == 0 || strcmp(argv[argc - 1], "-") != 0) {
		rc = argc == 0 ? add(p, NULL, "null", 4, err) :
		    add(p, NULL, argv[argc - 1], strlen(argv[argc - 1]), err);
	} else {
		buf_init_limit(&in, LINE_MAX_);
		rc = cli_read("-", &in, err);
		if (rc == 0)
			rc = add(p, NULL, in.s, in.len, err);
		buf_release(&in);
	}
	return rc == 0 ? commit(p, err) : rc;
}

static int
publish_options(struct publish *p, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, OPT_DB },
		{ "app", required_argument, NULL, OPT_APP },
		{ "stdin", no_argument, NULL, OPT_STDIN },
		{ "text", no_argument, NULL, OPT_TEXT },
		{ "print", no_argument, NULL, OPT_PRINT },
		{ "batch", required_argument, NULL, OPT_BATCH },
		{ "coalesce", required_argument, NULL, OPT_COALESCE },
		{ "durability", required_argument, NULL, OPT_DURABILITY },
		{ NULL, 0, NULL, 0 }
	};
	char *end;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case OPT_DB: p->db = optarg; break;
		case OPT_APP: p->app = optarg; break;
		case OPT_STDIN: p->lines = true; break;
		case OPT_TEXT: p->text = true; break;
		case OPT_PRINT: p->print = true; break;
		case OPT_COALESCE: p->coalesce = optarg; break;
		case OPT_BATCH:
			p->batch = (int)strtol(optarg, &end, 10);
			if (*end != '\0' || p->batch < 1 ||
			    p->batch > BATCH_MAX)
				return cli_usage("publish", "--batch is a "
				    "number from 1 to %d", BATCH_MAX);
			break;
		case OPT_DURABILITY:
			if (cli_durability(optarg, &p->opts) != 0)
				return cli_usage("publish",
				    "--durability is full or normal");
			break;
		default:
			return cli_usage("publish", "wrong option");
		}
	return CLI_OK;
}

int
cmd_publish(int argc, char *argv[])
{
	struct lvt_error err = { 0 };
	struct publish *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return cli_nomem();
	p->app = "";
	p->event = "message";
	p->batch = 1;
	rc = publish_options(p, argc, argv);
	argc -= optind;
	argv += optind;
	if (rc == CLI_OK && argc < 1)
		rc = cli_usage("publish", "no CHANNEL is given");
	else if (rc == CLI_OK && argc > (p->lines ? 2 : 3))
		rc = cli_usage("publish", "too many words");
	if (rc != CLI_OK) {
		free(p);
		return rc;
	}
	p->channel = argv[0];
	p->st = cli_open(p->db, &p->opts, &err);
	if (p->st != NULL && p->lines) {
		if (argc > 1)
			p->event = argv[1];
		rc = publish_lines(p, &err);
	} else if (p->st != NULL)
		rc = publish_words(p, argc - 1, argv + 1, &err);
	else
		rc = LVT_ESTORE;
	store_close(p->st);
	free(p);
	return rc == 0 ? CLI_OK : cli_fail(&err);
}

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
