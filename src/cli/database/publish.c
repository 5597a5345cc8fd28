/*
 * publish.c - lvt publish: messages by hand, from cron and from pipes.
 *
 * Publishing is a commit like any other: when the command has ended, or has
 * answered a line with its position, the message is in the outbox, or waits in
 * the database until it is due.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/when.h"
#include "cli/commands.h"
#include "cli/database/database.h"
#include "cli/database/options.h"

#define BATCH_MAX	1000
#define LINE_MAX_	((size_t)4 << 20)	/* bytes of one payload */

struct publish {
	const char *db, *app, *channel, *event, *coalesce;
	const char *name;		/* to cancel it by */
	int64_t due_ms;			/* 0: now */
	bool lines, text, print;
	int batch;
	struct store_opts opts;
	struct store *st;
	/* the commit that is being collected */
	struct outbox_row rows[BATCH_MAX];
	struct delayed later[BATCH_MAX];	/* the same, where due_ms is set */
	char *channels[BATCH_MAX];	/* of lines that name their own */
	size_t n;
};

/* What is no JSON is a text: a line of a log, a word typed by hand. */
static json_t *
payload(const struct publish *p, const char *s, size_t len)
{
	json_t *doc = p->text ? NULL :
	    json_loadb(s, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

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
	p->later[p->n] = (struct delayed){ .due_ms = p->due_ms,
	    .name = p->name, .channel = name, .coalesce = p->coalesce,
	    .body = row->body };
	p->channels[p->n++] = channel;
	return 0;
}

/* Where it is, or under which number it waits. */
static int
print_place(const struct publish *p, size_t i)
{
	char at[POSITION_TEXT];

	if (p->due_ms > 0)
		return printf("delayed %" PRId64 "\n", p->later[i].id);
	position_text(p->rows[i].at, at);
	return puts(at);
}

static int
commit(struct publish *p, struct lvt_error *err)
{
	bool now = p->due_ms == 0;
	struct commit c = { .at = { .app = p->app }, .rev = STORE_REV_ANY,
	    .rows = p->rows, .nrows = now ? p->n : 0, .delayed = p->later,
	    .ndelayed = now ? 0 : p->n };
	struct commit_result r;
	size_t i;
	int rc = p->n > 0 ? store_commit(p->st, &c, &r, err) : 0;

	for (i = 0; i < p->n; i++) {
		if (rc == 0 && p->print && print_place(p, i) < 0)
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
	struct str line = { NULL, 0 };
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

/* A time that has passed is now. */
static int
take_at(void *to, const char *value)
{
	struct publish *p = to;
	struct lvt_error err = { 0 };
	int64_t now = clock_wall_ms(), ms;

	if (when_time(value, now, &ms, &err) != 0)
		return cli_usage("publish", "%s", err.message);
	p->due_ms = ms > now ? ms : 0;
	return CLI_OK;
}

static int
take_in(void *to, const char *value)
{
	struct publish *p = to;
	struct lvt_error err = { 0 };
	int64_t ms;

	if (when_span(value, &ms, &err) != 0)
		return cli_usage("publish", "%s", err.message);
	p->due_ms = ms > 0 ? clock_wall_ms() + ms : 0;
	return CLI_OK;
}

static int
take_batch(void *to, const char *value)
{
	int *batch = to;
	char *end;

	*batch = (int)strtol(value, &end, 10);
	return *end == '\0' && *batch >= 1 && *batch <= BATCH_MAX ? CLI_OK :
	    cli_usage("publish", "--batch is a number from 1 to %d", BATCH_MAX);
}

static int
take_durability(void *to, const char *value)
{
	return cli_durability(value, to) == 0 ? CLI_OK :
	    cli_usage("publish", "--durability is full or normal");
}

static int
publish_options(struct publish *p, int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &p->db, NULL },
		{ "app", CLI_TEXT, &p->app, NULL },
		{ "stdin", CLI_FLAG, &p->lines, NULL },
		{ "text", CLI_FLAG, &p->text, NULL },
		{ "print", CLI_FLAG, &p->print, NULL },
		{ "batch", CLI_OTHER, &p->batch, take_batch },
		{ "coalesce", CLI_TEXT, &p->coalesce, NULL },
		{ "durability", CLI_OTHER, &p->opts, take_durability },
		{ "in", CLI_OTHER, p, take_in },
		{ "at", CLI_OTHER, p, take_at },
		{ "name", CLI_TEXT, &p->name, NULL },
		{ 0 }
	};

	return cli_options("publish", options, argc, argv);
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
	cli_note_new(p->db);
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
