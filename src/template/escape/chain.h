/*
 * chain.h - the escapers of one action, from its context to its node.
 */
#ifndef LVT_TEMPLATE_CHAIN_H
#define LVT_TEMPLATE_CHAIN_H

#include "template/parse/ast.h"
#include "template/escape/context.h"
#include "template/escape/escape.h"

struct chain {
	uint8_t e[4], n;		/* enum escaper, in order */
};

/* What an action in c needs; moves c on. False: the place is ambiguous. */
bool	chain_for(struct chain *chain, struct context *c);
/* ESC_FUNC_* for a command that is an escaper by itself, else ESC_NONE */
enum escaper chain_function(const struct ast_command *cmd);
/* Mark an action, merging a function that ends it with the chain. */
void	chain_apply(struct ast_node *node, struct chain *chain);

#endif
