#include <config.h>		/* _GNU_SOURCE */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "app/action/context.h"
#include "app/http/cookie.h"
#include "app/state/doc.h"
#include "app/action/other.h"
#include "app/agent/watching.h"
#include "base/ascii.h"
#include "base/real.h"
#include "base/utf8.h"
#include "template/print/print.h"

#define MESSAGE_BYTES	1024

void
ctx_init(struct lvt_ctx *cx, struct app *app, struct request *rq,
    const struct route *route)
{
	memset(cx, 0, sizeof(*cx));
	cx->app = app;
	cx->rq = rq;
	cx->route = route;
	cx->at = (struct place){ app->name, route != NULL ? route->path : "",
	    "", "" };
	cx->now_ms = app->now_ms();
	arena_init(&cx->arena);
}

void
ctx_restart(struct lvt_ctx *cx)
{
	size_t i;

	for (i = 0; i < cx->ncasts; i++)
		json_decref(cx->casts[i].patch);
	others_release(cx);
	json_decref(cx->errors);
	json_decref(cx->reply);
	cx->errors = cx->reply = NULL;
	cx->redirect = NULL;
	cx->messages = NULL;
	cx->casts = NULL;
	cx->later = NULL;
	cx->nmessages = cx->ncasts = cx->nlater = 0;
	cx->hook = NULL;
	cx->hooks = NULL;
	cx->login = NULL;
	cx->outer = NULL;
	cx->wrong[0] = '\0';
	arena_clear(&cx->arena);
}

void
ctx_release(struct lvt_ctx *cx)
{
	ctx_restart(cx);
	arena_release(&cx->arena);
}

/* --- What came in ----------------------------------------------------------- */

/* A form may name a field twice (a hidden default before a checkbox): the
 * last one counts. */
static const json_t *
datum(struct lvt_ctx *cx, const char *name)
{
	const json_t *v = json_object_get(cx->data, name);

	if (json_is_array(v) && json_array_size(v) > 0)
		v = json_array_get(v, json_array_size(v) - 1);
	return v;
}

/* 0.1, not 0.10000000000000001: what the browser made a number of was text. */
static const char *
real_text(struct lvt_ctx *cx, double d)
{
	const char *text = NULL;
	struct buf b;

	buf_init(&b);
	format_json(&b, d);
	if (!b.failed)
		text = arena_printf(&cx->arena, "%.*s", (int)b.len, b.s);
	buf_release(&b);
	return text;
}

const char *
lvt_str(struct lvt_ctx *cx, const char *name)
{
	const json_t *v = datum(cx, name);
	const char *text = NULL;

	switch (v != NULL ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		/* A text with a NUL inside is not what it seems to be. */
		text = strlen(json_string_value(v)) == json_string_length(v) ?
		    json_string_value(v) : "";
		break;
	case JSON_INTEGER:
		text = arena_printf(&cx->arena, "%lld",
		    (long long)json_integer_value(v));
		break;
	case JSON_REAL:
		text = real_text(cx, json_real_value(v));
		break;
	case JSON_TRUE:
		text = "true";
		break;
	case JSON_FALSE:
		text = "false";
		break;
	default:
		break;
	}
	return text != NULL ? text : "";
}

int64_t
lvt_int(struct lvt_ctx *cx, const char *name, int64_t def)
{
	const json_t *v = datum(cx, name);
	const char *text;
	long long n;
	char *end;

	if (json_is_integer(v))
		return json_integer_value(v);
	if (!json_is_string(v))
		return def;
	text = json_string_value(v);
	errno = 0;
	n = strtoll(text, &end, 10);
	return end == text || *end != '\0' || errno != 0 ? def : n;
}

double
lvt_real(struct lvt_ctx *cx, const char *name, double def)
{
	const json_t *v = datum(cx, name);
	const char *text;
	double d;

	if (json_is_number(v))
		return json_number_value(v);
	if (!json_is_string(v))
		return def;
	text = json_string_value(v);
	while (ascii_is_space(*text))
		text++;
	return real_parse(str_z(text), &d) == 0 ? d : def;
}

int
lvt_bool(struct lvt_ctx *cx, const char *name, int def)
{
	static const char *const yes[] = { "1", "true", "on", "yes" };
	const char *text = lvt_str(cx, name);
	size_t i;

	if (text[0] == '\0')
		return def;
	for (i = 0; i < 4; i++)
		if (strcasecmp(text, yes[i]) == 0)
			return 1;
	return 0;
}

int
lvt_has(struct lvt_ctx *cx, const char *name)
{
	const json_t *v = json_object_get(cx->data, name);

	if (json_is_array(v) || json_is_object(v))
		return json_array_size(v) + json_object_size(v) > 0;
	/* A box that is not ticked: a form without a script leaves it out. */
	if (json_is_false(v))
		return 0;
	return lvt_str(cx, name)[0] != '\0';
}

json_t *
lvt_data(struct lvt_ctx *cx)
{
	return cx->data;
}

const char *
lvt_user(struct lvt_ctx *cx)
{
	return cx->at.user;
}

const char *
lvt_group(struct lvt_ctx *cx)
{
	return cx->at.group;
}

int64_t
lvt_now(struct lvt_ctx *cx)
{
	return cx->now_ms;
}

const char *
lvt_channel(struct lvt_ctx *cx)
{
	return cx->channel != NULL ? cx->channel : "";
}

const char *
lvt_event(struct lvt_ctx *cx)
{
	return cx->event != NULL ? cx->event : "";
}

int64_t
lvt_watching(struct lvt_ctx *cx, const char *where)
{
	bool page = strcmp(where, "page") == 0, app = strcmp(where, "app") == 0;
	int64_t connections = 0, users = 0;

	if (cx->app->store != NULL && where[0] != '\0' && !page && !app)
		return watching_channel(cx->app, where);
	if (cx->app->store == NULL || store_presence_count(cx->app->store,
	    cx->at.app, app ? NULL : cx->at.page,
	    app || page ? NULL : cx->at.group, &connections, &users, NULL) != 0)
		return 0;
	/* All visitors of a shared page are in one group: nobody's users would
	 * count as one. */
	return cx->route != NULL && cx->at.user[0] == '\0' &&
	    (cx->route->page->row->flags & LVT_SHARED) ? connections : users;
}

const char *
lvt_req_path(struct lvt_ctx *cx, const char *name)
{
	size_t i;

	for (i = 0; cx->route != NULL && i < cx->route->nparams; i++)
		if (str_is(cx->route->params[i].name, name))
			return cx->route->params[i].value;
	return "";
}

const char *
lvt_req_query(struct lvt_ctx *cx, const char *name)
{
	const struct field *f = cx->rq != NULL ?
	    form_find(&cx->rq->query, name) : NULL;

	return f != NULL ? f->value.s : "";
}

const char *
lvt_req_header(struct lvt_ctx *cx, const char *name)
{
	const char *v = cx->rq != NULL ? request_header(cx->rq, name) : NULL;

	return v != NULL ? v : "";
}

const char *
lvt_req_cookie(struct lvt_ctx *cx, const char *name)
{
	struct str v = cookie_find(lvt_req_header(cx, "Cookie"), name);
	struct str z = v.s != NULL ? arena_str(&cx->arena, v.s, v.len) : v;

	return z.s != NULL ? z.s : "";
}

int
lvt_file(struct lvt_ctx *cx, const char *name, struct lvt_upload *file)
{
	const struct field *f = cx->rq != NULL ?
	    form_find(&cx->rq->form, name) : NULL;

	if (f == NULL || f->filename.s == NULL || f->filename.len == 0)
		return LVT_ENOTFOUND;
	*file = (struct lvt_upload){ f->filename.s,
	    f->type.s != NULL ? f->type.s : "application/octet-stream",
	    f->value.s, f->value.len };
	return 0;
}

/* --- What goes out ----------------------------------------------------------- */

int
ctx_fail(struct lvt_ctx *cx, const char *field, const char *message)
{
	if (cx->errors == NULL && (cx->errors = json_object()) == NULL)
		return LVT_ENOMEM;
	if (json_object_get(cx->errors, field) != NULL)
		return 0;	/* the first message of a field wins */
	return json_object_set_new(cx->errors, field, json_string(message)) == 0
	    ? 0 : LVT_ENOMEM;
}

/* It may quote what somebody sent, and end within a character. */
static void
as_utf8(const char *text, char *out, size_t size)
{
	size_t i, n = 0, len = strlen(text);
	uint32_t c;

	for (i = 0; i < len && n + 4 < size; n += utf8_encode(c, out + n))
		i += utf8_decode(text + i, len - i, &c);
	out[n] = '\0';
}

int
ctx_wrong(struct lvt_ctx *cx, const char *fmt, ...)
{
	char text[CTX_WRONG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (cx->wrong[0] == '\0')
		as_utf8(text, cx->wrong, sizeof(cx->wrong));
	return LVT_EINVALID;
}

static int
fail_format(struct lvt_ctx *cx, const char *field, const char *fmt,
    va_list ap)
{
	char text[MESSAGE_BYTES], message[3 * MESSAGE_BYTES + 1];

	vsnprintf(text, sizeof(text), fmt, ap);
	as_utf8(text, message, sizeof(message));
	return ctx_fail(cx, field != NULL ? field : "_general", message);
}

int
lvt_invalid(struct lvt_ctx *cx, const char *field, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = fail_format(cx, field, fmt, ap);
	va_end(ap);
	return rc != 0 ? rc : LVT_EINVALID;
}

int
lvt_error(struct lvt_ctx *cx, const char *field, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = fail_format(cx, field, fmt, ap);
	va_end(ap);
	return rc;
}

int
lvt_reply_new(struct lvt_ctx *cx, json_t *reply)
{
	if (reply == NULL)
		return LVT_ENOMEM;
	json_decref(cx->reply);
	cx->reply = reply;
	return 0;
}

int
lvt_reply(struct lvt_ctx *cx, json_t *reply)
{
	return lvt_reply_new(cx, json_deep_copy(reply));
}

int
lvt_redirect(struct lvt_ctx *cx, const char *url)
{
	const char *scheme = url;

	/* Browsers skip what is blank before a scheme, and these within it. */
	while (*scheme != '\0' && (unsigned char)*scheme <= ' ')
		scheme++;
	if (strpbrk(url, "\t\r\n") != NULL || strlen(url) > 2000 ||
	    strncasecmp(scheme, "javascript:", 11) == 0)
		return ctx_wrong(cx, "lvt_redirect(): \"%.100s\" is no address "
		    "that a browser may be sent to", url);
	cx->redirect = arena_z(&cx->arena, url);
	return cx->redirect != NULL ? 0 : LVT_ENOMEM;
}

void *
ctx_more(struct lvt_ctx *cx, void *have, size_t n, size_t size)
{
	void *more;

	/* Powers of two, from four on: the places where it is full. */
	if (n > 0 && (n < 4 || (n & (n - 1)) != 0))
		return have;
	more = arena_alloc(&cx->arena, (n < 4 ? 4 : n * 2) * size);
	if (more != NULL && n > 0)
		memcpy(more, have, n * size);
	return more;
}
