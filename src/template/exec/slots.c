/*
 * slots.c - the slots of a program, for who asks without running it.
 */
#include "template/exec/code.h"

struct walk {
	int (*see)(void *arg, const struct program_slot *s);
	void *arg;
};

static void
hold_list(struct program_slot *s, const struct code_list *l)
{
	if (l != NULL)
		s->lists[s->nlists++] = l->statics;
}

static void
describe(struct program_slot *s, const struct code_stmt *st)
{
	static const char *const words[] = {
		[CODE_PRINT] = "text", [CODE_IF] = "if", [CODE_WITH] = "with",
		[CODE_RANGE] = "range", [CODE_CALL] = "template",
		[CODE_TAIL] = "rest"
	};

	s->construct = words[st->op];
	s->file = st->at.in->file;
	s->line = st->at.line;
	s->column = st->at.column;
	s->source = st->at.source;
	s->nlists = 0;
	s->items = PROGRAM_NO_ITEMS;
	if (st->op == CODE_RANGE)
		s->items = st->body->statics;
	else
		hold_list(s, st->body);
	hold_list(s, st->otherwise);
	if (st->op == CODE_CALL && st->target != NULL)
		hold_list(s, st->target->body);
}

static int
walk_list(struct walk *w, const struct code_list *l)
{
	struct program_slot s = { .statics = l->statics };
	const struct code_stmt *st;
	int rc;

	for (st = l->stmts; st < l->stmts + l->nstmts; st++) {
		if (st->slot) {
			describe(&s, st);
			if ((rc = w->see(w->arg, &s)) != 0)
				return rc;
			s.slot++;
		}
		if ((st->body != NULL &&
		    (rc = walk_list(w, st->body)) != 0) ||
		    (st->otherwise != NULL &&
		    (rc = walk_list(w, st->otherwise)) != 0))
			return rc;
	}
	return 0;
}

uint32_t
program_root(const struct program *p)
{
	return p->main->body->statics;
}

int
program_slots(const struct program *p,
    int (*see)(void *arg, const struct program_slot *s), void *arg)
{
	struct walk w = { see, arg };
	const struct code_template *t;
	int rc;

	for (t = p->main; t != NULL; t = t->next)
		if ((rc = walk_list(&w, t->body)) != 0)
			return rc;
	return 0;
}
