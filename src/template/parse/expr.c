/*
 * expr.c - operands and pipelines.
 */
#include <stdio.h>

#include "template/parse/literal.h"
#include "template/parse/parse.h"

/* --- Operands ---------------------------------------------------------- */

bool
parse_string(struct parser *p, struct lex_token token, struct str *out)
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
	struct ast_node *n = parse_node(p, AST_NUMBER, token);
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
	struct ast_node *n = parse_node(p, AST_PIPE, token);

	if (n == NULL || !parse_enter(p, token))
		return NULL;
	n->pipe = parse_pipeline(p, "parenthesized pipeline", LEX_ENDPAREN);
	p->depth--;
	if (n->pipe == NULL)
		return NULL;
	n->source = parse_source(p, token, p->closed.offset + 1);
	return n;
}

static struct ast_node *
term_name(struct parser *p, struct lex_token token, enum ast_type type)
{
	struct ast_node *n = parse_node(p, type, token);

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
			return parse_nomem(p);
		if (n->npath > 0)
			memcpy(path, n->path, (size_t)n->npath * sizeof(*path));
		n->path = path;
	}
	n->path[n->npath++] = (struct str){ field.text.s + 1,
	    field.text.len - 1 };
	return true;
}

bool
parse_is_function(const struct parser *p, struct str name)
{
	if (ast_is_builtin(name))
		return true;
	for (const struct ast_func *f = p->set->funcs; f != NULL; f = f->next)
		if (str_eq(f->name, name))
			return true;
	return false;
}

/* NULL: no operand begins here, or an error (p->rc). */
static struct ast_node *
term(struct parser *p)
{
	struct lex_token token = parse_next_word(p);
	struct ast_node *n = NULL;

	switch (token.type) {
	case LEX_IDENT:
		if (!parse_is_function(p, token.text)) {
			parse_unknown_function(p, token);
			return NULL;
		}
		return term_name(p, token, AST_IDENT);
	case LEX_VARIABLE:
		if (!str_is(token.text, "$") &&
		    scope_find(&p->scope, token.text) == SCOPE_NONE) {
			parse_fail(p, token, "undefined variable \"%s\"",
			    parse_show(p, token.text));
			return NULL;
		}
		return term_name(p, token, AST_VARIABLE);
	case LEX_DOT:
		return parse_node(p, AST_DOT, token);
	case LEX_NIL:
		return parse_node(p, AST_NIL, token);
	case LEX_FIELD:
		n = parse_node(p, AST_FIELD, token);
		return n != NULL && add_field(p, n, token) ? n : NULL;
	case LEX_BOOL:
		n = parse_node(p, AST_BOOL, token);
		if (n != NULL)
			n->number.b = str_is(token.text, "true");
		return n;
	case LEX_CHAR: case LEX_NUMBER: case LEX_COMPLEX:
		return term_number(p, token);
	case LEX_STRING: case LEX_RAW:
		n = parse_node(p, AST_STRING, token);
		return n != NULL && parse_string(p, token, &n->text) ? n : NULL;
	case LEX_PAREN:
		return term_paren(p, token);
	default:
		parse_backup(p);
		return NULL;
	}
}

/* A term and the fields that follow it without a space. */
static struct ast_node *
operand(struct parser *p)
{
	struct ast_node *n = term(p), *chain;
	struct lex_token field;

	if (n == NULL || (field = parse_peek(p)).type != LEX_FIELD)
		return n;
	switch (n->type) {
	case AST_FIELD: case AST_VARIABLE:
		chain = n;
		break;
	case AST_BOOL: case AST_STRING: case AST_NUMBER: case AST_NIL:
	case AST_DOT:
		parse_fail(p, field, "unexpected . after term %s",
		    parse_show(p, n->source));
		return NULL;
	default:
		chain = arena_new(p->arena, struct ast_node);
		if (chain == NULL) {
			parse_nomem(p);
			return NULL;
		}
		chain->type = AST_CHAIN;
		chain->at = n->at;
		chain->operand = n;
	}
	chain->source.s = n->source.s;
	while ((field = parse_peek(p)).type == LEX_FIELD) {
		parse_next(p);
		if (!add_field(p, chain, field))
			return NULL;
		chain->source.len = (size_t)(field.text.s + field.text.len -
		    chain->source.s);
	}
	return chain;
}

/* --- Pipelines --------------------------------------------------------- */

/* The functions of the application say how many arguments they take. Those of
 * the language complain when they are called, as Go's do. */
static bool
check_count(struct parser *p, const struct ast_node *n, int given)
{
	const struct ast_func *f = p->set->funcs;
	struct lex_token at = { .line = n->at.line, .column = n->at.column };
	char most[16] = " or more";

	while (f != NULL && !str_eq(f->name, n->name))
		f = f->next;
	if (f == NULL || (given >= f->min && (f->max < 0 || given <= f->max)))
		return true;
	if (f->max == f->min)
		most[0] = '\0';
	else if (f->max >= 0)
		snprintf(most, sizeof(most), " to %d", f->max);
	return parse_fail(p, at, "function \"" STR_FMT "\" takes %d%s "
	    "argument%s, not %d", STR_ARG(f->name), f->min, most,
	    f->min == 1 && f->max == 1 ? "" : "s", given);
}

static bool
check_command(struct parser *p, const struct ast_command *c, bool piped)
{
	const struct ast_node *n = c->args;

	if (n->type == AST_IDENT &&
	    !check_count(p, n, c->nargs - 1 + (piped ? 1 : 0)))
		return false;
	for (n = n->next; n != NULL; n = n->next)
		if (n->type == AST_IDENT && !check_count(p, n, 0))
			return false;
	for (n = c->args; n != NULL; n = n->next)
		if (n->type == AST_CHAIN && n->operand->type == AST_IDENT &&
		    !check_count(p, n->operand, 0))
			return false;
	return true;
}

static struct ast_command *
command(struct parser *p)
{
	struct ast_command *cmd = arena_new(p->arena, struct ast_command);
	struct ast_node *n, **tail;
	struct lex_token token;

	if (cmd == NULL) {
		parse_nomem(p);
		return NULL;
	}
	cmd->at = parse_place(p, parse_peek_word(p));
	tail = &cmd->args;
	do {
		parse_peek_word(p);
		n = operand(p);
		if (p->rc != 0)
			return NULL;
		if (n != NULL) {
			*tail = n;
			tail = &n->next;
			cmd->nargs++;
		}
		token = parse_next(p);
	} while (token.type == LEX_SPACE);
	if (token.type == LEX_CLOSE || token.type == LEX_ENDPAREN)
		parse_backup(p);
	else if (token.type != LEX_PIPE) {
		parse_unexpected(p, token, "operand");
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
	return scope_add(&p->scope, name.text) == 0 || parse_nomem(p);
}

/* "$x :=", "$x =", "$i, $x :=" or nothing of the kind, which is put back. */
static bool
declarations(struct parser *p, struct ast_pipe *pipe, const char *context)
{
	struct lex_token name, after, token;

	while ((name = parse_peek_word(p)).type == LEX_VARIABLE) {
		parse_next(p);
		after = parse_peek(p);
		token = parse_peek_word(p);
		if (token.type == LEX_ASSIGN || token.type == LEX_DECLARE) {
			pipe->assign = token.type == LEX_ASSIGN;
			parse_next_word(p);
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
		parse_next_word(p);
		if (!declare(p, pipe, name))
			return false;
		if (strcmp(context, "range") != 0 || pipe->nvars == 2)
			return parse_fail(p, name,
			    "too many declarations in %s", context);
		token = parse_peek_word(p);
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
struct ast_pipe *
parse_pipeline(struct parser *p, const char *context, enum lex_type end)
{
	struct ast_pipe *pipe = arena_new(p->arena, struct ast_pipe);
	struct lex_token token = parse_peek_word(p), first = token;
	struct ast_command **tail;

	if (pipe == NULL) {
		parse_nomem(p);
		return NULL;
	}
	pipe->at = parse_place(p, token);
	tail = &pipe->commands;
	if (!declarations(p, pipe, context))
		return NULL;
	while ((token = parse_next_word(p)).type != end) {
		switch (token.type) {
		case LEX_BOOL: case LEX_CHAR: case LEX_COMPLEX: case LEX_DOT:
		case LEX_FIELD: case LEX_IDENT: case LEX_NUMBER: case LEX_NIL:
		case LEX_RAW: case LEX_STRING: case LEX_VARIABLE:
		case LEX_PAREN:
			parse_backup(p);
			break;
		default:
			parse_unexpected(p, token, context);
			return NULL;
		}
		*tail = command(p);
		if (*tail == NULL ||
		    !check_command(p, *tail, pipe->ncommands > 0))
			return NULL;
		tail = &(*tail)->next;
		pipe->ncommands++;
	}
	p->closed = token;
	pipe->source = parse_source(p, first, token.offset);
	return check_pipeline(p, pipe, context) ? pipe : NULL;
}
