/*
 * escapers.h - making one value safe for the place where it is printed.
 *
 * An escaper takes bytes and says what they are trusted to be, and appends
 * their safe form to a buffer. An action runs one to four of them in a row;
 * escape_value() is the way to do that for any value.
 *
 * Owns:    struct escape_scratch: memory that a render keeps, so that escaping
 *          allocates nothing once it has grown.
 * May not: keep a value or its bytes, fail for any input (bytes that cannot
 *          be made safe become ZgotmplZ); want of memory marks the buffer.
 */
#ifndef LVT_TEMPLATE_ESCAPERS_H
#define LVT_TEMPLATE_ESCAPERS_H

#include "base/arena.h"
#include "base/buf.h"
#include "template/escape/escape.h"

struct value;

/* What a string is trusted to be; everything from JSON is CONTENT_PLAIN. */
enum content {
	CONTENT_PLAIN,
	CONTENT_CSS,
	CONTENT_HTML,
	CONTENT_HTMLATTR,
	CONTENT_JS,
	CONTENT_JSSTR,
	CONTENT_URL,
	CONTENT_SRCSET
};

/* What stands for a value that cannot be made safe. */
#define ESCAPE_FAILSAFE "ZgotmplZ"

struct escape_scratch {
	struct buf a, b;	/* what one escaper hands to the next */
	struct arena arena;	/* sorted members of a map */
};

void	escape_scratch_init(struct escape_scratch *sc);
void	escape_scratch_release(struct escape_scratch *sc);

/*
 * Append v, run through escapers[0 .. n - 1] (enum escaper), to out. n may be
 * 0: v as printed. A value that is no string is printed first as Go's
 * fmt.Sprint does (nothing for nil), or marshalled where ESC_JSVAL stands.
 * v may be of no type at all ("no value"): it is as nil.
 */
void	escape_value(struct buf *out, struct escape_scratch *sc,
	    const uint8_t *escapers, size_t n, const struct value *v);

/* The same for a string: the common case. s must not point into out. */
void	escape_text(struct buf *out, struct escape_scratch *sc,
	    const uint8_t *escapers, size_t n, struct str s,
	    enum content type);

/*
 * The functions that templates name: {{html x}}, {{js x}}, {{urlquery x}}
 * apply these to their arguments as printed.
 */
void	escape_func_html(struct buf *out, struct str s);
void	escape_func_js(struct buf *out, struct str s);
void	escape_func_urlquery(struct buf *out, struct str s);

/*
 * --- One file per language; used by the above ----------------------------
 * Strings here have an address, even if they are empty.
 */

/*
 * A table that says which bytes to replace: cls is 0 for a byte that stays,
 * else the number of its replacement.
 */
struct escape_table {
	uint8_t cls[256];
	struct str with[40];
};

void	escape_by_table(struct buf *out, struct str s,
	    const struct escape_table *t);

/* escape_html.c */
void	escape_html(struct buf *out, struct str s, enum content type);
void	escape_rcdata(struct buf *out, struct str s, enum content type);
void	escape_attr(struct buf *out, struct str s, enum content type);
void	escape_nospace(struct buf *out, struct str s, enum content type);
void	escape_htmlname(struct buf *out, struct str s, enum content type);
void	escape_comment(struct buf *out, struct str s, enum content type);

/* escape_url.c */
/* s itself, or what stands for it */
struct str escape_urlfilter(struct str s, enum content type);
void	escape_url(struct buf *out, struct str s, enum content type);
void	escape_urlnorm(struct buf *out, struct str s, enum content type);
void	escape_srcset(struct buf *out, struct str s, enum content type);

/* escape_css.c */
void	escape_cssval(struct buf *out, struct str s, enum content type);
void	escape_cssstr(struct buf *out, struct str s, enum content type);
/* Append s with its escapes (\41, \") decoded. */
void	css_decode(struct buf *out, struct str s);

/* escape_js.c */
void	escape_jsval(struct buf *out, struct arena *a, const struct value *v);
void	escape_jsval_str(struct buf *out, struct str s, enum content type);
void	escape_jsstr(struct buf *out, struct str s, enum content type);
void	escape_jsregexp(struct buf *out, struct str s, enum content type);
void	escape_jstmpl(struct buf *out, struct str s, enum content type);

#endif
