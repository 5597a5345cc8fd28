/*
 * escape.c - walking templates to find the context of every action.
 *
 * A walk begins in a context and gives the one that it ends in. Nothing is
 * changed while it goes on: what it finds is written to a journal and done
 * at the end. A walk that proves useless (the second turn of a loop, a wrong
 * guess about a recursive template) is taken back.
 *
 * The algorithm is that of Go's html/template, with two differences: the
 * context in which a template ended is remembered for its further calls, and
 * the second guess about a recursive template begins where the first did.
 * There html/template may take a script for text. And every continue of a
 * loop counts, not only the last. chain.c decides on escapers, rewrite.c
 * changes text.
 *
 * Templates are escaped once for each context that they are called in: each
 * such instance is a copy of the body that was parsed.
 *
 * Invariants:
 *   1. Bodies as parsed are never changed; instances are.
 *   2. No node is walked twice in walks that both count, so a node has one
 *      entry in the journal at most.
 *   3. A walk ends: depth and the number of nodes visited are bounded.
 */
#include "base/suggest.h"
#include "template/escape/chain.h"
#include "template/escape/context.h"
#include "template/escape/escape.h"
#include "template/escape/journal.h"
#include "template/escape/rewrite.h"

/* Blocks and template calls within each other; nodes walked in all. */
#define WALK_DEPTH	2500
#define WALK_NODES	20000000

struct leave {			/* a break or continue */
	struct context c;
	const struct ast_node *node;
	struct leave *next;
};

struct loop {
	struct leave *breaks, **breaks_end;
	struct leave *continues, **continues_end;
};

#define INSTANCE_SLOTS	256

struct walk {
	struct ast_set *set;
	struct arena *arena;		/* of the set */
	struct instance *instances[INSTANCE_SLOTS];
	struct journal journal;
	struct loop *loop;		/* innermost, or NULL */
	struct transit transit;
	struct buf text;		/* being rewritten */
	struct lvt_error *err;
	struct lvt_error failure;	/* of the walk that failed last */
	struct leaving {		/* where text last became something else */
		const struct ast_node *node;
		size_t at;		/* bytes of its text before that */
	} leaving;
	uint32_t depth, nodes;
	int fatal;			/* LVT_ENOMEM, LVT_ETOOBIG: give up */
};

static const struct context dead = { .state = STATE_DEAD };
static const struct context failed = { .state = STATE_ERROR };

static struct context walk_list(struct walk *w, struct context c,
    struct ast_list *list);

/* --- Failing ------------------------------------------------------------ */

static struct context
give_up(struct walk *w, int code)
{
	if (w->fatal == 0)
		w->fatal = code;
	return failed;
}

/* Where: at, moved on by the first n bytes of s. */
static void
place_failure(struct walk *w, const struct ast_place *at, const char *s,
    size_t n)
{
	int line = (int)at->line, column = (int)at->column;
	char file[sizeof(w->failure.file)];

	for (size_t i = 0; i < n; i++) {
		column++;
		if (s[i] == '\n') {
			line++;
			column = 1;
		}
	}
	snprintf(file, sizeof(file), STR_FMT, STR_ARG(at->in->file));
	lvt_error_at(&w->failure, file, line, column);
}

/* What failed last counts: a walk may fail and another way be found. */
static struct context __attribute__((format(printf, 3, 4)))
fail(struct walk *w, const struct ast_place *at, const char *fmt, ...)
{
	va_list ap;

	lvt_error_init(&w->failure);
	va_start(ap, fmt);
	lvt_error_vset(&w->failure, LVT_EESCAPE, fmt, ap);
	va_end(ap);
	if (at != NULL)
		place_failure(w, at, NULL, 0);
	return failed;
}

static struct context
fail_join(struct walk *w, const struct ast_node *node, const char *name,
    const struct context *a, const struct context *b)
{
	buf_clear(&w->text);
	context_describe(&w->text, a);
	buf_puts(&w->text, ", another in ");
	context_describe(&w->text, b);
	return fail(w, &node->at, "{{%s}} branches end in different "
	    "contexts: one in %s", name, buf_z(&w->text));
}

static struct context
fail_missing(struct walk *w, const struct ast_place *at, struct str name)
{
	struct suggest s = suggest_for(name);

	for (struct ast_template *t = w->set->templates; t != NULL;
	    t = t->next)
		if (t->body != NULL)
			suggest_try(&s, t->name);
	if (s.best.s == NULL)
		return fail(w, at, "no such template \"" STR_FMT "\"",
		    STR_ARG(name));
	return fail(w, at, "no such template \"" STR_FMT "\"; did you mean \""
	    STR_FMT "\"?", STR_ARG(name), STR_ARG(s.best));
}

/* Say in front of the message how it came to that. */
static void
prefix_failure(struct walk *w, const char *how)
{
	char message[sizeof(w->failure.message)];

	snprintf(message, sizeof(message), "%s: %.*s", how,
	    (int)(sizeof(message) - strlen(how) - 3), w->failure.message);
	memcpy(w->failure.message, message, sizeof(message));
}

/* --- Actions ------------------------------------------------------------ */

static struct context
walk_action(struct walk *w, struct context c, struct ast_node *node)
{
	const struct ast_command *cmd;
	struct chain chain;
	enum escaper e;

	if (node->pipe->nvars > 0)
		return c;
	c = context_nudge(c);
	for (cmd = node->pipe->commands; cmd != NULL; cmd = cmd->next) {
		e = chain_function(cmd);
		/* {{.x | html | f}}: f may undo what html did. */
		if (e != ESC_NONE && (cmd->next != NULL ||
		    (e == ESC_FUNC_HTML && c.state == STATE_ATTR &&
		    c.delim == DELIM_SPACE)))
			return fail(w, &node->at, "predefined escaper \""
			    STR_FMT "\" disallowed in template: %s",
			    STR_ARG(cmd->args->name), cmd->next != NULL ?
			    "it is not the last of its pipeline" :
			    "the attribute's value has no quotes");
	}
	if (c.state == STATE_ERROR)
		return c;
	if (!chain_for(&chain, &c))
		return fail(w, &node->at, "{{" STR_FMT "}} appears in an "
		    "ambiguous context within a URL: branches before it end "
		    "in different parts of the URL",
		    STR_ARG(node->pipe->source));
	if (journal_action(&w->journal, node, &chain) != 0)
		return give_up(w, LVT_ENOMEM);
	return c;
}

/* --- Text --------------------------------------------------------------- */

/* The tag or comment that ends plain text before the end-th byte: a page that
 * ends within it is told where it began. */
static void
note_leaving(struct walk *w, const struct ast_node *node, size_t end)
{
	size_t at = end;

	while (at > 0 && node->text.s[at - 1] != '<')
		at--;
	w->leaving = (struct leaving){ node, at > 0 ? at - 1 : 0 };
}

static struct context
walk_text(struct walk *w, struct context c, struct ast_node *node)
{
	struct rewrite r = { &w->text, node->text, 0, false };
	struct context c1;
	struct str text;
	size_t i = 0, n;

	buf_clear(&w->text);
	while (i < r.s.len) {
		c1 = c;
		buf_clear(&w->transit.why);
		n = transition(&w->transit, &c1,
		    (struct str){ r.s.s + i, r.s.len - i });
		if (w->transit.failed)
			return give_up(w, w->transit.failed);
		if (c1.state == STATE_ERROR) {
			fail(w, NULL, "%s", buf_z(&w->transit.why));
			place_failure(w, &node->at, r.s.s, i);
			return failed;
		}
		if (c.state == STATE_TEXT && c1.state != STATE_TEXT)
			note_leaving(w, node, i + n);
		rewrite_step(&r, &c, &c1, i, i + n);
		c = c1;
		i += n;
	}
	if (!r.changed)
		return c;
	if (!state_is_comment((enum state)c.state) || c.delim != DELIM_NONE)
		rewrite_keep(&r, r.s.len);
	text = arena_str(w->arena, w->text.s, w->text.len);
	if (w->text.failed || text.s == NULL ||
	    journal_text(&w->journal, node, text) != 0)
		return give_up(w, LVT_ENOMEM);
	return c;
}

/* --- Branches ----------------------------------------------------------- */

static struct context
join(struct walk *w, const struct context *a, const struct context *b,
    const struct ast_node *node, const char *name)
{
	struct context c;

	if (a->state == STATE_ERROR || b->state == STATE_ERROR)
		return failed;
	if (!context_join(a, b, &c))
		return fail_join(w, node, name, a, b);
	return c;
}

static struct context
walk_leave(struct walk *w, struct context c, const struct ast_node *node)
{
	struct leave *l = arena_new(w->arena, struct leave);
	struct leave ***end;

	if (l == NULL)
		return give_up(w, LVT_ENOMEM);
	l->c = c;
	l->node = node;
	end = node->type == AST_BREAK ? &w->loop->breaks_end :
	    &w->loop->continues_end;
	**end = l;
	*end = &l->next;
	return dead;
}

/* A loop may go on, or end, where it is left early. */
static struct context
join_leaves(struct walk *w, struct context c, const struct leave *l,
    const char *how)
{
	for (; l != NULL && c.state != STATE_ERROR; l = l->next) {
		c = join(w, &c, &l->c, l->node, "range");
		if (c.state == STATE_ERROR)
			prefix_failure(w, how);
	}
	return c;
}

static struct context
join_loop(struct walk *w, struct context c, const struct loop *loop)
{
	c = join_leaves(w, c, loop->breaks, "at range loop break");
	return join_leaves(w, c, loop->continues, "at range loop continue");
}

/* One turn of a loop, its body joined with the places that leave it. */
static struct context
walk_turn(struct walk *w, struct context c, struct ast_node *node,
    struct loop *loop)
{
	struct loop *outer = w->loop;

	*loop = (struct loop){ 0 };
	loop->breaks_end = &loop->breaks;
	loop->continues_end = &loop->continues;
	w->loop = loop;
	c = walk_list(w, c, node->body);
	w->loop = outer;
	return c;
}

static struct context
walk_range(struct walk *w, struct context c, struct ast_node *node)
{
	struct context c0, c1, end;
	struct loop loop;
	size_t mark;

	end = walk_turn(w, c, node, &loop);
	c0 = join_loop(w, end, &loop);
	if (c0.state == STATE_ERROR)
		return c0;
	/* A second turn begins where the first ended. If that is where the
	 * first began, it would find the same. */
	c1 = end;
	if (!context_eq(&c0, &c)) {
		mark = w->journal.len;
		c1 = walk_turn(w, c0, node, &loop);
		journal_roll_back(&w->journal, mark);
	}
	c0 = join(w, &c0, &c1, node, "range");
	if (c0.state == STATE_ERROR) {
		prefix_failure(w, "on range loop re-entry");
		return c0;
	}
	c0 = join_loop(w, c0, &loop);
	if (c0.state == STATE_ERROR)
		return c0;
	c1 = walk_list(w, c, node->otherwise);
	return join(w, &c0, &c1, node, "range");
}

static struct context
walk_branch(struct walk *w, struct context c, struct ast_node *node)
{
	struct context c0, c1;

	if (node->type == AST_RANGE)
		return walk_range(w, c, node);
	c0 = walk_list(w, c, node->body);
	if (c0.state == STATE_ERROR)
		return c0;
	c1 = walk_list(w, c, node->otherwise);
	return join(w, &c0, &c1, node, node->type == AST_IF ? "if" : "with");
}

/* --- Templates ---------------------------------------------------------- */

static const struct ast_list *
parsed_body(const struct ast_template *t)
{
	return t->body != NULL && t->body == t->escaped ? t->parsed : t->body;
}

/* The copy of t for c: under its own name in the zero context. */
static struct ast_template *
copy_template(struct walk *w, struct ast_template *t, const struct context *c)
{
	struct ast_template *copy = arena_new(w->arena, struct ast_template);

	if (copy == NULL)
		return NULL;
	buf_clear(&w->text);
	context_mangle(&w->text, t->name, c);
	copy->name = arena_str(w->arena, w->text.s, w->text.len);
	copy->file = t->file;
	copy->source = t->source;
	copy->body = ast_copy_list(w->arena, parsed_body(t));
	copy->escaped = copy->body;
	if (w->text.failed || copy->name.s == NULL || copy->body == NULL)
		return NULL;
	return copy;
}

static struct instance *
instance_of(struct walk *w, struct ast_template *t, const struct context *c)
{
	size_t hash = ((uintptr_t)t / 16 * 31 + c->state * 7u + c->delim +
	    c->element) % INSTANCE_SLOTS;
	struct instance *i;

	for (i = w->instances[hash]; i != NULL; i = i->next)
		if (i->of == t && (context_eq(&i->in, c) ||
		    (c->state == STATE_TEXT && i->in.state == STATE_TEXT)))
			return i;
	i = arena_new(w->arena, struct instance);
	if (i == NULL || (i->copy = copy_template(w, t, c)) == NULL) {
		give_up(w, LVT_ENOMEM);
		return NULL;
	}
	i->of = t;
	i->in = *c;
	i->called = -1;
	i->next = w->instances[hash];
	w->instances[hash] = i;
	return i;
}

/* Was it right to assume out of a walk that ended in end? */
static bool
is_within(const struct context *end, const struct context *out)
{
	struct context c = *end;

	if (out->url_part == URL_PART_EARLY && c.url_part < URL_PART_EARLY)
		c.url_part = URL_PART_EARLY;
	return context_eq(&c, out);
}

/*
 * Escape an instance as if its calls of itself ended in out. *good tells
 * whether that was right; if not, nothing is kept.
 */
static struct context
walk_body(struct walk *w, struct instance *i, struct context out, bool *good)
{
	struct context end;
	size_t mark;

	*good = false;
	if (journal_output(&w->journal, i, &out) != 0)
		return give_up(w, LVT_ENOMEM);
	mark = w->journal.len;
	end = walk_list(w, i->in, i->copy->body);
	*good = end.state != STATE_ERROR && (i->called < (ptrdiff_t)mark ||
	    is_within(&end, &out));
	if (!*good)
		journal_roll_back(&w->journal, mark);
	else if (journal_output(&w->journal, i, &end) != 0)
		return give_up(w, LVT_ENOMEM);
	return end;
}

/*
 * Most templates end as they begin; else perhaps as that guess ended. Of a
 * path, {{with .parent}}{{template "path" .}}{{end}}/{{.name}}, the URL has
 * begun before the slash or it has not, and either will do.
 */
static struct context
walk_instance(struct walk *w, struct instance *i)
{
	struct context guess, end;
	bool good;

	/* An empty body is always good, so there is a first node below. */
	end = walk_body(w, i, i->in, &good);
	if (good || end.state == STATE_ERROR)
		return end;
	guess = end;
	end = walk_body(w, i, guess, &good);
	if (!good && guess.url_part == URL_PART_PRE_QUERY) {
		guess.url_part = URL_PART_EARLY;
		end = walk_body(w, i, guess, &good);
	}
	if (good || w->fatal)
		return end;
	buf_clear(&w->text);
	context_describe(&w->text, &i->in);
	return fail(w, &i->copy->body->first->at, "cannot compute output "
	    "context for template " STR_FMT ", called in %s: where it ends "
	    "depends on its calls of itself", STR_ARG(i->of->name),
	    buf_z(&w->text));
}

static struct context
walk_template(struct walk *w, struct context c, struct str name,
    const struct ast_place *at, struct instance **called)
{
	struct ast_template *t = ast_set_find(w->set, name);
	struct instance *i;

	if (t == NULL || t->body == NULL)
		return fail_missing(w, at, name);
	i = instance_of(w, t, &c);
	if (i == NULL)
		return failed;
	*called = i;
	if (journal_called(&w->journal, i) != 0)
		return give_up(w, LVT_ENOMEM);
	if (i->known)
		return i->out;
	return walk_instance(w, i);
}

static struct context
walk_call(struct walk *w, struct context c, struct ast_node *node)
{
	struct instance *i = NULL;

	c = walk_template(w, c, node->name, &node->at, &i);
	if (c.state == STATE_ERROR)
		return c;
	if (journal_call(&w->journal, node, i->copy) != 0)
		return give_up(w, LVT_ENOMEM);
	return c;
}

/* --- Lists -------------------------------------------------------------- */

static struct context
walk_node(struct walk *w, struct context c, struct ast_node *node)
{
	if (w->fatal)
		return failed;
	if (++w->nodes > WALK_NODES)
		return give_up(w, LVT_ETOOBIG);
	switch (node->type) {
	case AST_TEXT:
		return walk_text(w, c, node);
	case AST_ACTION:
		return walk_action(w, c, node);
	case AST_IF:
	case AST_WITH:
	case AST_RANGE:
		return walk_branch(w, c, node);
	case AST_TEMPLATE:
		return walk_call(w, c, node);
	case AST_BREAK:
	case AST_CONTINUE:
		return walk_leave(w, c, node);
	default:
		return c;
	}
}

static struct context
walk_list(struct walk *w, struct context c, struct ast_list *list)
{
	if (list == NULL)
		return c;
	if (++w->depth > WALK_DEPTH)
		give_up(w, LVT_ETOOBIG);
	for (struct ast_node *n = list->first; n != NULL; n = n->next) {
		c = walk_node(w, c, n);
		if (c.state == STATE_ERROR)
			break;
		if (c.state == STATE_DEAD) {
			if (n->next != NULL &&
			    journal_cut(&w->journal, list, n) != 0)
				give_up(w, LVT_ENOMEM);
			break;
		}
	}
	w->depth--;
	return w->fatal ? failed : c;
}

/* --- Doing what was found ----------------------------------------------- */

/* Text is the context of a page: there an instance is the template itself. */
static void
install(struct walk *w)
{
	struct instance *i;

	for (size_t k = 0; k < INSTANCE_SLOTS; k++)
		for (i = w->instances[k]; i != NULL; i = i->next) {
			if (i->in.state != STATE_TEXT)
				continue;
			i->of->parsed =
			    (struct ast_list *)(uintptr_t)parsed_body(i->of);
			i->of->body = i->of->escaped = i->copy->body;
		}
}

static int
report(struct walk *w, struct str name, const struct context *c)
{
	if (w->fatal == LVT_ETOOBIG)
		return lvt_error_set(w->err, LVT_ETOOBIG, "template \""
		    STR_FMT "\" nests or repeats too much to be escaped",
		    STR_ARG(name));
	if (w->fatal)
		return lvt_error_nomem(w->err);
	if (c->state != STATE_ERROR) {
		buf_clear(&w->text);
		context_describe(&w->text, c);
		fail(w, NULL, "ends in a non-text context: in %s",
		    buf_z(&w->text));
		if (w->leaving.node != NULL)
			place_failure(w, &w->leaving.node->at,
			    w->leaving.node->text.s, w->leaving.at);
	}
	lvt_error_set(w->err, LVT_EESCAPE, "%s", w->failure.message);
	lvt_error_at(w->err, w->failure.file, w->failure.line,
	    w->failure.column);
	return LVT_EESCAPE;
}

/* Escape from the template called name; raw_ends as in struct transit. */
static int
attempt(struct ast_set *set, struct str name, bool raw_ends, bool *unsure,
    struct lvt_error *err)
{
	struct ast_template outside = { .name = name, .file = name };
	struct walk w = { .set = set, .arena = &set->arena, .err = err };
	struct instance *main = NULL;
	struct context c = { 0 };
	int rc = LVT_OK;

	transit_init(&w.transit, &set->arena);
	w.transit.raw_ends = raw_ends;
	buf_init(&w.text);
	c = walk_template(&w, c, name, &(struct ast_place){ .in = &outside,
	    .line = 1, .column = 1 }, &main);
	*unsure = w.transit.unsure;
	if (w.fatal || c.state != STATE_TEXT) {
		rc = report(&w, name, &c);
	} else {
		journal_do(&w.journal);
		install(&w);
	}
	transit_release(&w.transit);
	buf_release(&w.text);
	journal_release(&w.journal);
	return rc;
}

int
escape_set(struct ast_set *set, struct str name, struct lvt_error *err)
{
	struct lvt_error first = { 0 }, second = { 0 };
	bool unsure;
	int rc;

	rc = attempt(set, name, false, &unsure, &first);
	/* A literal that is never closed: end tags in it end the script, as
	 * they do in the browser. */
	if (rc == LVT_EESCAPE && unsure &&
	    attempt(set, name, true, &unsure, &second) == LVT_OK)
		return LVT_OK;
	if (rc != LVT_OK) {
		lvt_error_set(err, rc, "%s", first.message);
		lvt_error_at(err, first.file, first.line, first.column);
	}
	return rc;
}
