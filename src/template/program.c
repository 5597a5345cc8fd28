/*
 * program.c - sources to a program: collect, escape, compile.
 *
 * Invariant: a program borrows nothing from its struct tmpl, which may be
 * compiled again for another main template, or freed.
 */
#include <stdlib.h>

#include "template/parse/ast.h"
#include "template/exec/call.h"
#include "template/exec/code.h"
#include "template/escape/escape.h"

struct tmpl {
	struct ast_set set;
	enum tmpl_engine engine;
	struct tmpl_limits limits;
};

static const struct tmpl_limits defaults = {
	.parse_depth = 1000,
	.exec_depth = 1000,
	.steps = 100 * 1000 * 1000,
	.source_bytes = (size_t)4 << 20,
	.output_bytes = (size_t)64 << 20,
};

static struct tmpl_limits
limits_or_defaults(const struct tmpl_limits *given)
{
	struct tmpl_limits l = defaults;

	if (given == NULL)
		return l;
	if (given->parse_depth != 0)
		l.parse_depth = given->parse_depth;
	if (given->exec_depth != 0)
		l.exec_depth = given->exec_depth;
	if (given->steps != 0)
		l.steps = given->steps;
	if (given->source_bytes != 0)
		l.source_bytes = given->source_bytes;
	if (given->output_bytes != 0)
		l.output_bytes = given->output_bytes;
	return l;
}

struct tmpl *
tmpl_create(enum tmpl_engine engine, const struct tmpl_limits *lim)
{
	struct tmpl *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->engine = engine;
	t->limits = limits_or_defaults(lim);
	ast_set_init(&t->set);
	t->set.limits.depth = t->limits.parse_depth;
	t->set.limits.bytes = t->limits.source_bytes > UINT32_MAX ?
	    UINT32_MAX : (uint32_t)t->limits.source_bytes;
	return t;
}

void
tmpl_free(struct tmpl *t)
{
	if (t == NULL)
		return;
	ast_set_release(&t->set);
	free(t);
}

int
tmpl_functions(struct tmpl *t, const struct lvt_template_func *rows,
    struct lvt_error *err)
{
	return call_register(&t->set, rows, err);
}

int
tmpl_parse(struct tmpl *t, const char *name, const char *file,
    const char *source, size_t len, struct lvt_error *err)
{
	return ast_parse(&t->set, str_z(name), file,
	    (struct str){ source, len }, err);
}

struct program *
tmpl_compile(struct tmpl *t, const char *main, struct lvt_error *err)
{
	struct str name = str_z(main);
	struct program *p;
	int rc = 0;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		lvt_error_nomem(err);
		return NULL;
	}
	arena_init(&p->arena);
	p->limits = t->limits;
	if (t->engine == TMPL_HTML)
		rc = escape_set(&t->set, name, err);
	if (rc == 0)
		rc = code_compile(p, &t->set, name, t->engine, err);
	if (rc != 0) {
		program_free(p);
		return NULL;
	}
	return p;
}

void
program_free(struct program *p)
{
	if (p == NULL)
		return;
	if (p->derived != NULL)
		p->drop(p->derived);
	arena_release(&p->arena);
	free(p->statics);
	free(p->fields);
	free(p->pairs);
	free(p);
}

void
program_attach(const struct program *p, void *derived,
    void (*drop)(void *derived))
{
	struct program *owner = (struct program *)p;

	/* What is derived changes nothing that a reader of the program sees. */
	if (owner->derived != NULL)
		owner->drop(owner->derived);
	owner->derived = derived;
	owner->drop = drop;
}

void *
program_attached(const struct program *p)
{
	return p->derived;
}

uint32_t
program_nstatics(const struct program *p)
{
	return p->nstatics;
}

const struct str *
program_statics(const struct program *p, uint32_t number, uint32_t *count)
{
	*count = p->statics[number]->count;
	return p->statics[number]->strs;
}

/* Make room for one more in an array that doubles. */
static int
reserve(void **array, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t want = *cap != 0 ? *cap * 2 : 16;
	void *more;

	if (n < *cap)
		return 0;
	if (want < *cap || (more = realloc(*array, want * size)) == NULL)
		return LVT_ENOMEM;
	*array = more;
	*cap = want;
	return 0;
}

static bool
same_statics(const struct code_statics *s, const struct str *strs,
    uint32_t count, uint64_t hash)
{
	uint32_t i;

	if (s->count != count || s->hash != hash)
		return false;
	for (i = 0; i < count; i++)
		if (!str_eq(s->strs[i], strs[i]))
			return false;
	return true;
}

/* FNV-1a with the lengths, so that "a","b" and "ab","" differ. */
static uint64_t
hash_strs(const struct str *strs, uint32_t count)
{
	uint64_t h = 0xcbf29ce484222325u;
	uint32_t i;
	size_t k;

	for (i = 0; i < count; i++) {
		h = (h ^ strs[i].len) * 0x100000001b3u;
		for (k = 0; k < strs[i].len; k++)
			h = (h ^ (unsigned char)strs[i].s[k]) *
			    0x100000001b3u;
	}
	return h;
}

uint32_t
program_add_statics(struct program *p, const struct str *strs, uint32_t count)
{
	uint64_t hash = hash_strs(strs, count);
	struct code_statics **bucket, *s;

	bucket = &p->buckets[hash % CODE_BUCKETS];
	for (s = *bucket; s != NULL; s = s->next)
		if (same_statics(s, strs, count, hash))
			return s->number;
	if (reserve((void **)&p->statics, p->nstatics, &p->cap_statics,
	    sizeof(struct code_statics *)) != 0 ||
	    (s = arena_new(&p->arena, struct code_statics)) == NULL)
		return UINT32_MAX;
	s->strs = strs;
	s->count = count;
	s->hash = hash;
	s->number = p->nstatics;
	s->next = *bucket;
	*bucket = s;
	p->statics[p->nstatics++] = s;
	return s->number;
}

/* The id of a name; CODE_NO_FIELD if no path has it. */
static uint32_t
find_field(const struct program *p, struct str s, uint64_t hash)
{
	uint32_t i = p->field_buckets[hash % CODE_BUCKETS];

	for (; i != 0; i = p->fields[i - 1].next)
		if (p->fields[i - 1].hash == hash &&
		    str_eq(p->fields[i - 1].s, s))
			return i - 1;
	return CODE_NO_FIELD;
}

struct code_name
program_add_field(struct program *p, struct str s)
{
	uint64_t hash = hash_strs(&s, 1);
	uint32_t id = find_field(p, s, hash);
	struct code_name none = { .s = STR_NULL };
	struct code_field *f;

	if (id == CODE_NO_FIELD) {
		if (reserve((void **)&p->fields, p->nfields, &p->cap_fields,
		    sizeof(*p->fields)) != 0)
			return none;
		f = &p->fields[p->nfields];
		f->s = arena_str(&p->arena, s.s, s.len);
		if (f->s.s == NULL)
			return none;
		id = p->nfields++;
		f->hash = hash;
		f->next = p->field_buckets[hash % CODE_BUCKETS];
		p->field_buckets[hash % CODE_BUCKETS] = id + 1;
	}
	return (struct code_name){ p->fields[id].s, id };
}

int
program_add_pair(struct program *p, uint32_t first, uint32_t second)
{
	uint32_t *head = &p->pair_buckets[(first * 31 + second) %
	    CODE_BUCKETS], i;

	for (i = *head; i != 0; i = p->pairs[i - 1].next)
		if (p->pairs[i - 1].first == first &&
		    p->pairs[i - 1].second == second)
			return 0;
	if (reserve((void **)&p->pairs, p->npairs, &p->cap_pairs,
	    sizeof(*p->pairs)) != 0)
		return LVT_ENOMEM;
	p->pairs[p->npairs] = (struct code_pair){ first, second, *head };
	*head = ++p->npairs;
	return 0;
}

/*
 * .host.member is a pair. The object may also be passed on, {{with .host}}
 * {{.member}}: then the two are the end of one path and the start of another.
 */
bool
program_uses(const struct program *p, const char *host, const char *member)
{
	struct str h = str_z(host), m = str_z(member);
	uint32_t from = find_field(p, h, hash_strs(&h, 1));
	uint32_t to = find_field(p, m, hash_strs(&m, 1)), i;
	bool passed = false, named = false;
	const struct code_pair *n;

	if (from == CODE_NO_FIELD || to == CODE_NO_FIELD)
		return false;
	for (i = 0; i < p->npairs; i++) {
		n = &p->pairs[i];
		if (n->first == from && n->second == to)
			return true;
		passed |= n->first == from && n->second == CODE_NO_FIELD;
		named |= n->first == CODE_NO_FIELD && n->second == to;
	}
	return passed && named;
}

int
program_members(const struct program *p, const char *host,
    int (*see)(void *arg, struct str member), void *arg)
{
	struct str h = str_z(host);
	uint32_t from = find_field(p, h, hash_strs(&h, 1)), i;
	int rc = 0;

	for (i = 0; rc == 0 && from != CODE_NO_FIELD && i < p->npairs; i++)
		if (p->pairs[i].first == from &&
		    p->pairs[i].second != CODE_NO_FIELD)
			rc = see(arg, p->fields[p->pairs[i].second].s);
	return rc;
}
