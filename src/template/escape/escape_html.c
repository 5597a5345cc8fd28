/*
 * escape_html.c - values in HTML: text, attributes, names.
 *
 * Text and quoted attributes are by far the most frequent places, so their
 * scan for bytes to replace goes 16 at a time where the machine can.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"
#include "template/escape/scan.h"
#include "template/escape/escapers.h"

enum { NUL = 1, DQUOTE, AMP, SQUOTE, PLUS, LT, GT, NULREF, TAB, LF, VT, FF, CR,
    SPACE, EQUALS, GRAVE };

#define REPLACEMENTS {                                                      \
	[NUL] = { "\xef\xbf\xbd", 3 }, [DQUOTE] = { "&#34;", 5 },           \
	[AMP] = { "&amp;", 5 }, [SQUOTE] = { "&#39;", 5 },                  \
	[PLUS] = { "&#43;", 5 }, [LT] = { "&lt;", 4 }, [GT] = { "&gt;", 4 },\
	[NULREF] = { "&#xfffd;", 8 }, [TAB] = { "&#9;", 4 },                \
	[LF] = { "&#10;", 5 }, [VT] = { "&#11;", 5 }, [FF] = { "&#12;", 5 },\
	[CR] = { "&#13;", 5 }, [SPACE] = { "&#32;", 5 },                    \
	[EQUALS] = { "&#61;", 5 }, [GRAVE] = { "&#96;", 5 } }

#define COMMON ['"'] = DQUOTE, ['\''] = SQUOTE, ['+'] = PLUS, ['<'] = LT,   \
	['>'] = GT
#define UNQUOTED COMMON, [0] = NULREF, ['\t'] = TAB, ['\n'] = LF,           \
	['\v'] = VT, ['\f'] = FF, ['\r'] = CR, [' '] = SPACE,               \
	['='] = EQUALS, ['`'] = GRAVE

static const struct escape_table html = {
	.cls = { [0] = NUL, COMMON, ['&'] = AMP }, .with = REPLACEMENTS
};
/* The "norm" tables leave "&" alone: their input is HTML already. */
static const struct escape_table html_norm = {
	.cls = { [0] = NUL, COMMON }, .with = REPLACEMENTS
};
static const struct escape_table nospace = {
	.cls = { UNQUOTED, ['&'] = AMP }, .with = REPLACEMENTS
};
static const struct escape_table nospace_norm = {
	.cls = { UNQUOTED }, .with = REPLACEMENTS
};

#ifdef __SSE2__
/* A bit for each byte that the table html replaces. */
static inline unsigned
specials(__m128i x)
{
	const __m128i dq = _mm_set1_epi8('"'), plus = _mm_set1_epi8('+');
	const __m128i amp = _mm_set1_epi8('&'), lt = _mm_set1_epi8('<');
	const __m128i not1 = _mm_set1_epi8(~1), not2 = _mm_set1_epi8(~2);
	__m128i hit = _mm_or_si128(
	    _mm_or_si128(_mm_cmpeq_epi8(x, dq), _mm_cmpeq_epi8(x, plus)),
	    _mm_or_si128(_mm_cmpeq_epi8(x, _mm_setzero_si128()), _mm_or_si128(
		/* & and ' differ in bit 0 alone, < and > in bit 1 */
		_mm_cmpeq_epi8(_mm_and_si128(x, not1), amp),
		_mm_cmpeq_epi8(_mm_and_si128(x, not2), lt))));

	return (unsigned)_mm_movemask_epi8(hit);
}

/* Whether there are any in n bytes; those in the middle are looked at twice. */
static inline unsigned
specials_of_8_to_15(const uint8_t *p, size_t n)
{
	uint64_t first, last;

	memcpy(&first, p, 8);
	memcpy(&last, p + n - 8, 8);
	return specials(_mm_set_epi64x((long long)last, (long long)first));
}

static inline unsigned
specials_of_4_to_7(const uint8_t *p, size_t n)
{
	int first, last;

	memcpy(&first, p, 4);
	memcpy(&last, p + n - 4, 4);
	return specials(_mm_set_epi32(first, first, last, first));
}
#endif

/* The first byte at or after p that the table html replaces. */
static const uint8_t *
next_special(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
	unsigned mask;

	for (; end - p >= 16; p += 16) {
		mask = specials(_mm_loadu_si128(
		    (const __m128i *)(const void *)p));
		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	/* Short texts mostly have none, and that is soon known. */
	if (end - p >= 8) {
		if (specials_of_8_to_15(p, (size_t)(end - p)) == 0)
			return end;
	} else if (end - p >= 4) {
		if (specials_of_4_to_7(p, (size_t)(end - p)) == 0)
			return end;
	}
#endif
	while (p < end && html.cls[*p] == 0)
		p++;
	return p;
}

static void
plain_html(struct buf *out, struct str s)
{
	const uint8_t *p = (const uint8_t *)s.s, *end = p + s.len, *q;

	for (;;) {
		q = next_special(p, end);
		buf_piece(out, p, (size_t)(q - p));
		if (q == end)
			return;
		buf_str(out, html.with[html.cls[*q]]);
		p = q + 1;
	}
}

/*
 * Unquoted values: besides the table, what is no UTF-8 and the code points
 * that some browsers do not take here become references. All that need it
 * have a byte past 0x7f.
 */
static void
unquoted(struct buf *out, struct str s, const struct escape_table *t)
{
	size_t i = 0, from = 0, size;
	uint32_t r;

	while (i < s.len) {
		if ((uint8_t)s.s[i] < 0x80) {
			i++;
			continue;
		}
		size = utf8_decode(s.s + i, s.len - i, &r);
		if ((r >= 0xfdd0 && r <= 0xfdef) ||
		    (r >= 0xfff0 && r <= 0xffff)) {
			escape_by_table(out,
			    (struct str){ s.s + from, i - from }, t);
			buf_printf(out, "&#x%x;", (unsigned)r);
			from = i + size;
		}
		i += size;
	}
	escape_by_table(out, (struct str){ s.s + from, s.len - from }, t);
}

/*
 * The text of a piece of HTML without its tags: each run of it to the table.
 * With out NULL nothing is written. Returns whether there was text only (an
 * open tag at the end counts as text).
 */
static bool
strip_tags(struct buf *out, struct str s, const struct escape_table *t,
    bool quoted)
{
	struct context c = { 0 }, d;
	bool only_text = true;
	size_t i = 0, next;
	struct str run;

	while (i < s.len) {
		struct str rest = { s.s + i, s.len - i };
		enum state as = c.state;

		if (c.delim != DELIM_NONE) {
			next = delim_end(c.delim, rest);
			if (next == rest.len)
				break;
			i += c.delim == DELIM_SPACE ? next : next + 1;
			c = (struct context){ .state = STATE_TAG,
			    .element = c.element };
			continue;
		}
		/* Scripts and styles are passed over, not parsed. */
		if (c.element != ELEMENT_NONE && !state_in_tag(c.state))
			as = STATE_RCDATA;
		d = c;
		next = transition_as(NULL, as, &d, rest);
		if (c.state == STATE_TEXT || c.state == STATE_RCDATA) {
			run = (struct str){ rest.s, d.state != c.state ?
			    before_last_lt(rest.s, next) : next };
			if (out != NULL && quoted)
				escape_by_table(out, run, t);
			else if (out != NULL)
				unquoted(out, run, t);
		} else {
			only_text = false;
		}
		c = d;
		i += next;
	}
	return only_text;
}

void
escape_html(struct buf *out, struct str s, enum content type)
{
	if (type == CONTENT_HTML)
		buf_str(out, s);
	else
		plain_html(out, s);
}

void
escape_rcdata(struct buf *out, struct str s, enum content type)
{
	if (type == CONTENT_HTML)
		escape_by_table(out, s, &html_norm);
	else
		plain_html(out, s);
}

void
escape_attr(struct buf *out, struct str s, enum content type)
{
	if (type != CONTENT_HTML)
		plain_html(out, s);
	else if (strip_tags(NULL, s, &html_norm, true))
		escape_by_table(out, s, &html_norm);
	else
		strip_tags(out, s, &html_norm, true);
}

void
escape_nospace(struct buf *out, struct str s, enum content type)
{
	size_t before = out->len;

	if (type != CONTENT_HTML)
		unquoted(out, s, &nospace);
	else if (strip_tags(NULL, s, &nospace_norm, false))
		unquoted(out, s, &nospace_norm);
	else
		strip_tags(out, s, &nospace_norm, false);
	/* <a title={{.x}} href=y>: with nothing there, href is the title. */
	if (out->len == before)
		buf_str(out, STR(ESCAPE_FAILSAFE));
}

void
escape_htmlname(struct buf *out, struct str s, enum content type)
{
	size_t before = out->len;
	struct str rest = s;
	char c = 'a';

	if (type == CONTENT_HTMLATTR) {
		buf_str(out, s);
		return;
	}
	while (rest.len > 0) {
		rest = scan_from(rest, scan_lower(rest, &c));
		if (!ascii_is_alnum(c))
			break;
		buf_putc(out, c);
	}
	/* An empty name would make the value the attribute before it. */
	if (out->failed || (ascii_is_alnum(c) && s.len > 0 &&
	    attr_type(s) == ATTR_TYPE_PLAIN))
		return;
	out->len = before;
	buf_str(out, STR(ESCAPE_FAILSAFE));
}

void
escape_comment(struct buf *out, struct str s, enum content type)
{
	(void)out;
	(void)s;
	(void)type;
}

void
escape_func_html(struct buf *out, struct str s)
{
	static const struct escape_table t = {
		.cls = { [0] = NUL, ['"'] = DQUOTE, ['&'] = AMP,
		    ['\''] = SQUOTE, ['<'] = LT, ['>'] = GT },
		.with = REPLACEMENTS
	};

	if (s.len > 0)
		escape_by_table(out, s, &t);
}
