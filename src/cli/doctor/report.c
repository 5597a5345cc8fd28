/* report.c - what was found, for people as it comes, or as JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/doctor/doctor.h"

#define COLUMN	14			/* of what is said about a check */

static const struct look {
	const char *state, *mark, *colour;
} looks[] = {
	{ "good", "\xe2\x9c\x93", "\033[32m" },
	{ "note", "\xe2\x80\xa2", "\033[33m" },
	{ "bad", "\xe2\x9c\x97", "\033[31m" },
};

static void
print_lines(const char *text)
{
	const char *end;

	for (; *text != '\0'; text = end + (*end == '\n')) {
		end = text + strcspn(text, "\n");
		printf("%*s%.*s\n", COLUMN + 6, "", (int)(end - text), text);
	}
}

static const char *
member(const json_t *row, const char *name)
{
	const char *s = json_string_value(json_object_get(row, name));

	return s != NULL ? s : "";
}

static void
print_advice(const json_t *list)
{
	const char *how, *where;
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row) {
		how = member(row, "how");
		where = member(row, "where");
		printf("%*s%s%s%s%s%s:\n", COLUMN + 2, "",
		    member(row, "server"), *how != '\0' ? ", " : "", how,
		    *where != '\0' ? ", " : "", where);
		print_lines(member(row, "lines"));
	}
}

static void
print_check(const struct look *l, const char *check, const char *text,
    const json_t *advice)
{
	bool colour = isatty(STDOUT_FILENO);

	printf("%s%s%s %-*s%s\n", colour ? l->colour : "", l->mark,
	    colour ? "\033[0m" : "", COLUMN, check, text);
	print_advice(advice);
	fflush(stdout);
}

static void
report(struct doctor *d, const struct look *l, enum ailment what,
    const char *check, const char *fmt, va_list ap)
{
	json_t *advice = what != AIL_NONE ? advice_for(d, what) : NULL;
	char text[1024];
	size_t i;

	vsnprintf(text, sizeof(text), fmt, ap);
	/* Parts of it come from elsewhere. */
	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '\177')
			text[i] = '?';
	if (!d->json)
		print_check(l, check, text, advice);
	/* What the server said in an error is not always UTF-8. */
	else if (json_array_append_new(d->checks, json_pack("{s:s,s:s,s:s,s:O*}",
	    "check", check, "state", l->state, "text", text, "advice",
	    advice)) != 0)
		json_array_append_new(d->checks, json_pack("{s:s,s:s,s:s}",
		    "check", check, "state", l->state, "text", ""));
	json_decref(advice);
}

void
report_good(struct doctor *d, const char *check, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, &looks[0], AIL_NONE, check, fmt, ap);
	va_end(ap);
	d->good++;
}

void
report_note(struct doctor *d, enum ailment what, const char *check,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, &looks[1], what, check, fmt, ap);
	va_end(ap);
}

void
report_bad(struct doctor *d, enum ailment what, const char *check,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, &looks[2], what, check, fmt, ap);
	va_end(ap);
	d->bad++;
}

int
report_end(struct doctor *d)
{
	json_t *doc;

	if (!d->json) {
		printf("%d good, %d bad\n", d->good, d->bad);
	} else {
		doc = json_pack("{s:s,s:s,s:b,s:O}", "url", d->url, "server",
		    server_name(d->server), "ok", d->bad == 0, "checks",
		    d->checks);
		if (doc == NULL || json_dumpf(doc, stdout, JSON_INDENT(1)) != 0)
			d->bad++;
		json_decref(doc);
		putchar('\n');
	}
	if (fflush(stdout) != 0)
		d->bad++;
	return d->bad > 0 ? CLI_FAILED : CLI_OK;
}
