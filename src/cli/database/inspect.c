/* inspect.c - lvt status, outbox: what is in a database. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/database/database.h"
#include "cli/database/options.h"

#define FOLLOW_MS	100
#define ROWS		500		/* of one read */

/* --- lvt status ---------------------------------------------------------- */

struct report {
	struct buf out;
	struct store_status s;
	bool prometheus;
	int consumers;
};

/* One figure; help is what Prometheus shows. */
static void
figure(struct report *r, const char *name, const char *help, int64_t value)
{
	if (r->prometheus)
		buf_printf(&r->out, "# HELP lvt_%s %s\n# TYPE lvt_%s gauge\n"
		    "lvt_%s %" PRId64 "\n", name, help, name, name, value);
	else
		buf_printf(&r->out, "%-16s %" PRId64 "\n", name, value);
}

static int
consumer(void *arg, const char *name, int64_t seq)
{
	struct report *r = arg;
	int64_t lag = r->s.head.seq - seq;

	if (!r->prometheus) {
		buf_printf(&r->out, "consumer         %s at %" PRId64
		    ", %" PRId64 " behind%s\n", name, seq, lag,
		    seq < r->s.boundary.seq ? ": rows that it has not seen "
		    "are gone" : "");
		return 0;
	}
	if (r->consumers++ == 0)
		buf_puts(&r->out, "# HELP lvt_consumer_lag rows that a durable"
		    " consumer has not seen\n# TYPE lvt_consumer_lag gauge\n");
	buf_puts(&r->out, "lvt_consumer_lag{consumer=\"");
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_putc(&r->out, '\\');
		buf_putc(&r->out, *name == '\n' ? ' ' : *name);
	}
	buf_printf(&r->out, "\"} %" PRId64 "\n", lag);
	return 0;
}

static int
job(void *arg, const char *name, const char *owner)
{
	struct report *r = arg;

	if (!r->prometheus)
		buf_printf(&r->out, "job              %s, done by %s\n", name,
		    owner);
	return 0;
}

static void
write_report(struct report *r, const char *path)
{
	const struct store_status *s = &r->s;
	char head[POSITION_TEXT], edge[POSITION_TEXT];

	position_text(s->head, head);
	position_text(s->boundary, edge);
	if (!r->prometheus)
		buf_printf(&r->out, "database         %s\n"
		    "head             %s\nretained after   %s\n"
		    "companion        %s\n", path, head, edge,
		    s->companions > 0 ? "alive" : "none is alive");
	else {
		figure(r, "outbox_head", "sequence of the newest outbox row",
		    s->head.seq);
		figure(r, "companions", "companions with a live lease",
		    s->companions);
		figure(r, "agents", "agents with a live lease", s->agents);
	}
	figure(r, "outbox_rows", "outbox rows that are retained",
	    s->head.seq - s->boundary.seq);
	figure(r, "outbox_age_s", "age of the oldest outbox row",
	    s->first_ms > 0 ? (s->now_ms - s->first_ms) / 1000 : 0);
	figure(r, "quiet_s", "seconds since the newest outbox row",
	    s->last_ms > 0 ? (s->now_ms - s->last_ms) / 1000 : 0);
	figure(r, "sessions", "groups with a state", s->sessions);
	figure(r, "patches", "leaves that were broadcast", s->patches);
	figure(r, "connections", "streams that show a page", s->connections);
	figure(r, "delayed", "messages and broadcasts that are said later",
	    s->delayed);
	figure(r, "retrying", "events that a consumer will try again",
	    s->retrying);
	figure(r, "parked", "events that were given up", s->parked);
	figure(r, "bytes", "size of the database file", s->bytes);
}

int
cmd_status(int argc, char *argv[])
{
	const struct store_opts opts = { .readonly = true };
	struct report r = { .prometheus = false };
	const char *db = NULL;
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &db, NULL },
		{ "prometheus", CLI_FLAG, &r.prometheus, NULL },
		{ 0 }
	};
	struct lvt_error err = { 0 };
	struct store *st;
	int rc = LVT_ESTORE;

	if (cli_options("status", options, argc, argv) != CLI_OK ||
	    cli_no_words("status", argc, argv) != CLI_OK)
		return CLI_USAGE;
	buf_init(&r.out);
	st = cli_open(db, &opts, &err);
	if (st != NULL && (rc = store_status(st, &r.s, &err)) == 0) {
		write_report(&r, store_path(st));
		rc = store_cursors(st, consumer, &r, &err);
		if (rc == 0)
			rc = store_jobs(st, job, &r, &err);
	}
	store_close(st);
	rc = rc == 0 ? cli_print(&r.out) : cli_fail(&err);
	buf_release(&r.out);
	return rc;
}

/* --- lvt outbox ---------------------------------------------------------- */

struct listing {
	const char *db, *pattern;
	int64_t after, last, left;	/* -1: not said */
	bool follow, parked, delayed;
	const char *cancel;
	int rc;				/* of printing */
};

static void
set_text(json_t *row, const char *name, struct str s)
{
	if (s.len > 0)
		json_object_set_new(row, name, json_stringn(s.s, s.len));
}

/* Page rows: how many variants, since each is a whole update. */
static void
set_body(json_t *row, const struct outbox_entry *e)
{
	json_t *doc;
	size_t i, n = 0;

	if (e->kind == OUTBOX_PAGE) {
		for (i = 0; i < e->body.len; i++)
			n += e->body.s[i] == '\n';
		json_object_set_new(row, "variants",
		    json_integer((json_int_t)n));
		json_object_set_new(row, "bytes",
		    json_integer((json_int_t)e->body.len));
		return;
	}
	doc = json_loadb(e->body.s, e->body.len, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL, NULL);
	if (doc == NULL) {
		set_text(row, "body", e->body);
		return;
	}
	/* Of a message the row says the channel already. */
	if (e->kind == OUTBOX_MESSAGE)
		json_object_del(doc, "channel");
	json_object_update_new(row, doc);
}

static int
print_row(void *arg, const struct outbox_entry *e)
{
	static const char *const kinds[] = { "", "page", "message", "revoke" };
	struct listing *l = arg;
	char at[POSITION_TEXT];
	json_t *row;
	char *line;

	if (l->left == 0)
		return 1;
	if (l->pattern != NULL && (e->kind != OUTBOX_MESSAGE ||
	    !channel_matches(l->pattern, strlen(l->pattern), e->channel.s,
	    e->channel.len)))
		return 0;
	position_text(e->at, at);
	row = json_pack("{s:s, s:I, s:s}", "id", at, "at",
	    (json_int_t)e->when_ms, "kind",
	    e->kind <= OUTBOX_REVOKE ? kinds[e->kind] : "?");
	set_text(row, "app", e->app);
	set_text(row, "page", e->page);
	set_text(row, "scope", e->scope);
	set_text(row, "channel", e->channel);
	set_text(row, "coalesce", e->coalesce);
	set_body(row, e);
	line = row != NULL ? json_dumps(row, JSON_COMPACT) : NULL;
	if (line == NULL || puts(line) == EOF)
		l->rc = LVT_EIO;
	free(line);
	json_decref(row);
	if (l->left > 0)
		l->left--;
	return l->rc != 0 || l->left == 0;
}

/* Rows until there are no more; with follow until nobody reads. */
static int
list_rows(struct listing *l, struct store *st, struct lvt_error *err)
{
	const struct timespec pause = { 0, FOLLOW_MS * 1000000L };
	int64_t last = l->after;
	int rc;

	do {
		rc = store_outbox_read(st, l->after, ROWS, print_row, l,
		    &last, err);
		if (rc == 0 && last == l->after) {
			if (fflush(stdout) != 0)
				return LVT_EIO;
			if (!l->follow)
				return 0;
			nanosleep(&pause, NULL);
		}
		l->after = last;
	} while (rc == 0);
	if (l->rc != 0)
		return lvt_error_set(err, LVT_EIO, "cannot write");
	return rc > 0 ? 0 : rc;
}

static int
start(struct listing *l, struct store *st, struct lvt_error *err)
{
	struct position edge, head;
	int rc = store_boundary(st, &edge, err);

	if (rc == 0)
		rc = store_head(st, &head, err);
	if (rc != 0)
		return rc;
	if (l->last >= 0)
		l->after = head.seq - l->last;
	if (l->after < edge.seq)
		l->after = edge.seq;
	return 0;
}

static int
outbox_options(struct listing *l, int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &l->db, NULL },
		{ "after", CLI_SEQ, &l->after, NULL },
		{ "last", CLI_COUNT, &l->last, NULL },
		{ "limit", CLI_COUNT, &l->left, NULL },
		{ "channel", CLI_TEXT, &l->pattern, NULL },
		{ "follow", CLI_FLAG, &l->follow, NULL },
		{ "parked", CLI_FLAG, &l->parked, NULL },
		{ "delayed", CLI_FLAG, &l->delayed, NULL },
		{ "cancel", CLI_TEXT, &l->cancel, NULL },
		{ 0 }
	};

	if (cli_options("outbox", options, argc, argv) != CLI_OK)
		return CLI_USAGE;
	if (l->pattern != NULL && !channel_pattern_is_valid(l->pattern,
	    strlen(l->pattern)))
		return cli_usage("outbox", "'%s' is no pattern of channels",
		    l->pattern);
	return l->parked ? CLI_OK : cli_no_words("outbox", argc, argv);
}

int
cmd_outbox(int argc, char *argv[])
{
	const struct store_opts opts = { .readonly = true };
	struct listing l = { .last = -1, .left = -1 };
	struct lvt_error err = { 0 };
	struct store *st;
	int rc = outbox_options(&l, argc, argv);

	if (rc != CLI_OK)
		return rc;
	if (l.parked)
		return cli_parked(l.db, argc - optind, argv + optind);
	if (l.delayed || l.cancel != NULL)
		return cli_delayed(l.db, l.cancel);
	st = cli_open(l.db, &opts, &err);
	rc = st == NULL ? LVT_ESTORE : start(&l, st, &err);
	if (rc == 0 && l.left != 0)
		rc = list_rows(&l, st, &err);
	store_close(st);
	return rc == 0 ? CLI_OK : cli_fail(&err);
}
