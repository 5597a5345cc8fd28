/*
 * page.c - a page: its address, what it says of itself, and where its app
 * believes that it is mounted.
 */
#include <config.h>		/* _GNU_SOURCE: memmem, strcasestr */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/doctor/doctor.h"

/* "Server: Apache/2.4" to a kind. */
static enum doctor_server
server_of(const char *name)
{
	return strcasestr(name, "apache") != NULL ? SERVER_APACHE :
	    strcasestr(name, "lighttpd") != NULL ? SERVER_LIGHTTPD :
	    strcasestr(name, "nginx") != NULL ? SERVER_NGINX : SERVER_ANY;
}

/* --- What a page says of itself -------------------------------------------- */

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

/* The value of data-lvt-NAME; -1: there is none, or it is too long. */
static int
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

/* --- The page itself ------------------------------------------------------- */

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

/* --- Where it is mounted --------------------------------------------------- */

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
	/* A login is one, too, and may be what the web server asks for. */
	if (d->user == NULL)
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

/* --- All of it ------------------------------------------------------------- */

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
	return 0;
}
