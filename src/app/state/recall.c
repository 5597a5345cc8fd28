#include <stdlib.h>

#include <xxhash.h>

#include "app/state/recall.h"

struct entry {
	const struct page *page;	/* NULL: empty */
	uint64_t place;			/* where to look; a hash */
	uint64_t used;			/* when; of struct recall's clock */
	struct buf text;
	char *user;			/* who sees it */
	int64_t watching;
	struct view view;
};

struct recall {
	struct entry entries[RECALL_SETS][RECALL_WAYS];
	uint64_t clock;
	size_t bytes;
};

struct recall *
recall_create(void)
{
	return calloc(1, sizeof(struct recall));
}

static size_t
cost(const struct entry *e)
{
	return e->text.cap + e->view.bytes.cap;
}

static void
drop(struct recall *r, struct entry *e)
{
	r->bytes -= cost(e);
	buf_release(&e->text);
	view_release(&e->view);
	free(e->user);
	memset(e, 0, sizeof(*e));
}

void
recall_forget(struct recall *r, const struct program *p)
{
	struct entry *e = r->entries[0];
	size_t i;

	for (i = 0; i < RECALL_SETS * RECALL_WAYS; i++, e++)
		if (p == NULL || e->view.program == p)
			drop(r, e);
}

void
recall_free(struct recall *r)
{
	if (r != NULL)
		recall_forget(r, NULL);
	free(r);
}

/* --- Finding ------------------------------------------------------------------- */

static uint64_t
place_hash(const struct place *at)
{
	return XXH3_64bits_withSeed(at->group, strlen(at->group),
	    XXH3_64bits(at->page, strlen(at->page)));
}

/* The one of that place, or NULL. A hash that two share costs time only: the
 * text decides. */
static struct entry *
find(const struct recall *r, uint64_t place)
{
	const struct entry *set = r->entries[place % RECALL_SETS];
	size_t i;

	for (i = 0; i < RECALL_WAYS; i++)
		if (set[i].page != NULL && set[i].place == place)
			return (struct entry *)(uintptr_t)&set[i];
	return NULL;
}

/* Whether a page names its user or who watches is known of its program. */
static bool
sees_alike(const struct entry *e, const struct look *look)
{
	const struct page *pg = look->page;

	return e->page == pg && e->view.program == pg->program &&
	    look->errors == NULL && look->typed == NULL &&
	    look->layer == NULL &&
	    (!pg->uses_watching || e->watching == look->watching) &&
	    (!pg->uses_user || strcmp(e->user, look->user) == 0);
}

bool
recall_view(const struct recall *r, const struct place *at, struct str text,
    const struct look *look, struct view *v)
{
	const struct entry *e = find(r, place_hash(at));

	view_init(v);
	return e != NULL && text.len > 0 && e->text.len == text.len &&
	    memcmp(e->text.s, text.s, text.len) == 0 && sees_alike(e, look) &&
	    view_copy(v, &e->view, NULL) == 0;
}

/* --- Keeping ------------------------------------------------------------------- */

/* Room for so many bytes more, if need be at the cost of the oldest. */
static bool
make_bytes(struct recall *r, size_t bytes)
{
	struct entry *e, *oldest;
	size_t i;

	if (bytes > RECALL_BYTES / 8)
		return false;
	while (r->bytes + bytes > RECALL_BYTES) {
		oldest = NULL;
		for (e = r->entries[0], i = 0; i < RECALL_SETS * RECALL_WAYS;
		    e++, i++)
			if (e->page != NULL && (oldest == NULL ||
			    e->used < oldest->used))
				oldest = e;
		drop(r, oldest);
	}
	return true;
}

/* That of the place, else the oldest of its set: emptied. */
static struct entry *
make_entry(struct recall *r, uint64_t place)
{
	struct entry *set = r->entries[place % RECALL_SETS], *e, *at;

	if ((at = find(r, place)) == NULL)
		for (at = set, e = set + 1; e < set + RECALL_WAYS; e++)
			if (e->used < at->used)
				at = e;
	drop(r, at);
	return at;
}

void
recall_put(struct recall *r, const struct place *at, struct str text,
    const struct look *look, struct view *v)
{
	uint64_t place = place_hash(at);
	struct entry *e = make_entry(r, place);

	if (text.len == 0 || v->program == NULL ||
	    v->program != look->page->program || look->errors != NULL ||
	    look->typed != NULL || look->layer != NULL || !make_bytes(r, 2 * text.len + v->bytes.cap))
		return;
	if ((e->user = strdup(look->user)) == NULL)
		return;
	buf_add(&e->text, text.s, text.len);
	if (e->text.failed) {
		drop(r, e);
		return;
	}
	e->page = look->page;
	e->place = place;
	e->used = ++r->clock;
	e->watching = look->watching;
	e->view = *v;
	view_init(v);
	r->bytes += cost(e);
}
