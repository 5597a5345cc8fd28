#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/database/webhook.h"

#ifdef HAVE_CURL
#include <curl/curl.h>
#include <sodium.h>

#include "base/buf.h"

#define CONNECT_S	10L
#define ANSWER_S	30L

struct webhook {
	CURL *curl;
	char *url, *secret;
	char why[CURL_ERROR_SIZE];
};

/* What it answers is of no interest. */
static size_t
discard(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static int
set_options(struct webhook *w)
{
	CURL *c = w->curl;

	return curl_easy_setopt(c, CURLOPT_URL, w->url) != CURLE_OK ||
#if LIBCURL_VERSION_NUM >= 0x075500
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") !=
	    CURLE_OK ||
#else
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP |
	    CURLPROTO_HTTPS)) != CURLE_OK ||
#endif
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S) ||
	    curl_easy_setopt(c, CURLOPT_TIMEOUT, ANSWER_S) ||
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "lvt") ||
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, w->why) ||
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, discard) ?
	    LVT_EFAIL : 0;
}

struct webhook *
webhook_open(const char *url, const char *secret, struct lvt_error *err)
{
	struct webhook *w;

	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0) {
		lvt_error_set(err, LVT_EINVALID,
		    "'%s' is no http or https URL", url);
		return NULL;
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(w);
		lvt_error_nomem(err);
		return NULL;
	}
	w->curl = curl_easy_init();
	w->url = strdup(url);
	w->secret = secret != NULL ? strdup(secret) : NULL;
	if (w->curl == NULL || w->url == NULL ||
	    (secret != NULL && w->secret == NULL) || set_options(w) != 0) {
		webhook_free(w);
		lvt_error_set(err, LVT_EFAIL, "cannot set up a request to "
		    "'%s'", url);
		return NULL;
	}
	return w;
}

void
webhook_free(struct webhook *w)
{
	if (w == NULL)
		return;
	curl_easy_cleanup(w->curl);
	curl_global_cleanup();
	free(w->url);
	free(w->secret);
	free(w);
}

static void
sign(const struct webhook *w, struct str body, struct buf *out)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof(mac) + 1], when[32];
	crypto_auth_hmacsha256_state h;

	snprintf(when, sizeof(when), "%lld", (long long)time(NULL));
	crypto_auth_hmacsha256_init(&h, (const unsigned char *)w->secret,
	    strlen(w->secret));
	crypto_auth_hmacsha256_update(&h, (const unsigned char *)when,
	    strlen(when));
	crypto_auth_hmacsha256_update(&h, (const unsigned char *)".", 1);
	crypto_auth_hmacsha256_update(&h, (const unsigned char *)body.s,
	    body.len);
	crypto_auth_hmacsha256_final(&h, mac);
	sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	buf_printf(out, "Lvt-Signature: t=%s,v1=%s", when, hex);
}

static struct curl_slist *
headers(const struct webhook *w, struct str body, const char *id)
{
	struct curl_slist *list = NULL, *more;
	struct buf line;
	int i;

	buf_init(&line);
	for (i = 0; i < (w->secret != NULL ? 4 : 3); i++) {
		buf_clear(&line);
		if (i == 0)
			buf_puts(&line, "Content-Type: application/json");
		else if (i == 1)
			buf_puts(&line, "Expect:");	/* no 100-continue */
		else if (i == 2)
			buf_printf(&line, "Lvt-Id: %s", id);
		else
			sign(w, body, &line);
		more = line.failed ? NULL :
		    curl_slist_append(list, buf_z(&line));
		if (more == NULL) {
			curl_slist_free_all(list);
			list = NULL;
			break;
		}
		list = more;
	}
	buf_release(&line);
	return list;
}

int
webhook_post(struct webhook *w, struct str body, const char *id,
    struct lvt_error *err)
{
	struct curl_slist *list = headers(w, body, id);
	long status = 0;
	CURLcode rc;

	if (list == NULL)
		return lvt_error_nomem(err);
	w->why[0] = '\0';
	curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(w->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)body.len);
	curl_easy_setopt(w->curl, CURLOPT_POSTFIELDS, body.s);
	rc = curl_easy_perform(w->curl);
	curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(list);
	if (rc != CURLE_OK)
		return lvt_error_set(err, LVT_EIO, "%s: %s", w->url,
		    w->why[0] != '\0' ? w->why : curl_easy_strerror(rc));
	if (status < 200 || status > 299)
		return lvt_error_set(err, LVT_EFAIL, "%s answered %ld",
		    w->url, status);
	return 0;
}

#else

struct webhook *
webhook_open(const char *url, const char *secret, struct lvt_error *err)
{
	(void)url;
	(void)secret;
	lvt_error_set(err, LVT_EFAIL, "this lvt was built without libcurl");
	return NULL;
}

void
webhook_free(struct webhook *w)
{
	(void)w;
}

int
webhook_post(struct webhook *w, struct str body, const char *id,
    struct lvt_error *err)
{
	(void)w;
	(void)body;
	(void)id;
	return lvt_error_set(err, LVT_EFAIL, "no libcurl");
}
#endif
