// SPDX-License-Identifier: Apache-2.0
#include "canary/stream.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

static const char version[] = "telltap canary 1";

static int
make_key(struct span seed, const char *purpose, uint64_t index,
    uint8_t ret_key[static 32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t index_be[8];
	int ok;

	if (!md)
		return -ENOMEM;
	for (int i = 0; i < 8; i++)
		index_be[i] = (uint8_t)(index >> (56 - 8 * i));
	ok = EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
	    EVP_DigestUpdate(md, version, sizeof(version)) &&
	    EVP_DigestUpdate(md, purpose, strlen(purpose) + 1) &&
	    EVP_DigestUpdate(md, index_be, sizeof(index_be)) &&
	    EVP_DigestUpdate(md, seed.p, seed.len) &&
	    EVP_DigestFinal_ex(md, ret_key, NULL);
	EVP_MD_CTX_free(md);
	return ok ? 0 : -EIO;
}

int
stream_init(struct stream *s, struct span seed, const char *purpose,
    uint64_t index)
{
	static const uint8_t nonce[16];
	uint8_t key[32];
	int r;

	s->used = STREAM_BLOCK;
	s->cipher = EVP_CIPHER_CTX_new();
	if (!s->cipher)
		return -ENOMEM;
	r = make_key(seed, purpose, index, key);
	if (r)
		return r;
	return EVP_EncryptInit_ex(s->cipher, EVP_chacha20(), NULL, key, nonce)
	    ? 0 : -EIO;
}

void
stream_clear(struct stream *s)
{
	EVP_CIPHER_CTX_free(s->cipher);
	s->cipher = NULL;
}

/* The cipher over zeros is its key stream; it can't fail once initialised. */
static void
next_block(struct stream *s)
{
	int n;

	memset(s->block, 0, sizeof(s->block));
	EVP_EncryptUpdate(s->cipher, s->block, &n, s->block, STREAM_BLOCK);
	s->used = 0;
}

void
stream_bytes(struct stream *s, uint8_t *ret_data, size_t len)
{
	while (len) {
		size_t n;

		if (s->used == STREAM_BLOCK)
			next_block(s);
		n = STREAM_BLOCK - s->used;
		if (n > len)
			n = len;
		memcpy(ret_data, s->block + s->used, n);
		s->used += n;
		ret_data += n;
		len -= n;
	}
}

uint64_t
stream_below(struct stream *s, uint64_t limit)
{
	/* What lies above the last multiple of limit would favour the small. */
	uint64_t unfair = -limit % limit, v;
	uint8_t b[8];

	do {
		stream_bytes(s, b, sizeof(b));
		v = 0;
		for (int i = 0; i < 8; i++)
			v = v << 8 | b[i];
	} while (v < unfair);
	return v % limit;
}
