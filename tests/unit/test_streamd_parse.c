/* test_streamd_parse.c - requests out of bytes, however they are cut. */
#include "test.h"

#include "base/error.h"
#include "streamd/front/fcgi.h"
#include "streamd/front/http.h"

static const struct http_row {
	const char *name, *bytes;
	int status;		/* 1: a request, 0: more is needed, else refused */
} http_rows[] = {
	{ "a request with one header", "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", 1 },
	{ "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 1 },
	{ "the asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 1 },
	{ "a head without its end", "GET / HTTP/1.1\r\nHost: x\r\n", 0 },
	{ "a body that is not all there",
	  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na", 0 },
	{ "an absolute target", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", -400 },
	{ "an empty first line", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", -400 },
	{ "a method with a bracket", "G[T / HTTP/1.1\r\nHost: x\r\n\r\n", -400 },
	{ "a header without a colon", "GET / HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n", -400 },
	{ "a length with a plus",
	  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", -400 },
};

/* The same bytes in pieces of n; n 0: at once. */
static int
http_cut(struct http *h, const char *bytes, size_t n,
    const struct request **rq)
{
	size_t len = strlen(bytes), at, part;
	int rc = 0;

	http_init(h);
	for (at = 0; at < len && rc == 0; at += part) {
		part = n == 0 || len - at < n ? len - at : n;
		assert_int_equal(http_feed(h, bytes + at, part), 0);
		rc = http_next(h, rq);
	}
	return rc;
}

static void
a_request_is_the_same_however_it_is_cut(void **state)
{
	const struct request *rq;
	struct http h;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(http_rows) / sizeof(*http_rows); i++)
		for (n = 0; n < 7; n++) {
			int rc = http_cut(&h, http_rows[i].bytes, n, &rq);

			if (rc != http_rows[i].status)
				fail_msg("%s, in pieces of %zu: %d",
				    http_rows[i].name, n, rc);
			http_release(&h);
		}
}

static void
a_request_names_its_parts(void **state)
{
	const struct request *rq;
	struct http h;
	char text[64];

	(void)state;
	assert_int_equal(http_cut(&h, "POST /a/stream?x=1&token=a%2Eb+c HTTP/1.1\r\n"
	    "host: x\r\nAUTHORIZATION: \t LVT t \r\nContent-Length: 3\r\n\r\nabcGET",
	    0, &rq), 1);
	assert_true(str_is(rq->method, "POST"));
	assert_true(str_is(rq->path, "/a/stream"));
	assert_true(str_is(rq->authorization, "LVT t"));
	assert_true(str_is(rq->body, "abc"));
	assert_true(rq->keep);
	assert_int_equal(request_query(rq, "token", text, sizeof(text)), 5);
	assert_string_equal(text, "a.b c");
	assert_int_equal(request_query(rq, "oken", text, sizeof(text)), -1);
	/* What is too long is not there by half, nor without its end. */
	memset(text, 'x', sizeof(text));
	assert_int_equal(request_query(rq, "token", text, 5), -2);
	assert_string_equal(text, "");
	http_done(&h);
	assert_int_equal(h.in.len, 3);
	http_release(&h);
}

/* A whole FastCGI request, and then its abort. */
static const unsigned char fcgi_bytes[] = {
	1, 1, 0, 7, 0, 8, 0, 0,		0, 1, 1, 0, 0, 0, 0, 0,
	1, 4, 0, 7, 0, 38, 2, 0,
	14, 3, 'R', 'E', 'Q', 'U', 'E', 'S', 'T', '_', 'M', 'E', 'T', 'H',
	'O', 'D', 'G', 'E', 'T',
	11, 6, 'R', 'E', 'Q', 'U', 'E', 'S', 'T', '_', 'U', 'R', 'I', '/',
	'a', '?', 'b', '=', 'c', 0, 0,
	1, 4, 0, 7, 0, 0, 0, 0,
	1, 5, 0, 7, 0, 2, 6, 0, 'h', 'i', 0, 0, 0, 0, 0, 0,
	1, 5, 0, 7, 0, 0, 0, 0,
	1, 2, 0, 7, 0, 0, 0, 0,
};

static void
a_fastcgi_request_is_the_same_however_it_is_cut(void **state)
{
	const struct request *rq = NULL;
	size_t n, at, part;
	struct fcgi f;

	(void)state;
	for (n = 1; n < 40; n++) {
		int asked = 0, aborted = 0, rc;

		fcgi_init(&f);
		for (at = 0; at < sizeof(fcgi_bytes); at += part) {
			part = sizeof(fcgi_bytes) - at < n ?
			    sizeof(fcgi_bytes) - at : n;
			assert_int_equal(fcgi_feed(&f, fcgi_bytes + at, part),
			    0);
			while ((rc = fcgi_next(&f, &rq)) != FCGI_MORE) {
				assert_true(rc > 0);
				asked += rc == FCGI_REQUEST;
				aborted += rc == FCGI_ABORTED;
				if (rc == FCGI_REQUEST) {
					assert_true(str_is(rq->method, "GET"));
					assert_true(str_is(rq->path, "/a"));
					assert_true(str_is(rq->body, "hi"));
					assert_true(rq->keep);
				}
			}
		}
		assert_int_equal(asked, 1);
		assert_int_equal(aborted, 1);
		fcgi_release(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_the_same_however_it_is_cut),
		cmocka_unit_test(a_request_names_its_parts),
		cmocka_unit_test(a_fastcgi_request_is_the_same_however_it_is_cut),
	};

	return RUN_TAP(tests);
}
