#include <stdlib.h>
#include <xxhash.h>

#include "base/error.h"
#include "view/cut.h"
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

struct place
statics_end(const struct statics *st, uint32_t number)
{
	const struct statics_array *a = &st->arrays[number];

	return (struct place){ a->count - 1, a->strs[a->count - 1].len };
}

static struct str *
window_strings(struct statics *st, const struct window *w, uint32_t *n)
{
	const struct statics_array *a = &st->arrays[w->base];
	struct place from = w->from, to = w->to;
	bool inside = w->part == WINDOW_INSIDE;
	struct str *strs;

	*n = inside ? to.string - from.string + 1 :
	    from.string + 1 + a->count - to.string;
	if ((strs = arena_alloc(&st->arena, *n * sizeof(*strs))) == NULL)
		return NULL;
	if (inside) {
		memcpy(strs, a->strs + from.string, *n * sizeof(*strs));
		strs[*n - 1].len = to.at;
		strs[0].s += from.at;
		strs[0].len -= from.at;
		return strs;
	}
	memcpy(strs, a->strs, (from.string + 1) * sizeof(*strs));
	strs[from.string].len = from.at;
	strs += from.string + 1;
	memcpy(strs, a->strs + to.string,
	    (a->count - to.string) * sizeof(*strs));
	strs[0].s += to.at;
	strs[0].len -= to.at;
	return strs - from.string - 1;
}

static bool
same_strings(const struct statics_array *a, const struct statics_array *b)
{
	uint32_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!str_eq(a->strs[i], b->strs[i]))
			return false;
	return true;
}

/* The number of an array of these strings, the next one where there is none;
 * UINT32_MAX: out of memory. */
static uint32_t
number_of(struct statics *st, const struct str *strs, uint32_t count)
{
	struct statics_array a = { .strs = strs, .count = count }, *more;
	uint32_t i, cap = st->cap * 2;

	for (i = 0; i < st->count; i++)
		if (same_strings(&st->arrays[i], &a))
			return i;
	if (make_json(st, &a) != 0)
		return UINT32_MAX;
	if (st->count == st->cap) {
		more = reallocarray(st->arrays, cap, sizeof(*more));
		if (more == NULL)
			return UINT32_MAX;
		st->arrays = more;
		st->cap = cap;
	}
	st->arrays[st->count] = a;
	return st->count++;
}

static bool
same_place(struct place a, struct place b)
{
	return a.string == b.string && a.at == b.at;
}

static bool
same_window(const struct window *a, const struct window *b)
{
	return a->base == b->base && a->part == b->part &&
	    same_place(a->from, b->from) && same_place(a->to, b->to);
}

uint32_t
statics_window(struct statics *st, uint32_t base, enum window_part part,
    struct place from, struct place to)
{
	struct window w = { base, UINT32_MAX, part, from, to }, *more;
	const struct str *strs;
	uint32_t i, count, cap = st->windows_cap * 2 + 4;

	for (i = 0; i < st->nwindows; i++)
		if (same_window(&st->windows[i], &w))
			return st->windows[i].number;
	if (st->nwindows == st->windows_cap) {
		more = reallocarray(st->windows, cap, sizeof(*more));
		if (more == NULL)
			return UINT32_MAX;
		st->windows = more;
		st->windows_cap = cap;
	}
	if ((strs = window_strings(st, &w, &count)) == NULL ||
	    (w.number = number_of(st, strs, count)) == UINT32_MAX)
		return UINT32_MAX;
	st->windows[st->nwindows++] = w;
	return w.number;
}

static int
add_nothing(struct statics *st)
{
	static const struct str nothing[2] = { { "", 0 }, { "", 0 } };

	st->nothing = number_of(st, nothing, 2);
	return st->nothing != UINT32_MAX ? 0 : LVT_ENOMEM;
}

static void
statics_free(struct statics *st)
{
	arena_release(&st->arena);
	free(st->arrays);
	free(st->windows);
	free(st);
}

static struct statics *
statics_create(const struct program *p)
{
	struct statics *st = calloc(1, sizeof(*st));
	struct statics_array *a;
	uint32_t i;

	if (st == NULL)
		return NULL;
	arena_init(&st->arena);
	st->nprogram = st->count = program_nstatics(p);
	st->cap = st->count + 4;
	st->arrays = calloc(st->cap, sizeof(*st->arrays));
	if (st->arrays == NULL)
		goto fail;
	for (i = 0; i < st->count; i++) {
		a = &st->arrays[i];
		a->strs = program_statics(p, i, &a->count);
		if (derive(st, a) != 0)
			goto fail;
	}
	if (cut_all(st, p) != 0 || add_nothing(st) != 0 ||
	    make_fingerprint(st) != 0)
		goto fail;
	st->nnamed = st->count;
	return st;
fail:
	statics_free(st);
	return NULL;
}

static void
drop(void *st)
{
	statics_free(st);
}

struct statics *
statics_of(const struct program *p)
{
	struct statics *st = program_attached(p);

	if (st == NULL && (st = statics_create(p)) != NULL)
		program_attach(p, st, drop);
	return st;
}

void
statics_json(const struct statics *st, struct buf *out)
{
	uint32_t i;

	for (i = 0; i < st->nnamed; i++) {
		buf_putc(out, i == 0 ? '[' : ',');
		buf_str(out, st->arrays[i].json);
	}
	buf_putc(out, ']');
}
