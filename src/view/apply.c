#include "base/error.h"
#include "view/apply.h"

int
apply_bad(struct applier *ap, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	lvt_error_vset(ap->err, LVT_EINVALID, fmt, args);
	va_end(args);
	return LVT_EINVALID;
}

static const json_t *
slot(const json_t *slots, size_t i)
{
	char name[24];

	snprintf(name, sizeof(name), "%zu", i);
	return json_object_get(slots, name);
}

/* --- Checking ----------------------------------------------------------- */

static int	check_node(struct applier *ap, const json_t *node);

const json_t *
apply_statics(const struct applier *ap, const json_t *tree)
{
	const json_t *s = json_object_get(tree, "s");

	if (json_is_array(s))
		return s;
	if (!json_is_integer(s) || json_integer_value(s) < 0)
		return NULL;
	return json_array_get(ap->statics, (size_t)json_integer_value(s));
}

static int
check_statics(struct applier *ap, const json_t *tree)
{
	const json_t *s = json_object_get(tree, "s");
	const json_t *strs = apply_statics(ap, tree);
	size_t i;

	if (json_is_integer(s) && ap->statics == NULL)
		return json_integer_value(s) >= 0 ? 0 :
		    apply_bad(ap, "statics have a negative number");
	if (!json_is_array(strs) || json_array_size(strs) == 0)
		return apply_bad(ap, "statics are neither strings nor a "
		    "number of the table");
	for (i = 0; i < json_array_size(strs); i++)
		if (!json_is_string(json_array_get(strs, i)))
			return apply_bad(ap, "a static is not a string");
	return 0;
}

/* Slots 0 .. n - 1, as many as the statics want, and `others` members more. */
static int
check_slots(struct applier *ap, const json_t *slots, const json_t *strs,
    size_t others)
{
	size_t n = json_object_size(slots) - others, i;
	const json_t *node;
	int rc;

	if (strs != NULL && json_array_size(strs) != n + 1)
		return apply_bad(ap, "%zu slots for %zu statics", n,
		    json_array_size(strs));
	for (i = 0; i < n; i++) {
		if ((node = slot(slots, i)) == NULL)
			return apply_bad(ap, "slot %zu is missing", i);
		if ((rc = check_node(ap, node)) != 0)
			return rc;
	}
	return 0;
}

int
apply_check_item(struct applier *ap, const json_t *item, const json_t *strs)
{
	if (!json_is_object(item))
		return apply_bad(ap, "an item is not an object");
	return check_slots(ap, item, strs, 0);
}

static int
check_items(struct applier *ap, const json_t *range)
{
	const json_t *items = json_object_get(range, "d");
	const json_t *strs = apply_statics(ap, range);
	size_t i;
	int rc;

	if (!json_is_array(items) || json_object_size(range) != 2)
		return apply_bad(ap, "a range is not {\"s\", \"d\": [items]}");
	for (i = 0; i < json_array_size(items); i++)
		if ((rc = apply_check_item(ap, json_array_get(items, i),
		    strs)) != 0)
			return rc;
	return 0;
}

/* Is this a whole tree or range (or text)? */
static int
check_node(struct applier *ap, const json_t *node)
{
	int rc;

	if (json_is_string(node))
		return 0;
	if (!json_is_object(node))
		return apply_bad(ap, "a slot is neither text nor tree");
	if (++ap->depth > APPLY_DEPTH)
		return apply_bad(ap, "the tree nests too deep");
	if ((rc = check_statics(ap, node)) == 0)
		rc = json_object_get(node, "d") != NULL ?
		    check_items(ap, node) :
		    check_slots(ap, node, apply_statics(ap, node), 1);
	ap->depth--;
	return rc;
}

/* --- Applying ----------------------------------------------------------- */

static json_t *
apply_slot(struct applier *ap, const json_t *old, const json_t *value)
{
	bool is_range = json_object_get(old, "d") != NULL;

	if (json_is_string(value) || json_object_get(value, "s") != NULL)
		return check_node(ap, value) == 0 ?
		    json_incref((json_t *)value) : NULL;
	if (json_is_array(value) && is_range)
		return apply_range(ap, old, value);
	if (json_is_object(value) && json_is_object(old) && !is_range)
		return apply_slots(ap, old, value);
	apply_bad(ap, "the update does not fit the slot");
	return NULL;
}

json_t *
apply_slots(struct applier *ap, const json_t *old, const json_t *changes)
{
	json_t *result = NULL, *after;
	const json_t *value, *before;
	const char *name;

	if (++ap->depth > APPLY_DEPTH) {
		apply_bad(ap, "the update nests too deep");
		return NULL;
	}
	if ((result = json_copy((json_t *)old)) == NULL)
		goto nomem;
	json_object_foreach((json_t *)changes, name, value) {
		before = json_object_get(old, name);
		if (before == NULL || strcmp(name, "s") == 0) {
			apply_bad(ap, "there is no slot \"%s\"", name);
			goto fail;
		}
		if ((after = apply_slot(ap, before, value)) == NULL)
			goto fail;
		if (json_object_set_new(result, name, after) != 0)
			goto nomem;
	}
	ap->depth--;
	return result;
nomem:
	lvt_error_nomem(ap->err);
fail:
	json_decref(result);
	return NULL;
}

json_t *
tree_apply(const json_t *tree, const json_t *update, const json_t *statics,
    struct lvt_error *err)
{
	struct applier ap = { statics, err, 0 };
	bool whole = json_object_get(update, "s") != NULL;
	const json_t *root = whole ? update : tree;

	if (!json_is_object(update)) {
		apply_bad(&ap, "an update is an object");
		return NULL;
	}
	if (!json_is_object(root) || json_object_get(root, "d") != NULL) {
		apply_bad(&ap, "a tree is an object with statics and slots");
		return NULL;
	}
	if (check_node(&ap, root) != 0)
		return NULL;
	return whole ? json_incref((json_t *)update) :
	    apply_slots(&ap, tree, update);
}

/* --- HTML --------------------------------------------------------------- */

static void print_node(const struct applier *ap, const json_t *node,
    struct buf *out);

static void
add_string(const json_t *s, struct buf *out)
{
	buf_add(out, json_string_value(s), json_string_length(s));
}

static void
print_slots(const struct applier *ap, const json_t *slots,
    const json_t *strs, struct buf *out)
{
	size_t i, n = json_array_size(strs);

	for (i = 0; i < n; i++) {
		add_string(json_array_get(strs, i), out);
		if (i + 1 < n)
			print_node(ap, slot(slots, i), out);
	}
}

static void
print_node(const struct applier *ap, const json_t *node, struct buf *out)
{
	const json_t *items = json_object_get(node, "d");
	const json_t *strs = apply_statics(ap, node);
	size_t i;

	if (json_is_string(node))
		add_string(node, out);
	else if (items == NULL)
		print_slots(ap, node, strs, out);
	else
		for (i = 0; i < json_array_size(items); i++)
			print_slots(ap, json_array_get(items, i), strs, out);
}

int
tree_html(const json_t *tree, const json_t *statics, struct buf *out,
    struct lvt_error *err)
{
	/* Without a table, numbers mean nothing: an empty one refuses them. */
	json_t *none = statics == NULL ? json_array() : NULL;
	struct applier ap = { statics != NULL ? statics : none, err, 0 };
	int rc;

	if (ap.statics == NULL)
		return lvt_error_nomem(err);
	if ((rc = check_node(&ap, tree)) == 0) {
		print_node(&ap, tree, out);
		rc = out->failed;
	}
	json_decref(none);
	return rc;
}

/* --- Keys --------------------------------------------------------------- */

static bool
feed_string(const json_t *s, struct key_machine *m)
{
	return key_machine_feed(m, (struct str){ json_string_value(s),
	    json_string_length(s) });
}

static bool
feed_node(const struct applier *ap, const json_t *node, struct key_machine *m)
{
	const json_t *items = json_object_get(node, "d");
	const json_t *strs = apply_statics(ap, node);
	size_t i;

	if (json_is_string(node))
		return feed_string(node, m);
	if (items == NULL)
		return apply_feed(ap, node, strs, m);
	for (i = 0; i < json_array_size(items); i++)
		if (apply_feed(ap, json_array_get(items, i), strs, m))
			return true;
	return false;
}

bool
apply_feed(const struct applier *ap, const json_t *slots,
    const json_t *strs, struct key_machine *m)
{
	size_t i, n = json_array_size(strs);

	for (i = 0; i < n; i++)
		if (feed_string(json_array_get(strs, i), m) ||
		    (i + 1 < n && feed_node(ap, slot(slots, i), m)))
			return true;
	return false;
}
