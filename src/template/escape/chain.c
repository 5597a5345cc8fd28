/* chain.c - which escapers an action needs where it stands. */
#include "template/escape/chain.h"

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

bool
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

enum escaper
chain_function(const struct ast_command *cmd)
{
	if (cmd->args->type != AST_IDENT)
		return ESC_NONE;
	if (str_is(cmd->args->name, "html"))
		return ESC_FUNC_HTML;
	if (str_is(cmd->args->name, "urlquery"))
		return ESC_FUNC_URLQUERY;
	return ESC_NONE;
}

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
void
chain_apply(struct ast_node *node, struct chain *chain)
{
	struct ast_pipe *pipe = node->pipe;
	struct ast_command *last = pipe->commands, *before = NULL;
	bool merged = false;
	enum escaper e;

	for (; last->next != NULL; last = last->next)
		before = last;
	e = chain_function(last);
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
