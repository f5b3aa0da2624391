// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/quic/quic_choice.h"
#include "quic_build.h"

static const uint8_t random_bytes[32] = { 0xc1, 0xc1 };
static struct keylog *keys;

static int
start(void **state)
{
	keys = keylog_new();
	return keys ? 0 : -1;
}

static int
stop(void **state)
{
	keylog_free(keys);
	return 0;
}

/* A secret of len bytes that are all the same. */
static void
know(uint8_t byte, size_t len)
{
	char line[400] = "CLIENT_EARLY_TRAFFIC_SECRET ", *at = line + strlen(line);

	for (size_t i = 0; i < 32; i++)
		at += sprintf(at, "%02x", random_bytes[i]);
	at += sprintf(at, " ");
	for (size_t i = 0; i < len; i++)
		at += sprintf(at, "%02x", byte);
	assert_int_equal(keylog_add(keys, (const uint8_t *)line, strlen(line)), 0);
}

static struct quic_choice
choice(enum quic_suite suite)
{
	return (struct quic_choice){ keys, random_bytes, KEYLOG_CLIENT_EARLY, suite,
		QUIC_V1 };
}

/* A packet under the secret of such bytes, with a header that ends in its number. */
static struct buf
packet_of(uint8_t byte, uint32_t pn)
{
	struct buf b = { 0 };
	uint8_t secret[32];
	struct quic_keys k;

	memset(secret, byte, sizeof(secret));
	assert_int_equal(quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1, secret, &k), 0);
	buf_append(&b, "\xd3header\0\0\0", 10);
	buf_u8(&b, (uint8_t)pn);
	quic_seal(&b, &k, pn, "some frames, all of one packet", 30);
	return b;
}

static int
open_packet(struct quic_sender *k, uint8_t byte, uint32_t pn)
{
	struct quic_choice c = choice(QUIC_SUITE_COUNT);
	struct buf b = packet_of(byte, pn);
	uint8_t plain[100];
	uint64_t next_pn = pn;
	size_t len = 0;
	int rc = quic_choice_open(k, &c, (struct span){ b.data, b.len }, 7, &next_pn,
	    plain, &len);

	if (rc == 0)
		assert_int_equal(len, 30);
	buf_clear(&b);
	return rc;
}

static unsigned
count(enum quic_suite suite)
{
	struct quic_choice c = choice(suite);
	struct quic_sender k;
	unsigned n = 0;

	while (quic_choice_sender(&c, n, &k)) {
		assert_true(k.ready);
		n++;
	}
	return n;
}

static void
each_secret_is_tried_under_the_ciphers_of_its_length(void **state)
{
	assert_int_equal(count(QUIC_SUITE_COUNT), 0);
	know(1, 32);
	assert_int_equal(count(QUIC_SUITE_COUNT), 2);
	know(2, 48);
	know(3, 31);
	assert_int_equal(count(QUIC_SUITE_COUNT), 3);
	assert_int_equal(count(QUIC_AES_128_GCM), 1);
	assert_int_equal(count(QUIC_AES_256_GCM), 1);
	assert_int_equal(count(QUIC_CHACHA20_POLY1305), 1);
}

static void
what_opens_a_packet_is_the_right_one(void **state)
{
	struct quic_choice c = choice(QUIC_SUITE_COUNT);
	struct quic_sender k;

	know(1, 32);
	know(2, 48);
	know(3, 32);
	know(4, 32);
	assert_true(quic_choice_sender(&c, 0, &k));
	assert_int_equal(open_packet(&k, 3, 0), 0);
	assert_true(k.opened);
	assert_int_equal(open_packet(&k, 3, 1), 0);
	/* another one is not asked any more */
	assert_int_not_equal(open_packet(&k, 4, 2), 0);
	quic_sender_clear(&k);
}

static void
none_is_tried_for_ever(void **state)
{
	struct quic_choice c = choice(QUIC_SUITE_COUNT);
	struct quic_sender k;

	know(1, 32);
	know(2, 32);
	assert_true(quic_choice_sender(&c, 0, &k));
	for (unsigned i = 0; i < 16; i++)
		assert_int_not_equal(open_packet(&k, 9, i), 0);
	for (unsigned i = 16; i < 300; i++)
		assert_int_not_equal(open_packet(&k, 2, i & 0xff), 0);
	assert_int_equal(open_packet(&k, 1, 45), 0);
	quic_sender_clear(&k);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		T(each_secret_is_tried_under_the_ciphers_of_its_length),
		T(what_opens_a_packet_is_the_right_one),
		T(none_is_tried_for_ever),
	};

	return cmocka_run_group_tests_name("quic choice", tests, NULL, NULL);
}
