// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_rsa.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define SEALED_MAX	2048	/* bytes: a key of 16,384 bits */

struct tls_rsa {
	EVP_PKEY *keys[TLS_RSA_MAX];
	size_t count;
};

struct tls_rsa *
tls_rsa_new(void)
{
	return calloc(1, sizeof(struct tls_rsa));
}

void
tls_rsa_free(struct tls_rsa *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		EVP_PKEY_free(r->keys[i]);
	free(r);
}

static bool
public_digest(EVP_PKEY *key, uint8_t *ret_sha256)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, ret_sha256, NULL,
	    EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok;
}

/* Nobody is asked for a password. */
static int
no_password(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static int
add_key(struct tls_rsa *r, EVP_PKEY *key, uint8_t *ret_sha256)
{
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_size(key) > SEALED_MAX)
		return ERR_UNSUPPORTED;
	if (r->count == TLS_RSA_MAX)
		return ERR_LIMIT;
	if (!public_digest(key, ret_sha256) || !EVP_PKEY_up_ref(key))
		return ERR_MALFORMED;
	r->keys[r->count++] = key;
	return 0;
}

int
tls_rsa_add(struct tls_rsa *r, struct span pem, uint8_t ret_sha256[static 32])
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *key;
	int rc = ERR_MALFORMED;

	while (bio && (key = PEM_read_bio_PrivateKey(bio, NULL, no_password,
	    NULL))) {
		rc = add_key(r, key, ret_sha256);
		EVP_PKEY_free(key);
		if (rc)
			break;
	}
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

static bool
open_with(EVP_PKEY *key, struct span sealed, uint8_t *ret_premaster)
{
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(key, NULL);
	uint8_t out[SEALED_MAX];
	size_t len = sizeof(out);
	bool ok;

	ok = x && EVP_PKEY_decrypt_init(x) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(x, RSA_PKCS1_PADDING) > 0;
	/* Where libcrypto would make up a secret rather than fail. */
	if (ok)
		(void)EVP_PKEY_CTX_ctrl_str(x, "rsa_pkcs1_implicit_rejection",
		    "0");
	ok = ok && EVP_PKEY_decrypt(x, out, &len, sealed.p, sealed.len) > 0 &&
	    len == TLS_PREMASTER_LEN && out[0] == 3;
	if (ok)
		memcpy(ret_premaster, out, TLS_PREMASTER_LEN);
	OPENSSL_cleanse(out, sizeof(out));
	EVP_PKEY_CTX_free(x);
	ERR_clear_error();
	return ok;
}

bool
tls_rsa_open(const struct tls_rsa *r, struct span sealed,
    uint8_t ret_premaster[static TLS_PREMASTER_LEN])
{
	for (size_t i = 0; r && i < r->count; i++)
		if ((size_t)EVP_PKEY_get_size(r->keys[i]) == sealed.len &&
		    open_with(r->keys[i], sealed, ret_premaster))
			return true;
	return false;
}
