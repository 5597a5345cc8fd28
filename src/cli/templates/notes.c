/*
 * notes.c - what of a program cannot be updated as little as one may expect.
 *
 * Walks the compiled lists in the order of the page, and their statics
 * through tags.c, so that each slot is known to stand in text, in a tag or in
 * a script. Branches start where their statement stands.
 *
 * Invariants:
 *   1. Templates call each other without end: BUDGET bounds the work, DEPTH
 *      the stack.
 *   2. A place is noted once, however often it is reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/templates/check.h"
#include "cli/templates/tags.h"
#include "template/exec/code.h"
#include "view/statics.h"

#define BUDGET		100000	/* statements walked */
#define DEPTH		200
#define NOTES		100

struct walk {
	const struct statics *st;
	struct tags tags;
	bool page_has_body, in_body;
	bool in_noted;		/* this script has its note */
	uint32_t budget, depth;
	int rc;
	const struct code_place *seen[NOTES];
	uint32_t nseen;
	void	(*found)(void *arg, const struct note *note);
	void	*arg;
};

static void	walk_list(struct walk *w, const struct code_list *list);

static void
say(struct walk *w, const struct code_place *at, const char *text)
{
	struct note note = { .line = (int)at->line,
	    .column = (int)at->column };
	uint32_t i;

	for (i = 0; i < w->nseen; i++)
		if (w->seen[i]->line == at->line &&
		    w->seen[i]->column == at->column &&
		    strcmp(w->seen[i]->in->file, at->in->file) == 0)
			return;
	if (w->nseen == NOTES)
		return;
	w->seen[w->nseen++] = at;
	note.file = at->in->file;
	snprintf(note.text, sizeof(note.text), "%s", text);
	w->found(w->arg, &note);
}

static void
on_tag(void *arg, const struct tags *t)
{
	struct walk *w = arg;

	w->in_noted = false;
	if (str_is(tags_name(t), "body"))
		w->in_body = !t->end;
}

/* --- What is worth a note ----------------------------------------------- */

static bool
has_tag(const struct walk *w, const struct code_list *list)
{
	const struct statics_array *a = &w->st->arrays[list->statics];
	uint32_t i;

	for (i = 0; i < a->count; i++)
		if (a->strs[i].len > 0 &&
		    memchr(a->strs[i].s, '<', a->strs[i].len) != NULL)
			return true;
	return false;
}

static void
note_range(struct walk *w, const struct code_stmt *s)
{
	if (tags_in_tag(&w->tags))
		say(w, &s->at, "a range within a tag: its items have no "
		    "keys, and each change sets the whole attribute anew");
	else if (w->tags.state != TAGS_DATA)
		return;
	else if (w->page_has_body && !w->in_body)
		say(w, &s->at, "a range outside of <body>: each change makes "
		    "the browser read all that is around the body again");
	else if (has_tag(w, s->body) &&
	    w->st->arrays[s->body->statics].key.kind == KEY_NONE)
		say(w, &s->at, "the items of this range have no key: give "
		    "their first tag a data-key, lvt-key or id, so that "
		    "moved and changed items are known again");
}

static void
note_slot(struct walk *w, const struct code_stmt *s)
{
	bool script = strcmp(w->tags.raw, "script") == 0;

	if (w->tags.state != TAGS_RAW || w->in_noted ||
	    (!script && strcmp(w->tags.raw, "style") != 0))
		return;
	w->in_noted = true;
	say(w, &s->at, script ?
	    "a value within <script>: when it changes the script is "
	    "replaced as a whole, and does not run again" :
	    "a value within <style>: when it changes the browser reads the "
	    "whole style sheet again");
}

static void
note_body(struct walk *w, const struct code_stmt *s,
    const struct code_list *list)
{
	const struct split *split = &w->st->arrays[list->statics].split;

	if (split->has[SPLIT_BODY] && s->op == CODE_RANGE)
		say(w, &s->at, "<body> within a range: the page cannot be "
		    "told from what is around it");
}

/* --- The walk ----------------------------------------------------------- */

static void
branches(struct walk *w, const struct code_stmt *s)
{
	const struct code_list *lists[] = { s->body, s->otherwise };
	struct tags *before, after;
	bool in_body = w->in_body;
	size_t i;

	if ((before = malloc(sizeof(*before))) == NULL) {
		w->rc = LVT_ENOMEM;
		return;
	}
	*before = w->tags;
	after = w->tags;
	for (i = 0; i < 2; i++) {
		if (lists[i] == NULL)
			continue;
		w->tags = *before;
		w->in_body = in_body;
		note_body(w, s, lists[i]);
		walk_list(w, lists[i]);
		if (i == 0)
			after = w->tags;
	}
	w->tags = after;
	free(before);
}

static void
statement(struct walk *w, const struct code_stmt *s)
{
	switch (s->op) {
	case CODE_PRINT:
		note_slot(w, s);
		tags_unknown(&w->tags);
		break;
	case CODE_RANGE:
		note_range(w, s);
		/* FALLTHROUGH */
	case CODE_IF: case CODE_WITH:
		note_slot(w, s);
		branches(w, s);
		break;
	case CODE_CALL:
		if (s->target != NULL && s->target->body != NULL) {
			note_body(w, s, s->target->body);
			walk_list(w, s->target->body);
		}
		break;
	case CODE_TAIL:
		walk_list(w, s->body);
		break;
	default:
		break;
	}
}

static void
walk_list(struct walk *w, const struct code_list *list)
{
	uint32_t i;

	if (w->depth == DEPTH)
		return;
	w->depth++;
	for (i = 0; i < list->nstmts && w->budget > 0 && w->rc == 0; i++) {
		w->budget--;
		tags_feed(&w->tags, list->stmts[i].before);
		statement(w, &list->stmts[i]);
	}
	tags_feed(&w->tags, list->after);
	w->depth--;
}

int
notes_each(const struct program *p,
    void (*found)(void *arg, const struct note *note), void *arg)
{
	struct walk *w = calloc(1, sizeof(*w));
	uint32_t i;
	int rc;

	if (w == NULL || (w->st = statics_of(p)) == NULL) {
		free(w);
		return LVT_ENOMEM;
	}
	w->budget = BUDGET;
	w->found = found;
	w->arg = arg;
	tags_init(&w->tags, on_tag, w);
	for (i = 0; i < w->st->nprogram; i++)
		w->page_has_body |= w->st->arrays[i].split.has[SPLIT_BODY];
	walk_list(w, p->main->body);
	rc = w->rc;
	free(w);
	return rc;
}
