#include <stdbool.h>
#include <string.h>

#include "base/excerpt.h"

#define EXCERPT		100	/* bytes of the line shown, around the column */

struct str
excerpt_line(struct str text, int n)
{
	const char *p = text.s, *end = text.s + text.len, *nl;

	if (text.len == 0)
		return STR_NULL;
	for (; n > 1; n--) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			return STR_NULL;
		p = nl + 1;
	}
	nl = memchr(p, '\n', (size_t)(end - p));
	return (struct str){ p, (size_t)((nl != NULL ? nl : end) - p) };
}

static bool
is_inner(char c)	/* of a character of several bytes */
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void
excerpt(struct buf *out, const char *margin, struct str line,
    const char *below, int column)
{
	bool caret = column >= 1 && (size_t)column - 1 <= line.len;
	size_t at = caret ? (size_t)column - 1 : 0, from = 0, to = line.len, i;

	if (at > EXCERPT / 2 && line.len > EXCERPT)
		from = at - EXCERPT / 2;
	if (to - from > EXCERPT)
		to = from + EXCERPT;
	while (from > 0 && is_inner(line.s[from]))
		from--;
	while (to < line.len && is_inner(line.s[to]))
		to++;
	buf_puts(out, margin);
	for (i = from; i < to; i++)
		buf_putc(out, (unsigned char)line.s[i] < ' ' &&
		    line.s[i] != '\t' ? ' ' : line.s[i]);
	buf_putc(out, '\n');
	if (!caret)
		return;
	buf_puts(out, below);
	for (i = from; i < at; i++)
		if (line.s[i] == '\t' || !is_inner(line.s[i]))
			buf_putc(out, line.s[i] == '\t' ? '\t' : ' ');
	buf_puts(out, "^\n");
}
