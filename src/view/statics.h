/*
 * statics.h - the statics arrays of a program, and what follows from them.
 *
 * Made once for each program and kept with it (program_attach()): the arrays
 * in their JSON form, a fingerprint, where <body> stands, and where the items
 * that they make have their keys.
 *
 * The numbers 0 .. nprogram - 1 are the program's. Behind them stand the
 * arrays that cutting a page at <body> makes (cut.h), and ["",""], the outer
 * tree of a view that is all body. Up to nnamed they are in the table that
 * clients load. A page of a shape that cut_all() gave up on makes more when it
 * is cut; those travel inline. Equal arrays have one number here, too, so that
 * pages which differ around their bodies are compared within them.
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

/* What statics_window() takes of an array. */
enum window_part {
	WINDOW_INSIDE,		/* what is between the two places */
	WINDOW_AROUND		/* the rest, with one slot in the middle */
};

/* What was taken of array base, and the number that this has. */
struct window {
	uint32_t base, number;
	enum window_part part;
	struct place from, to;
};

struct statics {
	struct statics_array *arrays;
	uint32_t nprogram, nnamed, count, cap;
	struct window *windows;
	uint32_t nwindows, windows_cap;
	uint32_t nothing;	/* the number of ["",""] */
	unsigned char fingerprint[16];	/* of the program's arrays, in order */
	struct arena arena;
};

/* That of the program, made on first use; NULL: out of memory. */
struct statics *statics_of(const struct program *p);
/* The number of a window of array base, made if there is none yet;
 * UINT32_MAX: out of memory. */
uint32_t statics_window(struct statics *st, uint32_t base,
	    enum window_part part, struct place from, struct place to);
/* Behind the last string. */
struct place statics_end(const struct statics *st, uint32_t number);
/* The whole table as JSON. */
void	statics_json(const struct statics *st, struct buf *out);

#endif
