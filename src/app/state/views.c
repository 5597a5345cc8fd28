#include <stdlib.h>

#include "app/state/views.h"

static void
drop(struct views *vs, struct kept_view *k)
{
	vs->bytes -= k->len;
	free(k->bytes);
	memset(k, 0, sizeof(*k));
}

void
views_release(struct views *vs)
{
	views_forget(vs, NULL);
}

void
views_forget(struct views *vs, const struct program *p)
{
	size_t i;

	for (i = 0; i < VIEWS_KEPT; i++)
		if (vs->kept[i].bytes != NULL &&
		    (p == NULL || vs->kept[i].program == p))
			drop(vs, &vs->kept[i]);
}

static const struct kept_view *
find(const struct views *vs, const struct view_id *id,
    const struct program *p)
{
	size_t i;

	for (i = 0; i < VIEWS_KEPT; i++)
		if (vs->kept[i].program == p && vs->kept[i].bytes != NULL &&
		    memcmp(&vs->kept[i].id, id, sizeof(*id)) == 0)
			return &vs->kept[i];
	return NULL;
}

void
views_put(struct views *vs, const struct view_id *id, const struct view *v)
{
	struct kept_view *k = &vs->kept[vs->next];

	if (v->bytes.len == 0 || v->bytes.len > VIEWS_BYTES / VIEWS_KEPT * 4 ||
	    find(vs, id, v->program) != NULL)
		return;
	if (k->bytes != NULL)
		drop(vs, k);
	if (vs->bytes + v->bytes.len > VIEWS_BYTES)
		views_forget(vs, NULL);
	if ((k->bytes = malloc(v->bytes.len)) == NULL)
		return;
	memcpy(k->bytes, v->bytes.s, v->bytes.len);
	k->len = v->bytes.len;
	k->id = *id;
	k->program = v->program;
	vs->bytes += k->len;
	vs->next = (vs->next + 1) % VIEWS_KEPT;
}

bool
views_find(const struct views *vs, const struct view_id *id,
    const struct program *p, struct view *v)
{
	const struct kept_view *k = find(vs, id, p);

	view_init(v);
	return k != NULL && view_load(v, p, k->bytes, k->len) == 0;
}
