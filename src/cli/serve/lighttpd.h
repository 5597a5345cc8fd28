/*
 * lighttpd.h - the configuration of the development server.
 *
 * Writes text; starts nothing.
 */
#ifndef LVT_CLI_LIGHTTPD_H
#define LVT_CLI_LIGHTTPD_H

#include "base/buf.h"

struct lighttpd_app {
	const char *prefix;		/* "" or "/counter" */
	const char *socket;		/* of its workers; NULL: plain CGI */
	const char *program;		/* absolute path, for plain CGI */
};

struct lighttpd_site {
	const char *host;		/* address to listen on */
	int port;
	const char *root;		/* folder of static files */
	const char *tmp;		/* folder for uploads in progress */
	const char *db;			/* for plain CGI */
	const char *stream_socket;	/* of lvt-streamd; NULL: none */
	const struct lighttpd_app *apps;
	int napps;
};

void	lighttpd_config(const struct lighttpd_site *site, struct buf *out);

#endif
