#include "base/ascii.h"
#include "base/error.h"
#include "view/key.h"
#include "view/statics.h"
#include "view/tree.h"

/* --- The machine -------------------------------------------------------- */

void
key_machine_init(struct key_machine *m)
{
	memset(m, 0, sizeof(*m));
	m->rank = m->best = KEY_RANKS;
}

void
key_machine_release(struct key_machine *m)
{
	buf_release(&m->value);
	buf_release(&m->key);
}

static void
name_begins(struct key_machine *m)
{
	m->state = KEY_NAME;
	m->name_len = 0;
}

/* A name longer than the array is none of ours, so its end may get lost. */
static void
name_add(struct key_machine *m, char c)
{
	if (m->name_len < sizeof(m->name))
		m->name[m->name_len++] = ascii_lower(c);
}

static void
name_ends(struct key_machine *m)
{
	static const struct str names[KEY_RANKS] = {
		{ "data-key", 8 }, { "lvt-key", 7 }, { "id", 2 }
	};
	struct str name = { m->name, m->name_len };

	for (m->rank = 0; m->rank < KEY_RANKS; m->rank++)
		if (str_eq(name, names[m->rank]))
			break;
	buf_clear(&m->value);
}

/* The attribute is complete: of several the first of the best name counts. */
static void
value_ends(struct key_machine *m)
{
	m->state = KEY_SPACE;
	if (m->rank < m->best) {
		m->best = m->rank;
		buf_clear(&m->key);
		buf_add(&m->key, m->value.s, m->value.len);
		if (m->best == 0)
			m->state = KEY_DONE;
	}
	m->rank = KEY_RANKS;
}

static void
feed_comment(struct key_machine *m, char c)
{
	if (m->matched < 2) {	/* behind <! */
		if (c != '-')
			m->state = KEY_DONE;
		else if (++m->matched == 2)
			m->matched = 4;	/* <!--> is a whole comment */
	} else if (c == '-')
		m->matched = m->matched < 4 ? m->matched + 1 : 4;
	else if (c == '>' && m->matched == 4)
		m->state = KEY_BEFORE;
	else
		m->matched = 2;
}

static void
feed_name(struct key_machine *m, char c)
{
	if (c == '=' || c == '>' || c == '/' || ascii_is_space(c)) {
		name_ends(m);
		if (c == '=')
			m->state = KEY_EQUALS;
		else if (ascii_is_space(c))
			m->state = KEY_AFTER_NAME;
		else
			value_ends(m);
		if (c == '>')
			m->state = KEY_DONE;
	} else
		name_add(m, c);
}

static void
feed_after_name(struct key_machine *m, char c)
{
	if (ascii_is_space(c))
		return;
	if (c == '=') {
		m->state = KEY_EQUALS;
		return;
	}
	value_ends(m);
	if (c == '>')
		m->state = KEY_DONE;
	else if (c != '/' && m->state != KEY_DONE) {
		name_begins(m);
		name_add(m, c);
	}
}

static void
feed_value(struct key_machine *m, char c)
{
	if (m->state == KEY_EQUALS) {
		if (ascii_is_space(c))
			return;
		if (c == '"' || c == '\'') {
			m->quote = c;
			m->state = KEY_QUOTED;
			return;
		}
		m->state = KEY_UNQUOTED;
	}
	if (m->state == KEY_QUOTED ? c == m->quote :
	    c == '>' || ascii_is_space(c)) {
		value_ends(m);
		if (c == '>' && m->quote == 0)
			m->state = KEY_DONE;
		m->quote = 0;
	} else if (m->rank < m->best)
		buf_putc(&m->value, c);
}

static void
feed_byte(struct key_machine *m, char c)
{
	switch (m->state) {
	case KEY_BEFORE:
		if (c == '<')
			m->state = KEY_LT;
		else if (!ascii_is_space(c))
			m->state = KEY_DONE;
		break;
	case KEY_LT:
		m->matched = 0;
		m->state = ascii_is_letter(c) ? KEY_TAG :
		    c == '!' ? KEY_COMMENT : KEY_DONE;
		break;
	case KEY_COMMENT:
		feed_comment(m, c);
		break;
	case KEY_TAG:
	case KEY_SPACE:
		if (c == '>')
			m->state = KEY_DONE;
		else if (c == '/' || ascii_is_space(c))
			m->state = KEY_SPACE;
		else if (m->state == KEY_SPACE) {
			name_begins(m);
			name_add(m, c);
		}
		break;
	case KEY_NAME:
		feed_name(m, c);
		break;
	case KEY_AFTER_NAME:
		feed_after_name(m, c);
		break;
	case KEY_EQUALS:
	case KEY_QUOTED:
	case KEY_UNQUOTED:
		feed_value(m, c);
		break;
	case KEY_DONE:
		break;
	}
}

bool
key_machine_feed(struct key_machine *m, struct str html)
{
	size_t i;

	for (i = 0; i < html.len && m->state != KEY_DONE; i++)
		feed_byte(m, html.s[i]);
	return m->state == KEY_DONE;
}

/* --- The plan ----------------------------------------------------------- */

/* What the machine has met so far of slots in values that may be the key. */
struct slot_in_value {
	bool any;
	uint32_t slot;
	size_t prefix;		/* bytes of the value before it */
};

/* The machine stands before slot i. false: only reading the item tells. */
static bool
plan_slot(struct key_machine *m, uint32_t i, struct slot_in_value *in)
{
	if (m->state != KEY_QUOTED)
		return false;
	if (m->rank >= m->best)
		return true;
	if (in->any)
		return false;
	*in = (struct slot_in_value){ true, i, m->value.len };
	return true;
}

static int
plan_result(struct key_plan *plan, const struct key_machine *m,
    const struct slot_in_value *in, struct arena *a)
{
	struct str key = arena_str(a, m->key.s, m->key.len);

	if (key.s == NULL || m->key.failed || m->value.failed)
		return LVT_ENOMEM;
	plan->kind = m->best == KEY_RANKS ? KEY_NONE :
	    in->any ? KEY_SLOT : KEY_FIXED;
	plan->prefix = key;
	if (in->any) {
		plan->slot = in->slot;
		plan->prefix.len = in->prefix;
		plan->suffix.s = key.s + in->prefix;
		plan->suffix.len = key.len - in->prefix;
	}
	return 0;
}

int
key_plan_make(struct key_plan *plan, const struct str *strs, uint32_t count,
    struct arena *a)
{
	struct slot_in_value pending = { 0 }, kept = { 0 };
	struct key_machine m;
	uint32_t i;
	int best, rc = 0;

	*plan = (struct key_plan){ .kind = KEY_READ };
	key_machine_init(&m);
	for (i = 0; i < count; i++) {
		size_t k;

		/* Byte by byte, to see which value becomes the key. */
		for (k = 0; k < strs[i].len && m.state != KEY_DONE; k++) {
			best = m.best;
			feed_byte(&m, strs[i].s[k]);
			if (m.best != best)
				kept = pending;
			if (m.state != KEY_QUOTED)
				pending.any = false;
		}
		if (m.state == KEY_DONE) {
			plan->guard = i;
			rc = plan_result(plan, &m, &kept, a);
			break;
		}
		if (i == 0 && count > 1 && m.state == KEY_BEFORE) {
			plan->kind = KEY_DESCEND;
			break;
		}
		if (i == count - 1 || !plan_slot(&m, i, &pending))
			break;
	}
	key_machine_release(&m);
	return rc;
}

/* --- Keys of items ------------------------------------------------------ */

/* No quote in what the node prints, wherever it stands. */
static bool
is_inert(const struct statics *st, const char *p)
{
	struct node n = tree_node(p);
	uint32_t i;

	if (n.kind == TREE_TEXT)
		return memchr(n.body, '"', (size_t)(n.end - n.body)) == NULL &&
		    memchr(n.body, '\'', (size_t)(n.end - n.body)) == NULL;
	if (st->arrays[n.statics].quotes)
		return false;
	if (n.kind == TREE_LIST) {
		for (p = n.body; p < n.end; p = tree_next(p))
			if (!is_inert(st, p))
				return false;
		return true;
	}
	for (p = n.body, i = 0; i < n.count; i++) {
		const char *end = tree_next_item(p);

		for (p += TREE_ITEM_HEAD; p < end; p = tree_next(p))
			if (!is_inert(st, p))
				return false;
	}
	return true;
}

/* .s NULL and .len not 0: no memory. */
static struct str
join(const struct key_plan *plan, struct str middle, struct arena *a)
{
	size_t len = plan->prefix.len + middle.len + plan->suffix.len;
	char *s;

	if (len == middle.len)
		return middle;
	if ((s = arena_alloc(a, len)) == NULL)
		return (struct str){ NULL, len };
	memcpy(s, plan->prefix.s, plan->prefix.len);
	memcpy(s + plan->prefix.len, middle.s, middle.len);
	memcpy(s + plan->prefix.len + middle.len, plan->suffix.s,
	    plan->suffix.len);
	return (struct str){ s, len };
}

/* false: the plan does not tell. */
static bool
key_by_plan(const struct statics *st, uint32_t statics, const char *p,
    struct arena *a, struct str *key)
{
	const struct key_plan *plan = &st->arrays[statics].key;
	struct str middle = STR_NULL;
	struct node n;
	uint32_t i;

	while (plan->kind == KEY_DESCEND) {
		n = tree_node(p);
		if (n.kind != TREE_LIST)
			return false;
		p = n.body;
		plan = &st->arrays[n.statics].key;
	}
	if (plan->kind == KEY_READ)
		return false;
	for (i = 0; i < plan->guard; i++, p = tree_next(p)) {
		if (!is_inert(st, p))
			return false;
		if (plan->kind != KEY_SLOT || i != plan->slot)
			continue;
		n = tree_node(p);
		if (n.kind != TREE_TEXT)
			return false;
		middle = tree_text(&n);
	}
	*key = plan->kind == KEY_NONE ? STR_NULL :
	    plan->kind == KEY_FIXED ? plan->prefix : join(plan, middle, a);
	return true;
}

static bool	feed_slots(const struct statics *st, uint32_t statics,
		    const char *p, struct key_machine *m);

static bool
feed_node(const struct statics *st, const char *p, struct key_machine *m)
{
	struct node n = tree_node(p);
	const char *item = n.body;
	uint32_t i;

	if (n.kind == TREE_TEXT)
		return key_machine_feed(m, tree_text(&n));
	if (n.kind == TREE_LIST)
		return feed_slots(st, n.statics, n.body, m);
	for (i = 0; i < n.count; i++, item = tree_next_item(item))
		if (feed_slots(st, n.statics, item + TREE_ITEM_HEAD, m))
			return true;
	return false;
}

/* As key_machine_feed(), with the HTML that the slots at p are. */
static bool
feed_slots(const struct statics *st, uint32_t statics, const char *p,
    struct key_machine *m)
{
	const struct statics_array *array = &st->arrays[statics];
	uint32_t i;

	for (i = 0; i + 1 < array->count; i++, p = tree_next(p))
		if (key_machine_feed(m, array->strs[i]) ||
		    feed_node(st, p, m))
			return true;
	return key_machine_feed(m, array->strs[i]);
}

int
key_of(const struct statics *st, uint32_t statics, const char *p,
    struct arena *a, struct str *key)
{
	struct key_machine m;

	if (!key_by_plan(st, statics, p, a, key)) {
		key_machine_init(&m);
		feed_slots(st, statics, p, &m);
		*key = m.key.failed || m.value.failed ?
		    (struct str){ NULL, 1 } :
		    arena_str(a, m.key.s, m.key.len);
		if (key->s == NULL)
			key->len = 1;
		key_machine_release(&m);
	}
	return key->s == NULL && key->len > 0 ? LVT_ENOMEM : 0;
}
