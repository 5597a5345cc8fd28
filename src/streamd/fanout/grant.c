#include <stdlib.h>

#include <sodium.h>
#include <xxhash.h>

#include "base/json.h"
#include "base/token.h"
#include "streamd/fanout/grant.h"
#include "streamd/fanout/topics.h"

static bool
strings_only(const json_t *a)
{
	size_t i;

	for (i = 0; i < json_array_size(a); i++)
		if (!json_is_string(json_array_get(a, i)))
			return false;
	return true;
}

static bool
is_list(const json_t *a)
{
	return a == NULL || (json_is_array(a) && strings_only(a));
}

static int
check_expiry(struct grant *g, int64_t now_ms, struct lvt_error *err)
{
	if (g->expires_s > now_ms / 1000)
		return 0;
	grant_release(g);
	return lvt_error_set(err, LVT_EDENIED, "token has expired");
}

int
grant_init(struct grant *g, const unsigned char key[32], struct str token,
    int64_t now_ms, struct lvt_error *err)
{
	const json_t *x;
	const char *from, *issued;

	memset(g, 0, sizeof(*g));
	g->claims = token_verify(key, token.s, token.len, err);
	if (g->claims == NULL)
		return LVT_EDENIED;
	x = json_object_get(g->claims, "x");
	g->app = lvt_json_text(g->claims, "a");
	g->group = lvt_json_text(g->claims, "g");
	g->user = lvt_json_text(g->claims, "u");
	g->pages = json_object_get(g->claims, "p");
	g->channels = json_object_get(g->claims, "c");
	from = lvt_json_text(g->claims, "f");
	issued = lvt_json_text(g->claims, "i");
	g->counted = json_is_true(json_object_get(g->claims, "w"));
	g->dated = *issued != '\0';
	g->issued_s = json_integer_value(json_object_get(g->claims, "t"));
	g->expires_s = json_integer_value(x);
	if (!json_is_integer(x) || !is_list(g->pages) ||
	    !is_list(g->channels) || (*from != '\0' &&
	    position_parse(from, strlen(from), &g->from) != 0) || (g->dated &&
	    position_parse(issued, strlen(issued), &g->issued) != 0)) {
		grant_release(g);
		return lvt_error_set(err, LVT_EDENIED, "token makes no sense");
	}
	return check_expiry(g, now_ms, err);
}

void
grant_release(struct grant *g)
{
	json_decref(g->claims);
	memset(g, 0, sizeof(*g));
}

const char *
grant_page(const struct grant *g, const char *want)
{
	size_t i;

	for (i = 0; i < json_array_size(g->pages); i++) {
		const char *page =
		    json_string_value(json_array_get(g->pages, i));

		if (*want == '\0' || strcmp(page, want) == 0)
			return page;
	}
	return NULL;
}

bool
grant_has_channel(const struct grant *g, struct str pattern)
{
	size_t i;

	for (i = 0; i < json_array_size(g->channels); i++)
		if (topics_covers(str_z(json_string_value(
		    json_array_get(g->channels, i))), pattern))
			return true;
	return false;
}

/* --- Those of late --------------------------------------------------------- */

#define SLOTS	1024			/* a power of two */

struct grants {
	uint64_t seed;
	struct kept {
		uint64_t hash;
		char *text;		/* the token; NULL: free */
		size_t len;
		struct grant grant;
	} slots[SLOTS];
};

struct grants *
grants_create(void)
{
	struct grants *c = calloc(1, sizeof(*c));

	if (c != NULL)
		randombytes_buf(&c->seed, sizeof(c->seed));
	return c;
}

static void
forget(struct kept *k)
{
	if (k->text == NULL)
		return;
	free(k->text);
	k->text = NULL;
	grant_release(&k->grant);
}

void
grants_clear(struct grants *c)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		forget(&c->slots[i]);
}

void
grants_free(struct grants *c)
{
	if (c != NULL)
		grants_clear(c);
	free(c);
}

int
grants_get(struct grants *c, struct grant *g, const unsigned char key[32],
    struct str token, int64_t now_ms, struct lvt_error *err)
{
	/* The hash is keyed: nobody can choose which tokens meet. */
	uint64_t hash = XXH3_64bits_withSeed(token.s, token.len, c->seed);
	struct kept *k = &c->slots[hash & (SLOTS - 1)];
	int rc;

	if (k->text != NULL && k->hash == hash && k->len == token.len &&
	    memcmp(k->text, token.s, token.len) == 0) {
		*g = k->grant;
		json_incref(g->claims);
		return check_expiry(g, now_ms, err);
	}
	rc = grant_init(g, key, token, now_ms, err);
	if (rc != 0)
		return rc;
	forget(k);
	k->text = malloc(token.len);
	if (k->text != NULL) {
		memcpy(k->text, token.s, token.len);
		k->hash = hash;
		k->len = token.len;
		k->grant = *g;
		json_incref(g->claims);
	}
	return 0;
}
