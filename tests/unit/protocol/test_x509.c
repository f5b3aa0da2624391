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
#include <openssl/x509v3.h>

#include "protocol/tls/x509.h"

static uint8_t *der;
static size_t der_len;

static void
add(X509_NAME *name, const char *field, const char *value)
{
	assert_true(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
	    (const unsigned char *)value, -1, -1, 0));
}

static void
extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
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
	extend(x, NID_basic_constraints, "critical,CA:FALSE");
	extend(x, NID_subject_alt_name, "critical,IP:192.0.2.1,"
	    "DNS:*.example.org,email:a@example.org,DNS:b.example.net");
	extend(x, NID_key_usage, "digitalSignature");
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
assert_hosts(struct span alternatives, const char *const *want, unsigned count)
{
	struct span host = { 0 };

	for (unsigned i = 0; i < count; i++) {
		assert_true(x509_next_host(&alternatives, &host));
		assert_true(span_eq(host, span_str(want[i])));
	}
	assert_false(x509_next_host(&alternatives, &host));
	assert_false(x509_next_host(&alternatives, &host));
}

static void
hosts_are_listed_among_other_alternatives(void **state)
{
	static const char *const want[] = { "*.example.org", "b.example.net" };
	struct x509_names names;

	assert_int_equal(x509_find_names((struct span){ der, der_len },
	    &names), 0);
	assert_hosts(names.alternatives, want, 2);
	for (size_t len = 0; len < names.alternatives.len; len++)
		assert_hosts((struct span){ names.alternatives.p, len }, want,
		    len >= 6 + 15);
}

/* What is wrong behind the subject leaves the names before it. */
static void
broken_alternatives_are_none(void **state)
{
	static const uint8_t oid[] = { 6, 3, 0x55, 0x1d, 0x11 };
	/* lengths, the OID, tags: all but the OID's tag and "critical" */
	static const uint8_t broken[] = { 1, 2, 3, 4, 5, 6, 8, 9, 10, 11 };
	uint8_t *copy = malloc(der_len), *at;
	struct x509_names names;

	memcpy(copy, der, der_len);
	at = memmem(copy, der_len, oid, sizeof(oid));
	assert_non_null(at);
	for (size_t i = 0; i < sizeof(broken); i++) {
		at[broken[i]] ^= 0x40;
		assert_int_equal(x509_find_names((struct span){ copy, der_len },
		    &names), 0);
		assert_int_equal(names.alternatives.len, 0);
		assert_text(names.issuer, "CN=Seed CA");
		at[broken[i]] ^= 0x40;
	}
	free(copy);
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
		cmocka_unit_test(hosts_are_listed_among_other_alternatives),
		cmocka_unit_test(broken_alternatives_are_none),
		cmocka_unit_test(other_bytes_are_none),
		cmocka_unit_test(an_empty_name_is_no_text),
		cmocka_unit_test(a_long_name_is_cut),
	};

	return cmocka_run_group_tests_name("x509", tests, make_certificate,
	    free_certificate);
}
