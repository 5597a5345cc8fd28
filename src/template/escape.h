/*
 * escape.h - which escapers each action needs where it stands.
 *
 * Works out the HTML, attribute, URL, CSS or JavaScript context of every
 * action that can be reached from one template, marks the action, rewrites
 * text as html/template does (comments dropped, a stray "<" escaped) and makes
 * copies of templates that are called in several contexts.
 *
 * Borrows: the set; marks its nodes and adds templates to it.
 * May not: evaluate anything.
 */
#ifndef LVT_TEMPLATE_ESCAPE_H
#define LVT_TEMPLATE_ESCAPE_H

#include "base/buf.h"
#include "template/ast.h"

enum escaper {
	ESC_NONE,
	ESC_HTML,		/* text and RCDATA's safe twin, see escapers.c */
	ESC_RCDATA,
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
	ESC_JSTMPL,		/* inside a JS template literal (Go 1.21+) */
	ESC_EVALARGS,		/* text engine: nothing; kept for | html and the like */
	ESC_MAX
};

/*
 * Escape everything reachable from the template called name.
 *
 * Return: 0, LVT_EESCAPE (err says where and why), LVT_ENOMEM.
 */
int	escape_set(struct ast_set *set, struct str name, struct lvt_error *err);

#endif
