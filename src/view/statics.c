#include <stdlib.h>
#include <xxhash.h>

#include "base/error.h"
#include "view/encode.h"
#include "view/statics.h"
#include "view/tree.h"

static void
hash_u32(XXH3_state_t *h, size_t v)
{
	char b[4];

	tree_put_u32(b, (uint32_t)v);
	XXH3_128bits_update(h, b, sizeof(b));
}

/* Lengths too, so that no other cutting of the same text is the same. */
static int
make_fingerprint(struct statics *st)
{
	XXH3_state_t *h = XXH3_createState();
	XXH128_canonical_t canonical;
	uint32_t i, k;

	if (h == NULL)
		return LVT_ENOMEM;
	XXH3_128bits_reset(h);
	for (i = 0; i < st->nprogram; i++) {
		const struct statics_array *a = &st->arrays[i];

		hash_u32(h, a->count);
		for (k = 0; k < a->count; k++) {
			hash_u32(h, a->strs[k].len);
			if (a->strs[k].len > 0)
				XXH3_128bits_update(h, a->strs[k].s,
				    a->strs[k].len);
		}
	}
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(h));
	memcpy(st->fingerprint, canonical.digest, sizeof(st->fingerprint));
	XXH3_freeState(h);
	return 0;
}

static int
make_json(struct statics *st, struct statics_array *a)
{
	struct buf json;
	uint32_t i;

	buf_init(&json);
	for (i = 0; i < a->count; i++) {
		buf_putc(&json, i == 0 ? '[' : ',');
		json_add_string(&json, a->strs[i]);
	}
	buf_putc(&json, ']');
	if (!json.failed)
		a->json = arena_str(&st->arena, json.s, json.len);
	buf_release(&json);
	return a->json.s != NULL ? 0 : LVT_ENOMEM;
}

static int
derive(struct statics *st, struct statics_array *a)
{
	uint32_t i;

	for (i = 0; i < a->count; i++)
		if (a->strs[i].len > 0 &&
		    (memchr(a->strs[i].s, '"', a->strs[i].len) != NULL ||
		    memchr(a->strs[i].s, '\'', a->strs[i].len) != NULL))
			a->quotes = true;
	if (split_find(&a->split, a->strs, a->count, &st->arena) != 0 ||
	    key_plan_make(&a->key, a->strs, a->count, &st->arena) != 0)
		return LVT_ENOMEM;
	return make_json(st, a);
}

/* The array of what is inside (or around) the body that array a holds. */
static int
add_window(struct statics *st, const struct statics_array *a, bool body)
{
	const struct split *sp = &a->split;
	struct statics_array *w = &st->arrays[st->count];
	struct str *strs;
	uint32_t n;

	n = body ? sp->to - sp->from + 1 : sp->from + 1 + a->count - sp->to;
	if ((strs = arena_alloc(&st->arena, n * sizeof(*strs))) == NULL)
		return LVT_ENOMEM;
	if (body) {
		memcpy(strs, a->strs + sp->from, n * sizeof(*strs));
		strs[n - 1].len = sp->to_at;
		strs[0].s += sp->from_at;
		strs[0].len -= sp->from_at;
	} else {
		memcpy(strs, a->strs, (sp->from + 1) * sizeof(*strs));
		strs[sp->from].len = sp->from_at;
		memcpy(strs + sp->from + 1, a->strs + sp->to,
		    (a->count - sp->to) * sizeof(*strs));
		strs[sp->from + 1].s += sp->to_at;
		strs[sp->from + 1].len -= sp->to_at;
	}
	*w = (struct statics_array){ .strs = strs, .count = n };
	st->count++;
	return make_json(st, w);
}

static int
add_windows(struct statics *st)
{
	static const struct str nothing[2] = { { "", 0 }, { "", 0 } };
	struct statics_array *a;
	uint32_t i;

	for (i = 0; i < st->nprogram; i++) {
		a = &st->arrays[i];
		if (!a->split.found)
			continue;
		a->split.body = st->count;
		a->split.outer = st->count + 1;
		if (add_window(st, a, true) != 0 ||
		    add_window(st, a, false) != 0)
			return LVT_ENOMEM;
	}
	a = &st->arrays[st->count++];
	*a = (struct statics_array){ .strs = nothing, .count = 2 };
	return make_json(st, a);
}

struct statics *
statics_create(const struct statics_source *src, uint32_t n)
{
	struct statics *st = calloc(1, sizeof(*st));
	uint32_t i;

	if (st == NULL)
		return NULL;
	arena_init(&st->arena);
	/* Room for the two windows of each, and the last. */
	st->arrays = calloc((size_t)n * 3 + 1, sizeof(*st->arrays));
	if (st->arrays == NULL)
		goto fail;
	st->nprogram = st->count = n;
	for (i = 0; i < n; i++) {
		st->arrays[i].strs = src[i].strs;
		st->arrays[i].count = src[i].count;
		if (derive(st, &st->arrays[i]) != 0)
			goto fail;
	}
	if (add_windows(st) != 0 || make_fingerprint(st) != 0)
		goto fail;
	return st;
fail:
	statics_free(st);
	return NULL;
}

void
statics_free(struct statics *st)
{
	if (st == NULL)
		return;
	arena_release(&st->arena);
	free(st->arrays);
	free(st);
}

static void
drop(void *st)
{
	statics_free(st);
}

const struct statics *
statics_of(const struct program *p)
{
	struct statics *st = program_attached(p);
	struct statics_source *src;
	uint32_t i, n;

	if (st != NULL)
		return st;
	n = program_nstatics(p);
	if ((src = calloc(n, sizeof(*src))) == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		src[i].strs = program_statics(p, i, &src[i].count);
	if ((st = statics_create(src, n)) != NULL)
		program_attach(p, st, drop);
	free(src);
	return st;
}

void
statics_json(const struct statics *st, struct buf *out)
{
	uint32_t i;

	for (i = 0; i < st->count; i++) {
		buf_putc(out, i == 0 ? '[' : ',');
		buf_str(out, st->arrays[i].json);
	}
	buf_putc(out, ']');
}
