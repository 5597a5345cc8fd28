/*
 * journal.h - what a walk over templates has found, to be done at its end.
 *
 * A walk that proves useless is taken back by rolling the journal back to where
 * it began: nodes have not been touched, and instances become as they were.
 *
 * Owns:    the entries. Borrows all that they lead to.
 * Invariant: a node has one entry at most in a journal that is done.
 */
#ifndef LVT_TEMPLATE_JOURNAL_H
#define LVT_TEMPLATE_JOURNAL_H

#include <stddef.h>

#include "template/escape/chain.h"
#include "template/escape/context.h"

struct instance {		/* a template in one context */
	struct ast_template *of;
	struct context in, out;
	bool known;			/* out is: found, or assumed */
	ptrdiff_t called;		/* newest entry of its call, or -1 */
	struct ast_template *copy;
	struct instance *next;		/* of the same hash */
};

struct change;

struct journal {
	struct change *v;
	size_t len, cap;
};

/* Where all is zero a journal is empty. */
void	journal_release(struct journal *j);

/* At once: out is known, i is called. Return: 0, LVT_ENOMEM. */
int	journal_output(struct journal *j, struct instance *i,
	    const struct context *out);
int	journal_called(struct journal *j, struct instance *i);

/* In the end: the node's text, its escapers, or the template that it calls; the
 * nodes of a list behind one are never reached. Return: 0, LVT_ENOMEM. */
int	journal_text(struct journal *j, struct ast_node *node, struct str text);
int	journal_action(struct journal *j, struct ast_node *node,
	    const struct chain *chain);
int	journal_call(struct journal *j, struct ast_node *node,
	    struct ast_template *target);
int	journal_cut(struct journal *j, struct ast_list *list,
	    struct ast_node *last);

/* Forget the entries from to on. */
void	journal_roll_back(struct journal *j, size_t to);
void	journal_do(struct journal *j);

#endif
