/*
 * context.h - what an HTML parser would be in the midst of.
 *
 * The context before a piece of text, and the text, give the context after
 * it; that of an action says which escapers it needs.
 *
 * Invariants:
 *   1. The zero context is that of a document: text, outside any tag.
 *   2. braces is never changed in place: contexts share it.
 */
#ifndef LVT_TEMPLATE_CONTEXT_H
#define LVT_TEMPLATE_CONTEXT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* The names are html/template's: names of copies use them. */
#define STATES(X)                                                        \
	X(TEXT, "stateText")                                             \
	X(TAG, "stateTag")		/* before an attribute */        \
	X(ATTR_NAME, "stateAttrName")                                    \
	X(AFTER_NAME, "stateAfterName")                                  \
	X(BEFORE_VALUE, "stateBeforeValue")                              \
	X(HTML_CMT, "stateHTMLCmt")                                      \
	X(RCDATA, "stateRCDATA")	/* in <title>, <textarea> */     \
	X(ATTR, "stateAttr")		/* in a value of plain text */   \
	X(URL, "stateURL")		/* in a value that is a URL */   \
	X(SRCSET, "stateSrcset")                                         \
	X(JS, "stateJS")                                                 \
	X(JS_DQ, "stateJSDqStr")                                         \
	X(JS_SQ, "stateJSSqStr")                                         \
	X(JS_TMPL, "stateJSTmplLit")                                     \
	X(JS_REGEXP, "stateJSRegexp")                                    \
	X(JS_BLOCK_CMT, "stateJSBlockCmt")                               \
	X(JS_LINE_CMT, "stateJSLineCmt")                                 \
	X(JS_HTML_OPEN_CMT, "stateJSHTMLOpenCmt")                        \
	X(JS_HTML_CLOSE_CMT, "stateJSHTMLCloseCmt")                      \
	X(CSS, "stateCSS")                                               \
	X(CSS_DQ, "stateCSSDqStr")                                       \
	X(CSS_SQ, "stateCSSSqStr")                                       \
	X(CSS_DQ_URL, "stateCSSDqURL")                                   \
	X(CSS_SQ_URL, "stateCSSSqURL")                                   \
	X(CSS_URL, "stateCSSURL")                                        \
	X(CSS_BLOCK_CMT, "stateCSSBlockCmt")                             \
	X(CSS_LINE_CMT, "stateCSSLineCmt")                               \
	X(ERROR, "stateError")                                           \
	X(DEAD, "stateDead")		/* after break or continue */

#define DELIMS(X)                                                        \
	X(NONE, "delimNone")                                             \
	X(DQ, "delimDoubleQuote")                                        \
	X(SQ, "delimSingleQuote")                                        \
	X(SPACE, "delimSpaceOrTagEnd")

#define URL_PARTS(X)                                                     \
	X(NONE, "urlPartNone")                                           \
	X(PRE_QUERY, "urlPartPreQuery")                                  \
	X(EARLY, "urlPartNoneOrPreQuery") /* assumed of recursion only */\
	X(QUERY, "urlPartQueryOrFrag")                                   \
	X(UNKNOWN, "urlPartUnknown")

#define JS_CTXS(X)			/* what a slash begins */        \
	X(REGEXP, "jsCtxRegexp")                                         \
	X(DIV, "jsCtxDivOp")                                             \
	X(UNKNOWN, "jsCtxUnknown")

#define ATTRS(X)                                                         \
	X(NONE, "attrNone")                                              \
	X(SCRIPT, "attrScript")		/* an event handler */           \
	X(SCRIPT_TYPE, "attrScriptType")                                 \
	X(STYLE, "attrStyle")                                            \
	X(URL, "attrURL")                                                \
	X(SRCSET, "attrSrcset")

#define ELEMENTS(X)                                                      \
	X(NONE, "elementNone")                                           \
	X(SCRIPT, "elementScript")                                       \
	X(STYLE, "elementStyle")                                         \
	X(TEXTAREA, "elementTextarea")                                   \
	X(TITLE, "elementTitle")

#define X(name, text) STATE_##name,
enum state { STATES(X) STATE_MAX };
#undef X
#define X(name, text) DELIM_##name,
enum delim { DELIMS(X) DELIM_MAX };
#undef X
#define X(name, text) URL_PART_##name,
enum url_part { URL_PARTS(X) URL_PART_MAX };
#undef X
#define X(name, text) JS_CTX_##name,
enum js_ctx { JS_CTXS(X) JS_CTX_MAX };
#undef X
#define X(name, text) ATTR_##name,
enum attr { ATTRS(X) ATTR_MAX };
#undef X
#define X(name, text) ELEMENT_##name,
enum element { ELEMENTS(X) ELEMENT_MAX };
#undef X

/* The open ${ of template literals, innermost first. */
struct brace {
	uint32_t depth;			/* { since this ${ */
	uint32_t level;			/* literals around it */
	const struct brace *outer;
};

struct context {
	uint8_t state, delim, url_part, js_ctx, attr, element;
	const struct brace *braces;
};

/* context.c */
bool	context_eq(const struct context *a, const struct context *b);
bool	state_is_comment(enum state s);
bool	state_in_tag(enum state s);
bool	state_in_literal(enum state s);	/* of a script */
/*
 * What follows from no text at all: in <p title={{.}} the value has begun,
 * in <p {{.}} a name.
 */
struct context context_nudge(struct context c);
/*
 * The context after a branch that ends in a or b. False: they are too far
 * apart. Neither is STATE_ERROR.
 */
bool	context_join(const struct context *a, const struct context *b,
	    struct context *out);
/* For messages: "a URL in double quotes" */
void	context_describe(struct buf *out, const struct context *c);
/* "name$htmltemplate_stateURL_..."; the name itself in the zero context */
void	context_mangle(struct buf *out, struct str name,
	    const struct context *c);

/* transition.c */

/* What transitions need beside the text; NULL where only tags matter. */
struct transit {
	struct arena *arena;	/* of braces */
	struct buf scratch;	/* decoded text */
	/* The first end tag of this element in a text: none begins between. */
	struct end_tag {
		const char *from, *at, *text_end;
		uint8_t element;
	} end_tag;
	bool raw_ends;		/* an end tag in an open literal is one */
	bool unsure;		/* whether such a tag was met */
	int failed;		/* LVT_ENOMEM, LVT_ETOOBIG */
	struct buf why;		/* of STATE_ERROR */
};

void	transit_init(struct transit *t, struct arena *a);
void	transit_release(struct transit *t);

/*
 * Go from *c over some of s, which is not empty. Returns how many bytes were
 * consumed: 0 only if the state changed.
 */
size_t	transition(struct transit *t, struct context *c, struct str s);
/* One state's own step, not looking at delimiters and end tags. */
size_t	transition_as(struct transit *t, enum state as, struct context *c,
	    struct str s);
/* Where the attribute value s ends, its length if not in s. */
size_t	delim_end(enum delim d, struct str s);
/* The length of s before its last "<", or n if there is none. */
size_t	before_last_lt(const char *s, size_t n);

/* js.c */
bool	js_is_type(struct str mime);

/* attr.c */
enum attr_type {
	ATTR_TYPE_PLAIN, ATTR_TYPE_UNSAFE, ATTR_TYPE_HTML, ATTR_TYPE_CSS,
	ATTR_TYPE_JS, ATTR_TYPE_URL, ATTR_TYPE_SRCSET
};
enum attr_type attr_type(struct str name);

/* entity.c: append s with its character references decoded */
void	html_unescape(struct buf *out, struct str s);

#endif
