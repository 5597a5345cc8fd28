/*
 * apply_range.c - the operations on a list, in the order that they come.
 *
 * Items form a ring with a stop in it, so that every operation costs the
 * same in a list of any length. Old item i is ring[i + 1] for as long as the
 * update lasts; inserted items have no name and are behind them.
 */
#include <stdlib.h>

#include "base/error.h"
#include "view/apply.h"

struct link {
	json_t *item;		/* ours; NULL: the stop, or removed */
	struct link *prev, *next;
	struct link *older;	/* of inserted ones: made before */
};

struct ring {
	struct applier *ap;
	const json_t *strs;	/* of the items; NULL: not known */
	const json_t *items;	/* the old ones */
	struct link *links;	/* the stop, the old items */
	size_t n;		/* old items */
	json_t *names;		/* key -> index, -1: not one item's alone */
	struct arena arena;	/* links of inserted items */
	struct link *newest;
};

static void
unlink_link(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
}

static void
link_after(struct link *l, struct link *at)
{
	l->prev = at;
	l->next = at->next;
	at->next->prev = l;
	at->next = l;
}

/* --- Names -------------------------------------------------------------- */

static int
add_name(struct ring *r, size_t i)
{
	struct key_machine m;
	json_t *value;
	int rc = 0;

	key_machine_init(&m);
	apply_feed(r->ap, json_array_get(r->items, i), r->strs, &m);
	if (m.key.failed || m.value.failed)
		rc = LVT_ENOMEM;
	else if (m.key.len > 0) {
		value = json_object_getn(r->names, m.key.s, m.key.len);
		value = json_integer(value == NULL ? (json_int_t)i : -1);
		if (json_object_setn_new(r->names, m.key.s, m.key.len,
		    value) != 0)
			rc = LVT_ENOMEM;
	}
	key_machine_release(&m);
	return rc;
}

static int
make_names(struct ring *r)
{
	size_t i;

	if (r->strs == NULL)
		return apply_bad(r->ap, "keys need the table of statics");
	if ((r->names = json_object()) == NULL)
		return LVT_ENOMEM;
	for (i = 0; i < r->n; i++)
		if (add_name(r, i) != 0)
			return lvt_error_nomem(r->ap->err);
	return 0;
}

/* The link that an id names; NULL: err is set. */
static struct link *
find(struct ring *r, const json_t *id)
{
	const json_t *value = id;
	json_int_t i;

	if (json_is_string(id)) {
		if (r->names == NULL && make_names(r) != 0)
			return NULL;
		value = json_object_getn(r->names, json_string_value(id),
		    json_string_length(id));
	}
	i = json_is_integer(value) ? json_integer_value(value) : -1;
	if (i < 0 || (size_t)i >= r->n || r->links[i + 1].item == NULL) {
		apply_bad(r->ap, "an operation names no item of the list");
		return NULL;
	}
	return &r->links[i + 1];
}

/* --- Operations --------------------------------------------------------- */

static int
op_remove(struct ring *r, const json_t *op)
{
	struct link *l = find(r, json_array_get(op, 1));

	if (l == NULL)
		return LVT_EINVALID;
	unlink_link(l);
	json_decref(l->item);
	l->item = NULL;
	return 0;
}

static int
op_update(struct ring *r, const json_t *op)
{
	const json_t *changes = json_array_get(op, 2);
	struct link *l = find(r, json_array_get(op, 1));
	json_t *item;

	if (l == NULL)
		return LVT_EINVALID;
	if (!json_is_object(changes))
		return apply_bad(r->ap, "the changes of an item are no object");
	if ((item = apply_slots(r->ap, l->item, changes)) == NULL)
		return LVT_EINVALID;
	json_decref(l->item);
	l->item = item;
	return 0;
}

static int
op_move(struct ring *r, const json_t *op)
{
	const json_t *after = json_array_get(op, 2);
	struct link *l = find(r, json_array_get(op, 1));
	struct link *at = json_is_null(after) ? r->links : find(r, after);

	if (l == NULL || at == NULL)
		return LVT_EINVALID;
	if (l == at)
		return apply_bad(r->ap, "an item cannot move behind itself");
	unlink_link(l);
	link_after(l, at);
	return 0;
}

/* Every item of the list, each once: counted, and each moved to the end. */
static int
op_order(struct ring *r, const json_t *op)
{
	const json_t *ids = json_array_get(op, 1);
	struct link *l, *next;
	size_t i, n = 0;

	if (!json_is_array(ids))
		return apply_bad(r->ap, "an order is a list of items");
	for (l = r->links->next; l != r->links; l = l->next)
		n++;
	if (n != json_array_size(ids))
		return apply_bad(r->ap, "an order names %zu of %zu items",
		    json_array_size(ids), n);
	/* Taken out one by one, so that one named twice is noticed. */
	for (l = r->links->next; l != r->links; l = next) {
		next = l->next;
		l->prev = NULL;
	}
	r->links->next = r->links->prev = r->links;
	for (i = 0; i < n; i++) {
		if ((l = find(r, json_array_get(ids, i))) == NULL)
			return LVT_EINVALID;
		if (l->prev != NULL)
			return apply_bad(r->ap, "an order names an item twice");
		link_after(l, r->links->prev);
	}
	return 0;
}

static int
insert_one(struct ring *r, const json_t *item, struct link **at)
{
	struct link *l;

	if (apply_check_item(r->ap, item, r->strs) != 0)
		return LVT_EINVALID;
	if ((l = arena_new(&r->arena, struct link)) == NULL)
		return lvt_error_nomem(r->ap->err);
	l->item = json_incref((json_t *)item);
	l->older = r->newest;
	r->newest = l;
	link_after(l, *at);
	*at = l;
	return 0;
}

static int
op_insert(struct ring *r, const json_t *op)
{
	const json_t *anchor = json_array_get(op, 1);
	const char *where = json_string_value(json_array_get(op, 2));
	const json_t *item = json_array_get(op, 3);
	struct link *at = NULL;
	size_t i;
	int rc = 0;

	if (where != NULL && strcmp(where, "after") == 0)
		at = find(r, anchor);
	else if (where != NULL && json_is_null(anchor))
		at = strcmp(where, "start") == 0 ? r->links :
		    strcmp(where, "end") == 0 ? r->links->prev : NULL;
	if (at == NULL)
		return apply_bad(r->ap, "an insertion has no place");
	if (!json_is_array(item))
		return insert_one(r, item, &at);
	for (i = 0; i < json_array_size(item) && rc == 0; i++)
		rc = insert_one(r, json_array_get(item, i), &at);
	return rc;
}

static const struct operation {
	const char *name;
	size_t size;		/* of the array */
	int	(*run)(struct ring *r, const json_t *op);
} operations[] = {
	{ "i", 4, op_insert },
	{ "r", 2, op_remove },
	{ "u", 3, op_update },
	{ "m", 3, op_move },
	{ "o", 2, op_order },
};

static int
run(struct ring *r, const json_t *op)
{
	const char *name = json_string_value(json_array_get(op, 0));
	size_t i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (name != NULL && strcmp(name, operations[i].name) == 0 &&
		    json_array_size(op) == operations[i].size)
			return operations[i].run(r, op);
	return apply_bad(r->ap, "there is no such operation on a list");
}

/* --- The list ----------------------------------------------------------- */

static int
ring_init(struct ring *r, struct applier *ap, const json_t *range)
{
	size_t i;

	*r = (struct ring){ .ap = ap };
	arena_init(&r->arena);
	r->strs = apply_statics(ap, range);
	r->items = json_object_get(range, "d");
	r->n = json_array_size(r->items);
	r->links = calloc(r->n + 1, sizeof(*r->links));
	if (r->links == NULL)
		return lvt_error_nomem(ap->err);
	r->links->next = r->links->prev = r->links;
	for (i = 0; i < r->n; i++) {
		r->links[i + 1].item = json_incref(json_array_get(r->items, i));
		link_after(&r->links[i + 1], r->links->prev);
	}
	return 0;
}

static void
ring_release(struct ring *r)
{
	struct link *l;
	size_t i;

	for (i = 0; r->links != NULL && i < r->n; i++)
		json_decref(r->links[i + 1].item);
	for (l = r->newest; l != NULL; l = l->older)
		json_decref(l->item);
	free(r->links);
	json_decref(r->names);
	arena_release(&r->arena);
}

static json_t *
ring_items(const struct ring *r)
{
	json_t *items = json_array();
	const struct link *l;

	for (l = r->links->next; items != NULL && l != r->links; l = l->next)
		if (json_array_append(items, l->item) != 0) {
			json_decref(items);
			items = NULL;
		}
	if (items == NULL)
		lvt_error_nomem(r->ap->err);
	return items;
}

json_t *
apply_range(struct applier *ap, const json_t *range, const json_t *ops)
{
	struct ring r;
	json_t *result = NULL, *items = NULL;
	size_t i;
	int rc;

	rc = ring_init(&r, ap, range);
	for (i = 0; i < json_array_size(ops) && rc == 0; i++)
		rc = run(&r, json_array_get(ops, i));
	if (rc == 0 && (items = ring_items(&r)) != NULL &&
	    (result = json_pack("{s:O, s:o}", "s", json_object_get(range, "s"),
	    "d", items)) == NULL)
		lvt_error_nomem(ap->err);
	ring_release(&r);
	return result;
}
