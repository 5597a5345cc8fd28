#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <sodium.h>

#include "app/auth/auth.h"
#include "app/http/cookie.h"
#include "app/auth/login.h"
#include "base/utf8.h"

#define ID_TEXT		43
#define YEAR_S		(365L * 24 * 3600)

void
auth_random_id(char id[44])
{
	unsigned char raw[32];

	randombytes_buf(raw, sizeof(raw));
	sodium_bin2base64(id, 44, raw, sizeof(raw),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* --- Who -------------------------------------------------------------------- */

static int
copy_name(char *to, size_t size, const char *name, size_t len)
{
	if (len >= size || memchr(name, '\0', len) != NULL)
		return LVT_EDENIED;
	memcpy(to, name, len);
	to[len] = '\0';
	return 0;
}

static int
remote_user_identify(struct lvt_ctx *cx, char *user, size_t size)
{
	const char *name = request_param(cx->rq, "REMOTE_USER");

	if (name == NULL || name[0] == '\0')
		return LVT_EDENIED;
	return copy_name(user, size, name, strlen(name));
}

int
lvt_auth_basic_identify(struct lvt_ctx *cx, char *user, size_t size)
{
	const char *header = lvt_req_header(cx, "Authorization"), *colon;
	char plain[1024];
	size_t n;
	int rc = LVT_EDENIED;

	if (strncasecmp(header, "Basic ", 6) != 0 || cx->auth->check == NULL)
		return LVT_EDENIED;
	header += 6 + strspn(header + 6, " ");
	if (sodium_base642bin((unsigned char *)plain, sizeof(plain) - 1,
	    header, strlen(header), " ", &n, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == 0) {
		plain[n] = '\0';
		colon = memchr(plain, ':', n);
		if (colon != NULL && colon != plain && strlen(plain) == n &&
		    copy_name(user, size, plain, (size_t)(colon - plain)) == 0 &&
		    cx->auth->check(cx->auth->arg, user, colon + 1) == 0)
			rc = 0;
	}
	sodium_memzero(plain, sizeof(plain));
	return rc;
}

static int
token_identify(struct lvt_ctx *cx, char *user, size_t size)
{
	const char *header = lvt_req_header(cx, "Authorization");
	const char *token = strncasecmp(header, "Bearer ", 7) == 0 ?
	    header + 7 : lvt_req_cookie(cx, AUTH_TOKEN);
	json_t *claims = login_claims(cx, token);
	const char *name = json_string_value(json_object_get(claims, "user"));
	int rc = LVT_EDENIED;

	if (name != NULL)
		rc = copy_name(user, size, name, strlen(name));
	json_decref(claims);
	return rc;
}

const struct lvt_auth lvt_auth_anonymous_ = { 0 };
const struct lvt_auth lvt_auth_remote_user_ = {
	.identify = remote_user_identify
};
const struct lvt_auth lvt_auth_token_ = { .identify = token_identify };

/* --- Which group -------------------------------------------------------------- */

static bool
is_id(struct str s)
{
	return s.len == ID_TEXT && strspn(s.s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_") >= ID_TEXT;
}

bool
auth_browser(struct lvt_ctx *cx, char group[AUTH_NAME])
{
	struct str have = cookie_find(lvt_req_header(cx, "Cookie"),
	    AUTH_COOKIE);

	if (have.s == NULL || !is_id(have))
		return false;
	memcpy(group, have.s, have.len);
	group[have.len] = '\0';
	return true;
}

/* Nobody's group is their browser: the cookie, which is a secret. */
static void
browser_group(struct lvt_ctx *cx, char group[AUTH_NAME], struct response *rs)
{
	struct cookie c = { AUTH_COOKIE, group, cx->rq->prefix, YEAR_S,
	    cx->rq->tls };
	struct buf line;

	if (auth_browser(cx, group))
		return;
	auth_random_id(group);
	buf_init(&line);
	cookie_write(&line, &c);
	response_header(rs, "Set-Cookie", "%s", buf_z(&line));
	buf_release(&line);
}

/* Is it called as a browser's group is, but for colons before it? */
static bool
is_like_id(const char *name)
{
	return is_id(str_z(name + strspn(name, ":")));
}

/* Anybody may send a cookie that is a user's name: it must not be the name of
 * their group. */
int
auth_user_group(const char *user, char group[AUTH_NAME])
{
	return snprintf(group, AUTH_NAME, "%s%s", is_like_id(user) ? ":" : "",
	    user) < AUTH_NAME ? 0 : LVT_ETOOBIG;
}

const char *
auth_owner(const struct page *pg, const char *group)
{
	if (pg->auth->identify == NULL || pg->auth->group != NULL ||
	    (pg->row->flags & LVT_SHARED) || is_id(str_z(group)))
		return "";
	return group + is_like_id(group);
}

int
auth_apply(struct lvt_ctx *cx, struct response *rs, struct lvt_error *err)
{
	const struct lvt_auth *auth = cx->route->page->auth;
	char user[AUTH_NAME] = "", group[AUTH_NAME] = "";

	cx->auth = auth;
	if (auth->identify != NULL &&
	    auth->identify(cx, user, sizeof(user)) != 0) {
		if (auth->realm != NULL)
			response_header(rs, "WWW-Authenticate",
			    "Basic realm=\"%s\", charset=\"UTF-8\"",
			    auth->realm);
		return lvt_error_set(err, LVT_EDENIED, "who are you?");
	}
	/* Tokens, rows and pages name them, which are text. */
	if (!utf8_is_valid(str_z(user)))
		return lvt_error_set(err, LVT_EDENIED, "who is that?");
	if (auth->group != NULL) {
		if (auth->group(cx, user, group, sizeof(group)) != 0 ||
		    group[0] == '\0' || !utf8_is_valid(str_z(group)))
			return lvt_error_set(err, LVT_EFAIL,
			    "page \"%s\": no group for user \"%s\", or one "
			    "whose name is not UTF-8", cx->route->path, user);
	} else if (cx->route->page->row->flags & LVT_SHARED) {
		snprintf(group, sizeof(group), AUTH_SHARED);
	} else if (user[0] != '\0') {
		if (auth_user_group(user, group) != 0)
			return lvt_error_set(err, LVT_EFAIL,
			    "the name of user \"%s\" is too long", user);
	} else {
		browser_group(cx, group, rs);
	}
	cx->at.user = arena_z(&cx->rq->arena, user);
	cx->at.group = arena_z(&cx->rq->arena, group);
	if (cx->at.user == NULL || cx->at.group == NULL)
		return lvt_error_nomem(err);
	return 0;
}

/* --- Passwords ------------------------------------------------------------------ */

_Static_assert(LVT_PASSWORD_SIZE >= crypto_pwhash_STRBYTES,
    "a hash fits its buffer");

int
lvt_password_hash(const char *password, char hash[LVT_PASSWORD_SIZE])
{
	if (sodium_init() < 0 || crypto_pwhash_str(hash, password,
	    strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return LVT_ENOMEM;
	return 0;
}

int
lvt_password_check(const char *hash, const char *password)
{
	if (sodium_init() < 0)
		return LVT_EFAIL;
	return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0 ?
	    0 : LVT_EDENIED;
}
