#include "base/ascii.h"
#include "cli/serve/lighttpd.h"

/* Quotes and backslashes would end the string; "$" and "%" are left alone by
 * lighttpd outside of rewrites. */
static void
quoted(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void
setting(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s = ", name);
	quoted(out, value);
	buf_putc(out, '\n');
}

/* A regular expression that matches the prefix itself, character by character. */
static void
prefix_pattern(struct buf *out, const char *prefix)
{
	for (; *prefix != '\0'; prefix++)
		if (strchr("/-_", *prefix) != NULL || ascii_is_alnum(*prefix))
			buf_putc(out, *prefix);
		else
			buf_printf(out, "\\x%02x", (unsigned char)*prefix);
}

static void
fastcgi(struct buf *out, const char *prefix, const char *socket)
{
	buf_puts(out, "  fastcgi.server = ( ");
	quoted(out, prefix[0] != '\0' ? prefix : "/");
	buf_puts(out, " => (( \"socket\" => ");
	quoted(out, socket);
	/* A worker that was killed is back at once: do not shun its socket. */
	buf_puts(out, ", \"check-local\" => \"disable\", \"disable-time\" => 0"
	    ", \"fix-root-scriptname\" => \"enable\" )) )\n");
}

static void
app_config(const struct lighttpd_site *site, const struct lighttpd_app *app,
    struct buf *out)
{
	if (app->prefix[0] != '\0') {
		buf_puts(out, "$HTTP[\"url\"] == ");
		quoted(out, app->prefix);
		buf_puts(out, " { url.redirect = ( \"\" => ");
		buf_putc(out, '"');
		buf_printf(out, "%s/\" ) }\n", app->prefix);
	}
	buf_puts(out, "$HTTP[\"url\"] =~ \"^");
	prefix_pattern(out, app->prefix);
	buf_puts(out, "/\" {\n");
	if (app->socket != NULL) {
		fastcgi(out, app->prefix, app->socket);
	} else {
		buf_puts(out, "  alias.url = ( \"");
		buf_printf(out, "%s/\" => ", app->prefix);
		/* alias.url joins what follows: the program, then PATH_INFO. */
		buf_printf(out, "\"%s/\" )\n", app->program);
		buf_puts(out, "  cgi.assign = ( \"\" => \"\" )\n"
		    "  setenv.set-environment = ( \"LVT_DEV\" => \"1\", "
		    "\"LVT_DB\" => ");
		quoted(out, site->db);
		buf_puts(out, " )\n");
	}
	buf_puts(out, "}\n");
	if (site->stream_socket == NULL)
		return;
	buf_puts(out, "$HTTP[\"url\"] =~ \"^");
	prefix_pattern(out, app->prefix);
	/* Events leave as they come: no buffering, no time limit for silence. */
	buf_puts(out, "/_lvt/stream(\\?|$)\" {\n"
	    "  server.stream-response-body = 2\n"
	    "  server.max-write-idle = 86400\n");
	fastcgi(out, app->prefix, site->stream_socket);
	buf_puts(out, "}\n");
}

void
lighttpd_config(const struct lighttpd_site *site, struct buf *out)
{
	int i;

	buf_puts(out, "# written by lvt; overwritten at each start\n"
	    "server.modules = ( \"mod_alias\", \"mod_redirect\", "
	    "\"mod_setenv\", \"mod_fastcgi\", \"mod_cgi\" )\n");
	setting(out, "server.bind", site->host);
	buf_printf(out, "server.port = %d\n", site->port);
	setting(out, "server.document-root", site->root);
	buf_puts(out, "server.upload-dirs = ( ");
	quoted(out, site->tmp);
	buf_puts(out, " )\n"
	    "server.tag = \"lighttpd\"\n"
	    "index-file.names = ( \"index.html\" )\n"
	    "mimetype.assign = ( \".html\" => \"text/html; charset=utf-8\", "
	    "\".css\" => \"text/css; charset=utf-8\", "
	    "\".js\" => \"text/javascript; charset=utf-8\", "
	    "\".svg\" => \"image/svg+xml\" )\n"
	    "server.max-fds = 4096\n"
	    "server.max-connections = 2000\n");
	for (i = 0; i < site->napps; i++)
		app_config(site, &site->apps[i], out);
}
