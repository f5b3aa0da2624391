// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_keys.h"

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "protocol/tls/tls_ssl3.h"

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

/* RFC 5246 section 5; the seed in three pieces, of which two may be empty. */
static int
prf(const struct tls_suite *s, struct span secret, const char *label,
    const struct span seed[2], uint8_t *out, size_t len)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", (char *)s->prf, 0),
		OSSL_PARAM_construct_octet_string("secret", (void *)secret.p,
		    secret.len),
		OSSL_PARAM_construct_octet_string("seed", (void *)label,
		    strlen(label)),
		OSSL_PARAM_construct_octet_string("seed", (void *)seed[0].p,
		    seed[0].len),
		OSSL_PARAM_construct_octet_string("seed", (void *)seed[1].p,
		    seed[1].len),
		OSSL_PARAM_construct_end(),
	};

	return derive("TLS1-PRF", params, out, len);
}

int
tls_key_block(const struct tls_suite *s, struct span master,
    const uint8_t *client_random, const uint8_t *server_random, uint8_t *out,
    size_t len)
{
	const struct span seed[] = { { server_random, 32 },
		{ client_random, 32 } };

	if (s->version == 0x0300)
		return ssl3_expand(master, server_random, client_random, out,
		    len);
	return prf(s, master, "key expansion", seed, out, len);
}

int
tls_master_secret(const struct tls_suite *s, struct span premaster,
    const uint8_t *client_random, const uint8_t *server_random,
    struct span hash, uint8_t ret_master[static 48])
{
	const struct span seed[] = { { client_random, 32 },
		{ server_random, 32 } };
	const struct span session[] = { hash, { hash.p, 0 } };

	if (s->version == 0x0300)
		return ssl3_expand(premaster, client_random, server_random,
		    ret_master, 48);
	if (hash.len)
		return prf(s, premaster, "extended master secret", session,
		    ret_master, 48);
	return prf(s, premaster, "master secret", seed, ret_master, 48);
}

/* HKDF-Expand-Label of RFC 8446 section 7.1, without a context. Drafts before
 * 20 have another prefix. */
int
tls_expand_label(const struct tls_suite *s, struct span secret,
    const char *label, uint8_t *out, size_t len)
{
	bool early = s->version >> 8 == 0x7f && s->version < 0x7f14;
	const char *prefix = early ? "TLS 1.3, " : "tls13 ";
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", (char *)s->prf, 0),
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
