#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"

void
buf_init(struct buf *b)
{
	memset(b, 0, sizeof(*b));
}

void
buf_init_limit(struct buf *b, size_t limit)
{
	buf_init(b);
	b->limit = limit;
}

void
buf_release(struct buf *b)
{
	free(b->s);
	buf_init(b);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
}

int
buf_grow(struct buf *b, size_t more)
{
	size_t limit = b->limit != 0 ? b->limit : BUF_LIMIT;
	size_t cap = b->cap != 0 ? b->cap : 256;
	char *s;

	if (b->failed)
		return b->failed;
	if (more > limit - b->len) {
		buf_fail(b, LVT_ETOOBIG);
		return b->failed;
	}
	while (cap - b->len < more)
		cap = cap > limit / 2 ? limit : cap * 2;
	if (cap > limit)
		cap = limit;
	s = realloc(b->s, cap);
	if (s == NULL) {
		buf_fail(b, LVT_ENOMEM);
		return b->failed;
	}
	b->s = s;
	b->cap = cap;
	return 0;
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || (b->cap - b->len < (size_t)n + 1 &&
	    buf_grow(b, (size_t)n + 1) != 0))
		return;
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *
buf_z(struct buf *b)
{
	if (b->cap == b->len && buf_grow(b, 1) != 0)
		return "";
	b->s[b->len] = '\0';
	return b->s;
}
