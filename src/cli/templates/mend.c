/*
 * mend.c - all parse errors of a text, though the parser stops at the first.
 *
 * After an error the text is changed so that it no longer fails there, and
 * parsed again: the action at fault is made harmless where only its pipeline
 * is wrong; otherwise everything before the next {{define}} is blanked. Each
 * change keeps every byte in its place, so lines and columns stay right.
 *
 * Invariants:
 *   1. Each error reported stands behind the one before, so the work ends.
 *   2. What only follows from an earlier error is not reported: a variable
 *      that is missing, an {{end}} too many, once a part has been blanked.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/templates/check.h"

#define NOWHERE	SIZE_MAX

struct mend {
	enum tmpl_engine engine;
	const char *name, *file;
	char *text;
	size_t len;
	bool blanked;		/* some of the text is no longer looked at */
};

/* --- Places ------------------------------------------------------------- */

static size_t
offset_of(const struct mend *m, int line, int column)
{
	const char *p = m->text, *end = m->text + m->len, *nl;

	for (; line > 1; line--) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			return m->len;
		p = nl + 1;
	}
	p += column > 1 ? column - 1 : 0;
	return p > end ? m->len : (size_t)(p - m->text);
}

static bool
at(const struct mend *m, size_t i, const char *word)
{
	size_t n = strlen(word);

	return i + n <= m->len && memcmp(m->text + i, word, n) == 0;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The action's first word: behind the brackets, the trim marker and space. */
static size_t
first_word(const struct mend *m, size_t open)
{
	size_t i = open + 2;

	if (at(m, i, "-") && i + 1 < m->len && is_space(m->text[i + 1]))
		i++;
	while (i < m->len && is_space(m->text[i]))
		i++;
	return i;
}

static size_t
action_before(const struct mend *m, size_t i)
{
	if (i >= m->len)
		i = m->len;
	else
		i++;
	while (i-- > 0)
		if (at(m, i, "{{"))
			return i;
	return NOWHERE;
}

static size_t
define_after(const struct mend *m, size_t i)
{
	for (; i < m->len; i++)
		if (at(m, i, "{{") && at(m, first_word(m, i), "define"))
			return i;
	return NOWHERE;
}

/* --- Changes ------------------------------------------------------------ */

static void
blank(struct mend *m, size_t from, size_t to)
{
	for (; from < to; from++)
		if (m->text[from] != '\n')
			m->text[from] = ' ';
}

/* From keep on, the action says nothing but ".": false if it has no room. */
static bool
reduce(struct mend *m, size_t keep, size_t close)
{
	while (close > keep && (is_space(m->text[close - 1]) ||
	    m->text[close - 1] == '-'))
		close--;
	if (close <= keep)
		return false;
	blank(m, keep, close);
	m->text[keep] = '.';
	return true;
}

/* Where its pipeline begins; NOWHERE for what opens or closes otherwise. */
static size_t
pipeline_of(const struct mend *m, size_t word)
{
	static const char *const keep[] = {
		"if ", "with ", "range ", "else if ", "else with "
	};
	static const char *const refuse[] = {
		"define", "block", "template", "if", "with", "range", "else",
		"end", "break", "continue"
	};
	size_t i;

	for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		if (at(m, word, keep[i]))
			return word + strlen(keep[i]);
	for (i = 0; i < sizeof(refuse) / sizeof(refuse[0]); i++)
		if (at(m, word, refuse[i]))
			return NOWHERE;
	return word;
}

/* Is only the pipeline of the action wrong? Then it goes; variables stay. */
static bool
mend_action(struct mend *m, size_t where)
{
	size_t open = action_before(m, where), close, keep, i;

	if (open == NOWHERE)
		return false;
	for (close = open + 2; close < m->len && !at(m, close, "}}"); close++)
		if (at(m, close, "{{"))
			return false;
	if (close >= m->len || where > close + 1 ||
	    (keep = pipeline_of(m, first_word(m, open))) == NOWHERE)
		return false;
	for (i = keep; i < close; i++)
		if (at(m, i, ":=")) {
			keep = i + 2;
			break;
		}
	return reduce(m, keep, close);
}

/* What comes before the next define is over. */
static bool
skip_to_define(struct mend *m, size_t where)
{
	size_t next = define_after(m, where + 1);

	if (next == NOWHERE)
		return false;
	blank(m, 0, next);
	m->blanked = true;
	return true;
}

/* --- Parsing ------------------------------------------------------------ */

static int
parse(const struct mend *m, size_t len, struct lvt_error *err)
{
	struct tmpl *t = tmpl_create(m->engine, NULL);
	int rc;

	*err = (struct lvt_error){ .code = 0 };
	if (t == NULL)
		return lvt_error_nomem(err);
	rc = tmpl_parse(t, m->name, m->file, m->text, len, err);
	tmpl_free(t);
	return rc;
}

/* Outside of every define, where blanking took what this leans on? */
static bool
is_echo(const struct mend *m, const struct lvt_error *err, size_t where)
{
	struct lvt_error ignored;
	size_t open;

	if (!m->blanked || (strncmp(err->message, "unexpected {{e", 14) != 0 &&
	    strncmp(err->message, "undefined variable", 18) != 0))
		return false;
	open = action_before(m, where);
	return open == NOWHERE || parse(m, open, &ignored) == 0;
}

int
mend_each(enum tmpl_engine engine, const char *name, const char *file,
    struct str text, void (*found)(void *arg, const struct lvt_error *err),
    void *arg)
{
	struct mend m = { .engine = engine, .name = name, .file = file,
	    .len = text.len };
	size_t where, reached = 0;
	struct lvt_error err;
	int n = 0, rounds = 0;

	if ((m.text = malloc(text.len + 1)) == NULL)
		return LVT_ENOMEM;
	if (text.len > 0)
		memcpy(m.text, text.s, text.len);
	while (rounds++ < 2 * MEND_MAX && n < MEND_MAX &&
	    parse(&m, m.len, &err) != 0) {
		where = offset_of(&m, err.line, err.column);
		if (rounds > 1 && where <= reached) {
			if (!skip_to_define(&m, reached))
				break;
			continue;
		}
		reached = where;
		if (!is_echo(&m, &err, where)) {
			found(arg, &err);
			n++;
		}
		if (err.code != LVT_EPARSE || (!mend_action(&m, where) &&
		    !skip_to_define(&m, where)))
			break;
	}
	free(m.text);
	return n;
}
