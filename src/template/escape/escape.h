/*
 * escape.h - which escapers each action needs where it stands.
 *
 * Works out the HTML, attribute, URL, CSS or JavaScript context of every
 * action that can be reached from one template, marks the action, rewrites
 * text as html/template does (comments dropped, a stray "<" escaped) and makes
 * a copy of a template for each context that it is called in.
 *
 * Borrows: the set; marks its nodes and adds templates to it.
 * May not: evaluate anything.
 */
#ifndef LVT_TEMPLATE_ESCAPE_H
#define LVT_TEMPLATE_ESCAPE_H

#include "base/buf.h"
#include "template/parse/ast.h"

/*
 * A pipeline that ends in {{... | html}} or {{... | urlquery}} loses that
 * command to ESC_FUNC_HTML or ESC_FUNC_URLQUERY where the place needs an
 * escaper of that kind; {{html a b}} becomes {{print a b}} with it.
 */
enum escaper {
	ESC_NONE,
	ESC_HTML,		/* text */
	ESC_RCDATA,		/* <title>, <textarea> */
	ESC_ATTR,		/* quoted attribute value */
	ESC_NOSPACE,		/* unquoted attribute value */
	ESC_HTMLNAME,		/* tag and attribute names: filter */
	ESC_COMMENT,		/* prints nothing */
	ESC_URLFILTER,		/* refuses dangerous schemes */
	ESC_URL,		/* percent-encodes everything special */
	ESC_URLNORM,		/* percent-encodes only what must be */
	ESC_SRCSET,
	ESC_CSSVAL,		/* filter for CSS values */
	ESC_CSSSTR,
	ESC_JSVAL,		/* value as JSON */
	ESC_JSSTR,
	ESC_JSREGEXP,
	ESC_JSTMPL,		/* inside a JS template literal */
	ESC_FUNC_HTML,		/* the function html, which nil makes print */
	ESC_FUNC_URLQUERY,	/* the function urlquery; likewise */
	ESC_MAX
};

/*
 * Escape everything reachable from the template called name. Each template
 * then has an escaped body beside the one that was parsed, so that a set can
 * be escaped again for another name; AST_TEMPLATE nodes lead to their target.
 *
 * Return: 0, LVT_EESCAPE (err says where and why), LVT_ETOOBIG (it nests or
 * repeats too much) or LVT_ENOMEM.
 */
int	escape_set(struct ast_set *set, struct str name, struct lvt_error *err);

#endif
