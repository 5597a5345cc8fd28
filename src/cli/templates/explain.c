/*
 * explain.c - lvt diff --explain: an update, for people.
 *
 * The update is walked beside the old tree, whose statics have numbers; by
 * them and the slot the program tells which places of the templates a change
 * comes from.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "view/apply.h"

#define LINES_MAX	100	/* of changes; all of them are summed up */
#define SOURCE_MAX	40	/* bytes of a template */

struct spot {			/* a slot, as the templates made it */
	struct program_slot slot;
	size_t bytes, changes;
};

struct explain {
	struct applier ap;	/* with the table, to find items by key */
	struct spot *spots;
	size_t n, cap, lines;
	struct buf *out;
	struct buf path;
};

static int
add_spot(void *arg, const struct program_slot *s)
{
	struct explain *x = arg;
	struct spot *more;

	if (x->n == x->cap) {
		x->cap = x->cap * 2 + 64;
		more = reallocarray(x->spots, x->cap, sizeof(*more));
		if (more == NULL)
			return LVT_ENOMEM;
		x->spots = more;
	}
	x->spots[x->n++] = (struct spot){ .slot = *s };
	return 0;
}

/* The first place that makes this slot; NULL: none does. */
static struct spot *
find_spot(struct explain *x, const json_t *statics, size_t slot)
{
	size_t i;

	for (i = 0; json_is_integer(statics) && i < x->n; i++)
		if (x->spots[i].slot.statics ==
		    (uint32_t)json_integer_value(statics) &&
		    x->spots[i].slot.slot == slot)
			return &x->spots[i];
	return NULL;
}

static size_t
json_bytes(const json_t *value)
{
	return json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void
put_place(struct explain *x, const struct spot *spot)
{
	const struct program_slot *s;
	size_t len;

	if (spot == NULL) {
		buf_puts(x->out, "the page\n");
		return;
	}
	s = &spot->slot;
	buf_printf(x->out, "%s:%u:%u: ", s->file, (unsigned)s->line,
	    (unsigned)s->column);
	len = s->source.len < SOURCE_MAX ? s->source.len : SOURCE_MAX;
	if (len == 0)
		buf_printf(x->out, "%s\n", s->construct);
	else
		buf_printf(x->out, "{{%.*s%s}}\n", (int)len, s->source.s,
		    len < s->source.len ? "..." : "");
}

static void
put_change(struct explain *x, struct spot *spot, size_t bytes,
    const char *what)
{
	if (spot != NULL) {
		spot->bytes += bytes;
		spot->changes++;
	}
	if (x->lines++ >= LINES_MAX)
		return;
	buf_printf(x->out, "%8zu  %-24s %-14s ", bytes,
	    x->path.len > 0 ? buf_z(&x->path) : ".", what);
	put_place(x, spot);
}

/* --- Walking ------------------------------------------------------------ */

static void	walk_slots(struct explain *x, const json_t *old,
		    const json_t *statics, const json_t *changes);

static const json_t *
find_item(struct explain *x, const json_t *range, const json_t *id)
{
	const json_t *items = json_object_get(range, "d"), *item;
	const json_t *strs = apply_statics(&x->ap, range);
	struct key_machine m;
	bool found;
	size_t i;

	if (json_is_integer(id))
		return json_array_get(items, (size_t)json_integer_value(id));
	json_array_foreach((json_t *)items, i, item) {
		key_machine_init(&m);
		apply_feed(&x->ap, item, strs, &m);
		found = m.key.len == json_string_length(id) &&
		    memcmp(buf_z(&m.key), json_string_value(id),
		    m.key.len) == 0;
		key_machine_release(&m);
		if (found)
			return item;
	}
	return NULL;
}

static void
add_item_name(struct explain *x, const json_t *id)
{
	char *name = json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY);

	buf_printf(&x->path, "[%s]", name != NULL ? name : "?");
	free(name);
}

static void
walk_update(struct explain *x, const json_t *range, const json_t *op)
{
	const json_t *item = find_item(x, range, json_array_get(op, 1));

	if (item != NULL)
		walk_slots(x, item, json_object_get(range, "s"),
		    json_array_get(op, 2));
}

static void
put_insertion(struct explain *x, const json_t *op, struct spot *spot)
{
	size_t n = json_array_size(json_array_get(op, 3));
	char what[32];

	snprintf(what, sizeof(what), n > 1 ? "insert %zu" : "insert", n);
	put_change(x, spot, json_bytes(op), what);
}

static void
walk_operations(struct explain *x, const json_t *range, const json_t *ops,
    struct spot *spot)
{
	size_t i, mark = x->path.len;
	const json_t *op;
	char name;

	json_array_foreach((json_t *)ops, i, op) {
		name = *json_string_value(json_array_get(op, 0));
		if (name == 'r' || name == 'm' || name == 'u')
			add_item_name(x, json_array_get(op, 1));
		if (name == 'u')
			walk_update(x, range, op);
		else if (name == 'i')
			put_insertion(x, op, spot);
		else
			put_change(x, spot, json_bytes(op),
			    name == 'r' ? "remove" :
			    name == 'm' ? "move" : "order");
		x->path.len = mark;
	}
}

static void
walk_slots(struct explain *x, const json_t *old, const json_t *statics,
    const json_t *changes)
{
	size_t mark = x->path.len, slot;
	const json_t *value, *before;
	struct spot *spot;
	const char *name;

	json_object_foreach((json_t *)changes, name, value) {
		before = json_object_get(old, name);
		slot = strtoul(name, NULL, 10);
		spot = find_spot(x, statics, slot);
		buf_printf(&x->path, "%s%s", mark > 0 ? "." : "", name);
		if (json_is_array(value))
			walk_operations(x, before, value, spot);
		else if (json_is_string(value))
			put_change(x, spot, json_bytes(value),
			    json_string_length(value) > 0 ? "text" : "empty");
		else if (json_object_get(value, "d") != NULL)
			put_change(x, spot, json_bytes(value), "whole list");
		else if (json_object_get(value, "s") != NULL)
			put_change(x, spot, json_bytes(value), "new content");
		else
			walk_slots(x, before, json_object_get(before, "s"),
			    value);
		x->path.len = mark;
	}
}

/* --- Summing up --------------------------------------------------------- */

static int
by_bytes(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

static void
sum_up(struct explain *x)
{
	size_t i;

	if (x->lines > LINES_MAX)
		buf_printf(x->out, "     and %zu changes more\n",
		    x->lines - LINES_MAX);
	qsort(x->spots, x->n, sizeof(*x->spots), by_bytes);
	if (x->n > 0 && x->spots[0].bytes > 0)
		buf_puts(x->out, "\n   bytes  changes  by construct\n");
	for (i = 0; i < x->n && x->spots[i].bytes > 0; i++) {
		buf_printf(x->out, "%8zu  %7zu  ", x->spots[i].bytes,
		    x->spots[i].changes);
		put_place(x, &x->spots[i]);
	}
}

static json_t *
parsed(struct buf *text, struct lvt_error *err)
{
	json_error_t why;
	json_t *j = text->failed ? NULL :
	    json_loadb(text->s, text->len, 0, &why);

	if (j == NULL)
		lvt_error_set(err, text->failed ? text->failed : LVT_ETOOBIG,
		    "cannot explain this page: %s",
		    text->failed ? lvt_strerror(text->failed) : why.text);
	buf_release(text);
	return j;
}

int
cli_explain(const struct view *a, const struct view *b, struct buf *out,
    struct lvt_error *err)
{
	struct explain x = { .out = out, .ap = { .err = err } };
	struct buf table = { 0 }, tree = { 0 }, update = { 0 }, whole = { 0 };
	json_t *statics = NULL, *old = NULL, *changes = NULL;
	int rc;

	view_statics_json(a->program, &table);
	view_tree_json(a, VIEW_WHOLE, VIEW_STATICS_NUMBERED, &tree);
	view_diff(a, b, VIEW_WHOLE, VIEW_STATICS_INLINE, &update);
	view_tree_json(b, VIEW_WHOLE, VIEW_STATICS_INLINE, &whole);
	buf_printf(out, "the update has %zu bytes, the whole tree %zu\n"
	    "a kept view takes %zu bytes\n", update.len, whole.len,
	    b->bytes.len);
	buf_release(&whole);
	statics = parsed(&table, err);
	old = parsed(&tree, err);
	changes = parsed(&update, err);
	rc = statics == NULL || old == NULL || changes == NULL ? LVT_EFAIL :
	    program_slots(a->program, add_spot, &x);
	if (rc == 0 && json_object_size(changes) > 0) {
		x.ap.statics = statics;
		buf_puts(out, "\n   bytes  slot                     change"
		    "         where\n");
		if (json_object_get(changes, "s") != NULL)
			put_change(&x, NULL, json_bytes(changes),
			    "new content");
		else
			walk_slots(&x, old, json_object_get(old, "s"),
			    changes);
		sum_up(&x);
	}
	json_decref(statics);
	json_decref(old);
	json_decref(changes);
	free(x.spots);
	buf_release(&x.path);
	return rc;
}
