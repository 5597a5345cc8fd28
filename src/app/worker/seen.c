/* seen.c - a request, as it arrived here. */
#include "app/worker/seen.h"

void
seen_serve(const struct app *app, const struct request *rq,
    struct response *rs)
{
	response_reset(rs, 200, "application/json");
	response_header(rs, "Cache-Control", "no-store");
	buf_printf(&rs->body, "{\"mode\":\"%s\",\"prefix\":",
	    app->mode == MODE_CGI ? "cgi" : "fastcgi");
	json_text(&rs->body, str_z(rq->prefix));
	buf_puts(&rs->body, ",\"host\":");
	json_text(&rs->body, str_z(rq->host));
	buf_printf(&rs->body, ",\"tls\":%s,\"authorization\":%s}\n",
	    rq->tls ? "true" : "false",
	    request_header(rq, "Authorization") != NULL ? "true" : "false");
}
