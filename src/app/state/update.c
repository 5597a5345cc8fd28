#include "app/state/update.h"

void
update_init(struct update *u)
{
	memset(u, 0, sizeof(*u));
	buf_init(&u->tree);
	buf_init(&u->outer);
}

void
update_release(struct update *u)
{
	buf_release(&u->tree);
	buf_release(&u->outer);
}

bool
outer_has_slots(struct str json)
{
	json_t *tree = json_loadb(json.s, json.len, JSON_ALLOW_NUL, NULL);
	bool yes = json_object_get(tree, "1") != NULL;

	json_decref(tree);
	return yes;
}

void
update_clear(struct update *u)
{
	buf_clear(&u->tree);
	buf_clear(&u->outer);
	u->has_base = false;
}

int
update_make(struct update *u, const struct app *app, const struct view *a,
    const struct view *b, enum view_statics mode)
{
	bool drop;

	update_clear(u);
	u->has_base = a != NULL;
	view_id(b, app->view_key, &u->view);
	if (a != NULL) {
		view_id(a, app->view_key, &u->base);
		view_diff(a, b, VIEW_BODY, mode, &u->tree);
		view_diff(a, b, VIEW_OUTER, mode, &u->outer);
		drop = u->outer.len == 2;	/* {} */
	} else {
		view_tree_json(b, VIEW_BODY, mode, &u->tree);
		view_tree_json(b, VIEW_OUTER, mode, &u->outer);
		drop = !outer_has_slots((struct str){ u->outer.s,
		    u->outer.len });
	}
	if (drop)
		buf_clear(&u->outer);
	return u->tree.failed ? u->tree.failed : u->outer.failed;
}

void
update_members(const struct update *u, struct buf *out)
{
	buf_puts(out, "\"tree\":");
	buf_add(out, u->tree.s, u->tree.len);
	if (u->outer.len > 0) {
		buf_puts(out, ",\"outer\":");
		buf_add(out, u->outer.s, u->outer.len);
	}
}
