#include <stdlib.h>

#include "template/parse/scope.h"

static uint32_t
hash_name(struct str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.s[i]) * 16777619u;
	return h;
}

void
scope_init(struct scope *s)
{
	memset(s, 0, sizeof(*s));
}

void
scope_release(struct scope *s)
{
	free(s->vars);
	scope_init(s);
}

int
scope_add(struct scope *s, struct str name)
{
	struct scope_var *v;

	if (s->count == s->cap) {
		uint32_t cap = s->cap == 0 ? 32 : s->cap * 2;

		v = realloc(s->vars, cap * sizeof(*v));
		if (v == NULL)
			return LVT_ENOMEM;
		s->vars = v;
		s->cap = cap;
	}
	v = &s->vars[s->count++];
	v->name = name;
	v->hash = hash_name(name);
	v->below = s->heads[v->hash % SCOPE_HEADS];
	s->heads[v->hash % SCOPE_HEADS] = s->count;
	return 0;
}

uint32_t
scope_find(const struct scope *s, struct str name)
{
	uint32_t h = hash_name(name), i = s->heads[h % SCOPE_HEADS];

	while (i > s->base) {
		const struct scope_var *v = &s->vars[i - 1];

		if (v->hash == h && str_eq(v->name, name))
			return i - 1;
		i = v->below;
	}
	return SCOPE_NONE;
}

void
scope_cut(struct scope *s, uint32_t count)
{
	while (s->count > count) {
		const struct scope_var *v = &s->vars[--s->count];

		s->heads[v->hash % SCOPE_HEADS] = v->below;
	}
}

struct scope_frame
scope_push(struct scope *s)
{
	struct scope_frame frame = { s->base, s->count };

	s->base = s->count;
	return frame;
}

void
scope_pop(struct scope *s, struct scope_frame frame)
{
	scope_cut(s, frame.count);
	s->base = frame.base;
}
