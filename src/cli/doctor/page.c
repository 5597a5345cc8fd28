/*
 * page.c - a page, its address, its assets, its forms.
 *
 * Nothing that is asked here changes anything: the action that is posted does
 * not exist.
 */
#include <config.h>		/* _GNU_SOURCE: memmem, strcasestr */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/doctor/doctor.h"

#define ACTION	"{\"action\":\"lvt-doctor\",\"data\":{}}"

enum doctor_server
server_of(const char *name)
{
	return strcasestr(name, "apache") != NULL ? SERVER_APACHE :
	    strcasestr(name, "lighttpd") != NULL ? SERVER_LIGHTTPD :
	    strcasestr(name, "nginx") != NULL ? SERVER_NGINX : SERVER_ANY;
}

/* --- What a page says of itself ------------------------------------------- */

static size_t
unescape(struct str v, char *to, size_t size)
{
	static const struct { const char *name; char is; } refs[] = {
		{ "&amp;", '&' }, { "&#34;", '"' }, { "&quot;", '"' },
		{ "&#39;", '\'' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&#43;", '+' },
	};
	size_t i, k, n = 0;

	for (i = 0; i < v.len && n + 1 < size; n++) {
		char c = v.s[i];

		for (k = 0; k < sizeof(refs) / sizeof(refs[0]); k++) {
			size_t len = strlen(refs[k].name);

			if (v.len - i >= len &&
			    memcmp(v.s + i, refs[k].name, len) == 0) {
				c = refs[k].is;
				i += len - 1;
				break;
			}
		}
		to[n] = (unsigned char)c < ' ' ? '?' : c;
		i++;
	}
	to[n] = '\0';
	return i < v.len ? size : n;
}

int
attribute_of(struct str html, const char *name, char *to, size_t size)
{
	char want[64];
	const char *at, *end;
	size_t n;

	to[0] = '\0';
	n = (size_t)snprintf(want, sizeof(want), "data-lvt-%s=\"", name);
	at = html.len > 0 ? memmem(html.s, html.len, want, n) : NULL;
	if (at == NULL)
		return -1;
	at += n;
	end = memchr(at, '"', (size_t)(html.s + html.len - at));
	if (end == NULL || unescape((struct str){ at, (size_t)(end - at) }, to,
	    size) >= size)
		return -1;
	return 0;
}

/* The address of the client's script, wherever the page has it. */
static void
find_script(struct doctor *d, struct str html)
{
	const char *at = memmem(html.s, html.len, "/_lvt/lvt", 9), *from, *end;

	d->script[0] = '\0';
	if (at == NULL)
		return;
	for (from = at; from > html.s && from[-1] != '"' && from[-1] != '\''; )
		from--;
	end = memchr(at, from > html.s ? from[-1] : '"',
	    (size_t)(html.s + html.len - at));
	if (end != NULL)
		unescape((struct str){ from, (size_t)(end - from) }, d->script,
		    sizeof(d->script));
}

static int
read_wrapper(struct doctor *d, struct str html)
{
	char id[16];

	if (attribute_of(html, "id", id, sizeof(id)) != 0 ||
	    attribute_of(html, "page", d->page, sizeof(d->page)) != 0 ||
	    attribute_of(html, "view", d->view, sizeof(d->view)) != 0 ||
	    attribute_of(html, "head", d->head, sizeof(d->head)) != 0 ||
	    attribute_of(html, "prefix", d->prefix, sizeof(d->prefix)) != 0 ||
	    attribute_of(html, "stream", d->stream, sizeof(d->stream)) != 0 ||
	    attribute_of(html, "token", d->token, sizeof(d->token)) != 0) {
		report_bad(d, AIL_NONE, "wrapper", "the page has no <div "
		    "data-lvt-id ...>: is this the address of a page of lvt?");
		return -1;
	}
	find_script(d, html);
	report_good(d, "wrapper", "page %s with a view, a position and a token",
	    d->page);
	return 0;
}

/* origin and path of d->url. */
static void
split_url(struct doctor *d)
{
	const char *host = strstr(d->url, "://"), *path;

	host = host != NULL ? host + 3 : d->url;
	path = strpbrk(host, "/?#");
	if (path == NULL)
		path = host + strlen(host);
	snprintf(d->origin, sizeof(d->origin), "%.*s", (int)(path - d->url),
	    d->url);
	snprintf(d->path, sizeof(d->path), "%.*s",
	    (int)strcspn(path, "?#"), path);
	if (d->path[0] == '\0')
		snprintf(d->path, sizeof(d->path), "/");
	d->tls = strncasecmp(d->url, "https:", 6) == 0;
}

/* --- The page itself --------------------------------------------------------- */

static void
explain_status(struct doctor *d, const struct probe *p)
{
	const char *what = "page";

	if (p->status == 401 && d->user != NULL)
		report_bad(d, AIL_PAGE_AUTH, what, "401, and the login was "
		    "sent: it is wrong, or does not reach the app");
	else if (p->status == 401)
		report_bad(d, AIL_NONE, what, "401: give --user NAME:PASSWORD");
	else if (p->status == 400 && probe_has(p, "is not a path below"))
		report_bad(d, AIL_PREFIX, what, "400: the app believes to be "
		    "mounted elsewhere");
	else if (p->status == 503 && probe_has(p, "cannot reach its data"))
		report_bad(d, AIL_DATA, what, "503: the app runs, but cannot "
		    "open its database: its log says why");
	else if (p->status >= 502 && p->status <= 504)
		report_bad(d, AIL_APP_DOWN, what, "%ld: the web server does "
		    "not reach the app", p->status);
	else if (p->status == 404 && probe_has(p, "There is no such page"))
		report_bad(d, AIL_PREFIX, what, "404: the app has no such "
		    "page, or takes a part of the address for its mount");
	else
		report_bad(d, AIL_NONE, what, "the status is %ld, not 200%s",
		    p->status, p->status == 500 ?
		    ": the log of the app says why" : "");
}

static void
look_at_cache(struct doctor *d, const struct probe *p)
{
	char control[256], age[32];

	probe_header(p, "Cache-Control", control, sizeof(control));
	probe_header(p, "Age", age, sizeof(age));
	if (strcasestr(control, "no-cache") == NULL &&
	    strcasestr(control, "no-store") == NULL)
		report_bad(d, AIL_NONE, "caching", "the page's Cache-Control "
		    "is '%s': something on the way replaced \"private, "
		    "no-cache\", and old pages will be shown", control);
	else if (age[0] != '\0' && strcmp(age, "0") != 0)
		report_bad(d, AIL_NONE, "caching", "the page comes from a "
		    "cache on the way (Age: %s)", age);
}

/* A proxy hands on the name of the server behind it; what is at no mount it
 * answers itself. Where there are two, either may be to blame. */
static void
find_server(struct doctor *d, const char *name, char *first, size_t size)
{
	enum doctor_server kind;
	struct buf url;
	struct probe p;

	first[0] = '\0';
	if (d->server != SERVER_ANY)
		return;
	d->server = server_of(name);
	buf_init(&url);
	buf_printf(&url, "%s/lvt-doctor", d->origin);
	probe_init(&p);
	p.url = buf_z(&url);
	probe_run(d, &p);
	kind = server_of(probe_header(&p, "Server", first, size));
	if (kind != SERVER_ANY && kind != d->server)
		d->server = SERVER_ANY;
	else
		first[0] = '\0';
	probe_release(&p);
	buf_release(&url);
}

static int
get_page(struct doctor *d, struct probe *p)
{
	char text[256], first[256];

	p->url = d->url;
	p->gzip = p->follow = true;
	p->headers[0] = "Accept: text/html";
	if (probe_run(d, p) != 0) {
		report_bad(d, AIL_NONE, "page", "%s cannot be reached: %s",
		    d->url, p->why);
		return -1;
	}
	snprintf(d->url, sizeof(d->url), "%s", p->landed);
	split_url(d);
	probe_header(p, "Server", text, sizeof(text));
	find_server(d, text, first, sizeof(first));
	if (p->status != 200) {
		/* The mount can only be guessed: the folder of the page. */
		snprintf(d->prefix, sizeof(d->prefix), "%.*s",
		    (int)(strrchr(d->path, '/') - d->path), d->path);
		explain_status(d, p);
		return -1;
	}
	report_good(d, "page", "200, %zu bytes within %d ms, from %s",
	    p->text.len, (int)(p->first_ms - p->opened_ms),
	    text[0] != '\0' ? text : "a server without a name");
	if (first[0] != '\0')
		report_note(d, AIL_NONE, "server", "%s is before it: what is "
		    "to be written may be for either", first);
	probe_header(p, "Content-Encoding", text, sizeof(text));
	if (text[0] == '\0' && p->text.len > 8192)
		report_note(d, AIL_NONE, "compression", "the page is not "
		    "compressed");
	look_at_cache(d, p);
	probe_header(p, "Set-Cookie", d->cookie, sizeof(d->cookie));
	return read_wrapper(d, (struct str){ p->text.s, p->text.len });
}

/* --- Where it is mounted -------------------------------------------------------- */

static int
check_prefix(struct doctor *d)
{
	size_t n = strlen(d->path), tail = strlen(d->page);
	char mount[sizeof(d->prefix)];

	while (n > 0 && d->path[n - 1] == '/')
		n--;
	if (strcmp(d->page, "/") == 0)
		tail = 0;
	if (tail > n || strncmp(d->path + n - tail, d->page, tail) != 0) {
		report_bad(d, AIL_PREFIX, "mount", "%s shows the page %s: the "
		    "app does not see which path is asked for", d->path,
		    d->page);
		return -1;
	}
	snprintf(mount, sizeof(mount), "%.*s", (int)(n - tail), d->path);
	if (strcmp(mount, d->prefix) != 0) {
		char said[sizeof(d->prefix)];

		snprintf(said, sizeof(said), "%s", d->prefix);
		snprintf(d->prefix, sizeof(d->prefix), "%s", mount);
		report_bad(d, AIL_PREFIX, "mount", "the page is at %s/, and "
		    "the app makes links to %s/", mount, said);
		return -1;
	}
	report_good(d, "mount", "%s/", d->prefix);
	return 0;
}

static void
address(const struct doctor *d, const char *path, struct buf *to)
{
	buf_clear(to);
	if (strncmp(path, "http", 4) != 0)
		buf_puts(to, d->origin);
	buf_puts(to, path);
}

static void
compare_host(struct doctor *d, const char *host)
{
	const char *mine = strstr(d->origin, "://") + 3;

	if (strcasecmp(host, mine) == 0)
		report_good(d, "host", "the app is told %s", host);
	else
		report_note(d, AIL_HOST, "host", "the app is told %s instead "
		    "of %s", host, mine);
}

/* What reached the app: see src/app/worker/seen.h. */
static int
check_seen(struct doctor *d)
{
	const char *mode, *host;
	int tls = 0, authorized = 0, rc = -1;
	struct probe p;
	struct buf url;
	json_t *doc;

	buf_init(&url);
	buf_printf(&url, "%s%s/_lvt/seen", d->origin, d->prefix);
	probe_init(&p);
	p.url = buf_z(&url);
	p.headers[0] = "Authorization: Bearer lvt-doctor";
	probe_run(d, &p);
	doc = json_loadb(p.text.s != NULL ? p.text.s : "", p.text.len, 0, NULL);
	if (json_unpack(doc, "{s:s,s:s,s:b,s:b}", "mode", &mode, "host", &host,
	    "tls", &tls, "authorization", &authorized) == 0) {
		d->is_cgi = strcmp(mode, "cgi") == 0;
		compare_host(d, host);
		if (tls != d->tls)
			report_bad(d, AIL_TLS, "https", tls ?
			    "the app believes that this is https" :
			    "the app is not told that this is https: its "
			    "cookies will not be Secure");
		if (!authorized)
			report_note(d, AIL_PAGE_AUTH, "login", "Authorization "
			    "does not reach the app: Basic login cannot work");
		else
			report_good(d, "login", "Authorization reaches the app");
		rc = 0;
	} else if (probe_has(&p, "data-lvt-id=")) {
		report_bad(d, AIL_PREFIX, "paths", "every address below %s/ "
		    "shows the page: the app is not told the path (PATH_INFO)",
		    d->prefix);
	} else {
		report_bad(d, AIL_PREFIX, "paths", "%s/_lvt/ does not reach "
		    "the app (status %ld)", d->prefix, p.status);
	}
	json_decref(doc);
	probe_release(&p);
	buf_release(&url);
	return rc;
}

/* --- What a page needs ------------------------------------------------------------- */

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

int
check_page(struct doctor *d)
{
	struct probe p;
	int rc;

	probe_init(&p);
	rc = get_page(d, &p);
	if (rc == 0 && p.version == 1 && d->tls)
		report_note(d, AIL_NONE, "http", "HTTP/1.1: browsers open six "
		    "connections to a host, and each page holds one; with "
		    "HTTP/2 they share one");
	probe_release(&p);
	if (rc != 0 || check_prefix(d) != 0 || check_seen(d) != 0)
		return -1;
	check_script(d);
	check_cookie(d);
	check_sync(d);
	check_post(d);
	return 0;
}
