/*
 * Names are in one table. A pattern hangs in a trie of its levels as well:
 * nodes are found by (parent, level), in a table of their own, so that
 * user.1.*, user.2.*, ... are a lookup and not a walk.
 */
#include <stdint.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/error.h"
#include "store/store.h"
#include "streamd/fanout/table.h"
#include "streamd/fanout/topics.h"

#define PAGE_MARK	'\001'

struct node {
	struct entry entry;	/* first: table entries are nodes */
	struct node *parent;
	struct topic *topic;	/* NULL: only on the way to others */
	unsigned children;
	unsigned len;
	char level[];
};

struct topic {
	struct entry entry;	/* first: table entries are topics */
	union {
		struct members *one;
		struct members **many;
	} who;			/* one while log is 0 */
	uint32_t count;
	uint16_t len;
	uint8_t log;		/* room for 1 << log listeners */
	bool pattern;		/* it hangs in a node */
	char name[];
};

struct topics {
	struct table names, nodes;
	struct node root;
};

struct topics *
topics_create(void)
{
	struct topics *t = calloc(1, sizeof(*t));
	uint64_t seed[2];

	if (t == NULL)
		return NULL;
	randombytes_buf(seed, sizeof(seed));
	if (table_init(&t->names, seed[0]) != 0 ||
	    table_init(&t->nodes, seed[1]) != 0) {
		topics_free(t);
		return NULL;
	}
	return t;
}

void
topics_free(struct topics *t)
{
	if (t == NULL)
		return;
	table_release(&t->names);
	table_release(&t->nodes);
	free(t);
}

static bool
is_pattern(struct str name)
{
	return name.len > 0 && name.s[0] != PAGE_MARK &&
	    (memchr(name.s, '*', name.len) != NULL ||
	    memchr(name.s, '>', name.len) != NULL);
}

static struct str
first_level(struct str name)
{
	const char *dot = name.len > 0 ? memchr(name.s, '.', name.len) : NULL;

	return dot != NULL ? (struct str){ name.s, (size_t)(dot - name.s) } :
	    name;
}

/* What follows the first level; .s NULL at the end. */
static struct str
rest(struct str name, struct str level)
{
	if (level.len == name.len)
		return STR_NULL;
	return (struct str){ name.s + level.len + 1,
	    name.len - level.len - 1 };
}

static struct topic *
find(const struct topics *t, struct str name, uint64_t hash)
{
	struct entry *e = table_bucket(&t->names, hash);

	for (; e != NULL; e = e->next) {
		struct topic *o = (struct topic *)e;

		if (e->hash == hash && o->len == name.len &&
		    memcmp(o->name, name.s, name.len) == 0)
			return o;
	}
	return NULL;
}

static struct node *
child(const struct topics *t, const struct node *parent, struct str level,
    uint64_t *hash)
{
	struct entry *e;

	*hash = table_hash(&t->nodes, level, (uint64_t)(uintptr_t)parent);
	for (e = table_bucket(&t->nodes, *hash); e != NULL; e = e->next) {
		struct node *n = (struct node *)e;

		if (e->hash == *hash && n->parent == parent &&
		    n->len == level.len &&
		    memcmp(n->level, level.s, level.len) == 0)
			return n;
	}
	return NULL;
}

static struct node *
find_node(struct topics *t, struct str name)
{
	struct node *n = &t->root;
	uint64_t hash;

	while (n != NULL && name.s != NULL) {
		struct str level = first_level(name);

		n = child(t, n, level, &hash);
		name = rest(name, level);
	}
	return n;
}

static void
prune(struct topics *t, struct node *n)
{
	while (n != &t->root && n->topic == NULL && n->children == 0) {
		struct node *up = n->parent;

		table_remove(&t->nodes, &n->entry);
		up->children--;
		free(n);
		n = up;
	}
}

static struct node *
plant(struct topics *t, struct str name)
{
	struct node *at = &t->root, *n;
	uint64_t hash;

	do {
		struct str level = first_level(name);

		n = child(t, at, level, &hash);
		if (n == NULL) {
			n = calloc(1, sizeof(*n) + level.len);
			if (n == NULL) {
				prune(t, at);
				return NULL;
			}
			n->parent = at;
			n->len = (unsigned)level.len;
			memcpy(n->level, level.s, level.len);
			table_add(&t->nodes, &n->entry, hash);
			at->children++;
		}
		at = n;
		name = rest(name, level);
	} while (name.s != NULL);
	return at;
}

static struct topic *
make(struct topics *t, struct str name, uint64_t hash)
{
	struct topic *o = name.len > UINT16_MAX ? NULL :
	    calloc(1, sizeof(*o) + name.len);
	struct node *n;

	if (o == NULL)
		return NULL;
	o->len = (uint16_t)name.len;
	o->pattern = is_pattern(name);
	memcpy(o->name, name.s, name.len);
	if (o->pattern) {
		n = plant(t, name);
		if (n == NULL) {
			free(o);
			return NULL;
		}
		n->topic = o;
	}
	table_add(&t->names, &o->entry, hash);
	return o;
}

static void
unmake(struct topics *t, struct topic *o)
{
	struct node *n;

	table_remove(&t->names, &o->entry);
	if (o->pattern) {
		n = find_node(t, (struct str){ o->name, o->len });
		n->topic = NULL;
		prune(t, n);
	}
	if (o->log > 0)
		free(o->who.many);
	free(o);
}

/* --- Who listens --------------------------------------------------------- */

static struct members **
listeners(struct topic *o)
{
	return o->log == 0 ? &o->who.one : o->who.many;
}

static int
set_room(struct topic *o, uint8_t log)
{
	struct members **to;

	if (o->log == 0) {
		to = malloc(sizeof(*to) << log);
		if (to == NULL)
			return LVT_ENOMEM;
		to[0] = o->who.one;
		o->who.many = to;
	} else {
		to = realloc(o->who.many, sizeof(*to) << log);
		if (to == NULL)
			return LVT_ENOMEM;
		o->who.many = to;
	}
	o->log = log;
	return 0;
}

/* One more in the owner's list. */
static int
list_room(struct members *ms)
{
	uint32_t n = ms->n, cap = n < 8 ? n + 1 : 2 * n;
	struct member *to;

	if (n >= 8 && (n & (n - 1)) != 0)
		return 0;
	to = realloc(ms->list, cap * sizeof(*to));
	if (to == NULL)
		return LVT_ENOMEM;
	ms->list = to;
	return 0;
}

static struct member *
place(const struct members *ms, const struct topic *o)
{
	uint32_t i;

	for (i = 0; i < ms->n; i++)
		if (ms->list[i].topic == o)
			return &ms->list[i];
	return NULL;
}

int
topics_join(struct topics *t, struct str name, struct members *ms)
{
	uint64_t hash = table_hash(&t->names, name, 0);
	struct topic *o = find(t, name, hash);

	if (o != NULL && place(ms, o) != NULL)
		return 0;
	if (list_room(ms) != 0)
		return LVT_ENOMEM;
	if (o == NULL && (o = make(t, name, hash)) == NULL)
		return LVT_ENOMEM;
	if (o->count == UINT32_C(1) << o->log &&
	    set_room(o, o->log + 1) != 0)
		return LVT_ENOMEM;
	ms->list[ms->n++] = (struct member){ o, o->count };
	listeners(o)[o->count++] = ms;
	return 0;
}

/* The last listener of the topic takes the place, as does the last topic in
 * the owner's list. */
static void
leave(struct topics *t, struct members *ms, struct member *m)
{
	struct topic *o = m->topic;
	struct members *last = listeners(o)[--o->count];

	listeners(o)[m->at] = last;
	place(last, o)->at = m->at;
	*m = ms->list[--ms->n];
	if (o->count == 0)
		unmake(t, o);
	else if (o->log > 1 && o->count <= (UINT32_C(1) << o->log) / 4)
		set_room(o, o->log - 1);	/* or it stays larger */
}

static struct member *
named(const struct members *ms, struct str name)
{
	uint32_t i;

	for (i = 0; i < ms->n; i++)
		if (str_eq(topics_name(&ms->list[i]), name))
			return &ms->list[i];
	return NULL;
}

bool
topics_has(const struct members *ms, struct str name)
{
	return named(ms, name) != NULL;
}

bool
topics_leave(struct topics *t, struct str name, struct members *ms)
{
	struct member *m = named(ms, name);

	if (m != NULL)
		leave(t, ms, m);
	return m != NULL;
}

void
topics_drop(struct topics *t, struct members *ms)
{
	while (ms->n > 0)
		leave(t, ms, &ms->list[ms->n - 1]);
	free(ms->list);
	ms->list = NULL;
}

struct walk {
	void (*visit)(void *arg, struct members *ms);
	void *arg;
};

static void
visit_topic(struct topic *o, const struct walk *w)
{
	struct members **all = listeners(o);
	uint32_t i;

	for (i = 0; i < o->count; i++)
		w->visit(w->arg, all[i]);
}

static void
walk_patterns(const struct topics *t, const struct node *at, struct str name,
    const struct walk *w)
{
	struct str level = first_level(name), more = rest(name, level);
	struct str ways[2] = { level, STR("*") };
	const struct node *n;
	uint64_t hash;
	int i;

	n = child(t, at, STR(">"), &hash);
	if (n != NULL && n->topic != NULL)
		visit_topic(n->topic, w);
	for (i = 0; i < 2; i++) {
		n = child(t, at, ways[i], &hash);
		if (n == NULL)
			continue;
		if (more.s != NULL)
			walk_patterns(t, n, more, w);
		else if (n->topic != NULL)
			visit_topic(n->topic, w);
	}
}

void
topics_each(struct topics *t, struct str channel,
    void (*visit)(void *arg, struct members *ms), void *arg)
{
	struct walk w = { visit, arg };
	struct topic *o = find(t, channel,
	    table_hash(&t->names, channel, 0));

	if (o != NULL)
		visit_topic(o, &w);
	if (t->root.children > 0 && channel.len > 0 &&
	    channel.s[0] != PAGE_MARK)
		walk_patterns(t, &t->root, channel, &w);
}

bool
topics_match(const struct members *ms, struct str channel)
{
	bool page = topics_is_page(channel);
	uint32_t i;

	for (i = 0; i < ms->n; i++) {
		const struct topic *o = ms->list[i].topic;

		if (!o->pattern ? str_eq(topics_name(&ms->list[i]), channel) :
		    !page && channel_matches(o->name, o->len, channel.s,
		    channel.len))
			return true;
	}
	return false;
}

struct str
topics_name(const struct member *m)
{
	return (struct str){ m->topic->name, m->topic->len };
}

size_t
topics_count(const struct topics *t)
{
	return t->names.n;
}

size_t
topics_listeners(const struct topics *t, struct str name)
{
	const struct topic *o = find(t, name, table_hash(&t->names, name, 0));

	return o != NULL ? o->count : 0;
}

void
topics_page(struct buf *out, struct str app, struct str page,
    struct str scope)
{
	buf_putc(out, PAGE_MARK);
	buf_str(out, app);
	buf_putc(out, PAGE_MARK);
	buf_str(out, page);
	buf_putc(out, PAGE_MARK);
	buf_str(out, scope);
}

bool
topics_is_page(struct str name)
{
	return name.len > 0 && name.s[0] == PAGE_MARK;
}

void
topics_page_split(char *name, const char **page, const char **scope)
{
	char *p = strchr(name + 1, PAGE_MARK) + 1;
	char *q = strchr(p, PAGE_MARK);

	*q = '\0';
	*page = p;
	*scope = q + 1;
}

bool
topics_covers(struct str grant, struct str want)
{
	while (grant.s != NULL && want.s != NULL) {
		struct str g = first_level(grant), w = first_level(want);

		if (str_is(g, ">"))
			return true;
		if (str_is(w, ">") || (!str_is(g, "*") && !str_eq(g, w)))
			return false;
		grant = rest(grant, g);
		want = rest(want, w);
	}
	return grant.s == NULL && want.s == NULL;
}
