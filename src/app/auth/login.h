/*
 * login.h - who is logged in, so that a token can be taken back.
 *
 * A token of lvt_login() names its login; the logins of a user are kept as a
 * broadcast is, to the user, on a page of its own that nobody can visit. So they
 * are written with the action's commit, and read with one look.
 *
 *   login: NONE --lvt_login() commits--> GOOD --lvt_logout(), logout_user(), its
 *          time is over, LOGINS newer ones--> NONE
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
	struct str revoke;		/* body of the outbox row */
};

/* Is that login of the user still good? */
bool	login_is_good(struct app *app, const char *user, const char *id,
	    int64_t now_ms);
/* The cookies of an action that was committed. */
void	login_cookies(struct lvt_ctx *cx, const struct login *l,
	    struct response *rs);
/* All logins of a user end, and their streams. */
int	logout_user(struct app *app, const char *user, struct lvt_error *err);

#endif
