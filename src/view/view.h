/*
 * view.h - one rendering of a page, and the step to the next.
 *
 * A view is the tree of a page as flat bytes: no pointers, so it can be
 * compared by memcmp, hashed in one pass, cached and copied. The evaluator
 * writes it through view/tree.c (a struct sink_ops) in one go.
 *
 *   node  = text | list | range
 *   text  = 'T' u32 len, bytes
 *   list  = 'L' u32 len, u32 statics, slot nodes       (len: of all that follows)
 *   range = 'R' u32 len, u32 statics, u32 count, items (each u32 len, slot nodes)
 *
 * (The exact layout is private to view/tree.c and its readers in this folder.)
 *
 * Invariants:
 *   1. Two views of one program have equal bytes exactly when their trees are
 *      equal.
 *   2. html(view) is byte for byte what program_exec() prints without ops.
 *   3. apply(tree(a), diff(a, b)) == tree(b), and diff(a, a) is {}.
 *   4. An update is never larger than the tree that it leads to.
 */
#ifndef LVT_VIEW_VIEW_H
#define LVT_VIEW_VIEW_H

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "template/program.h"

#define VIEW_ID_TEXT	22		/* base64url of 16 bytes, no padding */
#define VIEW_KEY	32

struct view_id {
	unsigned char b[16];
};

struct view {
	const struct program *program;	/* borrowed; outlives the view */
	struct buf bytes;
	/* What view_id() found last, so that a view is hashed once. */
	struct view_hashed {
		bool known, keyed;
		unsigned char key[VIEW_KEY];
		struct view_id id;
	} hashed;
};

/* How statics travel. */
enum view_statics {
	VIEW_STATICS_INLINE,	/* "s":["<p>","</p>"] */
	VIEW_STATICS_NUMBERED	/* "s":12, see view_statics_json() */
};

/*
 * Which part of the tree. A page is split at <body>: what is inside it is the
 * *body* (what the wrapper holds, and what clients call the tree); the rest,
 * with one empty slot where the body stands, is the *outer* tree. Both are
 * trees of the normal form, with slots numbered from 0. The tags may stand in
 * different lists (a header and a footer that the page calls). A view without
 * <body> is all body; its outer tree is {"s":["",""],"0":""}.
 */
enum view_part { VIEW_WHOLE, VIEW_BODY, VIEW_OUTER };

void	view_init(struct view *v);
void	view_release(struct view *v);
/* Errors: those of program_exec(). */
int	view_render(struct view *v, const struct program *p, const json_t *data,
	    const struct program_host *host, struct lvt_error *err);
/* The same view once more, with the id it is known by. to is initialised here,
 * and needs no view_release() where this fails. Return: 0, LVT_ENOMEM. */
int	view_copy(struct view *to, const struct view *from,
	    struct lvt_error *err);
/* key: VIEW_KEY bytes, the app's secret; NULL: unkeyed. Covers statics and
 * content. Remembered in the view, which one thread uses at a time. */
void	view_id(const struct view *v, const unsigned char *key,
	    struct view_id *id);
void	view_id_text(const struct view_id *id, char text[VIEW_ID_TEXT + 1]);
/* Return: 0, LVT_EINVALID. */
int	view_id_parse(const char *text, size_t len, struct view_id *id);
bool	view_equal(const struct view *a, const struct view *b);
/* A copy of bytes made by view_render() of the same program, checked whole:
 * for caches. Return: 0, LVT_EINVALID (it is none), LVT_ENOMEM, LVT_ETOOBIG. */
int	view_load(struct view *v, const struct program *p, const void *bytes,
	    size_t len);

/* Appended to out; failures are out->failed. */
void	view_html(const struct view *v, enum view_part part, struct buf *out);
void	view_tree_json(const struct view *v, enum view_part part,
	    enum view_statics mode, struct buf *out);
/* The update that leads from a to b (same program): "{}" where equal; a whole
 * tree (with "s") where that is smaller or the part's root statics differ. */
void	view_diff(const struct view *a, const struct view *b,
	    enum view_part part, enum view_statics mode, struct buf *out);
/* Every statics array that trees may name, as a JSON array of arrays. */
void	view_statics_json(const struct program *p, struct buf *out);

/* For wrapping: the page up to and including <body ...>, and from </body>. */
void	view_html_around(const struct view *v, struct buf *before,
	    struct buf *after);

/* --- apply.c: the same on JSON, as a client does it --------------------- */

/*
 * The tree after the update: a new reference that shares what did not change;
 * tree and update are left alone. NULL: err has LVT_EINVALID (the update does
 * not fit the tree, or one of them is malformed) or LVT_ENOMEM.
 * statics: the parsed table for numbered statics, or NULL.
 */
json_t	*tree_apply(const json_t *tree, const json_t *update,
	    const json_t *statics, struct lvt_error *err);
/* Return: 0, LVT_EINVALID, or out->failed. */
int	tree_html(const json_t *tree, const json_t *statics, struct buf *out,
	    struct lvt_error *err);

#endif
