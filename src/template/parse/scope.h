/*
 * scope.h - the variables that can be named at a place.
 *
 * A stack; each variable also heads the chain of those with its hash, so that
 * a template with very many of them stays quick to parse and to compile.
 *
 * Owns:    the stack; names are borrowed.
 */
#ifndef LVT_TEMPLATE_SCOPE_H
#define LVT_TEMPLATE_SCOPE_H

#include "base/error.h"
#include "base/str.h"

#define SCOPE_HEADS	256
#define SCOPE_NONE	UINT32_MAX

struct scope {
	struct scope_var {
		struct str name;
		uint32_t hash;
		uint32_t below;		/* index + 1 of the same hash; 0: none */
	} *vars;
	uint32_t count, cap;
	uint32_t base;			/* first of this template */
	uint32_t heads[SCOPE_HEADS];	/* index + 1; 0: none */
};

struct scope_frame {
	uint32_t base, count;
};

void	scope_init(struct scope *s);
void	scope_release(struct scope *s);
int	scope_add(struct scope *s, struct str name);	/* 0 or LVT_ENOMEM */
/* The index of the newest variable of that name, or SCOPE_NONE. */
uint32_t scope_find(const struct scope *s, struct str name);
void	scope_cut(struct scope *s, uint32_t count);	/* forget the newer */
struct scope_frame scope_push(struct scope *s);		/* a new template */
void	scope_pop(struct scope *s, struct scope_frame frame);

#endif
