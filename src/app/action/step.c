#include <stdio.h>
#include <stdlib.h>

#include "app/state/doc.h"
#include "app/action/kept.h"
#include "app/action/other.h"
#include "app/action/step.h"
#include "app/action/validate.h"
#include "app/state/variants.h"
#include "base/clock.h"
#include "base/log.h"

void
step_init(struct step *st)
{
	memset(st, 0, sizeof(*st));
	st->rev = -1;
	st->store = "";
	view_init(&st->old_view);
	view_init(&st->new_view);
	update_init(&st->update);
	buf_init(&st->text);
}

/* As before the first try. */
static void
step_clear(struct step *st)
{
	session_release(&st->before);
	json_decref(st->after);
	json_decref(st->used);
	json_decref(st->kept);
	json_decref(st->layer);
	st->after = st->used = st->kept = st->layer = NULL;
	view_release(&st->old_view);
	view_release(&st->new_view);
	view_init(&st->old_view);
	view_init(&st->new_view);
	update_clear(&st->update);
	buf_clear(&st->text);
}

static int64_t
watching_after(const struct step *st)
{
	return st->watching != NULL ? *st->watching : st->before.watching;
}

/* The next action of this group will likely begin where this one ended. */
static void
keep(struct step *st)
{
	struct look l = { NULL, st->before.at.user, NULL, NULL,
	    st->before.page, watching_after(st), st->layer };

	if (st->committed && st->text.len > 0)
		recall_put(st->recall, &st->before.at, (struct str){
		    st->text.s, st->text.len }, &l, &st->new_view);
}

void
step_release(struct step *st)
{
	keep(st);
	step_clear(st);
	update_release(&st->update);
	buf_release(&st->text);
}

/* --- The user's function -------------------------------------------------------- */

static int
on_invalid(void *arg, const char *field, const char *message)
{
	return ctx_fail(arg, field, message);
}

/* A function that only says "not valid" has not said why: visitors cannot mend
 * it. Its author can. */
static int
say_invalid(struct lvt_ctx *cx, const struct step *st)
{
	static const char nothing[] = "it returned LVT_EINVALID and did not say "
	    "why: lvt_invalid() names a field and does";
	const char *why = cx->wrong[0] != '\0' ? cx->wrong : nothing;

	log_warn("page \"%s\": action \"%s\": %s", cx->at.page, st->action,
	    why);
	return ctx_fail(cx, "_general", cx->app->set.number[SET_DEV] != 0 ?
	    why : "this is not valid") == 0 ? LVT_EINVALID : LVT_ENOMEM;
}

static int
say_failed(struct lvt_ctx *cx, const struct step *st, int rc,
    struct lvt_error *err)
{
	if (rc == LVT_EFAIL)
		ctx_wrong(cx, "it returned -1, as Jansson does where a member "
		    "is not there or of another kind");
	return lvt_error_set(err, rc, "action \"%s\": %s%s%s%s", st->action,
	    lvt_strerror(rc), cx->wrong[0] != '\0' ? " (" : "", cx->wrong,
	    cx->wrong[0] != '\0' ? ")" : "");
}

/* Run rules and function on doc. 0, LVT_EINVALID with errors, or its code. */
static int
call(struct lvt_ctx *cx, const struct step *st, json_t *data, json_t *doc)
{
	json_t *target = st->store[0] != '\0' ?
	    json_object_get(doc, st->store) : doc;
	int rc;

	cx->data = data;
	rc = validate(st->rules, data, cx, on_invalid, cx);
	if (rc != 0)
		return rc > 0 ? LVT_EINVALID : rc;
	rc = st->fn != NULL ? st->fn(cx, target) : 0;
	if (rc > 0) {
		ctx_wrong(cx, "it returned %d: is a return missing? 0 commits, "
		    "what fails is negative", rc);
		rc = LVT_EFAIL;
	}
	if (rc == 0 && cx->errors != NULL)
		rc = LVT_EINVALID;
	return rc == LVT_EINVALID && cx->errors == NULL ?
	    say_invalid(cx, st) : rc;
}

static json_t *
data_copy(const struct step *st)
{
	return st->data != NULL ? json_deep_copy(st->data) : json_object();
}

/* The same inputs must give the same document: tests ask for this. */
static int
call_again(struct lvt_ctx *cx, struct step *st, struct lvt_error *err)
{
	json_t *again = session_take(&st->before, NULL);
	json_t *data = data_copy(st);
	size_t messages = cx->nmessages, casts = cx->ncasts;
	int rc = LVT_ENOMEM;

	/* cx speaks of the second run from now on. */
	json_decref(st->used);
	st->used = data;
	if (again != NULL && data != NULL) {
		ctx_restart(cx);
		rc = call(cx, st, data, again);
		if (rc != 0 || !json_equal(again, st->after) ||
		    messages != cx->nmessages || casts != cx->ncasts)
			rc = lvt_error_set(err, LVT_EFAIL, "action \"%s\" did "
			    "something else when it ran again", st->action);
	}
	json_decref(again);
	return rc;
}

/* --- One try ---------------------------------------------------------------------- */

static struct look
own_look(const struct lvt_ctx *cx, const struct step *st)
{
	return (struct look){ cx->app, cx->at.user, NULL, NULL,
	    st->before.page, st->before.watching, st->layer };
}

/* The page after. Where the state shows that nothing moved it is the page
 * before, neither rendered nor hashed again. */
static int
see_after(struct lvt_ctx *cx, struct step *st, bool moved,
    struct lvt_error *err)
{
	struct look l = own_look(cx, st);

	view_release(&st->new_view);
	if (!moved && st->old_view.program != NULL)
		return view_copy(&st->new_view, &st->old_view, err);
	l.watching = watching_after(st);
	return session_view(&l, st->after, &st->new_view, err);
}

static struct patch_write *
patch_writes(struct lvt_ctx *cx)
{
	struct patch_write *p = arena_alloc(&cx->arena,
	    (cx->ncasts + 1) * sizeof(*p));
	size_t i;

	for (i = 0; p != NULL && i < cx->ncasts; i++)
		p[i] = (struct patch_write){ cx->casts[i].scope,
		    cx->casts[i].page, cx->casts[i].leaves,
		    cx->casts[i].nleaves, cx->casts[i].expire_ms > 0 ?
		    clock_after(cx->now_ms, cx->casts[i].expire_ms) : 0 };
	return p;
}

static int
commit(struct lvt_ctx *cx, struct step *st, bool changed,
    struct lvt_error *err)
{
	const struct update *u = &st->update;
	struct change ch = { .before = &st->before, .after = st->after,
	    .changed = changed || watching_after(st) != st->before.watching,
	    .watching = watching_after(st), .update = u->has_base ? u : NULL,
	    .seen = u->has_base &&
	    !view_equal(&st->old_view, &st->new_view),
	    .rev = st->before.rev + (changed ? 1 : 0),
	    .blind = cx->ncasts > 0 && others_changed(cx) };
	struct reply_write reply = { .key = st->key };
	struct commit c = { .at = cx->at, .rev = st->before.rev,
	    .patched = st->before.head.seq, .still = cx->ncasts > 0,
	    .npatches = cx->ncasts, .cursor = st->cursor, .hook = cx->hook,
	    .hook_arg = cx->hook_arg, .watching = st->watching,
	    .delayed = cx->later, .ndelayed = cx->nlater };
	struct commit_result r;
	struct variants vs;
	struct str text = { st->text.s, st->text.len };
	int rc;

	variants_init(&vs);
	if ((rc = variants_make(&vs, cx, &ch, err)) != 0 ||
	    (rc = others_commit(cx, &vs, &c, err)) != 0)
		goto out;
	if (changed) {
		c.state = &text;
		c.expires_ms = session_expires(st->before.page, cx->at.user,
		    cx->now_ms);
	}
	rc = LVT_ENOMEM;
	if (st->key != NULL) {
		memcpy(reply.hash, st->hash, sizeof(reply.hash));
		reply.reply = kept_text(cx, st, ch.rev, u);
		if (reply.reply.s == NULL)
			goto out;
		c.reply = &reply;
	}
	if ((c.patches = patch_writes(cx)) == NULL)
		goto out;
	c.rows = vs.rows;
	c.nrows = vs.nrows;
	rc = store_commit(cx->app->store, &c, &r, err);
	if (rc == 0) {
		st->committed = true;
		st->rev_now = r.rev;
		st->head = r.head;
	}
out:
	variants_release(&vs);
	return rc;
}

/* What the function made, as it will be saved. *changed: it is another. */
static int
write_text(struct step *st, bool *changed, struct lvt_error *err)
{
	int rc = doc_write(&st->text, st->after);

	if (rc == LVT_ENOMEM)
		return lvt_error_nomem(err);
	if (rc != 0)
		return lvt_error_set(err, rc == LVT_ETOOBIG ? rc : LVT_EFAIL,
		    "action \"%s\": the document cannot be saved: it is too "
		    "deep, too big or not UTF-8", st->action);
	*changed = session_differs(&st->before, st->after,
	    (struct str){ st->text.s, st->text.len });
	return 0;
}

/* Render what the function made, then commit it. */
static int
finish(struct lvt_ctx *cx, struct step *st, struct lvt_error *err)
{
	bool changed = false, moved;
	int rc = write_text(st, &changed, err);

	if (rc != 0)
		return rc;
	moved = changed || cx->ncasts > 0 ||
	    watching_after(st) != st->before.watching;

	if (!changed && cx->ncasts == 0 && cx->nmessages == 0 &&
	    cx->nlater == 0 && cx->hook == NULL && cx->login == NULL &&
	    st->key == NULL && st->cursor == NULL && st->watching == NULL &&
	    !others_changed(cx))
		return see_after(cx, st, moved, err);
	rc = session_cast(cx, st->before.page, &cx->at, st->after,
	    &st->layer);
	if (rc == 0)
		rc = see_after(cx, st, moved, err);
	if (rc == 0)
		rc = update_make(&st->update, cx->app,
		    st->old_view.program != NULL ? &st->old_view : NULL,
		    &st->new_view, VIEW_STATICS_NUMBERED);
	if (rc == 0)
		rc = commit(cx, st, changed, err);
	/* What was saved is not what is shown where casts lie on top. */
	if (!changed || cx->ncasts > 0)
		buf_clear(&st->text);
	return rc;
}

/* What came of it the first time; the page is shown as it is now. */
static int
replay(struct lvt_ctx *cx, struct step *st, struct lvt_error *err)
{
	int rc = see_after(cx, st, false, err);

	cx->errors = json_incref(json_object_get(st->kept, "errors"));
	return rc == 0 && cx->errors != NULL ? LVT_EINVALID : rc;
}

static int
try_once(struct lvt_ctx *cx, struct step *st, struct lvt_error *err)
{
	struct look l;
	int rc;

	step_clear(st);
	ctx_restart(cx);
	if ((rc = kept_find(cx, st, err)) != 0)
		return rc;
	if ((rc = session_load(cx, &st->before, err)) != 0)
		return rc;
	st->rev_now = st->before.rev;
	st->head = st->before.head;
	if (st->before.layer != NULL &&
	    (st->layer = json_deep_copy(st->before.layer)) == NULL)
		return lvt_error_nomem(err);
	l = own_look(cx, st);
	/* A state that cannot be rendered may still be acted on. */
	if (!recall_view(st->recall, &st->before.at, st->before.text, &l,
	    &st->old_view) && (session_doc(&st->before, err) == NULL ||
	    session_view(&l, st->before.doc, &st->old_view, NULL) != 0)) {
		view_release(&st->old_view);
		view_init(&st->old_view);
	}
	if ((st->after = session_take(&st->before, err)) == NULL)
		return err != NULL && err->code != 0 ? err->code : LVT_ENOMEM;
	if (st->replayed)
		return replay(cx, st, err);
	if (st->rev >= 0 && st->rev != st->before.rev)
		return lvt_error_set(err, LVT_ECONFLICT, "revision %lld was "
		    "asked for, it is %lld", (long long)st->rev,
		    (long long)st->before.rev);
	st->used = data_copy(st);
	if (st->used == NULL)
		return lvt_error_nomem(err);
	if ((rc = call(cx, st, st->used, st->after)) != 0)
		return say_failed(cx, st, rc, err);
	if (st->twice && (rc = call_again(cx, st, err)) != 0)
		return rc;
	return finish(cx, st, err);
}

/* The page as it is, for the answer to an action that did not happen. */
static void
undo(struct lvt_ctx *cx, struct step *st)
{
	if (session_doc(&st->before, NULL) == NULL)
		return;
	json_decref(st->after);
	st->after = json_incref(st->before.doc);
	json_decref(st->layer);
	st->layer = json_incref(st->before.layer);
	st->watching = NULL;
	if (see_after(cx, st, false, NULL) != 0) {
		view_release(&st->new_view);
		view_init(&st->new_view);
	}
}

int
step_run(struct lvt_ctx *cx, struct step *st, struct lvt_error *err)
{
	struct lvt_error why;
	bool lost = true;
	int rc = LVT_EBUSY, try;

	st->recall = cx->app->recall;
	/* Without the turn it is only more likely that somebody is faster. */
	store_turn_take(cx->app->store, &cx->at, STEP_TURN_MS);
	for (try = 0; try < STEP_TRIES && lost; try++) {
		lvt_error_init(&why);
		rc = try_once(cx, st, &why);
		/* A conflict of the commit; the caller's own stale revision
		 * and the function's word are final. */
		lost = rc == LVT_ECONFLICT && st->new_view.program != NULL;
	}
	store_turn_give(cx->app->store);
	if (lost && rc == LVT_ECONFLICT) {
		rc = LVT_EBUSY;
		lvt_error_init(&why);
		lvt_error_set(&why, rc, "others were faster %d times",
		    STEP_TRIES);
	}
	if (rc == LVT_EINVALID && st->key != NULL && !st->replayed &&
	    st->before.page != NULL)
		kept_errors(cx, st, NULL);
	if (rc != 0) {
		undo(cx, st);
		if (err != NULL && err->code == 0)
			*err = why;
	}
	return rc;
}

int
step_say(struct lvt_ctx *cx, const struct cursor_write *cursor,
    struct lvt_error *err)
{
	struct change ch = { .before = NULL };
	struct commit c = { .at = { .app = cx->app->name },
	    .rev = STORE_REV_ANY, .npatches = cx->ncasts, .cursor = cursor,
	    .hook = cx->hook, .hook_arg = cx->hook_arg,
	    .delayed = cx->later, .ndelayed = cx->nlater };
	bool others = others_changed(cx);
	struct commit_result r;
	struct lvt_error why;
	struct variants vs;
	struct position head;
	int rc = LVT_ECONFLICT, try;

	if ((c.patches = patch_writes(cx)) == NULL)
		return lvt_error_nomem(err);
	lvt_error_init(&why);
	for (try = 0; try < STEP_TRIES && rc == LVT_ECONFLICT; try++) {
		lvt_error_init(&why);
		variants_init(&vs);
		/* The last try renders nothing, so that it cannot be late. */
		ch.blind = try + 1 == STEP_TRIES || others;
		c.still = cx->ncasts > 0 && !ch.blind;
		rc = store_head(cx->app->store, &head, &why);
		c.patched = head.seq;
		if (rc == 0)
			rc = variants_make(&vs, cx, &ch, &why);
		c.nalso = 0;
		if (rc == 0)
			rc = others_commit(cx, &vs, &c, &why);
		c.rows = vs.rows;
		c.nrows = vs.nrows;
		if (rc == 0)
			rc = store_commit(cx->app->store, &c, &r, &why);
		variants_release(&vs);
		/* What fn made of them may have to be made anew. */
		if (rc == LVT_ECONFLICT && others)
			break;
	}
	if (rc != 0 && err != NULL && err->code == 0)
		*err = why;
	return rc;
}

int
step_stale(struct app *app, const char *path, const char *group,
    struct lvt_error *err)
{
	char scope[600] = "*";
	struct outbox_row row = { .kind = OUTBOX_PAGE, .app = app->name,
	    .page = path, .scope = scope, .body = STR("") };
	struct commit c = { .at = { .app = app->name },
	    .rev = STORE_REV_ANY, .rows = &row, .nrows = 1 };
	struct commit_result res;

	if (group != NULL)
		snprintf(scope, sizeof(scope), "g:%s", group);
	return store_commit(app->store, &c, &res, err);
}
