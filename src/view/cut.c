#include <stdlib.h>

#include "base/error.h"
#include "view/cut.h"

#define PATHS	16	/* to one kind of tag, */
#define WINDOWS	256	/* and windows in all; others travel inline */
#define BUDGET	4096	/* lists looked at */

/* --- Windows ------------------------------------------------------------ */

struct place
cut_before(const struct statics *st, const struct cut_path *path, int level)
{
	uint32_t slot = path->slots[level];

	if (level == path->n - 1)
		return path->at;
	return (struct place){ slot,
	    st->arrays[path->statics[level]].strs[slot].len };
}

struct place
cut_behind(const struct cut_path *path, int level)
{
	if (level == path->n - 1)
		return path->at;
	return (struct place){ path->slots[level] + 1, 0 };
}

void
cut_at_end(const struct statics *st, uint32_t root, struct cut_path *path)
{
	path->statics[0] = root;
	path->n = 1;
	path->at = statics_end(st, root);
}

bool
cut_fits(const struct statics *st, const struct cut_path *open,
    const struct cut_path *close, int common)
{
	struct place a = cut_before(st, open, common);
	struct place b = cut_before(st, close, common);

	return a.string < b.string || (a.string == b.string && a.at <= b.at);
}

uint32_t
cut_head(struct statics *st, const struct cut_path *path, int level)
{
	return statics_window(st, path->statics[level], WINDOW_INSIDE,
	    (struct place){ 0, 0 }, cut_behind(path, level));
}

uint32_t
cut_tail(struct statics *st, const struct cut_path *path, int level)
{
	uint32_t statics = path->statics[level];

	return statics_window(st, statics, WINDOW_INSIDE,
	    cut_before(st, path, level), statics_end(st, statics));
}

uint32_t
cut_body(struct statics *st, const struct cut_path *open,
    const struct cut_path *close, int common)
{
	return statics_window(st, open->statics[common], WINDOW_INSIDE,
	    cut_before(st, open, common), cut_behind(close, common));
}

uint32_t
cut_outer(struct statics *st, const struct cut_path *open,
    const struct cut_path *close, int common)
{
	return statics_window(st, open->statics[common], WINDOW_AROUND,
	    cut_behind(open, common), cut_before(st, close, common));
}

/* --- All windows of a program ------------------------------------------- */

/* A list that may stand in a slot which is text. */
struct edge {
	uint32_t statics, slot, list;
	bool always;		/* no condition decides */
};

struct cuts {
	struct statics *st;
	struct edge *edges;
	size_t n, cap;
	bool *leads;		/* does the array, or one below, have the tag? */
	uint32_t budget;
};

struct paths {
	struct cut_path v[PATHS];
	int n;
	bool always;		/* there is one in every page */
};

static int
add_edges(void *arg, const struct program_slot *s)
{
	struct cuts *c = arg;
	struct edge *more;
	uint32_t i;

	if (!split_text_slot(&c->st->arrays[s->statics].split, s->slot))
		return 0;
	if (c->n + s->nlists > c->cap) {
		c->cap = c->cap * 2 + 64;
		more = reallocarray(c->edges, c->cap, sizeof(*more));
		if (more == NULL)
			return LVT_ENOMEM;
		c->edges = more;
	}
	for (i = 0; i < s->nlists; i++)
		c->edges[c->n++] = (struct edge){ s->statics, s->slot,
		    s->lists[i], strcmp(s->construct, "template") == 0 };
	return 0;
}

static void
mark_leads(struct cuts *c, enum split_tag tag)
{
	bool again = true;
	uint32_t i;
	size_t k;

	for (i = 0; i < c->st->nprogram; i++)
		c->leads[i] = c->st->arrays[i].split.has[tag];
	while (again)
		for (again = false, k = 0; k < c->n; k++)
			if (c->leads[c->edges[k].list] &&
			    !c->leads[c->edges[k].statics])
				again = c->leads[c->edges[k].statics] = true;
}

static void
find_paths(struct cuts *c, uint32_t list, enum split_tag tag,
    bool always, struct cut_path *path, struct paths *found)
{
	const struct split *sp = &c->st->arrays[list].split;
	const struct edge *e;
	size_t k;

	if (path->n == CUT_LISTS || found->n == PATHS || c->budget == 0)
		return;
	c->budget--;
	path->statics[path->n++] = list;
	if (sp->has[tag]) {
		path->at = sp->at[tag];
		found->v[found->n++] = *path;
		found->always |= always;
	}
	for (k = 0; k < c->n && !sp->has[tag]; k++) {
		e = &c->edges[k];
		if (e->statics != list || !c->leads[e->list])
			continue;
		path->slots[path->n - 1] = e->slot;
		find_paths(c, e->list, tag, always && e->always, path, found);
	}
	path->n--;
}

static void
paths_to(struct cuts *c, uint32_t root, enum split_tag tag,
    struct paths *found)
{
	struct cut_path path = { .n = 0 };

	found->always = false;
	c->budget = BUDGET;
	mark_leads(c, tag);
	if (c->leads[root])
		find_paths(c, root, tag, true, &path, found);
}

static int
add_windows(struct statics *st, const struct cut_path *open,
    const struct cut_path *close)
{
	bool ok;
	int common = 0, i;

	while (common + 1 < open->n && common + 1 < close->n &&
	    open->slots[common] == close->slots[common] &&
	    open->statics[common + 1] == close->statics[common + 1])
		common++;
	if (!cut_fits(st, open, close, common) ||
	    st->nwindows >= WINDOWS)
		return 0;
	ok = cut_body(st, open, close, common) != UINT32_MAX &&
	    cut_outer(st, open, close, common) != UINT32_MAX;
	for (i = common + 1; i < open->n; i++)
		ok = ok && cut_head(st, open, i) != UINT32_MAX &&
		    cut_tail(st, open, i) != UINT32_MAX;
	for (i = common + 1; i < close->n; i++)
		ok = ok && cut_head(st, close, i) != UINT32_MAX &&
		    cut_tail(st, close, i) != UINT32_MAX;
	return ok ? 0 : LVT_ENOMEM;
}

/* As part.c looks for them: </body>, else </html>, else the end. */
static int
cut_paths(struct cuts *c, uint32_t root, struct paths *open,
    struct paths *close)
{
	int i, k, rc = 0;

	paths_to(c, root, SPLIT_BODY, open);
	paths_to(c, root, SPLIT_BODY_END, close);
	if (!close->always)
		paths_to(c, root, SPLIT_HTML_END, close);
	if (!close->always && close->n < PATHS)
		cut_at_end(c->st, root, &close->v[close->n++]);
	for (i = 0; i < open->n; i++)
		for (k = 0; k < close->n && rc == 0; k++)
			rc = add_windows(c->st, &open->v[i], &close->v[k]);
	return rc;
}

int
cut_all(struct statics *st, const struct program *p)
{
	struct cuts c = { .st = st };
	struct paths *both = calloc(2, sizeof(*both));
	int rc = LVT_ENOMEM;

	c.leads = calloc(st->nprogram, sizeof(*c.leads));
	if (both != NULL && c.leads != NULL &&
	    (rc = program_slots(p, add_edges, &c)) == 0)
		rc = cut_paths(&c, program_root(p), &both[0], &both[1]);
	free(c.edges);
	free(c.leads);
	free(both);
	return rc;
}
