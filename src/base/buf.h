/*
 * buf.h - a growing run of bytes.
 *
 * Owns:    its memory, until buf_release().
 * Invariants:
 *   1. A failed growth (out of memory, or past the limit) marks the buffer;
 *      later appends do nothing, so a writer may check once, at its end.
 *   2. len <= cap <= limit.
 */
#ifndef LVT_BASE_BUF_H
#define LVT_BASE_BUF_H

#include <stdarg.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *s;
	size_t len, cap;
	size_t limit;		/* bytes; 0 means BUF_LIMIT */
	int failed;		/* 0, LVT_ENOMEM or LVT_ETOOBIG */
};

#define BUF_LIMIT	((size_t)256 << 20)

void	buf_init(struct buf *b);
void	buf_init_limit(struct buf *b, size_t limit);
void	buf_release(struct buf *b);
void	buf_clear(struct buf *b);	/* empties, keeps the memory */
/* Room for more bytes than it has room for. Return: 0, or b->failed. */
int	buf_grow(struct buf *b, size_t more);
void	buf_printf(struct buf *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	    __attribute__((format(printf, 2, 0)));
const char *buf_z(struct buf *b);	/* NUL-terminated; "" on failure */

/* From here on as if a growth had failed; the first code counts, 0 is none. */
static inline void
buf_fail(struct buf *b, int code)
{
	if (b->failed == 0 && code != 0) {
		b->failed = code;
		b->cap = b->len;	/* invariant 1 */
	}
}

/* As memcpy(). Most pieces of a page are so short that a call costs more than
 * their bytes; a longer half may overlap the other. */
static inline void
buf_copy(char *to, const char *from, size_t n)
{
	uint64_t a, b;
	uint32_t c, d;

	if (n > 16) {
		memcpy(to, from, n);
	} else if (n >= 8) {
		memcpy(&a, from, 8);
		memcpy(&b, from + n - 8, 8);
		memcpy(to, &a, 8);
		memcpy(to + n - 8, &b, 8);
	} else if (n >= 4) {
		memcpy(&c, from, 4);
		memcpy(&d, from + n - 4, 4);
		memcpy(to, &c, 4);
		memcpy(to + n - 4, &d, 4);
	} else if (n > 0) {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->cap - b->len < n && buf_grow(b, n) != 0)
		return;
	if (n > 0)
		memcpy(b->s + b->len, p, n);
	b->len += n;
}

/* The same, quick for short pieces of something longer. */
static inline void
buf_piece(struct buf *b, const void *p, size_t n)
{
	if (b->cap - b->len < n && buf_grow(b, n) != 0)
		return;
	if (n > 0)
		buf_copy(b->s + b->len, p, n);
	b->len += n;
}

static inline void
buf_str(struct buf *b, struct str s)
{
	buf_piece(b, s.s, s.len);
}

static inline void
buf_puts(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}

static inline void
buf_putc(struct buf *b, char c)
{
	if (b->cap == b->len && buf_grow(b, 1) != 0)
		return;
	b->s[b->len++] = c;
}

#endif
