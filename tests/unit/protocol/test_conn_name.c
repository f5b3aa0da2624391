// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "protocol/conn_lane.h"
#include "protocol/message.h"
#include "protocol/naming.h"
#include "protocol/tls/tls_layer.h"

static uint8_t
use_of(const char *method, const char *target, const char *type)
{
	struct http_header header = { SPAN_LITERAL("Content-Type"),
		span_str(type) };
	struct http_head head = { .request = true, .method = span_str(method),
		.target = span_str(target), .headers = &header,
		.header_count = type ? 1 : 0 };
	struct conn c = { 0 };

	conn_http_is(&c, &head);
	return c.use;
}

static void
requests_to_proxies_are_told_from_others(void **state)
{
	assert_int_equal(use_of("GET", "/", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("GET", "", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("GET", "http://", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("GET", "http://a/", NULL),
	    CONN_USE_HTTP_PROXY);
	assert_int_equal(use_of("GET", "/?u=http://a/", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("CONNECT", "a:443", NULL),
	    CONN_USE_HTTP_CONNECT);
}

static void
questions_about_certificates_are_told_by_their_type(void **state)
{
	assert_int_equal(use_of("POST", "/", "application/ocsp-request"),
	    CONN_USE_OCSP);
	assert_int_equal(use_of("", "", "application/ocsp-response"),
	    CONN_USE_OCSP);
	assert_int_equal(use_of("POST", "/", "application/ocsp-"),
	    CONN_USE_NONE);
	assert_int_equal(use_of("POST", "/", ""), CONN_USE_NONE);
}

static void
the_first_use_stays(void **state)
{
	struct http_head head = { .method = SPAN_LITERAL("CONNECT") };
	struct conn c = { .use = CONN_USE_HTTP_PROXY };

	conn_http_is(&c, &head);
	assert_int_equal(c.use, CONN_USE_HTTP_PROXY);
}

static void
a_client_says_by_its_certificate_what_it_is(void **state)
{
	struct conn c = { 0 }, other = { 0 }, none = { 0 };

	conn_client_shows(&c, SPAN_LITERAL("CN=AnyDesk Client"));
	conn_client_shows(&other, SPAN_LITERAL("CN=AnyDesk Clien"));
	conn_client_shows(&none, (struct span){ 0 });
	assert_int_equal(c.use, CONN_USE_ANYDESK);
	assert_int_equal(other.use, CONN_USE_NONE);
	assert_int_equal(none.use, CONN_USE_NONE);
}

/* A name as RFC 2253 writes it, the last part first. */
static void
set_name(X509_NAME *name, const char *text)
{
	char copy[64], *part, *value;

	snprintf(copy, sizeof(copy), "%s", text);
	while (*copy) {
		part = strrchr(copy, ',');
		part = part ? part + 1 : copy;
		value = strchr(part, '=');
		*value = '\0';
		assert_true(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8,
		    (const unsigned char *)value + 1, -1, -1, 0));
		part[-(part > copy)] = '\0';
	}
}

/* The length of its DER, which the caller frees. */
static int
certificate_of(const char *subject, const char *issuer, uint8_t **ret_der)
{
	X509 *x = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	int len;

	set_name(X509_get_subject_name(x), subject);
	set_name(X509_get_issuer_name(x), issuer);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 60);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()));
	len = i2d_X509(x, ret_der);
	EVP_PKEY_free(key);
	X509_free(x);
	return len;
}

static const char *
application_of(struct naming *n, const char *asked, const char *subject,
    const char *issuer)
{
	static const struct packet_addr nowhere[2];
	struct conn_env env = { .naming = n };
	struct tls_info *tls = tls_info_new(&env);
	struct tls_client_hello hello = { .server_name = span_str(asked) };
	struct conn_full f = { .c = { .env = &env, .addr = nowhere,
		.tls = tls } };
	uint8_t *der = NULL;
	int len = certificate_of(subject, issuer, &der);

	tls_info_client(tls, &env, &hello, 0);
	tls_info_leaf(tls, &env, (struct span){ der, (size_t)len });
	assert_true(span_eq(tls_info_cert_subject(tls), span_str(subject)));
	assert_true(span_eq(tls_info_cert_issuer(tls), span_str(issuer)));
	conn_name_finish(&f);
	tls_info_free(tls, &env);
	OPENSSL_free(der);
	return f.c.application;
}

static void
tor_is_known_by_three_names_that_are_drawn(void **state)
{
	static const struct {
		const char *asked, *subject, *issuer;
	} others[] = {
		{ "www.t3i3ru.com", "CN=www.7d43a.net", "" },
		{ "www.t3i3ru.com", "", "CN=www.woh5.com" },
		{ "", "CN=www.7d43a.net", "CN=www.woh5.com" },
		{ "www.t3i3ru.com", "CN=www.7d43a.net", "CN=www.t3i3ru.com" },
		{ "www.t3i3ru.com", "CN=www.7d43a.com", "CN=www.woh5.com" },
		{ "www.t3i3ru.com", "CN=www.7d43a.net,O=a", "CN=www.woh5.com" },
		{ "www.t3i3r1.com", "CN=www.7d43a.net", "CN=www.woh5.com" },
		{ "www.t3i.ru.com", "CN=www.7d43a.net", "CN=www.woh5.com" },
		{ "www..com", "CN=www.7d43a.net", "CN=www.woh5.com" },
		{ "www.com", "CN=www.7d43a.net", "CN=www.woh5.com" },
	};
	struct naming *n = naming_new();

	assert_string_equal(application_of(n, "www.t3i3ru.com",
	    "CN=www.7d43a.net", "CN=www.woh5.com"), "tor");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_null(application_of(n, others[i].asked,
		    others[i].subject, others[i].issuer));
	naming_free(n);
}

static const char *
application_by(struct naming *n, const char *alpn)
{
	static const struct packet_addr nowhere[2];
	struct conn_env env = { .naming = n };
	struct tls_info *tls = tls_info_new(&env);
	struct tls_client_hello hello = { .alpn_first = span_str(alpn) };
	struct conn_full f = { .c = { .env = &env, .addr = nowhere,
		.tls = tls } };

	tls_info_client(tls, &env, &hello, 0);
	conn_name_finish(&f);
	tls_info_free(tls, &env);
	return f.c.application;
}

static void
a_resolver_is_known_by_what_is_spoken_to_it(void **state)
{
	struct naming *n = naming_new();

	assert_string_equal(application_by(n, "doq"), "doh_dot");
	assert_string_equal(application_by(n, "doq-i00"), "doh_dot");
	assert_string_equal(application_by(n, "dot"), "doh_dot");
	assert_null(application_by(n, "do"));
	assert_null(application_by(n, "dots"));
	assert_null(application_by(n, "h2"));
	assert_null(application_by(n, ""));
	naming_free(n);
}

static struct message *
no_message(struct conn *conn, enum message_kind kind, const struct when *when)
{
	return NULL;
}

static const char *
protocol_of(const char *const *datagrams, const size_t *lens, unsigned count)
{
	static const struct message_ops ops = { .begin = no_message };
	static const struct conn_env env = { .ops = &ops };
	const struct conn init = { .env = &env, .proto = 17 };
	const struct when when = { 1, 1 };
	struct conn *c = conn_new(&init);
	const char *name;

	assert_non_null(c);
	for (unsigned i = 0; i < count; i++)
		conn_data(c, i & 1, (const uint8_t *)datagrams[i], lens[i],
		    &when);
	conn_finish(c, &when);
	name = c->protocol;
	conn_free(c);
	return name;
}

/* A version that nobody knows is asked for, and the answer lists known ones. */
static void
datagrams_may_turn_out_to_be_quic(void **state)
{
	static const char *const datagrams[] = {
		"\xc0\1\2\3\4\1x\1y unknown", "\x80\0\0\0\0\1y\1x\0\0\0\1",
	};
	static const size_t lens[] = { 17, 13 };
	const char *many[33];
	size_t many_lens[33];

	assert_null(protocol_of(datagrams, lens, 1));
	assert_string_equal(protocol_of(datagrams, lens, 2), "quic");
	/* after so many it is not looked for any more */
	for (unsigned i = 0; i < 33; i++) {
		many[i] = datagrams[0];
		many_lens[i] = lens[0];
	}
	many[32] = datagrams[1];
	many_lens[32] = lens[1];
	assert_null(protocol_of(many, many_lens, 33));
	assert_string_equal(protocol_of(many + 1, many_lens + 1, 32), "quic");
}

/* Bytes that were told as outbound stay so: the sums of a flow are of one side. */
static void
what_was_told_settles_the_endpoint(void **state)
{
	static const char hello[] = "\xc3\0\0\0\1\1y\1x\0\x14"
	    "01234567890123456789";
	static const struct message_ops ops = { .begin = no_message };
	static const struct conn_env env = { .ops = &ops };
	const struct conn init = { .env = &env, .proto = 17,
		.endpoint_by = ENDPOINT_BY_FIRST_PACKET };
	const struct when when = { 1, 1 };
	struct conn *fresh = conn_new(&init), *told = conn_new(&init);

	conn_data(told, 0, (const uint8_t *)"unknown", 7, &when);
	conn_data(told, 1, (const uint8_t *)hello, sizeof(hello) - 1, &when);
	conn_data(fresh, 1, (const uint8_t *)hello, sizeof(hello) - 1, &when);
	assert_string_equal(told->protocol, "quic");
	assert_int_equal(told->endpoint_side, 0);
	assert_int_equal(told->endpoint_by, ENDPOINT_BY_FIRST_PACKET);
	assert_int_equal(fresh->endpoint_side, 1);
	assert_int_equal(fresh->endpoint_by, ENDPOINT_BY_HELLO);
	conn_finish(told, &when);
	conn_finish(fresh, &when);
	conn_free(told);
	conn_free(fresh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_to_proxies_are_told_from_others),
		cmocka_unit_test(
		    questions_about_certificates_are_told_by_their_type),
		cmocka_unit_test(the_first_use_stays),
		cmocka_unit_test(a_client_says_by_its_certificate_what_it_is),
		cmocka_unit_test(tor_is_known_by_three_names_that_are_drawn),
		cmocka_unit_test(a_resolver_is_known_by_what_is_spoken_to_it),
		cmocka_unit_test(datagrams_may_turn_out_to_be_quic),
		cmocka_unit_test(what_was_told_settles_the_endpoint),
	};

	return cmocka_run_group_tests_name("conn_name", tests, NULL, NULL);
}
