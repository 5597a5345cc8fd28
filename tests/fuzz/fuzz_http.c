/* fuzz_http.c - any bytes, cut anywhere, are requests or are refused. */
#include <stdlib.h>

#include "streamd/front/http.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(const struct request *rq)
{
	char text[64];

	request_query(rq, "after", text, sizeof(text));
	if (rq->path.len == 0 || rq->method.len == 0 ||
	    rq->body.len > REQUEST_BODY_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size > 0 ? 1 + data[0] % 64 : 1, at, n;
	const struct request *rq;
	struct http h;
	int rc = 0;

	http_init(&h);
	for (at = 1; at < size && rc >= 0; at += n) {
		n = size - at < piece ? size - at : piece;
		if (http_feed(&h, data + at, n) != 0)
			break;
		while ((rc = http_next(&h, &rq)) == 1) {
			use(rq);
			http_done(&h);
		}
	}
	http_release(&h);
	return 0;
}
