/*
 * ident.c - the fingerprint of a view.
 *
 * XXH3 with a secret of our own: whoever does not know the key can neither
 * tell what a view holds by trying, nor make two views of one id. Without a
 * key it is a plain checksum.
 */
#include <sodium.h>
#include <xxhash.h>

#include "base/error.h"
#include "view/statics.h"
#include "view/view.h"

#define SECRET_BYTES	192	/* as long as XXH3's own */

_Static_assert(SECRET_BYTES >= XXH3_SECRET_SIZE_MIN, "XXH3 needs more");

/* The key drawn out to the length that XXH3 wants. */
static void
make_secret(unsigned char secret[SECRET_BYTES], const unsigned char *key)
{
	static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];

	crypto_stream_chacha20(secret, SECRET_BYTES, nonce, key);
}

static XXH128_hash_t
hash(const void *p, size_t len, const unsigned char *secret)
{
	return secret == NULL ? XXH3_128bits(p, len) :
	    XXH3_128bits_withSecret(p, len, secret, SECRET_BYTES);
}

static void
hash_view(const struct view *v, const unsigned char *key, struct view_id *id)
{
	const struct statics *st = statics_of(v->program);
	unsigned char secret[SECRET_BYTES];
	struct {
		unsigned char statics[16];
		XXH128_canonical_t content;
	} both;
	XXH128_canonical_t canonical;

	if (key != NULL) {
		make_secret(secret, key);
		key = secret;
	}
	memcpy(both.statics, st->fingerprint, sizeof(both.statics));
	XXH128_canonicalFromHash(&both.content,
	    hash(v->bytes.s, v->bytes.len, key));
	XXH128_canonicalFromHash(&canonical, hash(&both, sizeof(both), key));
	memcpy(id->b, canonical.digest, sizeof(id->b));
}

void
view_id(const struct view *v, const unsigned char *key, struct view_id *id)
{
	/* What is remembered changes nothing that a reader of the view sees. */
	struct view_hashed *h = (struct view_hashed *)&v->hashed;

	if (!h->known || h->keyed != (key != NULL) ||
	    (key != NULL && memcmp(h->key, key, sizeof(h->key)) != 0)) {
		hash_view(v, key, &h->id);
		h->known = true;
		h->keyed = key != NULL;
		if (key != NULL)
			memcpy(h->key, key, sizeof(h->key));
	}
	*id = h->id;
}

void
view_id_text(const struct view_id *id, char text[VIEW_ID_TEXT + 1])
{
	sodium_bin2base64(text, VIEW_ID_TEXT + 1, id->b, sizeof(id->b),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int
view_id_parse(const char *text, size_t len, struct view_id *id)
{
	size_t n;

	if (len != VIEW_ID_TEXT ||
	    sodium_base642bin(id->b, sizeof(id->b), text, len, NULL, &n, NULL,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    n != sizeof(id->b))
		return LVT_EINVALID;
	return 0;
}
