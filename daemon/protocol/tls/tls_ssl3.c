// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_ssl3.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#define ROUNDS_MAX	26	/* letters */

static bool
digest(EVP_MD_CTX *x, const char *name, const struct span *parts, size_t count,
    uint8_t *ret)
{
	const EVP_MD *md = EVP_get_digestbyname(name);
	bool ok = md && EVP_DigestInit_ex(x, md, NULL);

	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(x, parts[i].p, parts[i].len);
	return ok && EVP_DigestFinal_ex(x, ret, NULL);
}

/* MD5(secret + SHA1("A" + secret + randoms)), then "BB", and so on. */
int
ssl3_expand(struct span secret, const uint8_t *first_random,
    const uint8_t *second_random, uint8_t *out, size_t len)
{
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	uint8_t letters[ROUNDS_MAX], inner[20], block[16];
	bool ok = x && len <= ROUNDS_MAX * sizeof(block);

	for (size_t at = 0, n = 1; ok && at < len; at += sizeof(block), n++) {
		const struct span in[] = { { letters, n }, secret,
			{ first_random, 32 }, { second_random, 32 } };
		const struct span outer[] = { secret, { inner, 20 } };

		memset(letters, (int)('A' + n - 1), n);
		ok = digest(x, "SHA1", in, 4, inner) &&
		    digest(x, "MD5", outer, 2, block);
		if (ok)
			memcpy(out + at, block, len - at < sizeof(block) ?
			    len - at : sizeof(block));
	}
	EVP_MD_CTX_free(x);
	OPENSSL_cleanse(block, sizeof(block));
	if (!ok)
		ERR_clear_error();
	return ok ? 0 : ERR_UNSUPPORTED;
}

int
ssl3_mac(const char *name, const uint8_t *key, uint64_t seq, uint8_t type,
    struct span data, uint8_t *ret)
{
	size_t len = strcmp(name, "MD5") ? 20 : 16;
	size_t pad_len = len == 16 ? 48 : 40;
	uint8_t pad[2][48], head[11], inner[20];
	const struct span in[] = { { key, len }, { pad[0], pad_len },
		{ head, sizeof(head) }, data };
	const struct span out[] = { { key, len }, { pad[1], pad_len },
		{ inner, len } };
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	bool ok;

	memset(pad[0], 0x36, sizeof(pad[0]));
	memset(pad[1], 0x5c, sizeof(pad[1]));
	for (int i = 0; i < 8; i++)
		head[i] = (uint8_t)(seq >> (56 - 8 * i));
	head[8] = type;
	head[9] = (uint8_t)(data.len >> 8);
	head[10] = (uint8_t)data.len;
	ok = x && digest(x, name, in, 4, inner) &&
	    digest(x, name, out, 3, ret);
	EVP_MD_CTX_free(x);
	if (!ok)
		ERR_clear_error();
	return ok ? 0 : ERR_UNSUPPORTED;
}
