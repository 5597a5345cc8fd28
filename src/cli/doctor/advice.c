/*
 * advice.c - for each ailment and server, what to write and where.
 *
 * In the lines "{prefix}" is the mount ("" at the root), "{mount}" the same
 * as a setting ("/" at the root), "{origin}" that of the page, "{host}" how
 * nginx writes its host. Sockets are those of contrib/, for the app APP.
 * tests/servers/doctor.t puts lines into configurations that lack them.
 */
#include <string.h>

#include "base/buf.h"
#include "cli/doctor/doctor.h"

#define FAST	"flushpackets=on timeout=86400 disablereuse=on"
#define PASS_HTTP                                                          \
	"ProxyPass \"{prefix}/_lvt/stream\" \"unix:/run/lvt/APP-stream-http.sock|" \
	"http://localhost{prefix}/_lvt/stream\" " FAST "\n"
#define PASS_FCGI                                                          \
	"ProxyPass \"{prefix}/_lvt/stream\" \"unix:/run/lvt/APP-stream.sock|"  \
	"fcgi://localhost{prefix}/_lvt/stream\" " FAST "\n"
#define NO_PASS_FCGID	"FcgidInitialEnv LVT_STREAM \"off\"\n"
#define NO_PASS_CGI	"SetEnv LVT_STREAM \"off\"\n"
#define IN_PLACE	"in place of the ProxyPass of the stream"
#define BEFORE		"before the ProxyPass of the app"
#define IN_BLOCK	"in the block of the stream"
#define MAY_USE		", with a socket that the web server's user may use"
#define GATHERS		"which gathers answers and so cannot stream, tell " \
	"the app that pages are to poll"

static const struct advice {
	enum ailment what;
	enum doctor_server server;
	const char *how, *where, *lines;
} rows[] = {
	{ AIL_APP_DOWN, SERVER_ANY, "", "start the workers" MAY_USE,
	    "systemctl start lvt-worker@APP.service\n" },
	{ AIL_STREAM_DOWN, SERVER_ANY, "", "start the companion" MAY_USE,
	    "systemctl start lvt-streamd@APP.socket\n" },
	{ AIL_DATA, SERVER_ANY, "", "in the environment of the app",
	    "LVT_DB=(a file in a folder that the app's user may write)\n" },
	{ AIL_DATA, SERVER_APACHE, "mod_fcgid and mod_cgi", "which run the app "
	    "as the web server's user, whose the folder must be",
	    "chown -R www-data /var/lib/lvt\n" },

	{ AIL_NO_ROUTE, SERVER_APACHE, "mod_proxy_http", BEFORE, PASS_HTTP },
	{ AIL_NO_ROUTE, SERVER_APACHE, "mod_proxy_fcgi", BEFORE, PASS_FCGI },
	{ AIL_NO_ROUTE, SERVER_APACHE, "mod_fcgid alone", GATHERS,
	    NO_PASS_FCGID },
	{ AIL_NO_ROUTE, SERVER_APACHE, "mod_cgi alone", GATHERS,
	    NO_PASS_CGI },
	{ AIL_NO_ROUTE, SERVER_LIGHTTPD, "mod_fastcgi",
	    "behind the block of the app",
	    "$HTTP[\"url\"] =~ \"^{prefix}/_lvt/stream(\\?|$)\" {\n"
	    "    server.stream-response-body = 2\n"
	    "    server.max-write-idle = 86400\n"
	    "    fastcgi.server = ( \"{mount}\" => (( "
	    "\"socket\" => \"/run/lvt/APP-stream.sock\",\n"
	    "        \"check-local\" => \"disable\", \"disable-time\" => 0,\n"
	    "        \"fix-root-scriptname\" => \"enable\" )) )\n"
	    "}\n" },
	{ AIL_NO_ROUTE, SERVER_NGINX, "", "in the server block",
	    "location = {prefix}/_lvt/stream {\n"
	    "    proxy_pass http://unix:/run/lvt/APP-stream-http.sock;\n"
	    "    proxy_http_version 1.1;\n"
	    "    proxy_set_header Connection \"\";\n"
	    "    proxy_buffering off;\n"
	    "    proxy_read_timeout 1d;\n"
	    "    gzip off;\n"
	    "}\n" },

	{ AIL_BUFFERED, SERVER_APACHE, "mod_proxy_fcgi", IN_PLACE,
	    PASS_FCGI },
	{ AIL_BUFFERED, SERVER_APACHE, "mod_proxy_http", IN_PLACE,
	    PASS_HTTP },
	{ AIL_BUFFERED, SERVER_LIGHTTPD, "", IN_BLOCK,
	    "server.stream-response-body = 2\n" },
	{ AIL_BUFFERED, SERVER_NGINX, "proxy_pass", IN_BLOCK,
	    "proxy_buffering off;\n" },
	{ AIL_BUFFERED, SERVER_NGINX, "fastcgi_pass", IN_BLOCK,
	    "fastcgi_buffering off;\n" },

	{ AIL_TIMEOUT, SERVER_APACHE, "mod_proxy_http", IN_PLACE, PASS_HTTP },
	{ AIL_TIMEOUT, SERVER_APACHE, "mod_proxy_fcgi", IN_PLACE, PASS_FCGI },
	{ AIL_TIMEOUT, SERVER_NGINX, "proxy_pass", IN_BLOCK,
	    "proxy_read_timeout 1d;\n" },
	{ AIL_TIMEOUT, SERVER_NGINX, "fastcgi_pass", IN_BLOCK,
	    "fastcgi_read_timeout 1d;\n" },

	{ AIL_GZIP, SERVER_APACHE, "", "in the virtual host",
	    "SetEnvIf Request_URI \"/_lvt/stream$\" no-gzip dont-vary\n" },
	{ AIL_GZIP, SERVER_NGINX, "", IN_BLOCK, "gzip off;\n" },

	{ AIL_STREAM_AUTH, SERVER_NGINX, "proxy_pass", IN_BLOCK,
	    "proxy_set_header X-LVT-Token $http_x_lvt_token;\n" },
	{ AIL_PAGE_AUTH, SERVER_APACHE, "mod_proxy_fcgi and mod_cgi",
	    "in the virtual host",
	    "<Location \"{prefix}/\">\n    CGIPassAuth On\n</Location>\n" },
	{ AIL_PAGE_AUTH, SERVER_APACHE, "mod_fcgid", "in the virtual host",
	    "FcgidPassHeader Authorization\n" },
	{ AIL_PAGE_AUTH, SERVER_NGINX, "proxy_pass", "in the block of the app",
	    "proxy_set_header Authorization $http_authorization;\n" },

	{ AIL_PREFIX, SERVER_ANY, "", "start the app with",
	    "LVT_PREFIX={mount}\n" },
	{ AIL_PREFIX, SERVER_APACHE, "mod_cgi", "beside LVT_DB",
	    "SetEnv LVT_PREFIX \"{mount}\"\n" },
	{ AIL_PREFIX, SERVER_APACHE, "mod_fcgid", "beside LVT_DB",
	    "FcgidInitialEnv LVT_PREFIX \"{mount}\"\n" },

	{ AIL_HOST, SERVER_APACHE, "mod_proxy_http", "in the virtual host",
	    "ProxyPreserveHost On\n" },
	{ AIL_HOST, SERVER_NGINX, "proxy_pass", "in the block of the app",
	    "proxy_set_header Host {host};\n" },
	{ AIL_HOST, SERVER_NGINX, "fastcgi_pass",
	    "in the block of the app, before fastcgi_params is included",
	    "fastcgi_param HTTP_HOST {host};\n" },
	{ AIL_HOST, SERVER_ANY, "", "else start the app with",
	    "LVT_ORIGINS={origin}\n" },

	{ AIL_TLS, SERVER_APACHE, "mod_headers", "in the virtual host",
	    "RequestHeader set X-Forwarded-Proto \"https\"\n" },
	{ AIL_TLS, SERVER_LIGHTTPD, "mod_setenv", "in the virtual host",
	    "setenv.set-request-header = ( \"X-Forwarded-Proto\" => \"https\" )\n" },
	{ AIL_TLS, SERVER_NGINX, "fastcgi_pass", "in the block of the app",
	    "fastcgi_param HTTPS $https if_not_empty;\n" },
	{ AIL_TLS, SERVER_NGINX, "proxy_pass", "in the block of the app",
	    "proxy_set_header X-Forwarded-Proto $scheme;\n" },

	{ AIL_POST, SERVER_ANY, "", "let POST through",
	    "GET, HEAD, OPTIONS and POST below {prefix}/\n" },
	{ AIL_TYPE, SERVER_APACHE, "", "in the virtual host",
	    "AddType text/javascript .js\n" },
	{ AIL_TYPE, SERVER_LIGHTTPD, "", "in the configuration",
	    "mimetype.assign += ( \".js\" => \"text/javascript\" )\n" },
	{ AIL_TYPE, SERVER_NGINX, "", "in the block of the files",
	    "types { text/javascript js; application/json json; }\n" },
	{ AIL_CACHE, SERVER_APACHE, "mod_headers", "in the virtual host",
	    "<LocationMatch \"/_lvt/[a-z-]+-[0-9a-f]{16}\\.js\">\n"
	    "    Header set Cache-Control \"public, max-age=31536000, immutable\"\n"
	    "</LocationMatch>\n" },
	{ AIL_CACHE, SERVER_LIGHTTPD, "mod_setenv", "in the configuration",
	    "$HTTP[\"url\"] =~ \"/_lvt/[a-z-]+-[0-9a-f]{16}\\.js\" {\n"
	    "    setenv.set-response-header = ( \"Cache-Control\" => "
	    "\"public, max-age=31536000, immutable\" )\n"
	    "}\n" },
	{ AIL_CACHE, SERVER_NGINX, "", "in the block of the files",
	    "add_header Cache-Control \"public, max-age=31536000, immutable\";\n" },

	{ AIL_HEADS, SERVER_ANY, "", "in the environment of the app",
	    "LVT_HEADS_URL=(where the folder LVT_HEADS is shown)\n" },
	{ AIL_HEADS_OLD, SERVER_APACHE, "mod_headers", "in .htaccess of the "
	    "folder LVT_HEADS",
	    "<IfModule mod_expires.c>\n    ExpiresActive Off\n</IfModule>\n"
	    "Header set Cache-Control \"no-cache\"\n" },
	{ AIL_HEADS_OLD, SERVER_LIGHTTPD, "mod_setenv", "in a block for the "
	    "folder LVT_HEADS",
	    "setenv.set-response-header = ( \"Cache-Control\" => "
	    "\"no-cache\" )\n" },
	{ AIL_HEADS_OLD, SERVER_NGINX, "", "in the location of the folder "
	    "LVT_HEADS",
	    "expires -1;\n" },

	{ AIL_EVENT_ID, SERVER_NGINX, "", IN_BLOCK,
	    "proxy_set_header Last-Event-ID $http_last_event_id;\n" },
	{ AIL_EVENT_ID, SERVER_APACHE, "", "take out what removes it",
	    "RequestHeader unset Last-Event-ID\n" },
	{ AIL_DATABASE, SERVER_ANY, "", "the same file for both",
	    "LVT_DB of the app, --db of lvt-streamd\n" },
	{ AIL_CORS, SERVER_ANY, "", "start the companion with",
	    "lvt-streamd --origin {origin}\n" },
};

static void
fill(const struct doctor *d, const char *lines, struct buf *out)
{
	static const char *const names[] = { "{prefix}", "{mount}",
	    "{origin}", "{host}" };
	const char *host = strstr(d->origin, "://");
	/* A browser names the port in Host where it is not the usual one;
	 * $http_host would be what anybody claims. */
	const char *values[] = { d->prefix,
	    d->prefix[0] != '\0' ? d->prefix : "/", d->origin,
	    host != NULL && strchr(host + 3, ':') != NULL ?
	    "$host:$server_port" : "$host" };
	size_t i;

	while (*lines != '\0') {
		for (i = 0; i < 4; i++)
			if (strncmp(lines, names[i], strlen(names[i])) == 0)
				break;
		if (i < 4) {
			buf_puts(out, values[i]);
			lines += strlen(names[i]);
		} else {
			buf_putc(out, *lines++);
		}
	}
}

json_t *
advice_for(const struct doctor *d, enum ailment what)
{
	json_t *list = json_array();
	struct buf lines;
	size_t i;

	buf_init(&lines);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct advice *a = &rows[i];

		if (a->what != what || (a->server != SERVER_ANY &&
		    d->server != SERVER_ANY && a->server != d->server))
			continue;
		buf_clear(&lines);
		fill(d, a->lines, &lines);
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}",
		    "server", server_name(a->server), "how", a->how, "where",
		    a->where, "lines", buf_z(&lines)));
	}
	buf_release(&lines);
	return list;
}
