#include <string.h>

#include "base/ascii.h"
#include "cli/templates/tags.h"

void
tags_init(struct tags *t, void (*found)(void *arg, const struct tags *t),
    void *arg)
{
	*t = (struct tags){ .state = TAGS_DATA, .found = found, .arg = arg };
}

struct str
tags_name(const struct tags *t)
{
	return (struct str){ t->text, t->name_len };
}

struct str
tags_value(const struct tags *t, const struct tags_attr *a)
{
	return (struct str){ t->text + a->value, a->value_len };
}

const struct tags_attr *
tags_attr(const struct tags *t, const char *name)
{
	uint32_t i;

	for (i = 0; i < t->nattrs; i++)
		if (str_is((struct str){ t->text + t->attrs[i].name,
		    t->attrs[i].name_len }, name))
			return &t->attrs[i];
	return NULL;
}

bool
tags_in_tag(const struct tags *t)
{
	return t->state >= TAGS_NAME && t->state <= TAGS_VALUE;
}

/* --- Collecting --------------------------------------------------------- */

static bool
keep(struct tags *t, char c)
{
	if (t->used == TAGS_TEXT) {
		t->cut = true;
		return false;
	}
	t->text[t->used++] = c;
	return true;
}

static void
attr_begin(struct tags *t)
{
	t->state = TAGS_ATTR_NAME;
	if (t->nattrs == TAGS_ATTRS) {
		t->cut = true;
		return;
	}
	t->attrs[t->nattrs++] = (struct tags_attr){ .name = t->used,
	    .value = t->used };
}

/* The attribute being read; NULL: it did not fit. */
static struct tags_attr *
attr(struct tags *t)
{
	return t->cut || t->nattrs == 0 ? NULL : &t->attrs[t->nattrs - 1];
}

static void
attr_name(struct tags *t, char c)
{
	struct tags_attr *a = attr(t);

	if (a != NULL && keep(t, ascii_lower(c))) {
		a->name_len++;
		a->value = t->used;
	}
}

static void
attr_value(struct tags *t, char c)
{
	struct tags_attr *a = attr(t);

	if (a != NULL && keep(t, c))
		a->value_len++;
}

static void
tag_begin(struct tags *t, char c)
{
	t->state = TAGS_NAME;
	t->unknown = t->cut = false;
	t->used = t->nattrs = t->name_len = 0;
	if (keep(t, ascii_lower(c)))
		t->name_len++;
}

static void
tag_end(struct tags *t)
{
	static const char *const raw[] = {
		"script", "style", "textarea", "title", "xmp", "iframe",
		"noembed", "noframes"
	};
	size_t i;

	t->state = TAGS_DATA;
	t->found(t->arg, t);
	for (i = 0; !t->end && i < sizeof(raw) / sizeof(raw[0]); i++)
		if (str_is(tags_name(t), raw[i])) {
			strcpy(t->raw, raw[i]);
			t->state = TAGS_RAW;
			t->matched = 0;
		}
}

/* --- Reading ------------------------------------------------------------ */

static void
in_lt(struct tags *t, char c)
{
	if (t->matched == 0 && c == '/') {
		t->end = true;
		t->matched = 1;
	} else if (ascii_is_letter(c))
		tag_begin(t, c);
	else if (t->end)
		t->state = c == '>' ? TAGS_DATA : TAGS_DECLARATION;
	else if (c == '!' || c == '?') {
		t->state = TAGS_DECLARATION;
		t->matched = c == '!';
	} else
		t->state = c == '<' ? TAGS_LT : TAGS_DATA;
	if (t->state == TAGS_DECLARATION && t->end)
		t->matched = 0;
}

/* matched: 1 behind "<!", 2 behind "<!-", 0 when it cannot be a comment. */
static void
in_declaration(struct tags *t, char c)
{
	if (t->matched > 0 && c == '-') {
		if (++t->matched < 3)
			return;
		t->state = TAGS_COMMENT;
		t->matched = 2;		/* <!--> is a whole comment */
		return;
	}
	t->matched = 0;
	if (c == '>')
		t->state = TAGS_DATA;
}

static void
in_comment(struct tags *t, char c)
{
	if (c == '-')
		t->matched = t->matched < 2 ? t->matched + 1 : 2;
	else if (c == '>' && t->matched == 2)
		t->state = TAGS_DATA;
	else
		t->matched = 0;
}

/* matched: bytes of "</name" so far. What ends it is read as a tag. */
static void
in_raw(struct tags *t, char c)
{
	size_t n = strlen(t->raw), i;

	if (t->matched == n + 2 && (ascii_is_space(c) || c == '/' || c == '>')) {
		t->end = true;
		tag_begin(t, t->raw[0]);
		for (i = 1; i < n && keep(t, t->raw[i]); i++)
			t->name_len++;
		t->raw[0] = '\0';
		if (c == '>')
			tag_end(t);
		else
			t->state = TAGS_BEFORE_ATTR;
		return;
	}
	if (t->matched < n + 2 && ascii_lower(c) == (t->matched == 0 ? '<' :
	    t->matched == 1 ? '/' : t->raw[t->matched - 2]))
		t->matched++;
	else
		t->matched = c == '<';
}

static void
in_tag(struct tags *t, char c)
{
	bool value = t->state == TAGS_BEFORE_VALUE;

	if (ascii_is_space(c)) {
		if (t->state == TAGS_NAME)
			t->state = TAGS_BEFORE_ATTR;
		else if (t->state == TAGS_ATTR_NAME)
			t->state = TAGS_AFTER_ATTR;
	} else if (c == '>')
		tag_end(t);
	else if (value) {
		t->state = TAGS_VALUE;
		t->quote = c == '"' || c == '\'' ? c : '\0';
		if (t->quote == '\0')
			attr_value(t, c);
	} else if (c == '/')
		t->state = TAGS_BEFORE_ATTR;
	else if (t->state == TAGS_NAME) {
		if (keep(t, ascii_lower(c)))
			t->name_len++;
	} else if (c == '=' && t->state != TAGS_BEFORE_ATTR)
		t->state = TAGS_BEFORE_VALUE;
	else {
		if (t->state != TAGS_ATTR_NAME)
			attr_begin(t);
		attr_name(t, c);
	}
}

static void
in_value(struct tags *t, char c)
{
	if (t->quote != '\0' ? c == t->quote : ascii_is_space(c))
		t->state = TAGS_BEFORE_ATTR;
	else if (t->quote == '\0' && c == '>')
		tag_end(t);
	else
		attr_value(t, c);
}

static void
step(struct tags *t, char c)
{
	switch (t->state) {
	case TAGS_DATA:
		if (c == '<') {
			t->state = TAGS_LT;
			t->end = false;
			t->matched = 0;
		}
		break;
	case TAGS_LT: in_lt(t, c); break;
	case TAGS_DECLARATION: in_declaration(t, c); break;
	case TAGS_COMMENT: in_comment(t, c); break;
	case TAGS_RAW: in_raw(t, c); break;
	case TAGS_VALUE: in_value(t, c); break;
	default: in_tag(t, c); break;
	}
}

void
tags_feed(struct tags *t, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		step(t, s.s[i]);
}

void
tags_unknown(struct tags *t)
{
	struct tags_attr *a;

	switch (t->state) {
	case TAGS_NAME:
		t->unknown = true;
		break;
	case TAGS_BEFORE_ATTR: case TAGS_AFTER_ATTR:
		attr_begin(t);
		if ((a = attr(t)) != NULL)
			a->unknown = true;
		break;
	case TAGS_BEFORE_VALUE:
		t->state = TAGS_VALUE;
		t->quote = '\0';
		if ((a = attr(t)) != NULL)
			a->unknown = true;
		break;
	case TAGS_ATTR_NAME: case TAGS_VALUE:
		if ((a = attr(t)) != NULL)
			a->unknown = true;
		break;
	default:
		break;
	}
}
