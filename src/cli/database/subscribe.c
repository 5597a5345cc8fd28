/*
 * subscribe.c - lvt subscribe: messages to stdout, a command or a webhook.
 *
 *   message: READ --delivered--> cursor moved
 *            READ --failed--> 1, 2, 4 … 60 s --> READ again   (--tries)
 *            READ --failed too often--> parked, cursor moved
 *
 * A consumer with a name has its cursor in the database and moves it after the
 * delivery: whatever dies, each message is delivered at least once, in order.
 */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/database/command.h"
#include "cli/database/database.h"
#include "cli/database/options.h"
#include "cli/database/webhook.h"

#define BATCH		100
#define QUIET_MS	100
#define LEASE_MS	60000
#define WAIT_MAX_MS	60000
#define SECRET_MAX	4096

struct message {
	int64_t seq;
	char id[POSITION_TEXT];
	char channel[CHANNEL_MAX + 1];
	json_t *event;			/* a string; NULL: there is none */
	char *text;			/* what is delivered */
};

struct subscriber {
	const char *db, *consumer, *exec, *url, *secret_file;
	char *const *patterns;
	int npatterns;
	int64_t after, try_ms, tries;
	bool once;

	char name[512], job[600], owner[32];	/* name "": not durable */
	char secret[SECRET_MAX];
	struct store *st;
	struct webhook *hook;
	int64_t leased_ms;
	struct message batch[BATCH];
	size_t n;
	bool parked;			/* something was */
};

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void
nap(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);		/* a signal ends it early: fine */
}

/* --- Delivery ------------------------------------------------------------ */

static int
print(const struct message *m, struct lvt_error *err)
{
	if (puts(m->text) == EOF || fflush(stdout) != 0)
		return lvt_error_set(err, LVT_EIO, "cannot write: %s",
		    strerror(errno));
	return 0;
}

static int
deliver(struct subscriber *s, const struct message *m, struct lvt_error *err)
{
	if (s->exec != NULL)
		return command_run(s->exec, m->text, &(struct command_env){
		    .id = m->id, .channel = m->channel,
		    .event = json_string_value(m->event) }, err);
	if (s->hook != NULL)
		return webhook_post(s->hook, (struct str){ m->text,
		    strlen(m->text) }, m->id, err);
	return print(m, err);
}

static int
settle(struct subscriber *s, const struct message *m, struct lvt_error *err)
{
	s->after = m->seq;
	return s->name[0] != '\0' ? store_cursor_set(s->st, s->name, m->seq,
	    err) : 0;
}

static int
give_up(struct subscriber *s, const struct message *m, const char *why,
    int tries, struct lvt_error *err)
{
	struct parked p = { .seq = m->seq, .consumer = s->name, .group = "",
	    .tries = tries, .why = why, .channel = m->channel,
	    .body = { m->text, strlen(m->text) } };

	fprintf(stderr, "lvt subscribe: %s is parked\n", m->id);
	s->parked = true;
	s->after = m->seq;
	return store_park(s->st, &p, err);
}

/* 0: dealt with; 1: told to stop. */
static int
deliver_surely(struct subscriber *s, const struct message *m,
    struct lvt_error *err)
{
	int64_t wait = s->try_ms;
	struct lvt_error why;
	int tries;

	for (tries = 1; !stopping; tries++) {
		lvt_error_init(&why);
		if (deliver(s, m, &why) == 0)
			return settle(s, m, err);
		if (s->exec == NULL && s->hook == NULL) {
			*err = why;
			return why.code;
		}
		fprintf(stderr, "lvt subscribe: %s: %s\n", m->id,
		    why.message);
		if (tries >= s->tries)
			return give_up(s, m, why.message, tries, err);
		nap(wait);
		wait = wait * 2 < WAIT_MAX_MS ? wait * 2 : WAIT_MAX_MS;
	}
	return 1;
}

/* One that somebody wants tried again; LVT_ENOTFOUND: none. */
static int
deliver_parked(struct subscriber *s, struct lvt_error *err)
{
	struct message m = { .event = NULL };
	struct lvt_error why = { 0 };
	struct parked p;
	struct arena a;
	json_t *doc;
	int rc;

	arena_init(&a);
	rc = store_parked_next(s->st, s->name, &a, &p, err);
	if (rc == 0) {
		doc = json_loadb(p.body.s, p.body.len, JSON_ALLOW_NUL, NULL);
		m.event = json_object_get(doc, "event");
		m.text = arena_z(&a, p.body.s);
		snprintf(m.channel, sizeof(m.channel), "%s", p.channel);
		snprintf(m.id, sizeof(m.id), "%s", json_is_string(
		    json_object_get(doc, "id")) ? json_string_value(
		    json_object_get(doc, "id")) : "");
		if (m.text != NULL && deliver(s, &m, &why) == 0)
			rc = store_parked_drop(s->st, p.id, err);
		else
			rc = store_parked_again(s->st, p.id, p.tries + 1, 0,
			    why.message, err);
		json_decref(doc);
	}
	arena_release(&a);
	return rc;
}

/* --- Reading ------------------------------------------------------------- */

static bool
wanted(const struct subscriber *s, const struct outbox_entry *e)
{
	int i;

	for (i = 0; e->kind == OUTBOX_MESSAGE && i < s->npatterns; i++)
		if (channel_matches(s->patterns[i], strlen(s->patterns[i]),
		    e->channel.s, e->channel.len))
			return true;
	return false;
}

/* {"id","at","channel","event","payload"} */
static int
collect(void *arg, const struct outbox_entry *e)
{
	struct subscriber *s = arg;
	struct message *m = &s->batch[s->n];
	json_t *doc, *body;

	if (!wanted(s, e))
		return 0;
	memset(m, 0, sizeof(*m));
	m->seq = e->at.seq;
	position_text(e->at, m->id);
	snprintf(m->channel, sizeof(m->channel), "%.*s", STR_ARG(e->channel));
	body = json_loadb(e->body.s, e->body.len, JSON_ALLOW_NUL, NULL);
	doc = json_pack("{s:s, s:I}", "id", m->id, "at",
	    (json_int_t)e->when_ms);
	if (doc != NULL && body != NULL && json_object_update(doc, body) == 0)
		m->text = json_dumps(doc, JSON_COMPACT);
	m->event = json_incref(json_object_get(body, "event"));
	json_decref(doc);
	json_decref(body);
	if (m->text == NULL) {
		json_decref(m->event);
		return body == NULL ? 0 : LVT_ENOMEM;
	}
	s->n++;
	return 0;
}

/* Messages that retention took: said, as a message of its own. */
static int
tell_gap(struct subscriber *s, struct lvt_error *err)
{
	struct message m = { .event = NULL };
	struct position head;
	char text[128];
	int rc = store_head(s->st, &head, err);

	if (rc != 0)
		return rc;
	m.seq = head.seq;
	position_text(head, m.id);
	snprintf(text, sizeof(text), "{\"gap\":true,\"from\":%" PRId64
	    ",\"to\":%" PRId64 "}", s->after, head.seq);
	m.text = text;
	fprintf(stderr, "lvt subscribe: messages from %" PRId64 " to %" PRId64
	    " are gone\n", s->after, head.seq);
	return deliver_surely(s, &m, err);
}

/* 1: there may be more; 0: at the end; or an error. */
static int
read_batch(struct subscriber *s, struct lvt_error *err)
{
	int64_t last = s->after;
	size_t i;
	int rc;

	s->n = 0;
	rc = store_outbox_read(s->st, s->after, BATCH, collect, s, &last, err);
	if (rc == LVT_ESTALE) {
		lvt_error_init(err);
		rc = tell_gap(s, err);
		return rc == 0 ? 1 : rc;
	}
	for (i = 0; i < s->n; i++) {
		if (rc == 0 && !stopping)
			rc = deliver_surely(s, &s->batch[i], err);
		json_decref(s->batch[i].event);
		free(s->batch[i].text);
	}
	if (rc != 0 || stopping || last == s->after)
		return rc < 0 ? rc : 0;
	s->after = last;
	if (s->name[0] != '\0')
		rc = store_cursor_set(s->st, s->name, last, err);
	return rc == 0 ? 1 : rc;
}

static int
hold(struct subscriber *s, struct lvt_error *err)
{
	int64_t now = clock_mono_ms();
	int rc;

	if (s->name[0] == '\0' || now < s->leased_ms + LEASE_MS / 3)
		return 0;
	rc = store_job_take(s->st, s->job, s->owner, LEASE_MS, err);
	s->leased_ms = now;
	return rc;
}

static int
run(struct subscriber *s, struct lvt_error *err)
{
	int rc = 0;

	while (!stopping && rc >= 0) {
		if ((rc = hold(s, err)) != 0)
			break;
		if (s->name[0] != '\0')
			while ((rc = deliver_parked(s, err)) == 0)
				continue;
		if (rc != 0 && rc != LVT_ENOTFOUND)
			break;
		rc = read_batch(s, err);
		if (rc == 0 && s->once)
			break;
		if (rc == 0 && !stopping)
			nap(QUIET_MS);
	}
	if (s->name[0] != '\0')
		store_job_give(s->st, s->job, s->owner, NULL);
	return rc < 0 ? rc : 0;
}

/* --- Starting ------------------------------------------------------------ */

static int
read_secret(struct subscriber *s, struct lvt_error *err)
{
	const char *env = getenv("LVT_WEBHOOK_SECRET");
	FILE *f;
	size_t n;

	if (s->secret_file == NULL) {
		snprintf(s->secret, sizeof(s->secret), "%s",
		    env != NULL ? env : "");
		return 0;
	}
	if ((f = fopen(s->secret_file, "r")) == NULL)
		return lvt_error_set(err, LVT_EIO, "cannot open '%s': %s",
		    s->secret_file, strerror(errno));
	n = fread(s->secret, 1, sizeof(s->secret) - 1, f);
	fclose(f);
	s->secret[n] = '\0';
	s->secret[strcspn(s->secret, "\r\n")] = '\0';
	return s->secret[0] != '\0' ? 0 : lvt_error_set(err, LVT_EINVALID,
	    "'%s' holds no secret", s->secret_file);
}

static int
start(struct subscriber *s, struct lvt_error *err)
{
	struct position head;
	int rc;

	if (s->consumer != NULL)
		snprintf(s->name, sizeof(s->name), "%s", s->consumer);
	else if (s->exec != NULL || s->url != NULL)
		snprintf(s->name, sizeof(s->name), "%s %s", s->patterns[0],
		    s->exec != NULL ? s->exec : s->url);
	snprintf(s->job, sizeof(s->job), "subscribe:%s", s->name);
	snprintf(s->owner, sizeof(s->owner), "%ld", (long)getpid());
	s->leased_ms = -LEASE_MS;
	if (s->url != NULL) {
		if ((rc = read_secret(s, err)) != 0)
			return rc;
		s->hook = webhook_open(s->url, s->secret[0] != '\0' ?
		    s->secret : NULL, err);
		if (s->hook == NULL)
			return err->code;
	}
	if ((rc = hold(s, err)) != 0)
		return rc;
	if (s->name[0] != '\0')
		return s->after >= 0 ? store_cursor_set(s->st, s->name,
		    s->after, err) : store_cursor_get(s->st, s->name,
		    &s->after, err);
	if (s->after < 0 && (rc = store_head(s->st, &head, err)) == 0)
		s->after = head.seq;
	return rc;
}

static int
read_options(struct subscriber *s, int argc, char *argv[])
{
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &s->db, NULL },
		{ "consumer", CLI_TEXT, &s->consumer, NULL },
		{ "exec", CLI_TEXT, &s->exec, NULL },
		{ "webhook", CLI_TEXT, &s->url, NULL },
		{ "secret-file", CLI_TEXT, &s->secret_file, NULL },
		{ "after", CLI_SEQ, &s->after, NULL },
		{ "tries", CLI_COUNT, &s->tries, NULL },
		{ "try-ms", CLI_COUNT, &s->try_ms, NULL },
		{ "once", CLI_FLAG, &s->once, NULL },
		{ 0 }
	};
	int i;

	if (cli_options("subscribe", options, argc, argv) != CLI_OK)
		return CLI_USAGE;
	s->patterns = argv + optind;
	s->npatterns = argc - optind;
	if (s->exec != NULL && s->url != NULL)
		return cli_usage("subscribe", "--exec or --webhook, not both");
	if (s->npatterns == 0)
		return cli_usage("subscribe", "no PATTERN is given");
	for (i = 0; i < s->npatterns; i++)
		if (!channel_pattern_is_valid(s->patterns[i],
		    strlen(s->patterns[i])))
			return cli_usage("subscribe", "'%s' is no pattern of "
			    "channels", s->patterns[i]);
	return CLI_OK;
}

int
cmd_subscribe(int argc, char *argv[])
{
	struct subscriber *s = calloc(1, sizeof(*s));
	struct lvt_error err = { 0 };
	struct sigaction sa;
	int rc;

	if (s == NULL)
		return cli_nomem();
	s->after = -1;
	s->tries = 8;
	s->try_ms = 1000;
	if ((rc = read_options(s, argc, argv)) != CLI_OK) {
		free(s);
		return rc;
	}
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_stop;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->st = cli_open(s->db, NULL, &err);
	rc = s->st == NULL ? LVT_ESTORE : start(s, &err);
	if (rc == 0)
		rc = run(s, &err);
	webhook_free(s->hook);
	store_close(s->st);
	rc = rc != 0 ? cli_fail(&err) : s->once && s->parked ? CLI_FAILED :
	    CLI_OK;
	free(s);
	return rc;
}
