// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "protocol/tls/tls_rc4.h"
#include "protocol/tls/tls_rsa.h"

static EVP_PKEY *server, *curve;

static int
make_keys(void **state)
{
	server = EVP_RSA_gen(2048);
	curve = EVP_EC_gen("P-256");
	return server && curve ? 0 : -1;
}

static int
drop_keys(void **state)
{
	EVP_PKEY_free(server);
	EVP_PKEY_free(curve);
	return 0;
}

static int
add(struct tls_rsa *r, EVP_PKEY *key, uint8_t *sha256)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;
	int rc;

	assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
	    NULL));
	len = BIO_get_mem_data(bio, &text);
	rc = tls_rsa_add(r, (struct span){ (uint8_t *)text, (size_t)len },
	    sha256);
	BIO_free(bio);
	return rc;
}

static struct span
seal(const uint8_t *secret, size_t len, uint8_t out[256])
{
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(server, NULL);
	size_t n = 256;

	assert_true(EVP_PKEY_encrypt_init(x) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(x, RSA_PKCS1_PADDING) > 0 &&
	    EVP_PKEY_encrypt(x, out, &n, secret, len) > 0);
	EVP_PKEY_CTX_free(x);
	return (struct span){ out, n };
}

static void
the_key_opens_its_own(void **state)
{
	struct tls_rsa *r = tls_rsa_new();
	uint8_t secret[48] = { 3, 3, 7 }, room[256], got[48], sha[32];
	struct span sealed = seal(secret, 48, room);

	assert_false(tls_rsa_open(NULL, sealed, got));
	assert_false(tls_rsa_open(r, sealed, got));
	assert_int_equal(add(r, server, sha), 0);
	assert_true(tls_rsa_open(r, sealed, got));
	assert_memory_equal(got, secret, 48);
	tls_rsa_free(r);
}

static void
what_is_no_premaster_secret_is_not_opened(void **state)
{
	struct tls_rsa *r = tls_rsa_new();
	uint8_t secret[49] = { 3, 3 }, room[256], got[48], sha[32];
	struct span sealed;

	assert_int_equal(add(r, server, sha), 0);
	assert_false(tls_rsa_open(r, seal(secret, 47, room), got));
	assert_false(tls_rsa_open(r, seal(secret, 49, room), got));
	secret[0] = 2;
	assert_false(tls_rsa_open(r, seal(secret, 48, room), got));
	secret[0] = 3;
	sealed = seal(secret, 48, room);
	sealed.len--;
	assert_false(tls_rsa_open(r, sealed, got));
	sealed.len++;
	room[100] ^= 1;
	assert_false(tls_rsa_open(r, sealed, got));
	assert_false(tls_rsa_open(r, (struct span){ 0 }, got));
	tls_rsa_free(r);
}

static void
other_files_are_no_keys(void **state)
{
	static const char rubbish[] = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"
		"-----END RSA PRIVATE KEY-----\n";
	struct tls_rsa *r = tls_rsa_new();
	uint8_t sha[32];

	assert_int_equal(add(r, curve, sha), ERR_UNSUPPORTED);
	assert_int_equal(tls_rsa_add(r, span_str(rubbish), sha),
	    ERR_MALFORMED);
	assert_int_equal(tls_rsa_add(r, (struct span){ (uint8_t *)"", 0 }, sha),
	    ERR_MALFORMED);
	for (unsigned i = 0; i < TLS_RSA_MAX; i++)
		assert_int_equal(add(r, server, sha), 0);
	assert_int_equal(add(r, server, sha), ERR_LIMIT);
	tls_rsa_free(r);
	tls_rsa_free(NULL);
}

static void
rc4_gives_the_key_stream_of_rfc_6229(void **state)
{
	static const uint8_t key[] = { 1, 2, 3, 4, 5 };
	static const uint8_t first[] = { 0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d,
		0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11, 0x18, 0xa8 };
	static const uint8_t at_4096[] = { 0xff, 0x25, 0xb5, 0x89, 0x95, 0x99,
		0x67, 0x07, 0xe5, 0x1f, 0xbd, 0xf0, 0x8b, 0x34, 0xd8, 0x75 };
	uint8_t bytes[4112] = { 0 };
	struct tls_rc4 r;

	tls_rc4_init(&r, key, sizeof(key));
	tls_rc4_run(&r, bytes, bytes, 7);
	tls_rc4_run(&r, bytes + 7, bytes + 7, sizeof(bytes) - 7);
	assert_memory_equal(bytes, first, 16);
	assert_memory_equal(bytes + 4096, at_4096, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_opens_its_own),
		cmocka_unit_test(what_is_no_premaster_secret_is_not_opened),
		cmocka_unit_test(other_files_are_no_keys),
		cmocka_unit_test(rc4_gives_the_key_stream_of_rfc_6229),
	};

	return cmocka_run_group_tests_name("protocol/tls_rsa", tests, make_keys,
	    drop_keys);
}
