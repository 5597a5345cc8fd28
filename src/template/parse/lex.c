/* lex.c - the text of a template to tokens, one at a time. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "template/parse/lex.h"

#define END_OF_INPUT	UINT32_MAX

static const struct {
	const char *word;
	enum lex_type type;
} keywords[] = {
	{ "block", LEX_BLOCK }, { "break", LEX_BREAK },
	{ "continue", LEX_CONTINUE }, { "define", LEX_DEFINE },
	{ "else", LEX_ELSE }, { "end", LEX_END }, { "if", LEX_IF },
	{ "nil", LEX_NIL }, { "range", LEX_RANGE },
	{ "template", LEX_TEMPLATE }, { "with", LEX_WITH },
	{ "true", LEX_BOOL }, { "false", LEX_BOOL },
};

/* --- Reading ----------------------------------------------------------- */

static enum lex_type
word_type(struct str word)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (str_is(word, keywords[i].word))
			return keywords[i].type;
	return LEX_IDENT;
}

bool
lex_is_keyword(struct str word)
{
	return word_type(word) != LEX_IDENT;
}

bool
lex_is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
space_at(const struct lexer *l, size_t at)
{
	return at < l->input.len && lex_is_space((unsigned char)l->input.s[at]);
}

static bool
has(const struct lexer *l, size_t at, const char *two)
{
	return at + 2 <= l->input.len &&
	    l->input.s[at] == two[0] && l->input.s[at + 1] == two[1];
}

static uint32_t
peek(const struct lexer *l, size_t *width)
{
	uint32_t c;

	*width = utf8_decode(l->input.s + l->pos, l->input.len - l->pos, &c);
	return *width > 0 ? c : END_OF_INPUT;
}

static uint32_t
next(struct lexer *l)
{
	size_t width;
	uint32_t c = peek(l, &width);

	l->pos += width;
	return c;
}

static size_t
find(const struct lexer *l, size_t from, const char *two)
{
	const char *p = l->input.s + from, *end = l->input.s + l->input.len;

	while (p < end && (p = memchr(p, two[0], (size_t)(end - p))) != NULL) {
		if (end - p >= 2 && p[1] == two[1])
			return (size_t)(p - l->input.s);
		p++;
	}
	return l->input.len;
}

/* --- Tokens ------------------------------------------------------------ */

/* What was read up to here is done with; keep count of lines. */
static void
skip(struct lexer *l)
{
	const char *p = l->input.s + l->start, *end = l->input.s + l->pos;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		l->line++;
		l->line_start = (size_t)(p - l->input.s);
	}
	l->start = l->pos;
}

static void
emit(struct lexer *l, enum lex_type type)
{
	l->token = (struct lex_token){
		.type = type,
		.text = { l->input.s + l->start, l->pos - l->start },
		.offset = (uint32_t)l->start,
		.line = l->line,
		.column = (uint32_t)(l->start - l->line_start) + 1,
	};
	skip(l);
}

static void __attribute__((format(printf, 2, 3)))
fail(struct lexer *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->message, sizeof(l->message), fmt, ap);
	va_end(ap);
	l->pos = l->start;
	emit(l, LEX_ERROR);
	l->token.text = str_z(l->message);
	l->failed = true;
}

/* The character itself is what is wrong: the error stands there. */
static void
fail_at(struct lexer *l, size_t pos, const char *what)
{
	char utf8[5] = "";
	size_t width;
	uint32_t c;

	l->pos = pos;
	skip(l);
	c = peek(l, &width);
	if (c == END_OF_INPUT) {
		fail(l, "unexpected end of template");
		return;
	}
	utf8[utf8_encode(c, utf8)] = '\0';
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		fail(l, "%s U+%04X", what, c);
	else
		fail(l, "%s U+%04X '%s'", what, c, utf8);
}

/* May a name end here? */
static bool
at_terminator(const struct lexer *l)
{
	size_t width;
	uint32_t c = peek(l, &width);

	return lex_is_space(c) || c == END_OF_INPUT ||
	    (c < 0x80 && c != 0 && strchr(".,|:()", (int)c) != NULL) ||
	    has(l, l->pos, "}}");
}

static void
read_letters(struct lexer *l)
{
	size_t width;

	while (lex_is_letter(peek(l, &width)))
		l->pos += width;
}

static void
lex_word(struct lexer *l)
{
	enum lex_type type;

	read_letters(l);
	if (!at_terminator(l)) {
		fail_at(l, l->pos, "bad character");
		return;
	}
	type = word_type((struct str){ l->input.s + l->start,
	    l->pos - l->start });
	if ((type == LEX_BREAK && l->break_is_name) ||
	    (type == LEX_CONTINUE && l->continue_is_name))
		type = LEX_IDENT;
	emit(l, type);
}

/* The . or $ is read; alone it is a word, too. */
static void
lex_name(struct lexer *l, enum lex_type type, enum lex_type alone)
{
	if (at_terminator(l)) {
		emit(l, alone);
		return;
	}
	read_letters(l);
	if (!at_terminator(l))
		fail_at(l, l->pos, "bad character");
	else
		emit(l, type);
}

/* The first quote is read. What the escapes mean is for the parser. */
static void
lex_quoted(struct lexer *l, uint32_t quote, enum lex_type type,
    const char *what)
{
	uint32_t c;

	for (;;) {
		c = next(l);
		if (c == '\\' && quote != '`') {
			c = next(l);
			if (c != END_OF_INPUT && c != '\n')
				continue;
		}
		if (c == END_OF_INPUT || (c == '\n' && quote != '`')) {
			fail(l, "unterminated %s", what);
			return;
		}
		if (c == quote)
			break;
	}
	emit(l, type);
}

/* --- Numbers ----------------------------------------------------------- */

static bool
accept(struct lexer *l, const char *set)
{
	if (l->pos >= l->input.len || l->input.s[l->pos] == '\0' ||
	    strchr(set, l->input.s[l->pos]) == NULL)
		return false;
	l->pos++;
	return true;
}

/* Generous: what no number is, number_parse() refuses. */
static bool
scan_number(struct lexer *l)
{
	const char *digits = "0123456789_", *exponent = "eE";
	size_t width;

	accept(l, "+-");
	if (accept(l, "0")) {
		if (accept(l, "xX")) {
			digits = "0123456789abcdefABCDEF_";
			exponent = "pP";
		} else if (accept(l, "oO")) {
			digits = "01234567_";
			exponent = "";
		} else if (accept(l, "bB")) {
			digits = "01_";
			exponent = "";
		}
	}
	while (accept(l, digits))
		;
	if (accept(l, "."))
		while (accept(l, digits))
			;
	if (accept(l, exponent)) {
		accept(l, "+-");
		while (accept(l, "0123456789_"))
			;
	}
	accept(l, "i");
	if (!lex_is_letter(peek(l, &width)))
		return true;
	l->pos += width;
	return false;
}

static void
lex_number(struct lexer *l)
{
	enum lex_type type = LEX_NUMBER;
	size_t width;
	uint32_t c;
	bool ok = scan_number(l);

	c = peek(l, &width);
	if (ok && (c == '+' || c == '-')) {
		type = LEX_COMPLEX;
		ok = scan_number(l) && l->input.s[l->pos - 1] == 'i';
	}
	if (!ok) {
		struct str s = { l->input.s + l->start, l->pos - l->start };

		if (s.len > 40)
			s.len = 40;
		fail(l, "bad number syntax: \"" STR_FMT "\"", STR_ARG(s));
		return;
	}
	emit(l, type);
}

/* --- Text, comments and delimiters ------------------------------------- */

static bool
trims_left(const struct lexer *l, size_t at)
{
	return at < l->input.len && l->input.s[at] == '-' &&
	    space_at(l, at + 1);
}

/* Length of the right delimiter that stands here, its marker included. */
static size_t
right_delim(const struct lexer *l)
{
	if (space_at(l, l->pos) && l->pos + 1 < l->input.len &&
	    l->input.s[l->pos + 1] == '-' && has(l, l->pos + 2, "}}"))
		return 4;
	return has(l, l->pos, "}}") ? 2 : 0;
}

static void
skip_spaces(struct lexer *l)
{
	while (space_at(l, l->pos))
		l->pos++;
	skip(l);
}

/* The comment marker is known to be here. */
static bool
lex_comment(struct lexer *l)
{
	size_t end = find(l, l->pos + 2, "*/"), delim;

	if (end == l->input.len) {
		fail(l, "unclosed comment");
		return false;
	}
	l->pos = end + 2;
	delim = right_delim(l);
	if (delim == 0) {
		fail(l, "comment ends before closing delimiter");
		return false;
	}
	l->pos += delim;
	skip(l);
	if (delim == 4)
		skip_spaces(l);
	return true;
}

static void
lex_close(struct lexer *l, size_t delim)
{
	struct lex_token close;

	l->pos += delim - 2;
	skip(l);
	l->pos += 2;
	emit(l, LEX_CLOSE);
	close = l->token;
	l->inside = false;
	if (delim == 4)
		skip_spaces(l);
	l->token = close;
}

/* Text up to the next action, if there is any; then the action's {{. */
static void
lex_text(struct lexer *l)
{
	for (;;) {
		size_t open = find(l, l->pos, "{{"), end = open;

		if (open + 2 <= l->input.len && trims_left(l, open + 2))
			while (end > l->start && space_at(l, end - 1))
				end--;
		if (end > l->start) {
			l->pos = end;
			emit(l, LEX_TEXT);
			return;
		}
		l->pos = open;
		skip(l);
		if (open == l->input.len) {
			emit(l, LEX_EOF);
			return;
		}
		l->pos += 2;
		if (trims_left(l, l->pos))
			l->pos += 2;
		if (!has(l, l->pos, "/*"))
			break;
		skip(l);
		if (!lex_comment(l))
			return;
	}
	emit(l, LEX_OPEN);
	l->action_line = l->token.line;
	l->inside = true;
	l->parens = 0;
}

/* --- Inside an action -------------------------------------------------- */

static void
lex_spaces(struct lexer *l)
{
	while (space_at(l, l->pos))
		l->pos++;
	/* The last one may belong to a trimming delimiter. */
	l->pos--;
	if (right_delim(l) != 4)
		l->pos++;
	emit(l, LEX_SPACE);
}

static void
lex_paren(struct lexer *l, uint32_t c)
{
	if (c == '(') {
		l->parens++;
		emit(l, LEX_PAREN);
	} else if (l->parens == 0) {
		fail(l, "unexpected right paren");
	} else {
		l->parens--;
		emit(l, LEX_ENDPAREN);
	}
}

static void
lex_dot(struct lexer *l)
{
	bool digit = l->pos >= l->input.len ||
	    (l->input.s[l->pos] >= '0' && l->input.s[l->pos] <= '9');

	if (!digit) {
		lex_name(l, LEX_FIELD, LEX_DOT);
		return;
	}
	l->pos--;
	lex_number(l);
}

static void
lex_close_or_fail(struct lexer *l, size_t delim)
{
	if (l->parens == 0)
		lex_close(l, delim);
	else
		fail(l, "unclosed left paren");
}

static void
lex_declare(struct lexer *l)
{
	if (next(l) == '=')
		emit(l, LEX_DECLARE);
	else
		fail(l, "expected :=");
}

/* A character that alone says what it is, or begins nothing. */
static void
lex_other(struct lexer *l, uint32_t c)
{
	if (c == '=')
		emit(l, LEX_ASSIGN);
	else if (c == '|')
		emit(l, LEX_PIPE);
	else if (c == '(' || c == ')')
		lex_paren(l, c);
	else if (c > ' ' && c < 0x7f)
		emit(l, LEX_OTHER);
	else
		fail_at(l, l->start, "unrecognized character in action:");
}

/* What is here is told by its first character. */
static void
lex_action(struct lexer *l)
{
	size_t delim = right_delim(l);
	uint32_t c;

	if (delim > 0) {
		lex_close_or_fail(l, delim);
		return;
	}
	c = next(l);
	if (c == END_OF_INPUT)
		fail(l, "unclosed action");
	else if (lex_is_space(c))
		lex_spaces(l);
	else if (c == '.')
		lex_dot(l);
	else if (c == '$')
		lex_name(l, LEX_VARIABLE, LEX_VARIABLE);
	else if (c == '"')
		lex_quoted(l, c, LEX_STRING, "quoted string");
	else if (c == '`')
		lex_quoted(l, c, LEX_RAW, "raw quoted string");
	else if (c == '\'')
		lex_quoted(l, c, LEX_CHAR, "character constant");
	else if (c == '+' || c == '-' || (c >= '0' && c <= '9')) {
		l->pos--;
		lex_number(l);
	} else if (c == ':')
		lex_declare(l);
	else if (lex_is_letter(c))
		lex_word(l);
	else
		lex_other(l, c);
}

void
lex_init(struct lexer *l, struct str input)
{
	memset(l, 0, sizeof(*l));
	l->input = input;
	l->line = 1;
}

struct lex_token
lex_next(struct lexer *l)
{
	if (l->failed)
		return l->token;
	if (l->inside)
		lex_action(l);
	else
		lex_text(l);
	return l->token;
}
