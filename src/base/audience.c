#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/audience.h"

static uint64_t
hash_of(char kind, const char *z)
{
	static const unsigned char key[2][crypto_shorthash_KEYBYTES] = {
		{ 'g' }, { 'u' }
	};
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t h = 0;
	size_t i;

	crypto_shorthash(out, (const unsigned char *)z, strlen(z),
	    key[kind == 'u']);
	for (i = 0; i < sizeof(out); i++)
		h = h << 8 | out[i];
	return h;
}

uint64_t
audience_hash(const char *group, const char *user)
{
	uint64_t h = hash_of('g', group);

	if (user != NULL)
		h = h * 31 + hash_of('u', user);
	return h != 0 ? h : 1;
}

void
audience_text(uint64_t hash, char text[AUDIENCE_TEXT + 1])
{
	snprintf(text, AUDIENCE_TEXT + 1, "@%016" PRIx64, hash);
}
