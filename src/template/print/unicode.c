#include "template/print/unicode.h"

bool
unicode_is_print(uint32_t rune)
{
	size_t lo = 0, hi = unicode_nprintable, mid;

	if (rune < 0x80)
		return rune >= ' ' && rune < 0x7f;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (rune > unicode_printable[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < unicode_nprintable &&
	    rune >= unicode_printable[lo].first;
}
