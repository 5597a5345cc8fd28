/* heads.c - the head files of a visitor's page: src/store/heads.c. */
#include <config.h>		/* _GNU_SOURCE */

#include <limits.h>
#include <stdlib.h>

#include "app/worker/visit.h"
#include "base/log.h"

#define SCOPES	3

static void
put_path(struct buf *out, const char *path)
{
	for (; *path != '\0'; path++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
		    "wxyz0123456789/-._~", *path) != NULL)
			buf_putc(out, *path);
		else
			buf_printf(out, "%%%02X", (unsigned char)*path);
}

/* Where the folder is shown, without a slash at the end; false: nobody knows. */
static bool
put_folder(struct visit *v, struct buf *out)
{
	const char *url = v->app->set.text[SET_HEADS_URL];
	const char *root = request_param(v->rq, "DOCUMENT_ROOT");
	char at[PATH_MAX], below[PATH_MAX];
	size_t n;

	if (url != NULL) {
		buf_puts(out, url);
		while (out->len > 0 && out->s[out->len - 1] == '/')
			out->len--;
		return true;
	}
	if (root == NULL || realpath(root, below) == NULL ||
	    realpath(v->app->set.text[SET_HEADS], at) == NULL)
		return false;
	n = strlen(below);
	if (strncmp(at, below, n) != 0 || at[n] != '/')
		return false;
	put_path(out, at + n);
	return true;
}

static bool
put_heads(struct visit *v, struct buf *out)
{
	struct head_file heads[SCOPES] = { { .scope = "*" },
	    { .scope = arena_printf(&v->rq->arena, "g:%s", v->cx.at.group) },
	    { .scope = arena_printf(&v->rq->arena, "u:%s", v->cx.at.user) } };
	size_t i, n = v->cx.at.user[0] != '\0' ? 3 : 2, from;
	struct lvt_error err = { 0 };
	struct buf folder;
	bool ok = heads[1].scope != NULL && heads[2].scope != NULL;

	buf_init(&folder);
	/* What only looks at a page (a robot, say) makes no files. */
	if (ok && (ok = put_folder(v, &folder)) && store_heads(v->app->store,
	    v->app->name, heads, n, v->accept == ACCEPT_LVT, &err) != 0) {
		/* Commits and gc say it aloud. */
		log_debug("%s", err.message);
		ok = false;
	}
	for (i = 0; ok && i < n; i++) {
		from = out->len;
		buf_add(out, folder.s, folder.len);
		buf_printf(out, "/%s%s", heads[i].name, i + 1 < n ? " " : "");
		ok = out->len > from && !out->failed;
	}
	buf_release(&folder);
	return ok;
}

const char *
visit_heads(struct visit *v)
{
	struct buf list;

	if (v->heads != NULL)
		return v->heads;
	v->heads = "";
	if (v->app->set.text[SET_HEADS] == NULL ||
	    document_stream(v)[0] != '\0')
		return v->heads;
	buf_init(&list);
	if (put_heads(v, &list) && (v->heads = arena_z(&v->rq->arena,
	    buf_z(&list))) == NULL)
		v->heads = "";
	buf_release(&list);
	return v->heads;
}
