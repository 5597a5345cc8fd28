/*
 * escape.c - walking templates to find the context of every action.
 *
 * A walk begins in a context and gives the one that it ends in. Nothing is
 * changed while it goes on: what it finds is written to a journal and done
 * at the end. A walk that proves useless (the second turn of a loop, a wrong
 * guess about a recursive template) is taken back by rolling the journal back
 * to where it began.
 *
 * The algorithm is that of Go's html/template, with two differences: the
 * context in which a template ended is remembered for its further calls, and
 * the second guess about a recursive template begins where the first did.
 * There html/template may take a script for text. And every continue of a
 * loop counts, not only the last.
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
#include <stdlib.h>

#include "template/context.h"
#include "template/escape.h"

/* Blocks and template calls within each other; nodes walked in all. */
#define WALK_DEPTH	2500
#define WALK_NODES	20000000

struct instance {		/* a template in one context */
	struct ast_template *of;
	struct context in, out;
	bool known;			/* out is: found, or assumed */
	ptrdiff_t called;		/* newest CALLED entry, or -1 */
	struct ast_template *copy;
	struct instance *next;		/* of the same hash */
};

struct chain {			/* escapers of an action */
	uint8_t e[4], n;
};

struct change {
	enum { OUTPUT, CALLED, TEXT, ACTION, CALL, CUT } kind;
	union {
		struct { struct instance *i; struct context out; bool known; }
		    output;		/* as it was */
		struct { struct instance *i; ptrdiff_t before; } called;
		struct { struct ast_node *node; struct str text; } text;
		struct { struct ast_node *node; struct chain chain; } action;
		struct { struct ast_node *node; struct instance *i; } call;
		/* nodes after this one are never reached */
		struct { struct ast_list *list; struct ast_node *node; } cut;
	} u;
};

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
	struct change *journal;
	size_t len, cap;
	struct loop *loop;		/* innermost, or NULL */
	struct transit transit;
	struct buf text;		/* being rewritten */
	struct lvt_error *err;
	struct lvt_error failure;	/* of the walk that failed last */
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
	context_print(&w->text, a);
	buf_puts(&w->text, ", ");
	context_print(&w->text, b);
	return fail(w, &node->at, "{{%s}} branches end in different "
	    "contexts: %s", name, buf_z(&w->text));
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

/* --- The journal -------------------------------------------------------- */

static struct change *
record(struct walk *w, int kind)
{
	struct change *j;
	size_t cap;

	if (w->len == w->cap) {
		cap = w->cap != 0 ? w->cap * 2 : 64;
		j = realloc(w->journal, cap * sizeof(*j));
		if (j == NULL) {
			give_up(w, LVT_ENOMEM);
			return NULL;
		}
		w->journal = j;
		w->cap = cap;
	}
	j = &w->journal[w->len++];
	memset(j, 0, sizeof(*j));
	j->kind = kind;
	return j;
}

static void
roll_back(struct walk *w, size_t to)
{
	while (w->len > to) {
		struct change *j = &w->journal[--w->len];

		if (j->kind == OUTPUT) {
			j->u.output.i->out = j->u.output.out;
			j->u.output.i->known = j->u.output.known;
		} else if (j->kind == CALLED) {
			j->u.called.i->called = j->u.called.before;
		}
	}
}

static void
set_output(struct walk *w, struct instance *i, const struct context *out)
{
	struct change *j = record(w, OUTPUT);

	if (j == NULL)
		return;
	j->u.output.i = i;
	j->u.output.out = i->out;
	j->u.output.known = i->known;
	i->out = *out;
	i->known = true;
}

static void
set_called(struct walk *w, struct instance *i)
{
	struct change *j = record(w, CALLED);

	if (j == NULL)
		return;
	j->u.called.i = i;
	j->u.called.before = i->called;
	i->called = (ptrdiff_t)w->len - 1;
}

/* --- Actions ------------------------------------------------------------ */

static void
add(struct chain *chain, enum escaper e)
{
	chain->e[chain->n++] = (uint8_t)e;
}

/* What a URL, or a string in CSS that may be one, needs. */
static bool
url_chain(struct chain *chain, const struct context *c)
{
	switch ((enum url_part)c->url_part) {
	case URL_PART_NONE:
		add(chain, ESC_URLFILTER);
		/* fallthrough */
	case URL_PART_PRE_QUERY:
		add(chain, c->state == STATE_CSS_DQ ||
		    c->state == STATE_CSS_SQ ? ESC_CSSSTR : ESC_URLNORM);
		return true;
	case URL_PART_QUERY:
		add(chain, ESC_URL);
		return true;
	default:
		return false;
	}
}

/* The escapers of an action in c; moves c on. False: ambiguous. */
static bool
chain_for(struct chain *chain, struct context *c)
{
	static const uint8_t simple[STATE_MAX] = {
		[STATE_JS] = ESC_JSVAL, [STATE_JS_DQ] = ESC_JSSTR,
		[STATE_JS_SQ] = ESC_JSSTR, [STATE_JS_TMPL] = ESC_JSTMPL,
		[STATE_JS_REGEXP] = ESC_JSREGEXP, [STATE_CSS] = ESC_CSSVAL,
		[STATE_TEXT] = ESC_HTML, [STATE_RCDATA] = ESC_RCDATA,
		[STATE_ATTR_NAME] = ESC_HTMLNAME,
		[STATE_SRCSET] = ESC_SRCSET
	};

	memset(chain, 0, sizeof(*chain));
	switch ((enum state)c->state) {
	case STATE_URL:
	case STATE_CSS_DQ:
	case STATE_CSS_SQ:
	case STATE_CSS_DQ_URL:
	case STATE_CSS_SQ_URL:
	case STATE_CSS_URL:
		if (!url_chain(chain, c))
			return false;
		break;
	default:
		if (state_is_comment((enum state)c->state))
			add(chain, ESC_COMMENT);
		else if (simple[c->state] != ESC_NONE)
			add(chain, (enum escaper)simple[c->state]);
	}
	if (c->state == STATE_JS)
		c->js_ctx = JS_CTX_DIV;		/* a slash after a value */
	if (c->delim == DELIM_SPACE)
		add(chain, ESC_NOSPACE);
	else if (c->delim != DELIM_NONE)
		add(chain, ESC_ATTR);
	return true;
}

/* The function of a command that is an escaper by itself, else ESC_NONE. */
static enum escaper
predefined(const struct ast_command *cmd)
{
	if (cmd->args->type != AST_IDENT)
		return ESC_NONE;
	if (str_is(cmd->args->name, "html"))
		return ESC_FUNC_HTML;
	if (str_is(cmd->args->name, "urlquery"))
		return ESC_FUNC_URLQUERY;
	return ESC_NONE;
}

static struct context
walk_action(struct walk *w, struct context c, struct ast_node *node)
{
	const struct ast_command *cmd;
	struct chain chain;
	struct change *j;
	enum escaper e;

	if (node->pipe->nvars > 0)
		return c;
	c = context_nudge(c);
	for (cmd = node->pipe->commands; cmd != NULL; cmd = cmd->next) {
		e = predefined(cmd);
		/* {{.x | html | f}}: f may undo what html did. */
		if (e != ESC_NONE && (cmd->next != NULL ||
		    (e == ESC_FUNC_HTML && c.state == STATE_ATTR &&
		    c.delim == DELIM_SPACE)))
			return fail(w, &node->at, "predefined escaper \""
			    STR_FMT "\" disallowed in template",
			    STR_ARG(cmd->args->name));
	}
	if (c.state == STATE_ERROR)
		return c;
	if (!chain_for(&chain, &c))
		return fail(w, &node->at, "{{" STR_FMT "}} appears in an "
		    "ambiguous context within a URL",
		    STR_ARG(node->pipe->source));
	j = record(w, ACTION);
	if (j == NULL)
		return failed;
	j->u.action.node = node;
	j->u.action.chain = chain;
	return c;
}

/* --- Text --------------------------------------------------------------- */

static bool
starts_nocase(const char *s, size_t n, const char *z)
{
	size_t len = strlen(z);

	if (n < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]) != z[i])
			return false;
	return true;
}

/* The text being rewritten: bytes before done are in out already. */
struct rewrite {
	struct buf *out;
	struct str s;
	size_t done;
	bool changed;
};

/* Keep the bytes up to here. */
static void
keep(struct rewrite *r, size_t to)
{
	buf_add(r->out, r->s.s + r->done, to - r->done);
	r->done = to;
	r->changed = true;
}

/* A "<" that begins no tag is escaped. */
static void
escape_lt(struct rewrite *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (r->s.s[i] == '<' && !starts_nocase(r->s.s + i,
		    r->s.len - i, "<!doctype")) {
			keep(r, i);
			buf_puts(r->out, "&lt;");
			r->done = i + 1;
		}
}

/* "<script", "</script" and "<!--" in a string would confuse the browser. */
static void
escape_script_tags(struct rewrite *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (r->s.s[i] == '<' &&
		    (starts_nocase(r->s.s + i, to - i, "<script") ||
		    starts_nocase(r->s.s + i, to - i, "</script") ||
		    starts_nocase(r->s.s + i, to - i, "<!--"))) {
			keep(r, i);
			buf_puts(r->out, "\\x3C");
			r->done = i + 1;
		}
}

static bool
has_line_end(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.s[i] == '\n' || s.s[i] == '\r' ||
		    (s.len - i >= 3 && memcmp(s.s + i, "\xe2\x80", 2) == 0 &&
		    (s.s[i + 2] == '\xa8' || s.s[i + 2] == '\xa9')))
			return true;
	return false;
}

/* What stands for a comment is what it means to the language. */
static void
drop_comment(struct rewrite *r, enum state state, size_t to)
{
	struct str comment = { r->s.s + r->done, to - r->done };

	if (state == STATE_JS_BLOCK_CMT)
		buf_putc(r->out, has_line_end(comment) ? '\n' : ' ');
	else if (state == STATE_CSS_BLOCK_CMT)
		buf_putc(r->out, ' ');
	r->done = to;
	r->changed = true;
}

/* c is about to become c1 by the bytes from .. to. */
static void
rewrite_step(struct rewrite *r, const struct context *c,
    const struct context *c1, size_t from, size_t to)
{
	enum state was = (enum state)c->state, is = (enum state)c1->state;
	size_t mark = 2;		/* of the comment that begins */

	if (was == STATE_TEXT || was == STATE_RCDATA)
		escape_lt(r, from, is == was ? to :
		    from + before_last_lt(r->s.s + from, to - from));
	else if (state_is_comment(was) && c->delim == DELIM_NONE)
		drop_comment(r, was, to);
	if (was != is && state_is_comment(is) && c1->delim == DELIM_NONE) {
		if (is == STATE_HTML_CMT || is == STATE_JS_HTML_OPEN_CMT)
			mark = 4;
		else if (is == STATE_JS_HTML_CLOSE_CMT)
			mark = 3;
		keep(r, to - mark);
		r->done = to;
	}
	if (state_in_literal(was))
		escape_script_tags(r, from, to);
}

static struct context
walk_text(struct walk *w, struct context c, struct ast_node *node)
{
	struct rewrite r = { &w->text, node->text, 0, false };
	struct context c1;
	struct change *j;
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
		rewrite_step(&r, &c, &c1, i, i + n);
		c = c1;
		i += n;
	}
	if (!r.changed)
		return c;
	if (!state_is_comment((enum state)c.state) || c.delim != DELIM_NONE)
		keep(&r, r.s.len);
	j = record(w, TEXT);
	if (j == NULL || w->text.failed)
		return give_up(w, LVT_ENOMEM);
	j->u.text.node = node;
	j->u.text.text = arena_str(w->arena, w->text.s, w->text.len);
	if (j->u.text.text.s == NULL)
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
		mark = w->len;
		c1 = walk_turn(w, c0, node, &loop);
		roll_back(w, mark);
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

/*
 * Escape an instance as if its calls of itself ended in out. *good tells
 * whether that was right; if not, nothing is kept.
 */
static struct context
walk_body(struct walk *w, struct instance *i, struct context out, bool *good)
{
	struct context end;
	size_t mark;

	set_output(w, i, &out);
	mark = w->len;
	end = walk_list(w, i->in, i->copy->body);
	*good = end.state != STATE_ERROR && (i->called < (ptrdiff_t)mark ||
	    context_eq(&out, &end));
	if (*good)
		set_output(w, i, &end);
	else
		roll_back(w, mark);
	return end;
}

/* Most templates end as they begin; else perhaps as that guess ended. */
static struct context
walk_instance(struct walk *w, struct instance *i)
{
	struct context end;
	bool good;

	/* An empty body is always good, so there is a first node below. */
	end = walk_body(w, i, i->in, &good);
	if (good || end.state == STATE_ERROR)
		return end;
	end = walk_body(w, i, end, &good);
	if (good || w->fatal)
		return end;
	return fail(w, &i->copy->body->first->at, "cannot compute output "
	    "context for template " STR_FMT, STR_ARG(i->copy->name));
}

static struct context
walk_template(struct walk *w, struct context c, struct str name,
    const struct ast_place *at, struct instance **called)
{
	struct ast_template *t = ast_set_find(w->set, name);
	struct instance *i;

	if (t == NULL || t->body == NULL)
		return fail(w, at, "no such template \"" STR_FMT "\"",
		    STR_ARG(name));
	i = instance_of(w, t, &c);
	if (i == NULL)
		return failed;
	*called = i;
	set_called(w, i);
	if (i->known)
		return i->out;
	return walk_instance(w, i);
}

static struct context
walk_call(struct walk *w, struct context c, struct ast_node *node)
{
	struct instance *i = NULL;
	struct change *j;

	c = walk_template(w, c, node->name, &node->at, &i);
	if (c.state == STATE_ERROR)
		return c;
	j = record(w, CALL);
	if (j == NULL)
		return failed;
	j->u.call.node = node;
	j->u.call.i = i;
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
	struct change *j;

	if (list == NULL)
		return c;
	if (++w->depth > WALK_DEPTH)
		give_up(w, LVT_ETOOBIG);
	for (struct ast_node *n = list->first; n != NULL; n = n->next) {
		c = walk_node(w, c, n);
		if (c.state == STATE_ERROR)
			break;
		if (c.state == STATE_DEAD) {
			if (n->next != NULL && (j = record(w, CUT)) != NULL) {
				j->u.cut.list = list;
				j->u.cut.node = n;
			}
			break;
		}
	}
	w->depth--;
	return w->fatal ? failed : c;
}

/* --- Doing what was found ----------------------------------------------- */

/* Does b add nothing to what a has made? */
static bool
is_redundant(uint8_t a, uint8_t b)
{
	switch (a) {
	case ESC_COMMENT:
		return b == ESC_ATTR || b == ESC_HTML;
	case ESC_CSSSTR:
	case ESC_JSREGEXP:
	case ESC_JSSTR:
	case ESC_JSTMPL:
		return b == ESC_ATTR;
	default:
		return false;
	}
}

/* Is this escaper one that the function e may stand for? */
static bool
stands_for(enum escaper e, uint8_t escaper)
{
	if (e == ESC_FUNC_HTML)
		return escaper == ESC_ATTR || escaper == ESC_HTML ||
		    escaper == ESC_RCDATA;
	return escaper == ESC_URL || escaper == ESC_URLNORM;
}

/*
 * {{.x | html}} is not escaped twice: the function takes the place of the
 * escaper of its kind; what it had for arguments goes with the command. Where
 * it is the only command, its arguments are printed first.
 */
static void
do_action(struct ast_node *node, struct chain *chain)
{
	struct ast_pipe *pipe = node->pipe;
	struct ast_command *last = pipe->commands, *before = NULL;
	bool merged = false;
	enum escaper e;

	for (; last->next != NULL; last = last->next)
		before = last;
	e = predefined(last);
	for (uint8_t k = 0; e != ESC_NONE && k < chain->n; k++)
		if (stands_for(e, chain->e[k])) {
			chain->e[k] = (uint8_t)e;
			merged = true;
		}
	if (merged && before != NULL) {
		before->next = NULL;
		pipe->ncommands--;
	} else if (merged) {
		last->args->name = STR("print");
	} else if (e != ESC_NONE && before == NULL && last->nargs > 1) {
		last->args->name = STR("print");
		node->escapers[node->nescapers++] = (uint8_t)e;
	}
	for (uint8_t k = 0; k < chain->n; k++)
		if (node->nescapers == 0 || !is_redundant(
		    node->escapers[node->nescapers - 1], chain->e[k]))
			node->escapers[node->nescapers++] = chain->e[k];
}

static void
do_journal(struct walk *w)
{
	for (size_t k = 0; k < w->len; k++) {
		struct change *j = &w->journal[k];

		switch (j->kind) {
		case TEXT:
			j->u.text.node->text = j->u.text.text;
			break;
		case ACTION:
			do_action(j->u.action.node, &j->u.action.chain);
			break;
		case CALL:
			j->u.call.node->target = j->u.call.i->copy;
			break;
		case CUT:
			j->u.cut.node->next = NULL;
			j->u.cut.list->last = j->u.cut.node;
			break;
		default:
			break;
		}
	}
}

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
		context_print(&w->text, c);
		fail(w, &(struct ast_place){
		    .in = ast_set_find(w->set, name) },
		    "ends in a non-text context: %s", buf_z(&w->text));
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
	c = walk_template(&w, c, name, &(struct ast_place){ .in = &outside },
	    &main);
	*unsure = w.transit.unsure;
	if (w.fatal || c.state != STATE_TEXT) {
		rc = report(&w, name, &c);
	} else {
		do_journal(&w);
		install(&w);
	}
	transit_release(&w.transit);
	buf_release(&w.text);
	free(w.journal);
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
