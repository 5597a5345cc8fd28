#include <strings.h>

#include "base/ascii.h"
#include "base/error.h"
#include "view/split.h"

enum scan_state {
	SCAN_TEXT,
	SCAN_LT,		/* behind < */
	SCAN_NAME,		/* in the name of a tag */
	SCAN_TAG,		/* behind it */
	SCAN_QUOTED,		/* in a quoted attribute value */
	SCAN_DECLARATION,	/* <!doctype ...>, <?...> */
	SCAN_COMMENT,
	SCAN_RAW		/* in a script or the like, until its end tag */
};

struct scan {
	enum scan_state state;
	bool end_tag, equals;	/* equals: an attribute value is due */
	char quote;
	char name[10];
	size_t name_len;
	struct place lt;	/* where the tag began */
	struct split *found;
};

static bool
name_is(const struct scan *sc, const char *name)
{
	return strlen(name) == sc->name_len &&
	    strncasecmp(sc->name, name, sc->name_len) == 0;
}

static bool
name_is_raw(const struct scan *sc)
{
	static const char *const raw[] = {
		"script", "style", "textarea", "title", "xmp", "iframe",
		"noembed", "noframes"
	};
	size_t i;

	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (name_is(sc, raw[i]))
			return true;
	return false;
}

/* Behind the > of a tag. */
static void
tag_ends(struct scan *sc, struct place here)
{
	struct split *s = sc->found;

	sc->state = SCAN_TEXT;
	if (sc->end_tag)
		return;
	if (name_is(sc, "body") && !s->has[SPLIT_BODY]) {
		s->has[SPLIT_BODY] = true;
		s->at[SPLIT_BODY] = here;
		s->has[SPLIT_BODY_END] = s->has[SPLIT_HTML_END] = false;
	} else if (name_is_raw(sc))
		sc->state = SCAN_RAW;
}

/* Of several end tags the last counts: browsers put what follows the others
 * into the body again. */
static void
name_ends(struct scan *sc)
{
	enum split_tag tag = name_is(sc, "body") ? SPLIT_BODY_END :
	    name_is(sc, "html") ? SPLIT_HTML_END : SPLIT_TAGS;

	sc->state = SCAN_TAG;
	sc->equals = false;
	if (sc->end_tag && tag != SPLIT_TAGS) {
		sc->found->has[tag] = true;
		sc->found->at[tag] = sc->lt;
	}
}

/* Where the raw element's end tag begins; len where it does not. */
static size_t
find_raw_end(const struct scan *sc, struct str s, size_t at)
{
	for (; at + 2 + sc->name_len <= s.len; at++)
		if (s.s[at] == '<' && s.s[at + 1] == '/' &&
		    strncasecmp(s.s + at + 2, sc->name, sc->name_len) == 0)
			return at;
	return s.len;
}

static size_t
find_comment_end(struct str s, size_t at)
{
	for (; at + 3 <= s.len; at++)
		if (memcmp(s.s + at, "-->", 3) == 0)
			return at + 3;
	return s.len;
}

/* One byte of a tag, or of what began like one. */
static void
scan_tag(struct scan *sc, char c, struct place next)
{
	switch (sc->state) {
	case SCAN_NAME:
		if (c == '>' || c == '/' || ascii_is_space(c)) {
			name_ends(sc);
			if (c == '>')
				tag_ends(sc, next);
		} else if (sc->name_len < sizeof(sc->name))
			sc->name[sc->name_len++] = c;
		break;
	case SCAN_TAG:
		if (c == '>')
			tag_ends(sc, next);
		else if (sc->equals && (c == '"' || c == '\'')) {
			sc->quote = c;
			sc->state = SCAN_QUOTED;
		}
		sc->equals = c == '=' || (sc->equals && ascii_is_space(c));
		break;
	case SCAN_QUOTED:
		if (c == sc->quote)
			sc->state = SCAN_TAG;
		break;
	default:	/* SCAN_DECLARATION */
		if (c == '>')
			sc->state = SCAN_TEXT;
		break;
	}
}

/* Behind <; answers how many bytes of s that was. */
static size_t
scan_lt(struct scan *sc, struct str s, size_t at)
{
	size_t from = at;

	sc->end_tag = s.s[at] == '/';
	if (sc->end_tag)
		at++;
	if (at < s.len && ascii_is_letter(s.s[at])) {
		sc->state = SCAN_NAME;
		sc->name_len = 0;
	} else if (s.len - at >= 3 && memcmp(s.s + at, "!--", 3) == 0) {
		sc->state = SCAN_COMMENT;
		at += 3;
	} else if (at < s.len && (sc->end_tag || s.s[at] == '!' ||
	    s.s[at] == '?'))
		sc->state = SCAN_DECLARATION;
	else
		sc->state = SCAN_TEXT;
	return at - from;
}

static void
scan_string(struct scan *sc, struct str s, uint32_t string)
{
	const char *lt;
	size_t i = 0;

	while (i < s.len) {
		switch (sc->state) {
		case SCAN_TEXT:
			lt = memchr(s.s + i, '<', s.len - i);
			if (lt == NULL)
				return;
			i = (size_t)(lt - s.s);
			sc->lt = (struct place){ string, i++ };
			sc->state = SCAN_LT;
			break;
		case SCAN_LT:
			i += scan_lt(sc, s, i);
			break;
		case SCAN_COMMENT:
			i = find_comment_end(s, i);
			if (i >= 3 && memcmp(s.s + i - 3, "-->", 3) == 0)
				sc->state = SCAN_TEXT;
			break;
		case SCAN_RAW:
			i = find_raw_end(sc, s, i);
			if (i < s.len)
				sc->state = SCAN_TEXT;
			break;
		default:
			scan_tag(sc, s.s[i],
			    (struct place){ string, i + 1 });
			i++;
			break;
		}
	}
}

int
split_find(struct split *s, const struct str *strs, uint32_t count,
    struct arena *a)
{
	struct scan sc = { .state = SCAN_TEXT, .found = s };
	uint32_t i;

	*s = (struct split){ .text_slots = NULL };
	for (i = 0; i < count; i++) {
		scan_string(&sc, strs[i], i);
		if (i == count - 1)
			break;
		sc.equals = false;	/* the slot was the value */
		if (sc.state != SCAN_TEXT)
			continue;
		if (s->text_slots == NULL && (s->text_slots =
		    arena_zalloc(a, (count + 7) / 8)) == NULL)
			return LVT_ENOMEM;
		s->text_slots[i / 8] |= (unsigned char)(1 << i % 8);
	}
	return 0;
}
