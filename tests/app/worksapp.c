/* worksapp.c - who visitors are, what they bring, and their own tables. */
#include <stdlib.h>
#include <string.h>

#include <lvt-sqlite.h>

static int
add(struct lvt_ctx *cx, json_t *state)
{
	json_int_t n = json_integer_value(json_object_get(state, "n"));

	return json_object_set_new(state, "n",
	    json_integer(n + lvt_int(cx, "value", 1)));
}

/* --- Logging in and out ---------------------------------------------------- */

static int
enter(struct lvt_ctx *cx, json_t *state)
{
	int rc;

	(void)state;
	if (strcmp(lvt_str(cx, "password"), "secret") != 0)
		return lvt_invalid(cx, "password", "is wrong");
	rc = lvt_login(cx, lvt_str(cx, "user"));
	return rc == 0 ? lvt_redirect(cx, "/private") : rc;
}

static int
leave(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_logout(cx);
}

/* --- Custom: rooms, workspaces, devices -------------------------------------- */

static int
by_header(struct lvt_ctx *req, char *user, size_t size)
{
	const char *name = lvt_req_header(req, "X-User");

	if (name[0] == '\0' || strlen(name) >= size)
		return LVT_EDENIED;
	strcpy(user, name);
	return 0;
}

static int
by_workspace(struct lvt_ctx *req, const char *user, char *group, size_t size)
{
	const char *name = lvt_req_path(req, "name");

	(void)user;
	if (strcmp(name, "broken") == 0 || strlen(name) + 4 > size)
		return LVT_EFAIL;
	strcpy(group, "ws:");
	strcat(group, name);
	return 0;
}

static int
by_device(struct lvt_ctx *req, const char *user, char *group, size_t size)
{
	return (size_t)snprintf(group, size, "%s-%s", user,
	    lvt_req_header(req, "X-Device")) < size ? 0 : LVT_EFAIL;
}

static const struct lvt_auth workspace = { by_header, by_workspace,
	NULL, NULL, NULL };
static const struct lvt_auth device = { by_header, by_device,
	NULL, NULL, NULL };

/* The hash of "correct horse", made once. */
static int
password_check(void *arg, const char *user, const char *password)
{
	static char hash[LVT_PASSWORD_SIZE];

	(void)arg;
	if (hash[0] == '\0' &&
	    lvt_password_hash("correct horse", hash) != 0)
		return LVT_ENOMEM;
	return strcmp(user, "ann") == 0 || strcmp(user, "bea") == 0 ?
	    lvt_password_check(hash, password) : LVT_EDENIED;
}

static int
note_all(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_broadcast_to_user_new(cx, lvt_user(cx),
	    json_pack("{s:s}", "note", lvt_str(cx, "text")));
}

static int
tell_nobody(struct lvt_ctx *cx, json_t *state)
{
	json_t *patch = json_pack("{s:i}", "x", 1);
	int a = lvt_broadcast_to_users(cx, NULL, 0, patch);
	int b = lvt_broadcast_to_group(cx, "", patch);
	int c = lvt_broadcast_to_user(cx, "nobody-known", patch);

	(void)state;
	json_decref(patch);
	return a == LVT_EINVALID && b == LVT_EINVALID && c == 0 ? 0 :
	    LVT_EFAIL;
}

/* Another program tells some users something: {"users": […], "text": "…"}. */
static int
tell(struct lvt_ctx *cx, json_t *state)
{
	const char *users[10];
	json_t *list = json_object_get(lvt_data(cx), "users"), *one;
	size_t i, n = 0;

	(void)state;
	json_array_foreach(list, i, one)
		if (n < sizeof(users) / sizeof(users[0]) &&
		    json_is_string(one))
			users[n++] = json_string_value(one);
	return lvt_broadcast_to_users_new(cx, users, n, json_pack("{s:s}",
	    "note", lvt_str(cx, "text")));
}

/* --- A file, a struct, a setup, a refresh --------------------------------------- */

static int
keep_file(struct lvt_ctx *cx, json_t *state)
{
	struct lvt_upload up;

	if (lvt_file(cx, "file", &up) != 0)
		return lvt_invalid(cx, "file", "is missing");
	return json_object_update_new(state, json_pack("{s:s, s:s, s:I, s:s%}",
	    "name", up.name, "type", up.type, "size", (json_int_t)up.size,
	    "start", up.data, up.size < 5 ? up.size : 5));
}

struct order {
	int64_t amount;
	int count, gift;
	double price;
	char note[8];
	const char *item;
};

static const struct lvt_field order_fields[] = {
	LVT_FIELD(struct order, amount, LVT_KIND_INT64),
	LVT_FIELD(struct order, count, LVT_KIND_INT),
	LVT_FIELD(struct order, gift, LVT_KIND_BOOL),
	LVT_FIELD(struct order, price, LVT_KIND_DOUBLE),
	LVT_FIELD(struct order, note, LVT_KIND_TEXT),
	LVT_FIELD(struct order, item, LVT_KIND_STRING),
	{ 0 }
};

static int
order(struct lvt_ctx *cx, json_t *state)
{
	struct order o = { .amount = 7, .item = "none" };
	int rc = lvt_bind(cx, order_fields, &o);

	if (rc != 0)
		return rc;
	return json_object_set_new(state, "order", json_sprintf(
	    "%lld %d %d %.2f %s %s", (long long)o.amount, o.count, o.gift,
	    o.price, o.note, o.item));
}

/* Its own table, in the commit of the action. */
static int
insert(sqlite3 *db, void *arg)
{
	sqlite3_stmt *q = NULL;
	int rc = LVT_ESTORE;

	if (sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS app_line (text TEXT"
	    " UNIQUE)", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "INSERT INTO app_line VALUES (?)", -1, &q,
	    NULL) == SQLITE_OK &&
	    sqlite3_bind_text(q, 1, arg, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_DONE)
		rc = 0;
	sqlite3_finalize(q);
	return rc;
}

static int
write_line(struct lvt_ctx *cx, json_t *state)
{
	size_t n = strlen(lvt_str(cx, "text")) + 1;
	char *text = lvt_alloc(cx, n);

	if (text == NULL)
		return LVT_ENOMEM;
	memcpy(text, lvt_str(cx, "text"), n);
	if (lvt_at_commit(cx, insert, text) != 0)
		return LVT_ENOMEM;
	return add(cx, state);
}

static int
greet(struct lvt_ctx *cx, json_t *state)
{
	return json_object_set_new(state, "hello",
	    json_sprintf("hello %s", lvt_user(cx)));
}

/* What mount loads from elsewhere: here, a file that the test writes. */
static int
load_price(struct lvt_ctx *cx, json_t *state)
{
	const char *path = getenv("PRICE_FILE");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	int price = 0;

	(void)cx;
	if (f != NULL) {
		if (fscanf(f, "%d", &price) != 1)
			price = -1;
		fclose(f);
	}
	return json_object_set_new(state, "price", json_integer(price));
}

/* --- Documents of a room, each with its version ------------------------------------ */

static int
reprice(struct lvt_ctx *cx, json_t *state)
{
	(void)state;
	return lvt_refresh(cx, lvt_str(cx, "page"),
	    lvt_has(cx, "group") ? lvt_str(cx, "group") : NULL);
}

static int
edit(struct lvt_ctx *cx, json_t *state)
{
	json_t *docs = json_object_get(state, "docs");
	json_t *doc = json_object_get(docs, lvt_str(cx, "name"));
	int rc;

	if (doc == NULL) {
		doc = json_pack("{s:i, s:s}", "version", 0, "text", "");
		if (json_object_set_new(docs, lvt_str(cx, "name"), doc) != 0)
			return LVT_ENOMEM;
	}
	if ((rc = lvt_version(cx, doc, "version")) != 0)
		return rc;
	return json_object_set_new(doc, "text",
	    json_string(lvt_str(cx, "text")));
}

static int
allow(struct lvt_ctx *req)
{
	char pattern[80];

	snprintf(pattern, sizeof(pattern), "ws.%s.>", lvt_req_path(req, "name"));
	return lvt_grant(req, pattern);
}

static const struct lvt_action login_actions[] = {
	{ "login", enter, NULL }, { 0 }
};
static const struct lvt_action private_actions[] = {
	{ "tell", tell, NULL },
	{ "add", add, NULL }, { "logout", leave, NULL }, { 0 }
};
static const struct lvt_action works_actions[] = {
	{ "add", add, NULL }, { "note", note_all, NULL },
	{ "nobody", tell_nobody, NULL }, { "order", order, NULL },
	{ "keep", keep_file, NULL }, { "line", write_line, NULL },
	{ "edit", edit, NULL }, { "reprice", reprice, NULL }, { 0 }
};

#define PAGE .file = "works.tmpl", .actions = works_actions

static const struct lvt_page pages[] = {
	{ .path = "/", PAGE, .init = LVT_JSON({"n": 0}) },
	{ .path = "/brief", PAGE, .init = LVT_JSON({"n": 0}), .ttl = 4 },
	{ .path = "/login", .file = "works.tmpl", .actions = login_actions },
	{ .path = "/private", .file = "works.tmpl", .init = LVT_JSON({"n": 0}),
	  .actions = private_actions, .auth = lvt_auth_token },
	{ .path = "/ws/{name}", PAGE, .init = LVT_JSON({"n": 0}),
	  .auth = &workspace, .grant = allow, .history = 3600 },
	{ .path = "/device", PAGE, .init = LVT_JSON({"n": 0}),
	  .auth = &device },
	{ .path = "/basic", PAGE, .init = LVT_JSON({"n": 0}),
	  .auth = lvt_auth_basic(password_check, NULL) },
	{ .path = "/remote", PAGE, .init = LVT_JSON({"n": 0}),
	  .auth = lvt_auth_remote_user, .setup = greet },
	{ .path = "/price", PAGE, .init = LVT_JSON({"n": 0, "price": 0}),
	  .mount = load_price },
	{ .path = "/here/{name}", .file = "here.tmpl", .auth = &workspace },
	{ .path = "/room/{room}", PAGE, .init = LVT_JSON({"docs": {}}),
	  .flags = LVT_SHARED },
	{ 0 }
};

int
main(int argc, char *argv[])
{
	return lvt_app_main(argc, argv, &(struct lvt_app){
	    .name = "worksapp", .pages = pages });
}
