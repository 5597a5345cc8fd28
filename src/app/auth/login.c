#include <stdio.h>
#include <stdlib.h>

#include "app/auth/auth.h"
#include "app/http/cookie.h"
#include "app/state/doc.h"
#include "app/state/session.h"
#include "app/auth/login.h"
#include "app/admin/outside.h"
#include "app/action/step.h"
#include "base/utf8.h"

/* Not the name of what applications broadcast. */
#define LOGIN_LIST	"lvt:logins"
#define ID_SHOWN	16		/* characters of a login's name */
#define YEAR_S		(365L * 24 * 3600)

/* --- The list of a user: ["ID UNTIL", …], the newest last -------------------------- */

static int
list_load(struct app *app, const char *user, json_t **list)
{
	int rc = session_kept(app, LOGIN_PAGE, user, LOGIN_LIST, list, NULL);

	if (rc != 0 || json_is_array(*list))
		return rc;
	json_decref(*list);
	*list = json_array();
	return *list != NULL ? 0 : LVT_ENOMEM;
}

static bool
entry_is(const json_t *entry, const char *id)
{
	const char *text = json_string_value(entry);
	size_t n = strlen(id);

	return text != NULL && strncmp(text, id, n) == 0 && text[n] == ' ';
}

static int64_t
entry_until(const json_t *entry)
{
	const char *text = json_string_value(entry);
	const char *space = text != NULL ? strchr(text, ' ') : NULL;

	return space != NULL ? atoll(space + 1) : 0;
}

/* Is that login of the user still good? */
static bool
login_is_good(struct app *app, const char *user, const char *id,
    int64_t now_ms)
{
	json_t *list, *entry;
	bool good = false;
	size_t i;

	if (list_load(app, user, &list) != 0)
		return false;
	json_array_foreach(list, i, entry)
		good |= entry_is(entry, id) &&
		    entry_until(entry) > now_ms / 1000;
	json_decref(list);
	return good;
}

/* The list without id and what is over; room for one more. */
static int
list_without(struct lvt_ctx *cx, const char *user, const char *id,
    json_t **list)
{
	int rc = list_load(cx->app, user, list);
	size_t i;

	if (rc != 0)
		return rc;
	for (i = json_array_size(*list); i-- > 0; ) {
		json_t *entry = json_array_get(*list, i);

		if (entry_is(entry, id) ||
		    entry_until(entry) <= cx->now_ms / 1000)
			json_array_remove(*list, i);
	}
	while (json_array_size(*list) >= LOGINS)
		json_array_remove(*list, 0);
	return 0;
}

/* --- Coming and going ---------------------------------------------------------------- */

/* list is taken. */
static int
list_write(struct lvt_ctx *cx, const char *user, json_t *list)
{
	char scope[AUTH_NAME + 8];
	json_t *patch = json_pack("{s:o}", LOGIN_LIST, list);
	int rc;

	if (patch == NULL)
		return LVT_ENOMEM;
	snprintf(scope, sizeof(scope), "u:%s", user);
	rc = ctx_cast(cx, scope, LOGIN_PAGE, patch, NULL);
	json_decref(patch);
	return rc;
}

static const char *
make_token(struct lvt_ctx *cx, const char *user, const char *id,
    int64_t until)
{
	json_t *claims = json_pack("{s:s, s:s, s:I, s:s}", "app",
	    cx->app->name, "user", user, "until", (json_int_t)until, "login",
	    id);
	const char *text = NULL;
	struct buf token;

	buf_init(&token);
	if (claims != NULL &&
	    token_sign(cx->app->auth_key, claims, &token) == 0)
		text = arena_z(&cx->arena, buf_z(&token));
	buf_release(&token);
	json_decref(claims);
	return text;
}

json_t *
login_claims(struct lvt_ctx *cx, const char *token)
{
	json_t *claims = token_verify(cx->app->auth_key, token, strlen(token),
	    NULL);
	const char *user = json_string_value(json_object_get(claims, "user"));
	const char *app = json_string_value(json_object_get(claims, "app"));
	const char *id = json_string_value(json_object_get(claims, "login"));

	if (user != NULL && user[0] != '\0' && app != NULL &&
	    strcmp(app, cx->app->name) == 0 && cx->now_ms / 1000 <
	    json_integer_value(json_object_get(claims, "until")) &&
	    (id == NULL || login_is_good(cx->app, user, id, cx->now_ms)))
		return claims;
	json_decref(claims);
	return NULL;
}

/* Who this browser is by its token, whatever page it is at; NULL: nobody. */
static json_t *
browser_claims(struct lvt_ctx *cx)
{
	return login_claims(cx, lvt_req_cookie(cx, AUTH_TOKEN));
}

/*
 * Whose streams end: those of the user whose token it has, at this page or others
 * (had NULL: it has none; those of whoever it is here), and those of its own
 * group, which it may have at others, too.
 */
static struct str
revocation(struct lvt_ctx *cx, const char *had)
{
	const char *user = had != NULL ? had : cx->at.user;
	char group[AUTH_NAME];
	json_t *body = json_object();
	struct str text = STR_NULL;
	int rc = body != NULL ? 0 : LVT_ENOMEM;

	if (rc == 0 && user[0] != '\0')
		rc = json_object_set_new(body, "user", json_string(user));
	if (rc == 0 && auth_browser(cx, group))
		rc = json_object_set_new(body, "group", json_string(group));
	if (rc == 0)
		text = json_object_size(body) > 0 ?
		    doc_text(&cx->arena, body) : STR("");
	json_decref(body);
	return text;
}

/* user NULL: nobody from now on. */
static int
change(struct lvt_ctx *cx, const char *had, const char *user,
    const char *token)
{
	struct login *l = lvt_alloc(cx, sizeof(*l));
	char id[44];

	auth_random_id(id);
	if (l == NULL || token == NULL ||
	    (l->id = arena_z(&cx->arena, id)) == NULL)
		return LVT_ENOMEM;
	l->user = user;
	l->token = token;
	l->changes = had != NULL && (user == NULL || strcmp(had, user) != 0);
	l->revoke = revocation(cx, had);
	cx->login = l;
	return l->revoke.s != NULL ? 0 : LVT_ENOMEM;
}

/* The user's list with one login more: it is good when this commits. */
static int
list_add(struct lvt_ctx *cx, const char *user, const char *without,
    const char *id, int64_t until)
{
	json_t *list;
	char entry[80];
	int rc = list_without(cx, user, without, &list);

	if (rc != 0)
		return rc;
	snprintf(entry, sizeof(entry), "%s %lld", id, (long long)until);
	if (json_array_append_new(list, json_string(entry)) != 0) {
		json_decref(list);
		return LVT_ENOMEM;
	}
	return list_write(cx, user, list);
}

/* The login that claims name is none from now on. */
static int
list_drop(struct lvt_ctx *cx, const json_t *claims)
{
	const char *id = json_string_value(json_object_get(claims, "login"));
	const char *user = json_string_value(json_object_get(claims, "user"));
	json_t *list;
	int rc;

	if (id == NULL)
		return 0;
	rc = list_without(cx, user, id, &list);
	return rc == 0 ? list_write(cx, user, list) : rc;
}

/* Why it cannot be; NULL: it can. */
static const char *
login_wrong(const struct lvt_ctx *cx, const char *user)
{
	return cx->rq == NULL ? "no browser sent this" :
	    user[0] == '\0' || strlen(user) >= AUTH_NAME ?
	    "the name of the user is empty, or too long" :
	    !utf8_is_valid(str_z(user)) ?
	    "the name of the user is not UTF-8" : NULL;
}

int
lvt_login(struct lvt_ctx *cx, const char *user)
{
	int64_t until = cx->now_ms / 1000 + LOGIN_TTL_S;
	const char *wrong = login_wrong(cx, user), *had, *without = NULL;
	json_t *claims;
	char id[44];
	int rc = 0;

	if (wrong != NULL)
		return ctx_wrong(cx, "lvt_login(): %s", wrong);
	auth_random_id(id);
	id[ID_SHOWN] = '\0';
	/* A browser is one user at a time: what it was before is over, so that
	 * nobody who has its old token goes on with it. */
	claims = browser_claims(cx);
	had = json_string_value(json_object_get(claims, "user"));
	if (had != NULL && strcmp(had, user) == 0)
		without = json_string_value(json_object_get(claims, "login"));
	else
		rc = list_drop(cx, claims);
	if (rc == 0)
		rc = list_add(cx, user, without != NULL ? without : "", id,
		    until);
	if (rc == 0)
		rc = change(cx, had, arena_z(&cx->arena, user),
		    make_token(cx, user, id, until));
	json_decref(claims);
	return rc;
}

int
lvt_logout(struct lvt_ctx *cx)
{
	json_t *claims;
	int rc;

	if (cx->rq == NULL)
		return ctx_wrong(cx, "lvt_logout(): no browser sent this");
	claims = browser_claims(cx);
	if ((rc = list_drop(cx, claims)) == 0)
		rc = change(cx, json_string_value(json_object_get(claims,
		    "user")), NULL, "");
	json_decref(claims);
	return rc;
}

static void
set_cookie(struct lvt_ctx *cx, struct response *rs, const char *name,
    const char *value, long age_s)
{
	struct cookie c = { name, value, cx->rq->prefix, age_s, cx->rq->tls };
	struct buf line;

	buf_init(&line);
	cookie_write(&line, &c);
	response_header(rs, "Set-Cookie", "%s", buf_z(&line));
	buf_release(&line);
}

void
login_cookies(struct lvt_ctx *cx, const struct login *l, struct response *rs)
{
	if (l == NULL || cx->rq == NULL)
		return;
	set_cookie(cx, rs, AUTH_TOKEN, l->token,
	    l->token[0] != '\0' ? LOGIN_TTL_S : 0);
	set_cookie(cx, rs, AUTH_COOKIE, l->id, YEAR_S);
}

int
logout_user(struct app *app, const char *user, struct lvt_error *err)
{
	struct lvt_ctx cx;
	struct login l = { .token = "" };
	json_t *body = json_pack("{s:s}", "user", user);
	int rc = LVT_ENOMEM;

	ctx_init(&cx, app, NULL, NULL);
	if (body != NULL)
		l.revoke = doc_text(&cx.arena, body);
	if (body != NULL && l.revoke.s != NULL)
		rc = list_write(&cx, user, json_array());
	cx.login = &l;
	if (rc == 0)
		rc = step_say(&cx, NULL, err);
	json_decref(body);
	ctx_release(&cx);
	return rc;
}
