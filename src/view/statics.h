/*
 * statics.h - the statics arrays of a program, and what follows from them.
 *
 * Made once for each program and kept with it (program_attach()): the arrays
 * in their JSON form, a fingerprint, where <body> stands, and where the items
 * that they make have their keys.
 *
 * The numbers 0 .. nprogram - 1 are the program's. Behind them stand the
 * arrays that the split at <body> makes, see split.c: two for each array that
 * holds a body, and ["",""] as the last, the outer tree of a view that is all
 * body.
 *
 * Owns:    all of it. Borrows the program's strings.
 */
#ifndef LVT_VIEW_STATICS_H
#define LVT_VIEW_STATICS_H

#include <stdint.h>

#include "base/arena.h"
#include "template/program.h"
#include "view/key.h"
#include "view/split.h"

struct statics_array {
	const struct str *strs;
	uint32_t count;		/* at least 1 */
	bool quotes;		/* holds " or ' */
	struct str json;	/* ["<p>","</p>"] */
	struct split split;
	struct key_plan key;
};

struct statics {
	struct statics_array *arrays;
	uint32_t nprogram, count;
	unsigned char fingerprint[16];	/* of the program's arrays, in order */
	struct arena arena;
};

/* The strings of n arrays, borrowed until statics_free(); NULL: no memory. */
struct statics_source {
	const struct str *strs;
	uint32_t count;
};
struct statics *statics_create(const struct statics_source *src, uint32_t n);
void	statics_free(struct statics *st);	/* NULL is fine */
/* That of the program, made on first use; NULL: out of memory. */
const struct statics *statics_of(const struct program *p);
/* The whole table as JSON. */
void	statics_json(const struct statics *st, struct buf *out);

#endif
