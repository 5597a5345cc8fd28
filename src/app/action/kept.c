#include <stdlib.h>

#include "app/state/doc.h"
#include "app/action/kept.h"
#include "app/auth/login.h"

int
kept_find(struct lvt_ctx *cx, struct step *st, struct lvt_error *err)
{
	struct str text;
	int rc;

	if (st->key == NULL)
		return 0;
	rc = store_reply_find(cx->app->store, &cx->at, st->key, st->hash,
	    &cx->arena, &text, err);
	if (rc == LVT_ENOTFOUND)
		return 0;
	if (rc == LVT_EINVALID)
		return LVT_ESTALE;
	if (rc != 0)
		return rc;
	st->kept = json_loadb(text.s, text.len, JSON_ALLOW_NUL, NULL);
	if (st->kept == NULL)
		return lvt_error_set(err, LVT_ESTORE,
		    "a kept reply cannot be read");
	st->replayed = true;
	return 0;
}

static int
set_text(json_t *kept, const char *name, const char *text, size_t len)
{
	return json_object_set_new(kept, name, json_stringn(text, len));
}

/* Without it a retry gets the whole tree, or what this process remembers. */
static int
set_update(json_t *kept, const struct update *u)
{
	char base[VIEW_ID_TEXT + 1], view[VIEW_ID_TEXT + 1];
	int rc;

	if (u == NULL || !u->has_base)
		return 0;
	view_id_text(&u->base, base);
	view_id_text(&u->view, view);
	rc = set_text(kept, "base", base, VIEW_ID_TEXT);
	if (rc == 0)
		rc = set_text(kept, "view", view, VIEW_ID_TEXT);
	if (rc != 0 || u->tree.len + u->outer.len > KEPT_UPDATE)
		return rc;
	rc = set_text(kept, "tree", u->tree.s, u->tree.len);
	if (rc == 0 && u->outer.len > 0)
		rc = set_text(kept, "outer", u->outer.s, u->outer.len);
	return rc;
}

/* Whoever asks again must get the same cookies. */
static int
set_login(json_t *kept, const struct login *l)
{
	return l == NULL ? 0 : json_object_set_new(kept, "login",
	    json_pack("[s, s]", l->token, l->id));
}

const struct login *
kept_login(struct lvt_ctx *cx, const json_t *kept)
{
	const json_t *pair = json_object_get(kept, "login");
	const char *token = json_string_value(json_array_get(pair, 0));
	const char *id = json_string_value(json_array_get(pair, 1));
	struct login *l;

	if (token == NULL || id == NULL ||
	    (l = lvt_alloc(cx, sizeof(*l))) == NULL)
		return NULL;
	l->token = token;
	l->id = id;
	return l;
}

struct str
kept_text(struct lvt_ctx *cx, const struct step *st, int64_t rev,
    const struct update *u)
{
	json_t *kept = json_pack("{s:s, s:i, s:I}", "action", st->action,
	    "status", cx->errors != NULL ? 422 : 200, "rev", (json_int_t)rev);
	struct str text = STR_NULL;

	if (kept != NULL &&
	    (cx->errors == NULL ||
	    json_object_set(kept, "errors", cx->errors) == 0) &&
	    (cx->reply == NULL ||
	    json_object_set(kept, "reply", cx->reply) == 0) &&
	    (cx->redirect == NULL || json_object_set_new(kept, "redirect",
	    json_string(cx->redirect)) == 0) && set_update(kept, u) == 0 &&
	    set_login(kept, cx->login) == 0)
		text = doc_text(&cx->arena, kept);
	json_decref(kept);
	return text;
}

int
kept_errors(struct lvt_ctx *cx, const struct step *st, struct lvt_error *err)
{
	struct reply_write reply = { .key = st->key };
	struct commit c = { .at = cx->at, .rev = STORE_REV_ANY,
	    .reply = &reply };
	struct commit_result r;
	int rc;

	memcpy(reply.hash, st->hash, sizeof(reply.hash));
	reply.reply = kept_text(cx, st, st->before.rev, NULL);
	if (reply.reply.s == NULL)
		return lvt_error_nomem(err);
	rc = store_commit(cx->app->store, &c, &r, err);
	/* Whoever was faster with this key has said it. */
	return rc == LVT_ECONFLICT ? 0 : rc;
}

static bool
names(const json_t *kept, const char *member, const struct view_id *id)
{
	const char *text = json_string_value(json_object_get(kept, member));
	struct view_id have;

	return text != NULL && view_id_parse(text, strlen(text), &have) == 0 &&
	    memcmp(&have, id, sizeof(have)) == 0;
}

bool
kept_update(const json_t *kept, const struct view_id *base,
    const struct view_id *view, struct update *u)
{
	const char *tree = json_string_value(json_object_get(kept, "tree"));
	const char *outer = json_string_value(json_object_get(kept, "outer"));

	if (tree == NULL || !names(kept, "base", base) ||
	    !names(kept, "view", view))
		return false;
	u->has_base = true;
	u->base = *base;
	u->view = *view;
	buf_clear(&u->tree);
	buf_clear(&u->outer);
	buf_puts(&u->tree, tree);
	if (outer != NULL)
		buf_puts(&u->outer, outer);
	return !u->tree.failed && !u->outer.failed;
}
