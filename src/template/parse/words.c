/*
 * words.c - the parser's look-ahead, its errors and its nodes.
 */
#include <stdio.h>

#include "template/parse/parse.h"

/* --- Words ------------------------------------------------------------- */

struct lex_token
parse_next(struct parser *p)
{
	if (p->peeked > 0)
		p->peeked--;
	else
		p->token[0] = lex_next(&p->lex);
	return p->token[p->peeked];
}

void
parse_backup(struct parser *p)
{
	p->peeked++;
}

struct lex_token
parse_peek(struct parser *p)
{
	struct lex_token token = parse_next(p);

	parse_backup(p);
	return token;
}

struct lex_token
parse_next_word(struct parser *p)
{
	struct lex_token token;

	do
		token = parse_next(p);
	while (token.type == LEX_SPACE);
	return token;
}

struct lex_token
parse_peek_word(struct parser *p)
{
	struct lex_token token = parse_next_word(p);

	parse_backup(p);
	return token;
}

/* --- Errors ------------------------------------------------------------ */

bool
parse_nomem(struct parser *p)
{
	if (p->rc == 0)
		p->rc = lvt_error_nomem(p->err);
	return false;
}

/* The text of a word as a message may show it. */
const char *
parse_show(struct parser *p, struct str s)
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

bool
parse_unexpected(struct parser *p, struct lex_token token, const char *context)
{
	uint32_t line = p->lex.action_line;

	switch (token.type) {
	case LEX_ERROR:
		if (p->lex.inside && token.line != line)
			return parse_fail(p, token, STR_FMT
			    ", in the action that starts in line %u",
			    STR_ARG(token.text), line);
		return parse_fail(p, token, STR_FMT "%s", STR_ARG(token.text),
		    p->lex.inside ? parse_advice(p, token) : "");
	case LEX_OTHER: case LEX_PIPE: case LEX_ASSIGN:
		return parse_fail(p, token, "unexpected \"%s\" in %s%s",
		    parse_show(p, token.text), context,
		    parse_advice(p, token));
	case LEX_EOF:
		return parse_fail(p, token, "unexpected EOF in %s", context);
	default:
		return parse_fail(p, token, "unexpected %s%s%s in %s",
		    token.type > LEX_KEYWORD ? "<" : "\"",
		    parse_show(p, token.text),
		    token.type > LEX_KEYWORD ? ">" : "\"", context);
	}
}

bool
parse_expect(struct parser *p, enum lex_type type, const char *context)
{
	struct lex_token token = parse_next_word(p);

	return token.type == type || parse_unexpected(p, token, context);
}

bool
parse_enter(struct parser *p, struct lex_token at)
{
	if (p->depth < p->max_depth) {
		p->depth++;
		return true;
	}
	return parse_fail(p, at, "nested more than %u deep", p->max_depth);
}

/* --- Nodes ------------------------------------------------------------- */

struct ast_place
parse_place(const struct parser *p, struct lex_token token)
{
	return (struct ast_place){ p->tmpl, token.offset, token.line,
	    token.column };
}

struct ast_node *
parse_node(struct parser *p, enum ast_type type, struct lex_token token)
{
	struct ast_node *n = arena_new(p->arena, struct ast_node);

	if (n == NULL) {
		parse_nomem(p);
		return NULL;
	}
	n->type = type;
	n->at = parse_place(p, token);
	n->source = token.text;
	return n;
}

/* No pipeline ends with a minus: one before the end belongs to the marker. */
struct str
parse_source(const struct parser *p, struct lex_token first, uint32_t end)
{
	const char *s = p->lex.input.s + first.offset;
	size_t n = end > first.offset ? end - first.offset : 0;

	while (n > 0 && (lex_is_space((unsigned char)s[n - 1]) ||
	    s[n - 1] == '-'))
		n--;
	return (struct str){ s, n };
}
