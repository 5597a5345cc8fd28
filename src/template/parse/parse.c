/*
 * parse.c - statements, templates and the set.
 *
 * A recursive descent with three words of look-ahead. The first error stops
 * it: it is kept in p->rc, and every function returns failure from then on.
 *
 * Invariants:
 *   1. The set changes only when the whole text has been parsed.
 *   2. item_list(), {{else if}} and parenthesised pipelines are the only ways
 *      to recurse; each counts depth, so the stack is bounded.
 */
#include "template/parse/parse.h"

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
		parse_nomem(p);
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
	struct ast_node *n = parse_node(p, type, opener.at);
	uint32_t mark = p->scope.count;
	enum ending ending;

	if (n == NULL)
		return NULL;
	n->pipe = parse_pipeline(p, opener.what, LEX_CLOSE);
	if (n->pipe == NULL)
		return NULL;
	n->at = n->pipe->at;
	n->source = parse_source(p, opener.at, p->closed.offset);
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
	struct lex_token token = parse_peek(p);
	struct ast_node *inner;
	enum ending ending;

	if ((n->type == AST_IF && token.type == LEX_IF) ||
	    (n->type == AST_WITH && token.type == LEX_WITH)) {
		parse_next(p);
		n->otherwise = new_list(p);
		if (n->otherwise == NULL || !parse_enter(p, token))
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

	if (!parse_expect(p, LEX_CLOSE, what))
		return FAILED;
	if (p->range_depth == 0) {
		parse_fail(p, token, "%s outside {{range}}", what);
		return FAILED;
	}
	return append(list, parse_node(p, type, token));
}

/* else and end; the word is read. control_else() knows what may follow. */
static enum ending
control_end(struct parser *p, struct lex_token token)
{
	struct lex_token after = parse_peek_word(p);

	p->ended = token;
	if (token.type == LEX_ELSE &&
	    (after.type == LEX_IF || after.type == LEX_WITH))
		return AT_ELSE;
	if (token.type == LEX_ELSE)
		return parse_expect(p, LEX_CLOSE, "else") ? AT_ELSE : FAILED;
	return parse_expect(p, LEX_CLOSE, "end") ? AT_END : FAILED;
}

/* --- Templates --------------------------------------------------------- */

static bool
template_name(struct parser *p, struct lex_token token, const char *context,
    struct str *name)
{
	if (token.type == LEX_IDENT)
		return parse_fail(p, token, "unexpected \"%s\" in %s; a name "
		    "in quotes must stand there", parse_show(p, token.text),
		    context);
	if (token.type != LEX_STRING && token.type != LEX_RAW)
		return parse_unexpected(p, token, context);
	return parse_string(p, token, name);
}

static struct ast_template *
new_template(struct parser *p, struct str name)
{
	struct ast_template *t = arena_new(p->arena, struct ast_template);

	if (t == NULL) {
		parse_nomem(p);
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
		return ast_set_put(&p->pending, t) == 0 || parse_nomem(p);
	if (ast_list_is_empty(old->body))
		old->body = t->body;
	else if (!ast_list_is_empty(t->body))
		return parse_fail(p, at,
		    "multiple definition of template \"%s\"",
		    parse_show(p, t->name));
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
	struct lex_token token = parse_next_word(p);
	struct str name;

	return template_name(p, token, context, &name) &&
	    parse_expect(p, LEX_CLOSE, context) &&
	    definition(p, name, token, (struct opener){ "define", keyword },
	    context);
}

static enum ending
control_block(struct parser *p, struct ast_list *list,
    struct lex_token keyword)
{
	static const char context[] = "block clause";
	struct lex_token token = parse_next_word(p);
	struct ast_node *n = parse_node(p, AST_TEMPLATE, token);

	if (n == NULL || !template_name(p, token, context, &n->name))
		return FAILED;
	n->pipe = parse_pipeline(p, context, LEX_CLOSE);
	if (n->pipe == NULL)
		return FAILED;
	n->source = parse_source(p, keyword, p->closed.offset);
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
	struct lex_token token = parse_next_word(p), after;
	struct ast_node *n = parse_node(p, AST_TEMPLATE, token);

	if (n == NULL || !template_name(p, token, context, &n->name))
		return FAILED;
	after = parse_next_word(p);
	if (after.type != LEX_CLOSE) {
		parse_backup(p);
		n->pipe = parse_pipeline(p, context, LEX_CLOSE);
		if (n->pipe == NULL)
			return FAILED;
		after = p->closed;
	}
	n->source = parse_source(p, keyword, after.offset);
	return append(list, n);
}

/* --- Lists ------------------------------------------------------------- */

static enum ending
action(struct parser *p, struct ast_list *list)
{
	struct lex_token token = parse_next_word(p);
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
	parse_backup(p);
	n = parse_node(p, AST_ACTION, token);
	if (n == NULL)
		return FAILED;
	n->pipe = parse_pipeline(p, "command", LEX_CLOSE);
	if (n->pipe == NULL)
		return FAILED;
	n->source = n->pipe->source;
	return append(list, n);
}

static enum ending
item(struct parser *p, struct ast_list *list)
{
	struct lex_token token = parse_next_word(p);
	struct ast_node *n;

	if (token.type == LEX_OPEN)
		return action(p, list);
	if (token.type != LEX_TEXT) {
		parse_unexpected(p, token, "input");
		return FAILED;
	}
	n = parse_node(p, AST_TEXT, token);
	if (n != NULL)
		n->text = token.text;
	return append(list, n);
}

/* Items up to {{end}} or {{else}}. */
static enum ending
item_list(struct parser *p, struct opener opener, struct ast_list **list)
{
	enum ending ending = MORE;
	struct lex_token token = parse_peek_word(p);

	*list = new_list(p);
	if (*list == NULL || !parse_enter(p, opener.at))
		return FAILED;
	while (ending == MORE && (token = parse_peek_word(p)).type != LEX_EOF)
		ending = item(p, *list);
	p->depth--;
	if (ending != MORE)
		return ending;
	parse_fail(p, token, "unexpected EOF: {{%s}} in line %u has no {{end}}",
	    opener.what, opener.at.line);
	return FAILED;
}

/* Is a define next? Then it is read up to its keyword. */
static bool
take_define(struct parser *p, struct lex_token *keyword)
{
	struct lex_token open;

	if (parse_peek(p).type != LEX_OPEN)
		return false;
	open = parse_next(p);
	*keyword = parse_next_word(p);
	if (keyword->type == LEX_DEFINE)
		return true;
	p->token[1] = open;
	p->peeked = 2;
	return false;
}

/* The whole text; the only place for a define. */
static bool
parse_text(struct parser *p)
{
	struct ast_list *list = p->tmpl->body;
	struct lex_token token, keyword;

	while ((token = parse_peek(p)).type != LEX_EOF) {
		if (take_define(p, &keyword)) {
			if (!control_define(p, keyword))
				return false;
			continue;
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
		return parse_nomem(p);
	p->file = p->file_str.s;
	lex_init(&p->lex, text);
	p->lex.break_is_name = parse_is_function(p, STR("break"));
	p->lex.continue_is_name = parse_is_function(p, STR("continue"));
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
