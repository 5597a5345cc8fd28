/* admin_view.c - the app's templates with its own functions: check, render. */
#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/admin/admin.h"
#include "app/state/doc.h"
#include "app/state/session.h"

/* A mistake has ended the program with its place: this needs NEEDS_CHECK. */
int
admin_check(struct admin *ad)
{
	char text[ERROR_TEXT];
	struct lvt_error err = { 0 };
	size_t i;

	if (ad->argc > 0)
		return admin_misuse(ad, "check");
	for (i = 0; i < ad->app->npages; i++)
		if (session_check(&ad->app->pages[i], &err) != 0) {
			fprintf(stderr, "%s: %s\n",
			    program_invocation_short_name,
			    error_text(&err, text));
			return 1;
		}
	printf("%zu pages are fine\n", ad->app->npages);
	return 0;
}

/* The page's first document, with what is given merged in. A new reference. */
static json_t *
document(const struct page *pg, const char *data)
{
	json_t *doc = json_deep_copy(pg->init), *more = NULL;
	json_error_t why = { .line = 0 };

	if (data != NULL)
		more = strcmp(data, "-") == 0 ? json_loadf(stdin, 0, &why) :
		    data[0] == '{' ? json_loads(data, 0, &why) :
		    json_load_file(data, 0, &why);
	if (data != NULL && !json_is_object(more)) {
		fprintf(stderr, "%s: %s is no JSON object",
		    program_invocation_short_name, data);
		if (more == NULL && why.line > 0)	/* else: no file */
			fprintf(stderr, ": line %d, column %d", why.line,
			    why.column);
		fprintf(stderr, "%s%s\n", more == NULL ? ": " : "",
		    more == NULL ? why.text : "");
		json_decref(doc);
		doc = NULL;
	} else if (doc != NULL && more != NULL && doc_merge(doc, more) != 0) {
		json_decref(doc);
		doc = NULL;
	}
	json_decref(more);
	return doc;
}

static int
render(struct app *app, const struct page *pg, const char *user,
    const json_t *doc)
{
	struct look l = { app, user, NULL, NULL, pg, 0, NULL };
	struct lvt_error err = { 0 };
	struct buf html;
	struct view v;
	int rc = session_view(&l, doc, &v, &err);

	buf_init(&html);
	if (rc == 0)
		view_html(&v, VIEW_WHOLE, &html);
	if (rc == 0 && html.failed)
		rc = lvt_error_nomem(&err);
	if (rc == 0 && fwrite(html.s, 1, html.len, stdout) != html.len)
		rc = lvt_error_set(&err, LVT_EIO, "cannot write");
	if (rc != 0 && err.file[0] != '\0')
		fprintf(stderr, "%s:%d:%d: ", err.file, err.line, err.column);
	view_release(&v);
	buf_release(&html);
	return rc == 0 ? 0 : admin_fail(&err);
}

int
admin_render(struct admin *ad)
{
	const char *page = NULL, *data = NULL, *user = "", *value;
	struct lvt_error err = { 0 };
	struct route route;
	struct arena a;
	json_t *doc;
	int i, rc;

	for (i = 0; i < ad->argc; i++)
		if ((value = admin_option(ad, &i, "--data")) != NULL)
			data = value;
		else if ((value = admin_option(ad, &i, "--user")) != NULL)
			user = value;
		else if (page == NULL && ad->argv[i][0] == '/')
			page = ad->argv[i];
		else
			return admin_misuse(ad, "render");
	if (page == NULL)
		return admin_misuse(ad, "render");
	arena_init(&a);
	if (page_route(ad->app, page, &a, &route) != 0) {
		lvt_error_set(&err, LVT_ENOTFOUND, "there is no page \"%s\"",
		    page);
		rc = admin_fail(&err);
	} else if ((doc = document(route.page, data)) == NULL) {
		rc = 1;
	} else {
		rc = render(ad->app, route.page, user, doc);
		json_decref(doc);
	}
	arena_release(&a);
	return rc;
}
