/*
 * seen.h - what of a request reached the app: PREFIX/_lvt/seen.
 *
 *   {"mode":"fastcgi","prefix":"/chat","host":"a.example","tls":true,
 *    "authorization":true}
 *
 * Web servers change requests on their way; lvt doctor compares. It tells the
 * asker about their own request and the mount, and nothing else.
 */
#ifndef LVT_APP_SEEN_H
#define LVT_APP_SEEN_H

#include "app/app.h"
#include "app/http/request.h"
#include "app/http/response.h"

void	seen_serve(const struct app *app, const struct request *rq,
	    struct response *rs);

#endif
