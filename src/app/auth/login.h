/*
 * login.h - who is logged in, so that a token can be taken back.
 *
 * A token of lvt_login() names its login; the logins of a user are kept as a
 * broadcast is, to the user, on a page of its own that nobody can visit. So they
 * are written with the action's commit, and read with one look.
 *
 *   login: NONE --lvt_login() commits--> GOOD --lvt_logout(), lvt_login() of the
 *          same browser, logout_user(), its time is over, LOGINS newer ones--> NONE
 */
#ifndef LVT_APP_LOGIN_H
#define LVT_APP_LOGIN_H

#include "app/action/context.h"
#include "app/http/response.h"

#define LOGIN_PAGE	"/_lvt/logins"
#define LOGINS		32		/* of one user at a time */
#define LOGIN_TTL_S	(30 * 24 * 3600L)

struct login {
	const char *user;		/* NULL: logged out */
	const char *token;		/* "": logged out */
	const char *id;			/* of the browser: its next group */
	bool changes;			/* it was another user's before */
	struct str revoke;		/* body of the outbox row */
};

/* What a token of this app says, if it is good now: a new reference with a
 * member "user", and "login" where it is of lvt_login(); NULL: it is not. */
json_t	*login_claims(struct lvt_ctx *cx, const char *token);
/* The cookies of an action that was committed. */
void	login_cookies(struct lvt_ctx *cx, const struct login *l,
	    struct response *rs);
/* All logins of a user end, and their streams. */
int	logout_user(struct app *app, const char *user, struct lvt_error *err);

#endif
