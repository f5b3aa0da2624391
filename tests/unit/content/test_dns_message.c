// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <openssl/evp.h>

#include "content/walk/dns_message.h"

static const uint8_t question[] = "\0\0\1\0\0\1\0\0\0\0\0\0"
				  "\3www\7example\3com\0\0\1\0\1";
#define QUESTION_LEN	(sizeof(question) - 1)

static uint8_t name[DNS_NAME_MAX];

/* On the heap, so that a byte too far is seen. */
static size_t
read_name(const uint8_t *p, size_t len)
{
	uint8_t *exact = malloc(len + 1);
	size_t n;

	memcpy(exact, p, len);
	exact = realloc(exact, len ? len : 1);
	n = dns_question_name(exact, len, name);
	free(exact);
	return n;
}

static void
a_question_is_read_and_nothing_shorter(void **state)
{
	assert_int_equal(read_name(question, QUESTION_LEN), 15);
	assert_memory_equal(name, "www.example.com", 15);
	for (size_t len = 0; len < QUESTION_LEN; len++)
		assert_int_equal(read_name(question, len), 0);
}

static void
answers_pointers_and_other_messages_are_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = { { 2, 0x81 }, { 2, 0x09 }, { 5, 0 }, { 5, 2 }, { 7, 1 },
		{ 12, 0xc0 }, { 12, 64 } };
	uint8_t other[QUESTION_LEN];

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		memcpy(other, question, QUESTION_LEN);
		other[changes[i].at] = changes[i].value;
		assert_int_equal(read_name(other, QUESTION_LEN), 0);
	}
}

static void
a_name_has_its_longest(void **state)
{
	uint8_t message[12 + 300] = { [2] = 1, [5] = 1 };

	/* 63 + 1 three times, and the rest: 255 letters and dots, and 256 */
	for (size_t last = 63; last <= 64; last++) {
		size_t n = 12;

		for (int i = 0; i < 4; i++) {
			size_t len = i < 3 ? 63 : last - (last == 64);

			message[n++] = (uint8_t)len;
			memset(message + n, 'a', len);
			n += len;
		}
		if (last == 64) {
			message[n++] = 1;
			message[n++] = 'a';
		}
		message[n] = 0;
		assert_int_equal(read_name(message, n + 5),
		    last == 63 ? 255 : 0);
	}
}

static bool
has_domain(const struct world *w)
{
	for (size_t i = 0; i < w->f->category_count; i++)
		if (!strcmp(w->f->categories[i].category, "domain"))
			return true;
	return false;
}

static void
a_get_and_a_post_tell_what_they_ask_for(void **state)
{
	static const char known[] = "some bytes, more than a few of them";
	uint8_t hash[16], message[64] = "\0\0\1\0\0\1\0\0\0\0\0\0\40";
	char target[256] = "/dns-query?dns=";
	struct world w;
	size_t n = 13;

	world_open(&w);
	world_add(&w, "known", known, sizeof(known));
	world_seal(&w);
	EVP_Digest(known, sizeof(known), hash, NULL, EVP_md5(), NULL);
	for (int i = 0; i < 16; i++)
		n += (size_t)sprintf((char *)message + n, "%02x", hash[i]);
	memcpy(message + n, "\2av\0\0\20\0\1", 8);
	n += 8;
	world_type(&w, "application/dns-message");
	world_scan_cut(&w, message, n, 20);
	assert_true(has_domain(&w));
	assert_int_equal(w.f->hash_count, 1);
	assert_int_equal(w.f->hashes[0].file, 0);
	/* the same bytes, declared nothing */
	world_type(&w, "application/octet-stream");
	world_scan_cut(&w, message, n, 20);
	assert_false(has_domain(&w));
	EVP_EncodeBlock((uint8_t *)target + 15, message, (int)n);
	while (target[strlen(target) - 1] == '=')
		target[strlen(target) - 1] = '\0';
	w.hint.target = span_str(target);
	world_scan_cut(&w, "", 0, 1);
	assert_true(has_domain(&w));
	assert_int_equal(w.f->hash_count, 1);
	target[15] = 'x';
	world_scan_cut(&w, "", 0, 1);
	assert_true(has_domain(&w));	/* the id is free to choose */
	strcpy(target + 15, "d29yZHMgb2Ygbm8gbWVhbmluZw");
	world_scan_cut(&w, "", 0, 1);
	assert_false(has_domain(&w));
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_read_and_nothing_shorter),
		cmocka_unit_test(answers_pointers_and_other_messages_are_none),
		cmocka_unit_test(a_name_has_its_longest),
		cmocka_unit_test(a_get_and_a_post_tell_what_they_ask_for),
	};

	return cmocka_run_group_tests_name("content/dns_message", tests, NULL,
	    NULL);
}
