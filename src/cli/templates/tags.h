/*
 * tags.h - the tags of an HTML text that comes in pieces.
 *
 * A tokenizer as browsers have it, as far as tags, attributes, comments and
 * raw elements go. Between the pieces may stand values that are not known.
 *
 * Owns:    nothing beyond itself: it may be copied and dropped.
 * May not: recurse, or remember more than one tag.
 * Invariants:
 *   1. Of a tag with more attributes or text than fit, the rest is left out
 *      and `cut` says so.
 */
#ifndef LVT_CLI_TAGS_H
#define LVT_CLI_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define TAGS_ATTRS	48
#define TAGS_TEXT	2048

enum tags_state {
	TAGS_DATA, TAGS_LT, TAGS_NAME, TAGS_BEFORE_ATTR, TAGS_ATTR_NAME,
	TAGS_AFTER_ATTR, TAGS_BEFORE_VALUE, TAGS_VALUE, TAGS_DECLARATION,
	TAGS_COMMENT, TAGS_RAW
};

struct tags_attr {
	uint32_t name, name_len;	/* in text, lower case */
	uint32_t value, value_len;	/* as written */
	bool unknown;			/* a value stands in it */
};

struct tags {
	enum tags_state state;
	bool end, unknown, cut;		/* of the tag being read */
	char quote;			/* 0: unquoted */
	uint8_t matched;		/* of "-->" or of "</name" */
	uint32_t name_len;		/* text begins with the tag's name */
	uint32_t used;
	uint32_t nattrs;
	char raw[12];			/* element that we are within, or "" */
	char text[TAGS_TEXT];
	struct tags_attr attrs[TAGS_ATTRS];
	/* called at the > of each tag, start and end */
	void	(*found)(void *arg, const struct tags *t);
	void	*arg;
};

void	tags_init(struct tags *t, void (*found)(void *arg,
	    const struct tags *t), void *arg);
void	tags_feed(struct tags *t, struct str s);
/* A value that is not known stands here; it is inert, as escaping makes it. */
void	tags_unknown(struct tags *t);
/* Within a tag, between < and >? */
bool	tags_in_tag(const struct tags *t);
/* The tag's name; an attribute by name, or NULL. For found(). */
struct str tags_name(const struct tags *t);
const struct tags_attr *tags_attr(const struct tags *t, const char *name);
struct str tags_value(const struct tags *t, const struct tags_attr *a);

#endif
