/* sessions.c - lvt sessions: the states of groups, one by one and as a whole. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/database/database.h"
#include "cli/database/options.h"

#define DAY_MS		((int64_t)24 * 3600 * 1000)
#define TTL_MAX_S	((json_int_t)100 * 366 * 24 * 3600)
#define BROWSER_GROUP	43		/* characters of its random name */

struct job {
	const char *app;
	struct store *st;
	char	**argv;
	const char *page, *group;	/* get */
	int64_t n;
	struct arena arena;		/* of these: */
	struct session_row *rows;	/* get, export: state is not set */
	size_t nrows, cap;
};

/* --- Looking ----------------------------------------------------------------- */

/* A group of its user alone: what was broadcast to the user is part of it. */
static bool
is_users(const struct place *at)
{
	return at->user[0] != '\0' && strcmp(at->user, at->group) == 0;
}

/* The state as its page has it, with what was broadcast since it was saved. A
 * new reference; NULL, and *err unmoved: it is gone. */
static json_t *
state_now(struct job *j, const struct session_row *row, struct lvt_error *err)
{
	struct place at = row->at;
	json_t *doc = NULL;
	struct session s;
	struct arena a;
	size_t i;
	int rc;

	arena_init(&a);
	at.user = "";
	rc = is_users(&row->at) ? store_load(j->st, &at, &a, &s, err) :
	    store_load_shared(j->st, &at, &a, &s, err);
	if (rc == 0 && s.exists && (doc = json_loadb(s.state.s, s.state.len,
	    JSON_ALLOW_NUL, NULL)) == NULL)
		rc = lvt_error_set(err, LVT_ESTORE, "the state of %s %s cannot "
		    "be read", at.page, at.group);
	for (i = 0; rc == 0 && doc != NULL && i < s.npatches; i++)
		rc = patch_apply(doc, &s.patches[i], err);
	arena_release(&a);
	if (rc == 0)
		return doc;
	json_decref(doc);
	return NULL;
}

/* state is taken. */
static json_t *
as_json(const struct session_row *row, json_t *state)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "app",
	    row->at.app, "page", row->at.page, "group", row->at.group, "user",
	    row->at.user, "rev", (json_int_t)row->rev, "touched",
	    (json_int_t)row->touched_ms, "ttl",
	    (json_int_t)((row->ttl_ms + 500) / 1000), "state", state);
}

static int
list_one(void *arg, const struct session_row *row)
{
	const struct place *at = &row->at;

	(void)arg;
	printf("%s\t%s\t%s\t%s\trev %" PRId64 "\t%zu bytes\n", at->app,
	    at->page, at->group, at->user[0] != '\0' ? at->user : "-",
	    row->rev, row->state.len);
	return 0;
}

static int
do_list(struct job *j, struct lvt_error *err)
{
	return store_sessions(j->st, j->app, list_one, j, err);
}

/* One statement is open while they are listed: each is read after that. */
static int
gather(void *arg, const struct session_row *row)
{
	struct job *j = arg;
	struct session_row *to;

	if (j->page != NULL && (strcmp(row->at.page, j->page) != 0 ||
	    strcmp(row->at.group, j->group) != 0))
		return 0;
	if (j->nrows == j->cap) {
		j->cap = j->cap * 2 + 16;
		to = realloc(j->rows, j->cap * sizeof(*to));
		if (to == NULL)
			return LVT_ENOMEM;
		j->rows = to;
	}
	to = &j->rows[j->nrows];
	*to = *row;
	to->at.app = arena_z(&j->arena, row->at.app);
	to->at.page = arena_z(&j->arena, row->at.page);
	to->at.group = arena_z(&j->arena, row->at.group);
	to->at.user = arena_z(&j->arena, row->at.user);
	if (to->at.app == NULL || to->at.page == NULL ||
	    to->at.group == NULL || to->at.user == NULL)
		return LVT_ENOMEM;
	j->nrows++;
	return 0;
}

static int
print_one(struct job *j, const struct session_row *row,
    struct lvt_error *err)
{
	json_t *doc = state_now(j, row, err);
	int rc = 0;

	if (doc == NULL)
		return err->code;
	j->n++;
	if (j->page == NULL && (doc = as_json(row, doc)) == NULL)
		return LVT_ENOMEM;
	if (json_dumpf(doc, stdout, JSON_COMPACT) != 0 ||
	    putchar('\n') == EOF)
		rc = LVT_EIO;
	json_decref(doc);
	return rc;
}

static int
do_export(struct job *j, struct lvt_error *err)
{
	size_t i;
	int rc;

	arena_init(&j->arena);
	rc = store_sessions(j->st, j->app, gather, j, err);
	for (i = 0; rc == 0 && i < j->nrows; i++)
		rc = print_one(j, &j->rows[i], err);
	free(j->rows);
	arena_release(&j->arena);
	return rc;
}

static int
do_get(struct job *j, struct lvt_error *err)
{
	int rc;

	j->page = j->argv[0];
	j->group = j->argv[1];
	rc = do_export(j, err);
	return rc == 0 && j->n == 0 ? lvt_error_set(err, LVT_ENOTFOUND,
	    "there is no such session") : rc;
}

/* --- Changing ------------------------------------------------------------------ */

/* A day for what only one browser knows the name of; else for ever. */
static int64_t
usual_ttl(const struct place *at)
{
	return at->user[0] == '\0' && strlen(at->group) == BROWSER_GROUP ?
	    DAY_MS : 0;
}


/* ttl_ms: after now; 0: for ever. */
static int
write_state(struct store *st, const struct place *at, const json_t *state,
    int64_t ttl_ms, struct lvt_error *err)
{
	char scope[600], *text = json_dumps(state, JSON_COMPACT);
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = at->app,
	    .page = at->page, .scope = scope, .body = STR("") };
	struct position head;
	struct commit_result r;
	struct str s;
	int rc;

	if (text == NULL || !json_is_object(state) || at->page[0] != '/' ||
	    at->group[0] == '\0' || (size_t)snprintf(scope, sizeof(scope),
	    "g:%s", at->group) >= sizeof(scope)) {
		free(text);
		return lvt_error_set(err, LVT_EINVALID,
		    "a state is a JSON object, a page begins with /, and a "
		    "group has a short name");
	}
	s = str_z(text);
	/* Broadcasts of before are in it, or are not wanted. */
	rc = store_head(st, &head, err);
	if (rc == 0)
		rc = store_commit(st, &(struct commit){ .at = *at,
		    .rev = STORE_REV_ANY, .patched = head.seq, .state = &s,
		    .expires_ms = ttl_ms > 0 ? clock_wall_ms() + ttl_ms : 0,
		    .rows = &row, .nrows = 1 }, &r, err);
	free(text);
	return rc;
}

static int
do_set(struct job *j, struct lvt_error *err)
{
	struct place at = { j->app, j->argv[0], j->argv[1], "" };
	int64_t ttl_ms = usual_ttl(&at);
	json_error_t why;
	json_t *state = strcmp(j->argv[2], "-") == 0 ?
	    json_loadf(stdin, JSON_ALLOW_NUL, &why) :
	    json_loads(j->argv[2], JSON_ALLOW_NUL, &why);
	int rc;

	if (state == NULL)
		return lvt_error_set(err, LVT_EINVALID,
		    "this is not JSON: line %d, column %d: %s", why.line,
		    why.column, why.text);
	j->page = at.page;
	j->group = at.group;
	arena_init(&j->arena);
	/* What is there already stays whose it was, and lives as long. */
	rc = store_sessions(j->st, at.app, gather, j, err);
	if (rc == 0 && j->nrows > 0) {
		at.user = j->rows[0].at.user;
		ttl_ms = j->rows[0].ttl_ms;
	}
	if (rc == 0)
		rc = write_state(j->st, &at, state, ttl_ms, err);
	json_decref(state);
	free(j->rows);
	arena_release(&j->arena);
	return rc;
}

static int
do_delete(struct job *j, struct lvt_error *err)
{
	struct place at = { j->app, j->argv[0], j->argv[1], "" };

	return store_session_delete(j->st, &at, err);
}

static int
import_line(struct job *j, const json_t *line, struct lvt_error *err)
{
	struct place at = { "", "", "", "" };
	json_int_t ttl = -1;
	json_t *state;

	if (json_unpack((json_t *)(uintptr_t)line,
	    "{s:s, s:s, s:s, s?s, s?I, s:o}", "app", &at.app, "page",
	    &at.page, "group", &at.group, "user", &at.user, "ttl", &ttl,
	    "state", &state) != 0 || ttl > TTL_MAX_S)
		return lvt_error_set(err, LVT_EINVALID, "line %" PRId64
		    " is no session", j->n + 1);
	if (j->app != NULL && strcmp(j->app, at.app) != 0)
		return 0;
	return write_state(j->st, &at, state, ttl >= 0 ? ttl * 1000 :
	    usual_ttl(&at), err);
}

static int
do_import(struct job *j, struct lvt_error *err)
{
	json_error_t why;
	json_t *line;
	int rc = 0;

	while (rc == 0 && (line = json_loadf(stdin, JSON_ALLOW_NUL |
	    JSON_DISABLE_EOF_CHECK, &why)) != NULL) {
		rc = import_line(j, line, err);
		json_decref(line);
		if (rc == 0)
			j->n++;
	}
	if (rc == 0 && !feof(stdin))
		rc = lvt_error_set(err, LVT_EINVALID, "after %" PRId64
		    " sessions: %s", j->n, why.text);
	if (rc == 0)
		printf("%" PRId64 " sessions\n", j->n);
	return rc;
}

/* --- The table --------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	int words;
	bool needs_app, writes;
	int	(*run)(struct job *j, struct lvt_error *err);
} verbs[] = {
	{ "list", 0, false, false, do_list },
	{ "get", 2, true, false, do_get },
	{ "set", 3, true, true, do_set },
	{ "delete", 2, true, true, do_delete },
	{ "export", 0, false, false, do_export },
	{ "import", 0, false, true, do_import },
};

static const struct verb *
verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int
run(const struct verb *v, struct job *j, const char *db)
{
	const struct store_opts opts = { .readonly = !v->writes };
	struct lvt_error err = { 0 };
	int rc = LVT_ESTORE;

	if ((j->st = cli_open(db, &opts, &err)) != NULL)
		rc = v->run(j, &err);
	store_close(j->st);
	if (rc == 0 && fflush(stdout) != 0)
		rc = lvt_error_set(&err, LVT_EIO, "cannot write");
	if (rc != 0)
		lvt_error_set(&err, rc, "%s", lvt_strerror(rc));
	return rc == 0 ? 0 : cli_fail(&err);
}

int
cmd_sessions(int argc, char *argv[])
{
	struct job j = { .app = NULL };
	const char *db = NULL;
	const struct cli_option options[] = {
		{ "db", CLI_TEXT, &db, NULL },
		{ "app", CLI_TEXT, &j.app, NULL },
		{ 0 }
	};
	const struct verb *v;

	if (cli_options("sessions", options, argc, argv) != CLI_OK)
		return CLI_USAGE;
	v = verb_find(optind < argc ? argv[optind] : "list");
	if (v == NULL)
		return cli_usage("sessions", "'%s' is none of list, get, set, "
		    "delete, export and import", argv[optind]);
	j.argv = argv + optind + 1;
	if (argc - optind - (optind < argc) != v->words)
		return cli_usage("sessions", "%s takes %d words", v->name,
		    v->words);
	if (v->needs_app && j.app == NULL)
		return cli_usage("sessions", "--app says whose session it is");
	return run(v, &j, db);
}
