/*
 * forms.c - forms in which a field has the name of an action, and those whose
 * files only a script would send.
 *
 * A form posts all its fields; which of them names the action is told by the
 * names. So a field that people type into must not be called as one of the
 * form's buttons, or as an action that an attribute names. Reads the source
 * of a file, every {{action}} of it being an unknown value.
 *
 * Invariant: what is not sure is no mistake: a form that holds a name made
 * by the template, or tags cut in two by {{else}}, is let pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "cli/templates/check.h"
#include "cli/templates/tags.h"

#define NAMES	64	/* of one form; more are not looked at */
#define ACTIONS	256	/* of one file */
#define NAME	64

struct field {
	char name[NAME];
	size_t at;
};

struct forms {
	struct tags tags;
	const char *file;
	struct str text;
	size_t at;		/* what is being read */
	size_t tag_at;
	bool in_form, unsure;
	bool no_files;		/* in a form that posts their names alone */
	struct field fields[NAMES];
	char buttons[NAMES][NAME];
	char actions[ACTIONS][NAME];
	uint32_t nfields, nbuttons, nactions;
	int bad;
	bool collecting;	/* first round: only what attributes name */
	void	(*found)(void *arg, const struct note *note);
	void	*arg;
};

/* A name known for sure; false where there is none. */
static bool
known(const struct tags *t, const struct tags_attr *a, char name[NAME])
{
	struct str s;

	if (a == NULL || a->unknown || t->cut)
		return false;
	s = tags_value(t, a);
	if (s.len == 0 || s.len >= NAME)
		return false;
	memcpy(name, s.s, s.len);
	name[s.len] = '\0';
	return true;
}

static bool
value_is(const struct tags *t, const char *attr, const char *value)
{
	char text[NAME];

	return known(t, tags_attr(t, attr), text) &&
	    strcasecmp(text, value) == 0;
}

static bool
is_action(const struct forms *f, const char *name)
{
	uint32_t i;

	for (i = 0; i < f->nbuttons; i++)
		if (strcmp(f->buttons[i], name) == 0)
			return true;
	for (i = 0; i < f->nactions; i++)
		if (strcmp(f->actions[i], name) == 0)
			return true;
	return false;
}

static void
report(struct forms *f, size_t at, bool fatal, const char *before,
    const char *name, const char *after)
{
	struct note note = { .file = f->file, .line = 1, .column = 1,
	    .fatal = fatal };
	size_t i;

	for (i = 0; i < at; i++, note.column++)
		if (f->text.s[i] == '\n') {
			note.line++;
			note.column = 0;
		}
	snprintf(note.text, sizeof(note.text), "%s%s%s", before, name, after);
	f->bad += fatal;
	f->found(f->arg, &note);
}

static void
form_ends(struct forms *f)
{
	uint32_t i;

	for (i = 0; f->in_form && !f->unsure && i < f->nfields; i++)
		if (is_action(f, f->fields[i].name))
			report(f, f->fields[i].at, true, "the field \"",
			    f->fields[i].name, "\" has the name of an action: "
			    "the form would always mean that action");
	f->in_form = f->unsure = false;
	f->nfields = f->nbuttons = 0;
}

/* lvt-click="add" and its like name actions for the whole file. */
static void
collect(struct forms *f, const struct tags *t)
{
	static const char *const attrs[] = {
		"lvt-click", "lvt-submit", "lvt-change", "lvt-input",
		"lvt-keydown", "lvt-keyup", "lvt-focus", "lvt-blur"
	};
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (f->nactions < ACTIONS && known(t, tags_attr(t, attrs[i]),
		    f->actions[f->nactions]))
			f->nactions++;
}

/* Typed into: what a submit button or a hidden field sends is meant. */
static bool
is_typed(const struct tags *t)
{
	static const char *const others[] = {
		"submit", "image", "hidden", "button", "reset", "checkbox",
		"radio"
	};
	const struct tags_attr *type = tags_attr(t, "type");
	size_t i;

	if (!str_is(tags_name(t), "input"))
		return str_is(tags_name(t), "textarea") ||
		    str_is(tags_name(t), "select");
	if (type != NULL && type->unknown)
		return false;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (value_is(t, "type", others[i]))
			return false;
	return true;
}

static bool
is_submit(const struct tags *t)
{
	const struct tags_attr *type = tags_attr(t, "type");

	if (str_is(tags_name(t), "button"))
		return type == NULL || value_is(t, "type", "submit");
	return str_is(tags_name(t), "input") &&
	    (value_is(t, "type", "submit") || value_is(t, "type", "image"));
}

static void
on_tag(void *arg, const struct tags *t)
{
	struct forms *f = arg;

	if (f->collecting) {
		collect(f, t);
		return;
	}
	if (str_is(tags_name(t), "form")) {
		form_ends(f);
		f->in_form = !t->end && tags_attr(t, "lvt-action") == NULL;
		f->no_files = !t->end && !t->cut && value_is(t, "method",
		    "post") && tags_attr(t, "enctype") == NULL;
		return;
	}
	if (f->no_files && str_is(tags_name(t), "input") &&
	    value_is(t, "type", "file"))
		report(f, f->tag_at, false, "without enctype=\"multipart/"
		    "form-data\" a browser that runs no script sends this "
		    "file's name alone", "", "");
	if (t->end || !f->in_form)
		return;
	if (str_is(tags_name(t), "input") && value_is(t, "name", "lvt-action"))
		f->unsure = true;
	else if (is_typed(t) && f->nfields < NAMES && known(t,
	    tags_attr(t, "name"), f->fields[f->nfields].name))
		f->fields[f->nfields++].at = f->tag_at;
	else if (is_submit(t) && f->nbuttons < NAMES)
		f->nbuttons += known(t, tags_attr(t, "name"),
		    f->buttons[f->nbuttons]);
}

/* Behind the }} of the action at i; strings in it may hold brackets. */
static size_t
action_end(struct str s, size_t i)
{
	char quote = '\0';

	for (i += 2; i < s.len; i++) {
		if (quote != '\0') {
			if (s.s[i] == '\\' && quote != '`')
				i++;
			else if (s.s[i] == quote)
				quote = '\0';
		} else if (s.s[i] == '"' || s.s[i] == '`' || s.s[i] == '\'')
			quote = s.s[i];
		else if (s.s[i] == '}' && i + 1 < s.len && s.s[i + 1] == '}')
			return i + 2;
	}
	return s.len;
}

/* Which of words an action begins with, or -1. */
static int
first_word(struct str text, size_t open, const char *const *words, int n)
{
	const char *p = text.s + open + 2, *end = text.s + text.len;
	int i;

	while (p < end && (*p == '-' || ascii_is_space(*p)))
		p++;
	for (i = 0; i < n; i++)
		if ((size_t)(end - p) >= strlen(words[i]) &&
		    memcmp(p, words[i], strlen(words[i])) == 0)
			return i;
	return -1;
}

static void
action(struct forms *f, size_t open)
{
	enum { ELSE };
	static const char *const silent[] = {
		[ELSE] = "else", "end", "if", "with", "range", "define", "/*",
		"break", "continue"
	};
	int word = first_word(f->text, open, silent,
	    sizeof(silent) / sizeof(silent[0]));

	if (word < 0)
		tags_unknown(&f->tags);
	else if (word == ELSE && tags_in_tag(&f->tags))
		f->unsure = true;
}

static void
read_text(struct forms *f, bool collecting)
{
	struct str s = f->text;
	size_t i = 0;

	f->collecting = collecting;
	tags_init(&f->tags, on_tag, f);
	while (i < s.len) {
		if (s.s[i] == '{' && i + 1 < s.len && s.s[i + 1] == '{') {
			action(f, i);
			i = action_end(s, i);
			continue;
		}
		if (s.s[i] == '<' && f->tags.state == TAGS_DATA)
			f->tag_at = i;
		tags_feed(&f->tags, (struct str){ s.s + i, 1 });
		i++;
	}
	if (!collecting)
		form_ends(f);
}

int
forms_each(const char *file, struct str text,
    void (*found)(void *arg, const struct note *note), void *arg)
{
	struct forms *f = calloc(1, sizeof(*f));
	int bad;

	if (f == NULL)
		return LVT_ENOMEM;
	f->file = file;
	f->text = text;
	f->found = found;
	f->arg = arg;
	read_text(f, true);
	read_text(f, false);
	bad = f->bad;
	free(f);
	return bad;
}
