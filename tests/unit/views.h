/*
 * views.h - views of small templates, for tests.
 *
 * Owns:    the program and the views of a rig, until rig_release().
 */
#ifndef LVT_TEST_VIEWS_H
#define LVT_TEST_VIEWS_H

#include "test.h"

#include <jansson.h>

#include "base/json.h"
#include "view/view.h"

struct rig {
	struct program *program;
	struct view a, b;
};

static inline json_t *
json_of(const char *text)
{
	struct lvt_error err = { 0 };
	json_t *j = lvt_json_load(text, strlen(text), NULL, &err);

	if (j == NULL)
		fail_msg("%s: %s", text, err.message);
	return j;
}

static inline json_t *
json_of_buf(struct buf *b)
{
	assert_int_equal(b->failed, 0);
	return json_of(buf_z(b));
}

static inline struct program *
program_of(const char *source)
{
	struct lvt_error err = { 0 };
	struct tmpl *t = tmpl_create(TMPL_HTML, NULL);
	struct program *p = NULL;

	assert_non_null(t);
	if (tmpl_parse(t, "main", "main.tmpl", source, strlen(source),
	    &err) == 0)
		p = tmpl_compile(t, "main", &err);
	if (p == NULL)
		fail_msg("%s: %s", source, err.message);
	tmpl_free(t);
	return p;
}

static inline void
render(struct view *v, const struct program *p, const char *data)
{
	struct lvt_error err = { 0 };
	json_t *j = json_of(data);

	if (view_render(v, p, j, NULL, &err) != 0)
		fail_msg("%s", err.message);
	json_decref(j);
}

static inline void
rig_init(struct rig *r, const char *source, const char *a, const char *b)
{
	r->program = program_of(source);
	view_init(&r->a);
	view_init(&r->b);
	render(&r->a, r->program, a);
	render(&r->b, r->program, b);
}

static inline void
rig_release(struct rig *r)
{
	view_release(&r->a);
	view_release(&r->b);
	program_free(r->program);
}

static inline json_t *
tree_of(const struct view *v, enum view_part part, enum view_statics mode)
{
	struct buf text = { 0 };
	json_t *tree;

	view_tree_json(v, part, mode, &text);
	tree = json_of_buf(&text);
	buf_release(&text);
	return tree;
}

/* The table where the mode wants it, else NULL. */
static inline json_t *
table_of(const struct program *p, enum view_statics mode)
{
	struct buf text = { 0 };
	json_t *table;

	if (mode == VIEW_STATICS_INLINE)
		return NULL;
	view_statics_json(p, &text);
	table = json_of_buf(&text);
	buf_release(&text);
	return table;
}

/*
 * What must hold for every two views: the update leads from one to the other,
 * is not larger than the tree, and the page follows from the tree. *tree is
 * a's, and becomes b's.
 */
static inline void
check_step_from(json_t **tree, const struct view *a, const struct view *b,
    enum view_part part, enum view_statics mode, const json_t *table)
{
	struct lvt_error err = { 0 };
	struct buf tb = { 0 }, up = { 0 }, page = { 0 }, built = { 0 };
	json_t *jb, *ju, *after;

	view_tree_json(b, part, mode, &tb);
	view_diff(a, b, part, mode, &up);
	view_html(b, part, &page);
	jb = json_of_buf(&tb);
	ju = json_of_buf(&up);
	if ((after = tree_apply(*tree, ju, table, &err)) == NULL)
		fail_msg("%s: %s", buf_z(&up), err.message);
	if (!json_equal(after, jb))
		fail_msg("%s\n%s", buf_z(&up), buf_z(&tb));
	assert_true(up.len <= tb.len);
	if (mode == VIEW_STATICS_NUMBERED) {
		/* The table has them all: none is ever sent again. */
		assert_null(strstr(buf_z(&tb), "\"s\":["));
		assert_null(strstr(buf_z(&up), "\"s\":["));
	}
	assert_int_equal(tree_html(after, table, &built, &err), 0);
	assert_string_equal(buf_z(&built), buf_z(&page));
	json_decref(*tree);
	json_decref(ju);
	json_decref(after);
	*tree = jb;
	buf_release(&tb);
	buf_release(&up);
	buf_release(&page);
	buf_release(&built);
}

static inline void
check_step(const struct view *a, const struct view *b, enum view_part part,
    enum view_statics mode)
{
	json_t *tree = tree_of(a, part, mode);
	json_t *table = table_of(a->program, mode);

	check_step_from(&tree, a, b, part, mode, table);
	json_decref(tree);
	json_decref(table);
}

static inline void
check_all_steps(const struct view *a, const struct view *b)
{
	static const enum view_part parts[] = {
		VIEW_WHOLE, VIEW_BODY, VIEW_OUTER
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		check_step(a, b, parts[i], VIEW_STATICS_INLINE);
		check_step(a, b, parts[i], VIEW_STATICS_NUMBERED);
	}
}

#endif
