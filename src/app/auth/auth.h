/*
 * auth.h - who asks, and which group they belong to.
 */
#ifndef LVT_APP_AUTH_H
#define LVT_APP_AUTH_H

#include "app/action/context.h"
#include "app/http/response.h"

#define AUTH_NAME	512		/* bytes of a user's or group's name */
#define AUTH_COOKIE	"livetemplate-id"
#define AUTH_TOKEN	"livetemplate-token"
#define AUTH_SHARED	"shared"	/* the group of a shared page */

/*
 * Fill in cx->at.user and cx->at.group (in rq's arena) by cx->auth. A browser
 * without the cookie gets one: Set-Cookie goes into rs.
 * Return: 0, LVT_EDENIED (401; its challenge is in rs), LVT_EFAIL (500).
 */
int	auth_apply(struct lvt_ctx *cx, struct response *rs,
	    struct lvt_error *err);
/* The group that a user has alone: 0, or LVT_ETOOBIG. It is called as the user
 * is; a name that could be a browser's group gets a ":" before it, and so does
 * one that could be such a group. */
int	auth_user_group(const char *user, char group[AUTH_NAME]);
/* Whose the group is alone, so far as its name tells; "" is nobody's: what runs
 * without a request (ticks, handlers, updates) is that user's then. */
const char *auth_owner(const struct page *pg, const char *group);
/* The group that this browser has where nobody is asked who they are; false:
 * it has none. */
bool	auth_browser(struct lvt_ctx *cx, char group[AUTH_NAME]);
/* 32 random bytes as base64url: 43 characters and a NUL. */
void	auth_random_id(char id[44]);

#endif
