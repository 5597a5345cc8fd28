/*
 * parse.h - what the parser's files share: words.c, expr.c, parse.c and
 * suggest.c. Nobody else includes it.
 */
#ifndef LVT_TEMPLATE_PARSE_H
#define LVT_TEMPLATE_PARSE_H

#include "template/parse/ast.h"
#include "template/parse/lex.h"
#include "template/parse/scope.h"

struct parser {
	struct ast_set *set;
	struct ast_set pending;		/* what this text defines */
	struct arena *arena;
	struct lexer lex;
	struct lex_token token[3];	/* looked ahead, last first */
	int peeked;
	struct lex_token closed;	/* what ended the last pipeline */
	struct lex_token ended;		/* the last end or else */
	struct ast_template *tmpl;	/* being defined */
	struct scope scope;
	uint32_t range_depth, depth, max_depth;
	const char *file;
	struct str file_str;
	struct lvt_error *err;
	int rc;
	char shown[176];		/* a word, made fit for a message */
};

/* words.c */
struct lex_token parse_next(struct parser *p);
void	parse_backup(struct parser *p);
struct lex_token parse_peek(struct parser *p);
struct lex_token parse_next_word(struct parser *p);	/* but no space */
struct lex_token parse_peek_word(struct parser *p);
bool	parse_nomem(struct parser *p);			/* returns false */
/* Record the first error, at a word; returns false. */
bool	parse_fail(struct parser *p, struct lex_token at, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
bool	parse_unexpected(struct parser *p, struct lex_token token,
	    const char *context);			/* returns false */
bool	parse_expect(struct parser *p, enum lex_type type, const char *context);
bool	parse_enter(struct parser *p, struct lex_token at);	/* one deeper */
/* A word as a message may show it; good until the next call. */
const char *parse_show(struct parser *p, struct str s);
struct ast_place parse_place(const struct parser *p, struct lex_token token);
struct ast_node *parse_node(struct parser *p, enum ast_type type,
	    struct lex_token token);
/* The source from a word up to a place, without what trims at its end. */
struct str parse_source(const struct parser *p, struct lex_token first,
	    uint32_t end);

/* expr.c: a pipeline up to the word that ends it, which is p->closed then */
struct ast_pipe *parse_pipeline(struct parser *p, const char *context,
	    enum lex_type end);
bool	parse_string(struct parser *p, struct lex_token token, struct str *out);
bool	parse_is_function(const struct parser *p, struct str name);

/* suggest.c */
/* The error for a function that there is not; returns false. */
bool	parse_unknown_function(struct parser *p, struct lex_token name);
/* How what stands there is written in templates: "; ..." or "". */
const char *parse_advice(const struct parser *p, struct lex_token at);

#endif
