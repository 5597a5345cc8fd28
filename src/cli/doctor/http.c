/* http.c - requests that tell when what came. */
#include <config.h>		/* _GNU_SOURCE: memmem */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "cli/doctor/doctor.h"

#define HEAD_MAX	((size_t)64 << 10)
#define BODY_MAX	((size_t)8 << 20)
#define ANSWER_MS	15000

#ifdef HAVE_CURL
#include <curl/curl.h>

#define CONNECT_S	10L

struct probe_wire {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	char why[CURL_ERROR_SIZE];
};

static size_t
on_head(char *data, size_t size, size_t n, void *arg)
{
	struct probe *p = arg;

	/* After a redirection the headers of the last answer count. */
	if (size * n > 5 && strncmp(data, "HTTP/", 5) == 0) {
		buf_clear(&p->head);
		buf_clear(&p->text);
	}
	buf_add(&p->head, data, size * n);
	return p->head.failed ? 0 : size * n;
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct probe *p = arg;

	if (p->first_ms == 0)
		p->first_ms = clock_mono_ms();
	buf_add(&p->text, data, size * n);
	return p->text.failed ? 0 : size * n;
}

static int
set_method(struct probe *p, CURL *c)
{
	const char *method = p->method != NULL ? p->method : "GET";

	if (p->body != NULL)
		return curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, p->body) ||
		    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	return curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST,
	    strcmp(method, "GET") == 0 ? NULL : method);
}

static int
set_headers(struct probe *p, struct probe_wire *w)
{
	struct curl_slist *more;
	size_t i;

	for (i = 0; i < PROBE_HEADERS && p->headers[i] != NULL; i++) {
		more = curl_slist_append(w->headers, p->headers[i]);
		if (more == NULL)
			return -1;
		w->headers = more;
	}
	more = curl_slist_append(w->headers, "Expect:");
	if (more == NULL)
		return -1;
	w->headers = more;
	return curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, w->headers);
}

static int
set_options(const struct doctor *d, struct probe *p, CURL *c)
{
	return curl_easy_setopt(c, CURLOPT_URL, p->url) ||
#if LIBCURL_VERSION_NUM >= 0x075500
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ||
#else
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)) ||
#endif
	    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)(p->http1 ?
	    CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS)) ||
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S) ||
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, p->follow ? 1L : 0L) ||
	    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L) ||
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "lvt doctor") ||
	    (p->gzip &&
	    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip")) ||
	    (d->insecure &&
	    (curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L) ||
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L))) ||
	    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head) ||
	    curl_easy_setopt(c, CURLOPT_HEADERDATA, p) ||
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) ||
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, p) ? -1 : 0;
}

/* Not beside another Authorization. */
static int
set_login(const struct doctor *d, struct probe *p, CURL *c)
{
	size_t i;

	for (i = 0; i < PROBE_HEADERS && p->headers[i] != NULL; i++)
		if (strncasecmp(p->headers[i], "Authorization:", 14) == 0)
			return 0;
	if (d->user == NULL)
		return 0;
	return curl_easy_setopt(c, CURLOPT_USERPWD, d->user) ||
	    curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
}

/* What came stays. */
static void
probe_close(struct probe *p)
{
	struct probe_wire *w = p->wire;

	p->wire = NULL;
	if (w == NULL)
		return;
	if (w->multi != NULL && w->easy != NULL)
		curl_multi_remove_handle(w->multi, w->easy);
	curl_easy_cleanup(w->easy);
	curl_multi_cleanup(w->multi);
	curl_slist_free_all(w->headers);
	free(w);
}

int
probe_open(const struct doctor *d, struct probe *p)
{
	struct probe_wire *w = calloc(1, sizeof(*w));

	p->wire = w;
	p->opened_ms = clock_mono_ms();
	if (w == NULL || (w->multi = curl_multi_init()) == NULL ||
	    (w->easy = curl_easy_init()) == NULL ||
	    curl_easy_setopt(w->easy, CURLOPT_ERRORBUFFER, w->why) ||
	    set_options(d, p, w->easy) != 0 || set_method(p, w->easy) != 0 ||
	    set_headers(p, w) != 0 || set_login(d, p, w->easy) != 0 ||
	    curl_multi_add_handle(w->multi, w->easy) != CURLM_OK) {
		probe_close(p);
		p->ended = true;
		snprintf(p->why, sizeof(p->why), "out of memory");
		return LVT_ENOMEM;
	}
	return 0;
}

static void
note_answer(struct probe *p)
{
	struct probe_wire *w = p->wire;
	long version = 0;
	CURLMsg *m;
	int left;

	curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &p->status);
	curl_easy_getinfo(w->easy, CURLINFO_HTTP_VERSION, &version);
	p->version = version == CURL_HTTP_VERSION_2_0 ? 2 : 1;
	while ((m = curl_multi_info_read(w->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		p->ended = true;
		if (m->data.result != CURLE_OK)
			snprintf(p->why, sizeof(p->why), "%s",
			    w->why[0] != '\0' ? w->why :
			    curl_easy_strerror(m->data.result));
	}
}

void
probe_wait(struct probe *p, bool (*enough)(const struct probe *p),
    int64_t limit_ms)
{
	int64_t until = clock_mono_ms() + limit_ms, left;
	int running;

	p->before = p->text.len;
	while (p->wire != NULL && !p->ended) {
		if (curl_multi_perform(p->wire->multi, &running) != CURLM_OK)
			break;
		note_answer(p);
		left = until - clock_mono_ms();
		if (p->ended || left <= 0 || (enough != NULL && enough(p)))
			break;
		curl_multi_poll(p->wire->multi, NULL, 0,
		    left < 100 ? (int)left : 100, NULL);
	}
}

static void
note_landing(struct probe *p)
{
	char *url = NULL;

	curl_easy_getinfo(p->wire->easy, CURLINFO_EFFECTIVE_URL, &url);
	snprintf(p->landed, sizeof(p->landed), "%s", url != NULL ? url : "");
}

#else

/* Without libcurl every request fails, and says so. */
int
probe_open(const struct doctor *d, struct probe *p)
{
	(void)d;
	p->ended = true;
	snprintf(p->why, sizeof(p->why), "this lvt was built without libcurl");
	return LVT_EFAIL;
}

void
probe_wait(struct probe *p, bool (*enough)(const struct probe *p),
    int64_t limit_ms)
{
	(void)p;
	(void)enough;
	(void)limit_ms;
}

static void
probe_close(struct probe *p)
{
	(void)p;
}

static void
note_landing(struct probe *p)
{
	(void)p;
}
#endif

void
probe_init(struct probe *p)
{
	memset(p, 0, sizeof(*p));
	buf_init_limit(&p->head, HEAD_MAX);
	buf_init_limit(&p->text, BODY_MAX);
}

void
probe_release(struct probe *p)
{
	probe_close(p);
	buf_release(&p->head);
	buf_release(&p->text);
}

int
probe_run(const struct doctor *d, struct probe *p)
{
	if (probe_open(d, p) == 0) {
		probe_wait(p, NULL, ANSWER_MS);
		if (!p->ended)
			snprintf(p->why, sizeof(p->why), "no whole answer "
			    "within %d s", ANSWER_MS / 1000);
		note_landing(p);
		probe_close(p);
	}
	return p->why[0] != '\0' || p->status == 0 ? -1 : 0;
}

const char *
probe_header(const struct probe *p, const char *name, char *text, size_t size)
{
	struct str rest = { p->head.s, p->head.len };
	size_t n = strlen(name), len;
	const char *end;

	text[0] = '\0';
	while (rest.len > 0) {
		end = memchr(rest.s, '\n', rest.len);
		len = end != NULL ? (size_t)(end - rest.s) : rest.len;
		if (len > n && rest.s[n] == ':' &&
		    strncasecmp(rest.s, name, n) == 0) {
			const char *at = rest.s + n + 1;

			while (at < rest.s + len && *at == ' ')
				at++;
			len -= (size_t)(at - rest.s);
			while (len > 0 && (at[len - 1] == '\r' ||
			    at[len - 1] == ' '))
				len--;
			snprintf(text, size, "%.*s", (int)len, at);
			return text;
		}
		if (end == NULL)
			break;
		rest.len -= len + 1;
		rest.s = end + 1;
	}
	return text;
}

bool
probe_has(const struct probe *p, const char *what)
{
	return p->text.len > 0 &&
	    memmem(p->text.s, p->text.len, what, strlen(what)) != NULL;
}
