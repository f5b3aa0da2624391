// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls_keys.h"

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

static int
derive(const char *kdf_name, const OSSL_PARAM *params, uint8_t *out,
    size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ok = ctx && EVP_KDF_derive(ctx, out, len, params) > 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (!ok)
		ERR_clear_error();
	return ok ? 0 : ERR_UNSUPPORTED;
}

/* "key expansion" of RFC 5246 section 6.3; both randoms, the server's first. */
int
tls_key_block(const struct tls_suite *s, struct span master,
    const uint8_t *client_random, const uint8_t *server_random, uint8_t *out,
    size_t len)
{
	char label[] = "key expansion", *prf = (char *)s->prf;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", prf, 0),
		OSSL_PARAM_construct_octet_string("secret", (void *)master.p,
		    master.len),
		OSSL_PARAM_construct_octet_string("seed", label,
		    sizeof(label) - 1),
		OSSL_PARAM_construct_octet_string("seed",
		    (void *)server_random, 32),
		OSSL_PARAM_construct_octet_string("seed",
		    (void *)client_random, 32),
		OSSL_PARAM_construct_end(),
	};

	return derive("TLS1-PRF", params, out, len);
}

/* HKDF-Expand-Label of RFC 8446 section 7.1, without a context. Drafts before
 * 20 have another prefix. */
int
tls_expand_label(const struct tls_suite *s, struct span secret,
    const char *label, uint8_t *out, size_t len)
{
	bool early = s->version >> 8 == 0x7f && s->version < 0x7f14;
	const char *prefix = early ? "TLS 1.3, " : "tls13 ";
	char *prf = (char *)s->prf;
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", prf, 0),
		OSSL_PARAM_construct_int("mode", &mode),
		OSSL_PARAM_construct_octet_string("key", (void *)secret.p,
		    secret.len),
		OSSL_PARAM_construct_octet_string("prefix", (void *)prefix,
		    strlen(prefix)),
		OSSL_PARAM_construct_octet_string("label", (void *)label,
		    strlen(label)),
		OSSL_PARAM_construct_end(),
	};

	return derive("TLS13-KDF", params, out, len);
}

int
tls_secret_update(const struct tls_suite *suite, uint8_t *secret, size_t len)
{
	uint8_t next[64];
	int err;

	if (len > sizeof(next))
		return ERR_MALFORMED;
	err = tls_expand_label(suite, (struct span){ secret, len },
	    "traffic upd", next, len);
	if (!err)
		memcpy(secret, next, len);
	OPENSSL_cleanse(next, sizeof(next));
	return err;
}
