/*
 * needs.c - what a page cannot do without: its script, its cookie, syncs and
 * actions.
 *
 * Nothing that is asked here changes anything: the action that is posted does
 * not exist.
 */
#include <config.h>		/* _GNU_SOURCE: strcasestr */

#include <stdio.h>
#include <string.h>

#include "cli/doctor/doctor.h"

#define ACTION	"{\"action\":\"lvt-doctor\",\"data\":{}}"

static void
address(const struct doctor *d, const char *path, struct buf *to)
{
	buf_clear(to);
	if (strncmp(path, "http", 4) != 0)
		buf_puts(to, d->origin);
	buf_puts(to, path);
}

static void
check_script(struct doctor *d)
{
	char type[128], control[256];
	struct probe p;
	struct buf url;

	if (d->script[0] == '\0') {
		report_bad(d, AIL_NONE, "script", "the page has no script of "
		    "lvt (PREFIX/_lvt/lvt-HASH.js)");
		return;
	}
	buf_init(&url);
	address(d, d->script, &url);
	probe_init(&p);
	p.url = buf_z(&url);
	p.gzip = true;
	probe_run(d, &p);
	probe_header(&p, "Content-Type", type, sizeof(type));
	probe_header(&p, "Cache-Control", control, sizeof(control));
	if (p.status != 200)
		report_bad(d, AIL_NONE, "script", "%s answers %ld %s",
		    d->script, p.status, p.why);
	else if (strcasestr(type, "javascript") == NULL)
		report_bad(d, AIL_TYPE, "script", "%s has the type '%s': "
		    "browsers refuse it", d->script, type);
	else if (strcasestr(control, "max-age") == NULL &&
	    strcasestr(control, "immutable") == NULL)
		report_bad(d, AIL_CACHE, "script", "%s is asked for again on "
		    "each page: its Cache-Control is '%s'", d->script, control);
	else
		report_good(d, "script", "%zu bytes, %s, cached for ever",
		    p.text.len, type);
	probe_release(&p);
	buf_release(&url);
}

static void
check_cookie(struct doctor *d)
{
	const char *path = strcasestr(d->cookie, "; path=");
	size_t n = path != NULL ? strcspn(path + 7, ";") : 0;
	const char *want = d->prefix[0] != '\0' ? d->prefix : "/";

	if (d->cookie[0] == '\0')
		return;
	if (n != strlen(want) || strncmp(path + 7, want, n) != 0)
		report_bad(d, AIL_PREFIX, "cookie", "its path is '%.*s', not "
		    "the mount %s", (int)n, path != NULL ? path + 7 : "", want);
	else if (strcasestr(d->cookie, "httponly") == NULL ||
	    strcasestr(d->cookie, "samesite=lax") == NULL)
		report_bad(d, AIL_NONE, "cookie", "something on the way took "
		    "HttpOnly or SameSite=Lax out of it");
	else if (d->tls && strcasestr(d->cookie, "; secure") == NULL)
		report_bad(d, AIL_TLS, "cookie", "it is not Secure: the app "
		    "does not know that this is https");
	else
		report_good(d, "cookie", "HttpOnly, SameSite=Lax, for %s%s",
		    want, d->tls ? ", Secure" : "");
}

/* How pages poll, and catch up after anything. */
static void
check_sync(struct doctor *d)
{
	char etag[128], token[64];
	struct probe p;

	snprintf(etag, sizeof(etag), "If-None-Match: \"%s\"", d->view);
	probe_init(&p);
	p.url = d->url;
	p.gzip = true;
	p.headers[0] = "Accept: application/vnd.lvt+json";
	p.headers[1] = etag;
	probe_run(d, &p);
	probe_header(&p, "LVT-Token", token, sizeof(token));
	probe_header(&p, "LVT-Heads", d->heads, sizeof(d->heads));
	if ((p.status != 304 && p.status != 200) || token[0] == '\0')
		report_bad(d, AIL_NONE, "sync", "the page cannot ask for what "
		    "is new: status %ld %s, %s LVT-Token", p.status, p.why,
		    token[0] != '\0' ? "with" : "without");
	else
		report_good(d, "sync", "%ld within %d ms", p.status,
		    (int)((p.first_ms != 0 ? p.first_ms : p.opened_ms) -
		    p.opened_ms));
	probe_release(&p);
}

static long
post(struct doctor *d, const char *from, struct probe *p)
{
	char origin[600];

	snprintf(origin, sizeof(origin), "Origin: %s", from);
	probe_init(p);
	p->method = "POST";
	p->url = d->url;
	p->body = ACTION;
	p->headers[0] = "Content-Type: application/json";
	p->headers[1] = "Accept: application/vnd.lvt+json";
	p->headers[2] = origin;
	probe_run(d, p);
	return p->status;
}

static void
check_post(struct doctor *d)
{
	struct probe p;
	long status = post(d, d->origin, &p);

	if (status == 404 && probe_has(&p, "no_action"))
		report_good(d, "actions", "a POST reaches the app, and Origin "
		    "agrees with Host");
	else if (status == 403 && probe_has(&p, "may not act"))
		report_bad(d, AIL_HOST, "actions", "the app refuses actions of "
		    "its own pages: Origin is %s, and Host something else",
		    d->origin);
	else
		report_bad(d, AIL_POST, "actions", "a POST does not reach the "
		    "app: status %ld %s", status, p.why);
	probe_release(&p);
	if (status != 404)
		return;
	status = post(d, "https://lvt-doctor.invalid", &p);
	if (status == 404 && probe_has(&p, "no_action"))
		report_bad(d, AIL_NONE, "other sites", "pages of any site may "
		    "act: LVT_ORIGINS is too wide, or Origin does not reach "
		    "the app");
	else
		report_good(d, "other sites", "may not act");
	probe_release(&p);
}

void
check_needs(struct doctor *d)
{
	check_script(d);
	check_cookie(d);
	check_sync(d);
	check_post(d);
}
