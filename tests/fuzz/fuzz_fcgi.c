/* fuzz_fcgi.c - any records, cut anywhere, are requests or are refused. */

#include "streamd/front/fcgi.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size > 0 ? 1 + data[0] % 64 : 1, at, n;
	const struct request *rq;
	struct fcgi f;
	char text[64];
	int rc = 0;

	fcgi_init(&f);
	for (at = 1; at < size && rc >= 0; at += n) {
		n = size - at < piece ? size - at : piece;
		if (fcgi_feed(&f, data + at, n) != 0)
			break;
		while ((rc = fcgi_next(&f, &rq)) > 0) {
			if (rc == FCGI_REQUEST)
				request_query(rq, "after", text,
				    sizeof(text));
			if (rc == FCGI_ABORTED || (data[0] & 1))
				fcgi_done(&f);
			buf_clear(&f.out);
		}
	}
	fcgi_release(&f);
	return 0;
}
