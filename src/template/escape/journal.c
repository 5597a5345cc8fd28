/* journal.c - taking down changes of templates, taking them back, doing them. */
#include <stdlib.h>

#include "base/error.h"
#include "template/escape/journal.h"

struct change {
	enum { OUTPUT, CALLED, TEXT, ACTION, CALL, CUT } kind;
	union {
		struct { struct instance *i; struct context out; bool known; }
		    output;		/* as it was */
		struct { struct instance *i; ptrdiff_t before; } called;
		struct { struct ast_node *node; struct str text; } text;
		struct { struct ast_node *node; struct chain chain; } action;
		struct { struct ast_node *node; struct ast_template *target; }
		    call;
		struct { struct ast_list *list; struct ast_node *last; } cut;
	} u;
};

void
journal_release(struct journal *j)
{
	free(j->v);
	*j = (struct journal){ 0 };
}

static int
add(struct journal *j, struct change change)
{
	struct change *v;
	size_t cap;

	if (j->len == j->cap) {
		cap = j->cap != 0 ? j->cap * 2 : 64;
		v = realloc(j->v, cap * sizeof(*v));
		if (v == NULL)
			return LVT_ENOMEM;
		j->v = v;
		j->cap = cap;
	}
	j->v[j->len++] = change;
	return 0;
}

int
journal_output(struct journal *j, struct instance *i,
    const struct context *out)
{
	if (add(j, (struct change){ .kind = OUTPUT,
	    .u.output = { i, i->out, i->known } }) != 0)
		return LVT_ENOMEM;
	i->out = *out;
	i->known = true;
	return 0;
}

int
journal_called(struct journal *j, struct instance *i)
{
	if (add(j, (struct change){ .kind = CALLED,
	    .u.called = { i, i->called } }) != 0)
		return LVT_ENOMEM;
	i->called = (ptrdiff_t)j->len - 1;
	return 0;
}

int
journal_text(struct journal *j, struct ast_node *node, struct str text)
{
	return add(j, (struct change){ .kind = TEXT, .u.text = { node, text } });
}

int
journal_action(struct journal *j, struct ast_node *node,
    const struct chain *chain)
{
	return add(j, (struct change){ .kind = ACTION,
	    .u.action = { node, *chain } });
}

int
journal_call(struct journal *j, struct ast_node *node,
    struct ast_template *target)
{
	return add(j, (struct change){ .kind = CALL,
	    .u.call = { node, target } });
}

int
journal_cut(struct journal *j, struct ast_list *list, struct ast_node *last)
{
	return add(j, (struct change){ .kind = CUT, .u.cut = { list, last } });
}

void
journal_roll_back(struct journal *j, size_t to)
{
	while (j->len > to) {
		const struct change *c = &j->v[--j->len];

		if (c->kind == OUTPUT) {
			c->u.output.i->out = c->u.output.out;
			c->u.output.i->known = c->u.output.known;
		} else if (c->kind == CALLED) {
			c->u.called.i->called = c->u.called.before;
		}
	}
}

void
journal_do(struct journal *j)
{
	for (size_t k = 0; k < j->len; k++) {
		struct change *c = &j->v[k];

		switch (c->kind) {
		case OUTPUT:
		case CALLED:
			break;
		case TEXT:
			c->u.text.node->text = c->u.text.text;
			break;
		case ACTION:
			chain_apply(c->u.action.node, &c->u.action.chain);
			break;
		case CALL:
			c->u.call.node->target = c->u.call.target;
			break;
		case CUT:
			c->u.cut.last->next = NULL;
			c->u.cut.list->last = c->u.cut.last;
			break;
		}
	}
}
