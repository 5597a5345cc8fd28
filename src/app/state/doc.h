/*
 * doc.h - merge patches (RFC 7396), whole and as leaves.
 *
 * Invariants:
 *   1. Applying the leaves of a patch in their order is applying the patch.
 *   2. A leaf's value is null (removes), a scalar, an array, or {} ("there is
 *      an object here").
 */
#ifndef LVT_APP_DOC_H
#define LVT_APP_DOC_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"

#define DOC_DEPTH	64		/* objects within each other in a patch */
#define DOC_LEAVES	10000

/* doc := doc with patch merged in. doc is an object. 0 or LVT_ENOMEM. */
int	doc_merge(json_t *doc, const json_t *patch);
/* The leaves of patch, in the arena. Return: 0, LVT_EINVALID (no object),
 * LVT_ETOOBIG, LVT_ENOMEM. */
int	doc_leaves(const json_t *patch, struct arena *a,
	    struct patch **leaves, size_t *n);

/* Compact JSON text, appended. Return: 0; LVT_EINVALID, LVT_ETOOBIG: it could
 * not be read again (no UTF-8, a NUL in a name, too deep); LVT_ENOMEM. */
int	doc_write(struct buf *out, const json_t *doc);
/* The same in the arena; .s NULL on failure. */
struct str doc_text(struct arena *a, const json_t *doc);

#endif
