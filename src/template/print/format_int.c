#include "template/print/print.h"

void
format_int(struct buf *out, int64_t i)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	char text[24], *p = text + sizeof(text);

	for (; u >= 100; u /= 100) {
		p -= 2;
		memcpy(p, pairs + u % 100 * 2, 2);
	}
	if (u >= 10) {
		p -= 2;
		memcpy(p, pairs + u * 2, 2);
	} else {
		*--p = (char)('0' + u);
	}
	if (i < 0)
		*--p = '-';
	buf_piece(out, p, (size_t)(text + sizeof(text) - p));
}
