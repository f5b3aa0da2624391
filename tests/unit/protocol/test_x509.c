// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "protocol/tls/x509.h"

static uint8_t *der;
static size_t der_len;

static void
add(X509_NAME *name, const char *field, const char *value)
{
	assert_true(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
	    (const unsigned char *)value, -1, -1, 0));
}

static int
make_certificate(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *x = X509_new();
	int len;

	if (!key || !x)
		return -1;
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	add(X509_get_issuer_name(x), "CN", "Seed CA");
	add(X509_get_subject_name(x), "O", "Seed, Inc.");
	add(X509_get_subject_name(x), "CN", "files.example.org\n");
	X509_sign(x, key, EVP_sha256());
	len = i2d_X509(x, &der);
	der_len = (size_t)len;
	X509_free(x);
	EVP_PKEY_free(key);
	return len > 0 ? 0 : -1;
}

static int
free_certificate(void **state)
{
	OPENSSL_free(der);
	return 0;
}

static void
assert_text(struct span name, const char *text)
{
	struct span s = { 0 };

	assert_int_equal(x509_name_text(name, &s), 0);
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.p, text, s.len);
	free((void *)s.p);
}

static void
names_as_rfc_2253_writes_them(void **state)
{
	struct x509_names names;

	assert_int_equal(x509_find_names((struct span){ der, der_len },
	    &names), 0);
	assert_text(names.issuer, "CN=Seed CA");
	assert_text(names.subject, "CN=files.example.org\\0A,O=Seed\\, Inc.");
}

static void
every_shorter_certificate_is_none(void **state)
{
	struct x509_names names;

	for (size_t len = 0; len < der_len; len++)
		assert_int_not_equal(x509_find_names((struct span){ der, len },
		    &names), 0);
}

static void
other_bytes_are_none(void **state)
{
	static const uint8_t bad[][6] = {
		{ 0x30, 0x80 }, { 0x30, 0x04, 0x30, 0x02, 0x02, 0x00 },
		{ 0x31, 0x04 }, { 0x30, 0x85, 1, 1, 1, 1 },
	};
	struct x509_names names;
	struct span text;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(x509_find_names((struct span){ bad[i], 6 },
		    &names), 0);
	assert_int_not_equal(x509_name_text((struct span){ bad[1], 6 }, &text),
	    0);
}

static void
an_empty_name_is_no_text(void **state)
{
	struct span text = { der, 1 };

	assert_int_equal(x509_name_text((struct span){
	    (const uint8_t *)"\x30\0", 2 }, &text), 0);
	assert_int_equal(text.len, 0);
}

static void
a_long_name_is_cut(void **state)
{
	X509_NAME *name = X509_NAME_new();
	unsigned char *b = NULL;
	struct span text;
	int len;

	for (int i = 0; i < 100; i++)
		add(name, "OU", "twenty-two characters");
	len = i2d_X509_NAME(name, &b);
	assert_int_equal(x509_name_text((struct span){ b, (size_t)len }, &text),
	    0);
	assert_int_equal(text.len, X509_NAME_TEXT_MAX);
	free((void *)text.p);
	OPENSSL_free(b);
	X509_NAME_free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_as_rfc_2253_writes_them),
		cmocka_unit_test(every_shorter_certificate_is_none),
		cmocka_unit_test(other_bytes_are_none),
		cmocka_unit_test(an_empty_name_is_no_text),
		cmocka_unit_test(a_long_name_is_cut),
	};

	return cmocka_run_group_tests_name("x509", tests, make_certificate,
	    free_certificate);
}
