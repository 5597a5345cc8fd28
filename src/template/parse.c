/*
 * parse.c - from words to a tree.
 *
 * A recursive descent with three words of look-ahead. The first error stops
 * it: it is kept in p->rc, and every function returns failure from then on.
 *
 * Invariants:
 *   1. The set changes only when the whole text has been parsed.
 *   2. item_list() and parenthesised pipelines are the only ways to recurse;
 *      both count depth, so the stack is bounded.
 */
#include <stdio.h>
#include <stdlib.h>

#include "template/literal.h"
#include "template/parse.h"

/* --- Words ------------------------------------------------------------- */

static struct lex_token
next(struct parser *p)
{
	if (p->peeked > 0)
		p->peeked--;
	else
		p->token[0] = lex_next(&p->lex);
	return p->token[p->peeked];
}

static void
backup(struct parser *p)
{
	p->peeked++;
}

static struct lex_token
peek(struct parser *p)
{
	struct lex_token token = next(p);

	backup(p);
	return token;
}

static struct lex_token
next_word(struct parser *p)
{
	struct lex_token token;

	do
		token = next(p);
	while (token.type == LEX_SPACE);
	return token;
}

static struct lex_token
peek_word(struct parser *p)
{
	struct lex_token token = next_word(p);

	backup(p);
	return token;
}

/* --- Errors ------------------------------------------------------------ */

static bool
nomem(struct parser *p)
{
	if (p->rc == 0)
		p->rc = lvt_error_nomem(p->err);
	return false;
}

/* The text of a word as a message may show it. */
static const char *
show(struct parser *p, struct str s)
{
	size_t n = 0;
	bool cut = s.len > 40;

	for (size_t i = 0; i < (cut ? 40 : s.len); i++) {
		unsigned char c = (unsigned char)s.s[i];

		if (c == '\n')
			n += (size_t)sprintf(p->shown + n, "\\n");
		else if (c < 0x20 || c == 0x7f)
			n += (size_t)sprintf(p->shown + n, "\\x%02x", c);
		else
			p->shown[n++] = (char)c;
	}
	/* Do not end within a character. */
	while (cut && n > 0 && (p->shown[n - 1] & 0xc0) == 0x80)
		n--;
	if (cut && n > 0 && (p->shown[n - 1] & 0x80) != 0)
		n--;
	strcpy(p->shown + n, cut ? "..." : "");
	return p->shown;
}

bool
parse_fail(struct parser *p, struct lex_token at, const char *fmt, ...)
{
	va_list ap;

	if (p->rc != 0)
		return false;
	va_start(ap, fmt);
	p->rc = lvt_error_vset(p->err, LVT_EPARSE, fmt, ap);
	va_end(ap);
	lvt_error_at(p->err, p->file, (int)at.line, (int)at.column);
	return false;
}

static bool
unexpected(struct parser *p, struct lex_token token, const char *context)
{
	uint32_t line = p->lex.action_line;

	switch (token.type) {
	case LEX_ERROR:
		if (p->lex.inside && token.line != line)
			return parse_fail(p, token, STR_FMT
			    ", in the action that starts in line %u",
			    STR_ARG(token.text), line);
		return parse_fail(p, token, STR_FMT, STR_ARG(token.text));
	case LEX_EOF:
		return parse_fail(p, token, "unexpected EOF in %s", context);
	default:
		return parse_fail(p, token, "unexpected %s%s%s in %s",
		    token.type > LEX_KEYWORD ? "<" : "\"",
		    show(p, token.text),
		    token.type > LEX_KEYWORD ? ">" : "\"", context);
	}
}

static bool
expect(struct parser *p, enum lex_type type, const char *context)
{
	struct lex_token token = next_word(p);

	return token.type == type || unexpected(p, token, context);
}

static bool
enter(struct parser *p, struct lex_token at)
{
	if (p->depth < p->max_depth) {
		p->depth++;
		return true;
	}
	return parse_fail(p, at, "nested more than %u deep", p->max_depth);
}

/* --- Nodes ------------------------------------------------------------- */

static struct ast_place
place(const struct parser *p, struct lex_token token)
{
	return (struct ast_place){ p->tmpl, token.offset, token.line,
	    token.column };
}

static struct ast_node *
new_node(struct parser *p, enum ast_type type, struct lex_token token)
{
	struct ast_node *n = arena_new(p->arena, struct ast_node);

	if (n == NULL) {
		nomem(p);
		return NULL;
	}
	n->type = type;
	n->at = place(p, token);
	n->source = token.text;
	return n;
}

/* The source from one word up to a place, without white space at its end. */
static struct str
source_until(const struct parser *p, struct lex_token first, uint32_t end)
{
	const char *s = p->lex.input.s + first.offset;
	size_t n = end > first.offset ? end - first.offset : 0;

	while (n > 0 && lex_is_space((unsigned char)s[n - 1]))
		n--;
	return (struct str){ s, n };
}

/* --- Operands ---------------------------------------------------------- */

static struct ast_pipe *pipeline(struct parser *p, const char *context,
    enum lex_type end);

static bool
unquote(struct parser *p, struct lex_token token, struct str *out)
{
	int rc = string_unquote(p->arena, token.text, out, p->err);

	if (rc != 0 && p->rc == 0) {
		p->rc = rc;
		lvt_error_at(p->err, p->file, (int)token.line,
		    (int)token.column);
	}
	return rc == 0;
}

static struct ast_node *
term_number(struct parser *p, struct lex_token token)
{
	struct ast_node *n = new_node(p, AST_NUMBER, token);
	int rc;

	if (n == NULL)
		return NULL;
	rc = number_parse(token, &n->number, p->err);
	if (rc == 0)
		return n;
	p->rc = rc;
	lvt_error_at(p->err, p->file, (int)token.line, (int)token.column);
	return NULL;
}

static struct ast_node *
term_paren(struct parser *p, struct lex_token token)
{
	struct ast_node *n = new_node(p, AST_PIPE, token);

	if (n == NULL || !enter(p, token))
		return NULL;
	n->pipe = pipeline(p, "parenthesized pipeline", LEX_ENDPAREN);
	p->depth--;
	if (n->pipe == NULL)
		return NULL;
	n->source = source_until(p, token, p->closed.offset + 1);
	return n;
}

static struct ast_node *
term_name(struct parser *p, struct lex_token token, enum ast_type type)
{
	struct ast_node *n = new_node(p, type, token);

	if (n != NULL)
		n->name = token.text;
	return n;
}

static bool
add_field(struct parser *p, struct ast_node *n, struct lex_token field)
{
	int cap = n->npath < 4 ? 4 : n->npath;

	/* Room for 4, 8, 16, ... names: it doubles when it is full. */
	if (n->npath == 0 || (n->npath >= 4 && (cap & (cap - 1)) == 0)) {
		size_t room = n->npath == 0 ? 4 : (size_t)n->npath * 2;
		struct str *path = arena_alloc(p->arena, room * sizeof(*path));

		if (path == NULL)
			return nomem(p);
		if (n->npath > 0)
			memcpy(path, n->path, (size_t)n->npath * sizeof(*path));
		n->path = path;
	}
	n->path[n->npath++] = (struct str){ field.text.s + 1,
	    field.text.len - 1 };
	return true;
}

static bool
is_function(struct parser *p, struct str name)
{
	if (ast_is_builtin(name))
		return true;
	for (struct ast_func *f = p->set->funcs; f != NULL; f = f->next)
		if (str_eq(f->name, name))
			return true;
	return false;
}

/* NULL: no operand begins here, or an error (p->rc). */
static struct ast_node *
term(struct parser *p)
{
	struct lex_token token = next_word(p);
	struct ast_node *n = NULL;

	switch (token.type) {
	case LEX_IDENT:
		if (!is_function(p, token.text)) {
			parse_unknown_function(p, token);
			return NULL;
		}
		return term_name(p, token, AST_IDENT);
	case LEX_VARIABLE:
		if (!scope_has(&p->scope, token.text)) {
			parse_fail(p, token, "undefined variable \"%s\"",
			    show(p, token.text));
			return NULL;
		}
		return term_name(p, token, AST_VARIABLE);
	case LEX_DOT:
		return new_node(p, AST_DOT, token);
	case LEX_NIL:
		return new_node(p, AST_NIL, token);
	case LEX_FIELD:
		n = new_node(p, AST_FIELD, token);
		return n != NULL && add_field(p, n, token) ? n : NULL;
	case LEX_BOOL:
		n = new_node(p, AST_BOOL, token);
		if (n != NULL)
			n->number.b = str_is(token.text, "true");
		return n;
	case LEX_CHAR: case LEX_NUMBER: case LEX_COMPLEX:
		return term_number(p, token);
	case LEX_STRING: case LEX_RAW:
		n = new_node(p, AST_STRING, token);
		return n != NULL && unquote(p, token, &n->text) ? n : NULL;
	case LEX_PAREN:
		return term_paren(p, token);
	default:
		backup(p);
		return NULL;
	}
}

/* A term and the fields that follow it without a space. */
static struct ast_node *
operand(struct parser *p)
{
	struct ast_node *n = term(p), *chain;
	struct lex_token field;

	if (n == NULL || (field = peek(p)).type != LEX_FIELD)
		return n;
	switch (n->type) {
	case AST_FIELD: case AST_VARIABLE:
		chain = n;
		break;
	case AST_BOOL: case AST_STRING: case AST_NUMBER: case AST_NIL:
	case AST_DOT:
		parse_fail(p, field, "unexpected . after term %s",
		    show(p, n->source));
		return NULL;
	default:
		chain = arena_new(p->arena, struct ast_node);
		if (chain == NULL) {
			nomem(p);
			return NULL;
		}
		chain->type = AST_CHAIN;
		chain->at = n->at;
		chain->operand = n;
	}
	chain->source.s = n->source.s;
	while ((field = peek(p)).type == LEX_FIELD) {
		next(p);
		if (!add_field(p, chain, field))
			return NULL;
		chain->source.len = (size_t)(field.text.s + field.text.len -
		    chain->source.s);
	}
	return chain;
}

/* --- Pipelines --------------------------------------------------------- */

static struct ast_command *
command(struct parser *p)
{
	struct ast_command *cmd = arena_new(p->arena, struct ast_command);
	struct ast_node *n, **tail;
	struct lex_token token;

	if (cmd == NULL) {
		nomem(p);
		return NULL;
	}
	cmd->at = place(p, peek_word(p));
	tail = &cmd->args;
	do {
		peek_word(p);
		n = operand(p);
		if (p->rc != 0)
			return NULL;
		if (n != NULL) {
			*tail = n;
			tail = &n->next;
			cmd->nargs++;
		}
		token = next(p);
	} while (token.type == LEX_SPACE);
	if (token.type == LEX_CLOSE || token.type == LEX_ENDPAREN)
		backup(p);
	else if (token.type != LEX_PIPE) {
		unexpected(p, token, "operand");
		return NULL;
	}
	if (cmd->nargs == 0) {
		parse_fail(p, token, "empty command");
		return NULL;
	}
	return cmd;
}

static bool
declare(struct parser *p, struct ast_pipe *pipe, struct lex_token name)
{
	pipe->vars[pipe->nvars++] = name.text;
	return scope_add(&p->scope, name.text) == 0 || nomem(p);
}

/* "$x :=", "$x =", "$i, $x :=" or nothing of the kind, which is put back. */
static bool
declarations(struct parser *p, struct ast_pipe *pipe, const char *context)
{
	struct lex_token name, after, token;

	while ((name = peek_word(p)).type == LEX_VARIABLE) {
		next(p);
		after = peek(p);
		token = peek_word(p);
		if (token.type == LEX_ASSIGN || token.type == LEX_DECLARE) {
			pipe->assign = token.type == LEX_ASSIGN;
			next_word(p);
			return declare(p, pipe, name);
		}
		if (token.type != LEX_OTHER || !str_is(token.text, ",")) {
			/* A space may stand before the word put back. */
			p->token[1] = name;
			p->peeked = 2;
			if (after.type == LEX_SPACE) {
				p->token[1] = after;
				p->token[2] = name;
				p->peeked = 3;
			}
			return true;
		}
		next_word(p);
		if (!declare(p, pipe, name))
			return false;
		if (strcmp(context, "range") != 0 || pipe->nvars == 2)
			return parse_fail(p, name,
			    "too many declarations in %s", context);
		token = peek_word(p);
		if (token.type != LEX_VARIABLE && token.type != LEX_CLOSE &&
		    token.type != LEX_ENDPAREN)
			return parse_fail(p, token,
			    "range can only initialize variables");
	}
	return true;
}

static bool
check_pipeline(struct parser *p, struct ast_pipe *pipe, const char *context)
{
	int stage = 1;

	if (pipe->commands == NULL)
		return parse_fail(p, p->closed, "missing value for %s",
		    context);
	for (struct ast_command *c = pipe->commands->next; c != NULL;
	    c = c->next) {
		struct lex_token at = { .line = c->at.line,
		    .column = c->at.column };

		stage++;
		switch (c->args->type) {
		case AST_BOOL: case AST_DOT: case AST_NIL: case AST_NUMBER:
		case AST_STRING:
			return parse_fail(p, at, "non executable command in "
			    "pipeline stage %d", stage);
		default:
			break;
		}
	}
	return true;
}

/* Ends with the word that ends it, which is kept in p->closed. */
static struct ast_pipe *
pipeline(struct parser *p, const char *context, enum lex_type end)
{
	struct ast_pipe *pipe = arena_new(p->arena, struct ast_pipe);
	struct lex_token token = peek_word(p), first = token;
	struct ast_command **tail;

	if (pipe == NULL) {
		nomem(p);
		return NULL;
	}
	pipe->at = place(p, token);
	tail = &pipe->commands;
	if (!declarations(p, pipe, context))
		return NULL;
	while ((token = next_word(p)).type != end) {
		switch (token.type) {
		case LEX_BOOL: case LEX_CHAR: case LEX_COMPLEX: case LEX_DOT:
		case LEX_FIELD: case LEX_IDENT: case LEX_NUMBER: case LEX_NIL:
		case LEX_RAW: case LEX_STRING: case LEX_VARIABLE:
		case LEX_PAREN:
			backup(p);
			break;
		default:
			unexpected(p, token, context);
			return NULL;
		}
		*tail = command(p);
		if (*tail == NULL)
			return NULL;
		tail = &(*tail)->next;
		pipe->ncommands++;
	}
	p->closed = token;
	pipe->source = source_until(p, first, token.offset);
	return check_pipeline(p, pipe, context) ? pipe : NULL;
}

/* --- Statements -------------------------------------------------------- */

enum ending { FAILED, MORE, AT_END, AT_ELSE };

/* What must be closed by {{end}}, for the message that it is not. */
struct opener {
	const char *what;
	struct lex_token at;
};

static enum ending item_list(struct parser *p, struct opener opener,
    struct ast_list **list);

static struct ast_list *
new_list(struct parser *p)
{
	struct ast_list *list = arena_new(p->arena, struct ast_list);

	if (list == NULL)
		nomem(p);
	return list;
}

static enum ending
append(struct ast_list *list, struct ast_node *n)
{
	if (n == NULL)
		return FAILED;
	ast_list_append(list, n);
	return MORE;
}

static bool
control_else(struct parser *p, struct opener opener, struct ast_node *n);

/* if, with or range; the word is read. */
static struct ast_node *
control(struct parser *p, enum ast_type type, struct opener opener)
{
	struct ast_node *n = new_node(p, type, opener.at);
	uint32_t mark = p->scope.count;
	enum ending ending;

	if (n == NULL)
		return NULL;
	n->pipe = pipeline(p, opener.what, LEX_CLOSE);
	if (n->pipe == NULL)
		return NULL;
	n->at = n->pipe->at;
	n->source = source_until(p, opener.at, p->closed.offset);
	p->range_depth += type == AST_RANGE;
	ending = item_list(p, opener, &n->body);
	p->range_depth -= type == AST_RANGE;
	if (ending == AT_ELSE && !control_else(p, opener, n))
		ending = FAILED;
	scope_cut(&p->scope, mark);
	return ending == FAILED ? NULL : n;
}

/*
 * {{else if}} is {{else}}{{if}} with one {{end}} for both; so is {{else with}}
 * in a with. Each takes a level of the depth, as the tree does.
 */
static bool
control_else(struct parser *p, struct opener opener, struct ast_node *n)
{
	struct lex_token token = peek(p);
	struct ast_node *inner;
	enum ending ending;

	if ((n->type == AST_IF && token.type == LEX_IF) ||
	    (n->type == AST_WITH && token.type == LEX_WITH)) {
		next(p);
		n->otherwise = new_list(p);
		if (n->otherwise == NULL || !enter(p, token))
			return false;
		opener.at = token;
		inner = control(p, n->type, opener);
		p->depth--;
		return append(n->otherwise, inner) == MORE;
	}
	ending = item_list(p, opener, &n->otherwise);
	if (ending == AT_ELSE)
		return parse_fail(p, p->ended, "expected end; found {{else}}");
	return ending == AT_END;
}

static enum ending
control_jump(struct parser *p, struct ast_list *list, enum ast_type type,
    struct lex_token token)
{
	const char *what = type == AST_BREAK ? "{{break}}" : "{{continue}}";

	if (!expect(p, LEX_CLOSE, what))
		return FAILED;
	if (p->range_depth == 0) {
		parse_fail(p, token, "%s outside {{range}}", what);
		return FAILED;
	}
	return append(list, new_node(p, type, token));
}

/* else and end; the word is read. What may follow else, control_else() knows. */
static enum ending
control_end(struct parser *p, struct lex_token token)
{
	struct lex_token after = peek_word(p);

	p->ended = token;
	if (token.type == LEX_ELSE &&
	    (after.type == LEX_IF || after.type == LEX_WITH))
		return AT_ELSE;
	if (!expect(p, LEX_CLOSE, token.type == LEX_ELSE ? "else" : "end"))
		return FAILED;
	return token.type == LEX_ELSE ? AT_ELSE : AT_END;
}

/* --- Templates --------------------------------------------------------- */

static bool
template_name(struct parser *p, struct lex_token token, const char *context,
    struct str *name)
{
	if (token.type != LEX_STRING && token.type != LEX_RAW)
		return unexpected(p, token, context);
	return unquote(p, token, name);
}

static struct ast_template *
new_template(struct parser *p, struct str name)
{
	struct ast_template *t = arena_new(p->arena, struct ast_template);

	if (t == NULL) {
		nomem(p);
		return NULL;
	}
	t->name = name;
	t->file = p->file_str;
	t->source = p->lex.input;
	return t;
}

/* An empty body gives way; two that are not empty are a mistake. */
static bool
define(struct parser *p, struct ast_template *t, struct lex_token at)
{
	struct ast_template *old = ast_set_find(&p->pending, t->name);

	if (old == NULL)
		return ast_set_put(&p->pending, t) == 0 || nomem(p);
	if (ast_list_is_empty(old->body))
		old->body = t->body;
	else if (!ast_list_is_empty(t->body))
		return parse_fail(p, at,
		    "multiple definition of template \"%s\"",
		    show(p, t->name));
	return true;
}

/* The body of a define or block, up to its end: a template of its own. */
static bool
definition(struct parser *p, struct str name, struct lex_token at,
    struct opener opener, const char *context)
{
	struct ast_template *outer = p->tmpl, *t = new_template(p, name);
	struct scope_frame frame = scope_push(&p->scope);
	uint32_t range_depth = p->range_depth;
	enum ending ending;

	if (t == NULL)
		return false;
	p->tmpl = t;
	p->range_depth = 0;
	ending = item_list(p, opener, &t->body);
	p->tmpl = outer;
	p->range_depth = range_depth;
	scope_pop(&p->scope, frame);
	if (ending == AT_ELSE)
		return parse_fail(p, p->ended, "unexpected {{else}} in %s",
		    context);
	return ending == AT_END && define(p, t, at);
}

static bool
control_define(struct parser *p, struct lex_token keyword)
{
	static const char context[] = "define clause";
	struct lex_token token = next_word(p);
	struct str name;

	return template_name(p, token, context, &name) &&
	    expect(p, LEX_CLOSE, context) &&
	    definition(p, name, token, (struct opener){ "define", keyword },
	    context);
}

static enum ending
control_block(struct parser *p, struct ast_list *list,
    struct lex_token keyword)
{
	static const char context[] = "block clause";
	struct lex_token token = next_word(p);
	struct ast_node *n = new_node(p, AST_TEMPLATE, token);

	if (n == NULL || !template_name(p, token, context, &n->name))
		return FAILED;
	n->pipe = pipeline(p, context, LEX_CLOSE);
	if (n->pipe == NULL)
		return FAILED;
	n->source = source_until(p, keyword, p->closed.offset);
	if (!definition(p, n->name, token,
	    (struct opener){ "block", keyword }, context))
		return FAILED;
	return append(list, n);
}

static enum ending
control_template(struct parser *p, struct ast_list *list,
    struct lex_token keyword)
{
	static const char context[] = "template clause";
	struct lex_token token = next_word(p), after;
	struct ast_node *n = new_node(p, AST_TEMPLATE, token);

	if (n == NULL || !template_name(p, token, context, &n->name))
		return FAILED;
	after = next_word(p);
	if (after.type != LEX_CLOSE) {
		backup(p);
		n->pipe = pipeline(p, context, LEX_CLOSE);
		if (n->pipe == NULL)
			return FAILED;
		after = p->closed;
	}
	n->source = source_until(p, keyword, after.offset);
	return append(list, n);
}

/* --- Lists ------------------------------------------------------------- */

static enum ending
action(struct parser *p, struct ast_list *list)
{
	struct lex_token token = next_word(p);
	struct ast_node *n;

	switch (token.type) {
	case LEX_IF:
		return append(list, control(p, AST_IF,
		    (struct opener){ "if", token }));
	case LEX_WITH:
		return append(list, control(p, AST_WITH,
		    (struct opener){ "with", token }));
	case LEX_RANGE:
		return append(list, control(p, AST_RANGE,
		    (struct opener){ "range", token }));
	case LEX_BREAK:
		return control_jump(p, list, AST_BREAK, token);
	case LEX_CONTINUE:
		return control_jump(p, list, AST_CONTINUE, token);
	case LEX_ELSE: case LEX_END:
		return control_end(p, token);
	case LEX_BLOCK:
		return control_block(p, list, token);
	case LEX_TEMPLATE:
		return control_template(p, list, token);
	default:
		break;
	}
	backup(p);
	n = new_node(p, AST_ACTION, token);
	if (n == NULL || (n->pipe = pipeline(p, "command", LEX_CLOSE)) == NULL)
		return FAILED;
	n->source = n->pipe->source;
	return append(list, n);
}

static enum ending
item(struct parser *p, struct ast_list *list)
{
	struct lex_token token = next_word(p);
	struct ast_node *n;

	if (token.type == LEX_OPEN)
		return action(p, list);
	if (token.type != LEX_TEXT) {
		unexpected(p, token, "input");
		return FAILED;
	}
	n = new_node(p, AST_TEXT, token);
	if (n != NULL)
		n->text = token.text;
	return append(list, n);
}

/* Items up to {{end}} or {{else}}. */
static enum ending
item_list(struct parser *p, struct opener opener, struct ast_list **list)
{
	enum ending ending = MORE;
	struct lex_token token = peek_word(p);

	*list = new_list(p);
	if (*list == NULL || !enter(p, opener.at))
		return FAILED;
	while (ending == MORE && (token = peek_word(p)).type != LEX_EOF)
		ending = item(p, *list);
	p->depth--;
	if (ending != MORE)
		return ending;
	parse_fail(p, token, "unexpected EOF: {{%s}} in line %u has no {{end}}",
	    opener.what, opener.at.line);
	return FAILED;
}

/* The whole text; the only place for a define. */
static bool
parse_text(struct parser *p)
{
	struct ast_list *list = p->tmpl->body;
	struct lex_token token, open;

	while ((token = peek(p)).type != LEX_EOF) {
		if (token.type == LEX_OPEN) {
			open = next(p);
			token = next_word(p);
			if (token.type == LEX_DEFINE) {
				if (!control_define(p, token))
					return false;
				continue;
			}
			p->token[1] = open;
			p->peeked = 2;
		}
		switch (item(p, list)) {
		case MORE:
			break;
		case AT_END:
			return parse_fail(p, p->ended, "unexpected {{end}}");
		case AT_ELSE:
			return parse_fail(p, p->ended, "unexpected {{else}}");
		case FAILED:
			return false;
		}
	}
	return define(p, p->tmpl, token);
}

/* --- A text and its set ------------------------------------------------ */

/* Memory was there for the text, so what is missing here is little. */
static int
commit(struct parser *p)
{
	struct ast_template *t, *following, *old;

	for (t = p->pending.templates; t != NULL; t = following) {
		following = t->next;
		old = ast_set_find(p->set, t->name);
		if (old == NULL) {
			if (ast_set_put(p->set, t) != 0)
				return lvt_error_nomem(p->err);
		} else if (old->body == NULL || !ast_list_is_empty(t->body)) {
			old->body = t->body;
			old->file = t->file;
			old->source = t->source;
		}
	}
	return 0;
}

static bool
parser_init(struct parser *p, struct ast_set *set, struct str name,
    const char *file, struct str source, struct lvt_error *err)
{
	struct str text;

	memset(p, 0, sizeof(*p));
	p->set = set;
	p->arena = &set->arena;
	p->err = err;
	p->max_depth = set->limits.depth != 0 ? set->limits.depth : AST_DEPTH;
	ast_set_init(&p->pending);
	scope_init(&p->scope);
	name = arena_str(p->arena, name.s, name.len);
	p->file_str = file != NULL ? arena_str(p->arena, file, strlen(file)) :
	    name;
	text = arena_str(p->arena, source.s, source.len);
	if (name.s == NULL || p->file_str.s == NULL || text.s == NULL)
		return nomem(p);
	p->file = p->file_str.s;
	lex_init(&p->lex, text);
	p->lex.break_is_name = is_function(p, STR("break"));
	p->lex.continue_is_name = is_function(p, STR("continue"));
	p->tmpl = new_template(p, name);
	return p->tmpl != NULL && (p->tmpl->body = new_list(p)) != NULL;
}

int
ast_parse(struct ast_set *set, struct str name, const char *file,
    struct str source, struct lvt_error *err)
{
	uint32_t max = set->limits.bytes != 0 ? set->limits.bytes : AST_BYTES;
	struct parser p;

	if (source.len > max)
		return lvt_error_set(err, LVT_ETOOBIG,
		    "template has %zu bytes, more than %u", source.len, max);
	if (parser_init(&p, set, name, file, source, err) && parse_text(&p))
		p.rc = commit(&p);
	scope_release(&p.scope);
	ast_set_release(&p.pending);
	return p.rc;
}
