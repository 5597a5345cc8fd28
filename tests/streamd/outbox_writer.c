/*
 * outbox_writer.c - what a worker does to the outbox, for tests.
 *
 * outbox_writer DB [--normal]: commands on standard input, one a line, words
 * separated by tabs; one line of answer each.
 *
 *   token JSON                       a token with these claims
 *   message CHANNEL EVENT JSON [KEY] a message; answers its position
 *   page APP PAGE SCOPE [BASE VIEW JSON]...   a row of variants; position
 *   revoke APP JSON                  a row that revokes; position
 *   many N CHANNEL                   N messages {"n":i}, in N commits; position
 *   batch N CHANNEL [KEY]            the same in one commit
 *   head                             the head's position
 *   presence APP PAGE                connections and users
 *   gc                               forgets all rows
 *   restore FILE                     all of another database in place of this
 *
 * outbox_writer DB --lines CHANNEL [--normal] [--batch N]: each line of
 * standard input is a payload. --batch: up to N that are there already share
 * a commit.
 */
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/token.h"
#include "store/store.h"

#define WORDS	64

static struct store *st;
static const char *path;

static void
die(const char *what, const struct lvt_error *err)
{
	fprintf(stderr, "outbox_writer: %s: %s\n", what, err->message);
	exit(1);
}

static void
print_position(struct position p)
{
	char text[POSITION_TEXT];

	position_text(p, text);
	printf("%s\n", text);
}

static void
commit_rows(struct outbox_row *rows, size_t n)
{
	struct commit c = { .rows = rows, .nrows = n,
	    .at = { "test", "/", "g", "" } };
	struct commit_result r;
	struct lvt_error err = { 0 };

	if (store_commit(st, &c, &r, &err) != 0)
		die("commit", &err);
}

static struct str
message_body(const char *channel, const char *event, const char *payload)
{
	json_t *p = json_loads(payload, JSON_DECODE_ANY, NULL), *doc;
	char *text;

	if (p == NULL)
		p = json_string(payload);
	doc = json_pack("{s:s, s:s, s:o}", "channel", channel, "event",
	    event, "payload", p);
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return str_z(text);
}

static void
cmd_token(char **w, int n)
{
	unsigned char key[32];
	struct lvt_error err = { 0 };
	json_t *claims = json_loads(w[1], 0, NULL);
	struct buf out;

	(void)n;
	if (store_key(st, "token", key, &err) != 0)
		die("key", &err);
	if (json_object_get(claims, "x") == NULL)
		json_object_set_new(claims, "x",
		    json_integer((json_int_t)time(NULL) + 600));
	buf_init(&out);
	token_sign(key, claims, &out);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
	json_decref(claims);
}

static void
cmd_message(char **w, int n)
{
	struct outbox_row row = { .kind = OUTBOX_MESSAGE, .app = "test",
	    .channel = w[1], .coalesce = n > 4 ? w[4] : NULL,
	    .body = message_body(w[1], w[2], w[3]) };

	commit_rows(&row, 1);
	print_position(row.at);
	free((char *)(uintptr_t)row.body.s);
}

static void
cmd_page(char **w, int n)
{
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = w[1],
	    .page = w[2], .scope = w[3] };
	struct buf body;
	int i;

	buf_init(&body);
	for (i = 4; i + 2 < n; i += 3)
		buf_printf(&body, "%s %s %s\n", w[i], w[i + 1], w[i + 2]);
	row.body = (struct str){ buf_z(&body), body.len };
	commit_rows(&row, 1);
	print_position(row.at);
	buf_release(&body);
}

static void
cmd_revoke(char **w, int n)
{
	struct outbox_row row = { .kind = OUTBOX_REVOKE, .app = w[1],
	    .body = str_z(w[2]) };

	(void)n;
	commit_rows(&row, 1);
	print_position(row.at);
}

static void
write_many(char **w, int n, bool together)
{
	int i, count = atoi(w[1]);
	struct outbox_row *rows = calloc((size_t)count, sizeof(*rows));
	char payload[64];

	for (i = 0; i < count; i++) {
		snprintf(payload, sizeof(payload), "{\"n\":%d}", i);
		rows[i].kind = OUTBOX_MESSAGE;
		rows[i].app = "test";
		rows[i].channel = w[2];
		rows[i].coalesce = n > 3 ? w[3] : NULL;
		rows[i].body = message_body(w[2], "n", payload);
		if (!together)
			commit_rows(&rows[i], 1);
	}
	if (together)
		commit_rows(rows, (size_t)count);
	print_position(rows[count - 1].at);
	for (i = 0; i < count; i++)
		free((char *)(uintptr_t)rows[i].body.s);
	free(rows);
}

static void
cmd_many(char **w, int n)
{
	write_many(w, n, false);
}

static void
cmd_batch(char **w, int n)
{
	write_many(w, n, true);
}

static void
cmd_head(char **w, int n)
{
	struct position p;
	struct lvt_error err = { 0 };

	(void)w;
	(void)n;
	if (store_head(st, &p, &err) != 0)
		die("head", &err);
	print_position(p);
}

static void
cmd_presence(char **w, int n)
{
	int64_t conns = 0, users = 0;
	struct lvt_error err = { 0 };

	(void)n;
	if (store_presence_count(st, w[1], w[2], NULL, &conns, &users, &err)
	    != 0)
		die("presence", &err);
	printf("%lld %lld\n", (long long)conns, (long long)users);
}

static void
cmd_gc(char **w, int n)
{
	const struct timespec older = { 0, 5000000 };
	struct gc_opts o = { .outbox_keep_ms = 1 };
	struct gc_result r;
	struct lvt_error err = { 0 };

	(void)w;
	(void)n;
	nanosleep(&older, NULL);
	if (store_gc(st, &o, &r, &err) != 0)
		die("gc", &err);
	printf("%lld\n", (long long)r.outbox);
}

/* As sqlite3's .restore does it: the file stays, its content goes. */
static void
cmd_restore(char **w, int n)
{
	sqlite3 *from = NULL, *to = NULL;
	sqlite3_backup *b = NULL;
	int rc = SQLITE_ERROR;

	(void)n;
	if (sqlite3_open(w[1], &from) == SQLITE_OK &&
	    sqlite3_open(path, &to) == SQLITE_OK)
		b = sqlite3_backup_init(to, "main", from, "main");
	if (b != NULL) {
		sqlite3_backup_step(b, -1);
		rc = sqlite3_backup_finish(b);
	}
	sqlite3_close(from);
	sqlite3_close(to);
	printf("%s\n", rc == SQLITE_OK ? "restored" : sqlite3_errstr(rc));
}

static const struct command {
	const char *name;
	int words;
	void (*run)(char **w, int n);
} commands[] = {
	{ "token", 2, cmd_token }, { "message", 4, cmd_message },
	{ "page", 4, cmd_page }, { "revoke", 3, cmd_revoke },
	{ "many", 3, cmd_many }, { "batch", 3, cmd_batch },
	{ "head", 1, cmd_head }, { "presence", 3, cmd_presence },
	{ "gc", 1, cmd_gc }, { "restore", 2, cmd_restore },
};

static void
run_line(char *line)
{
	char *w[WORDS], *save = NULL, *p;
	size_t i;
	int n = 0;

	for (p = strtok_r(line, "\t\n", &save); p != NULL && n < WORDS;
	    p = strtok_r(NULL, "\t\n", &save))
		w[n++] = p;
	for (i = 0; n > 0 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(w[0], commands[i].name) == 0 &&
		    n >= commands[i].words) {
			commands[i].run(w, n);
			fflush(stdout);
			return;
		}
	printf("?\n");
	fflush(stdout);
}

/* Lines by read(), so that poll() tells the truth about what is there. */
struct lines {
	char buf[1 << 20];
	size_t at, len;
};

static char *
next_line(struct lines *l, bool wait)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	char *lf, *line;
	ssize_t n;

	while ((lf = memchr(l->buf + l->at, '\n', l->len - l->at)) == NULL) {
		memmove(l->buf, l->buf + l->at, l->len - l->at);
		l->len -= l->at;
		l->at = 0;
		if ((!wait && poll(&p, 1, 0) <= 0) || l->len == sizeof(l->buf))
			return NULL;
		n = read(STDIN_FILENO, l->buf + l->len,
		    sizeof(l->buf) - l->len);
		if (n <= 0)
			return NULL;
		l->len += (size_t)n;
	}
	*lf = '\0';
	line = l->buf + l->at;
	l->at = (size_t)(lf - l->buf) + 1;
	return line;
}

static void
publish_lines(const char *channel, int batch)
{
	static struct lines lines;
	struct outbox_row rows[1000];
	char *line;
	int n;

	while ((line = next_line(&lines, true)) != NULL) {
		memset(rows, 0, sizeof(rows));
		for (n = 0; line != NULL; line = n < batch ?
		    next_line(&lines, false) : NULL) {
			rows[n].kind = OUTBOX_MESSAGE;
			rows[n].app = "test";
			rows[n].channel = channel;
			rows[n++].body = message_body(channel, "m", line);
		}
		commit_rows(rows, (size_t)n);
		while (n > 0)
			free((char *)(uintptr_t)rows[--n].body.s);
	}
}

int
main(int argc, char **argv)
{
	struct store_opts opts = { .durability = STORE_FULL };
	struct lvt_error err = { 0 };
	const char *lines = NULL;
	static char line[1 << 20];
	int i, batch = 1;

	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--normal") == 0)
			opts.durability = STORE_NORMAL;
		else if (strcmp(argv[i], "--lines") == 0 && i + 1 < argc)
			lines = argv[++i];
		else if (strcmp(argv[i], "--batch") == 0 && i + 1 < argc)
			batch = atoi(argv[++i]);
	}
	if (argc < 2 || batch < 1 || batch > 1000)
		return 2;
	path = argv[1];
	st = store_open(path, &opts, &err);
	if (st == NULL)
		die("open", &err);
	if (lines != NULL)
		publish_lines(lines, batch);
	else
		while (fgets(line, sizeof(line), stdin) != NULL)
			run_line(line);
	store_close(st);
	return 0;
}
