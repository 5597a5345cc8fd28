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
#include "streamd/table.h"
#include "streamd/topics.h"

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
	struct member *first, *last;
	struct node *node;	/* of a pattern, else NULL */
	unsigned count;
	unsigned len;
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
	struct topic *o = calloc(1, sizeof(*o) + name.len);

	if (o == NULL)
		return NULL;
	o->len = (unsigned)name.len;
	memcpy(o->name, name.s, name.len);
	if (is_pattern(name)) {
		o->node = plant(t, name);
		if (o->node == NULL) {
			free(o);
			return NULL;
		}
		o->node->topic = o;
	}
	table_add(&t->names, &o->entry, hash);
	return o;
}

static void
unmake(struct topics *t, struct topic *o)
{
	table_remove(&t->names, &o->entry);
	if (o->node != NULL) {
		o->node->topic = NULL;
		prune(t, o->node);
	}
	free(o);
}

int
topics_join(struct topics *t, struct str name, struct member **members,
    void *owner)
{
	uint64_t hash = table_hash(&t->names, name, 0);
	struct topic *o = find(t, name, hash);
	struct member *m;

	if (o != NULL)
		for (m = *members; m != NULL; m = m->other)
			if (m->topic == o)
				return 0;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return LVT_ENOMEM;
	if (o == NULL && (o = make(t, name, hash)) == NULL) {
		free(m);
		return LVT_ENOMEM;
	}
	m->owner = owner;
	m->topic = o;
	m->prev = o->last;
	*(o->last != NULL ? &o->last->next : &o->first) = m;
	o->last = m;
	o->count++;
	m->other = *members;
	*members = m;
	return 0;
}

static void
leave(struct topics *t, struct member *m)
{
	struct topic *o = m->topic;

	*(m->prev != NULL ? &m->prev->next : &o->first) = m->next;
	*(m->next != NULL ? &m->next->prev : &o->last) = m->prev;
	if (--o->count == 0)
		unmake(t, o);
	free(m);
}

bool
topics_leave(struct topics *t, struct str name, struct member **members)
{
	struct member **at = members, *m;

	for (; (m = *at) != NULL; at = &m->other)
		if (str_eq(topics_name(m), name)) {
			*at = m->other;
			leave(t, m);
			return true;
		}
	return false;
}

void
topics_drop(struct topics *t, struct member **members)
{
	struct member *m;

	while ((m = *members) != NULL) {
		*members = m->other;
		leave(t, m);
	}
}

struct walk {
	void (*visit)(void *arg, void *owner);
	void *arg;
};

static void
visit_topic(const struct topic *o, const struct walk *w)
{
	const struct member *m;

	for (m = o->first; m != NULL; m = m->next)
		w->visit(w->arg, m->owner);
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
    void (*visit)(void *arg, void *owner), void *arg)
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
topics_match(const struct member *m, struct str channel)
{
	bool page = topics_is_page(channel);

	for (; m != NULL; m = m->other) {
		const struct topic *o = m->topic;

		if (o->node == NULL ? str_eq(topics_name(m), channel) :
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
