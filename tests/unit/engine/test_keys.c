// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <zlib.h>

#include "engine/engine.h"

#define RANDOM_A \
	"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define LINE		"CLIENT_RANDOM " RANDOM_A " c0ffee\n"
#define ROOM_LEN	(256u << 10)

static struct telltap_keys *
from_file(const char *text, size_t len, int *ret)
{
	char path[] = "/tmp/telltap-keys-XXXXXX";
	struct telltap_keys *k = telltap_keys_new();
	int fd = mkstemp(path);

	assert_non_null(k);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	*ret = telltap_keys_add_file(k, path);
	unlink(path);
	return k;
}

static struct telltap_keys_count
count_of(const struct telltap_keys *k)
{
	struct telltap_keys_count c = { .size = sizeof(c) };

	telltap_keys_count(k, &c);
	return c;
}

static void
a_file_is_read_to_a_last_line_without_an_end(void **state)
{
	static const char text[] = "rubbish\n" LINE LINE
	    "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " ab";
	int r;
	struct telltap_keys *k = from_file(text, sizeof(text) - 1, &r);

	assert_int_equal(r, 0);
	assert_int_equal(count_of(k).secrets, 2);
	assert_int_equal(count_of(k).usable, 3);
	assert_int_equal(count_of(k).unreadable, 1);
	assert_int_equal(k->file_count, 1);
	assert_int_equal(k->files[0].usable, 3);
	assert_null(strchr(k->files[0].name, '/'));
	telltap_keys_free(k);
}

static void
a_line_longer_than_the_room_is_passed_over(void **state)
{
	static const size_t lens[] = { ROOM_LEN - 1, ROOM_LEN, ROOM_LEN + 1,
		2 * ROOM_LEN - 1, 2 * ROOM_LEN, 2 * ROOM_LEN + 1,
		3 * ROOM_LEN };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i];
		char *text = malloc(len + sizeof(LINE));
		struct telltap_keys *k;
		int r;

		assert_non_null(text);
		memset(text, 'x', len - 1);
		text[len - 1] = '\n';
		memcpy(text + len, LINE, sizeof(LINE));
		k = from_file(text, len + sizeof(LINE) - 1, &r);
		assert_int_equal(r, 0);
		assert_int_equal(count_of(k).secrets, 1);
		assert_int_equal(count_of(k).unreadable, 1);
		telltap_keys_free(k);
		free(text);
	}
}

/* gzip of LINE, and with its last bytes cut off. */
static void
a_packed_file_is_read_too(void **state)
{
	uint8_t packed[256];
	z_stream z = { .next_in = (uint8_t *)LINE, .avail_in = sizeof(LINE) - 1,
		.next_out = packed, .avail_out = sizeof(packed) };
	struct telltap_keys *k;
	int r;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	k = from_file((char *)packed, z.total_out, &r);
	assert_int_equal(r, 0);
	assert_int_equal(count_of(k).usable, 1);
	assert_int_equal(count_of(k).unreadable, 0);
	/* the hash is the file's */
	assert_int_equal(EVP_Digest(packed, z.total_out, packed + 200, NULL,
	    EVP_sha256(), NULL), 1);
	assert_memory_equal(k->files[0].sha256, packed + 200, 32);
	telltap_keys_free(k);
	k = from_file((char *)packed, z.total_out - 3, &r);
	assert_true(r < 0);
	telltap_keys_free(k);
	k = from_file("BZh91AY&SY", 10, &r);
	assert_true(r < 0);
	assert_non_null(strstr(telltap_keys_error(k), "unpack it first"));
	telltap_keys_free(k);
}

static void
what_can_not_be_read_is_named(void **state)
{
	struct telltap_keys *k = telltap_keys_new();

	assert_true(telltap_keys_add_file(k, "/nonexistent/keys") < 0);
	assert_non_null(strstr(telltap_keys_error(k), "/nonexistent/keys"));
	assert_true(telltap_keys_add_file(k, "/") < 0);
	assert_int_equal(k->file_count, 0);
	telltap_keys_free(k);
	telltap_keys_free(NULL);
}

static int
on_event(void *arg, const struct event *e)
{
	return 0;
}

static void
every_shard_looks_keys_up(void **state)
{
	struct telltap_options o = { .size = sizeof(o), .no_dpi = true };
	struct telltap_engine *e;

	assert_int_equal(telltap_engine_new(&o, on_event, NULL, &e), 0);
	assert_null(e->shards[0].env.keys);
	assert_int_equal(telltap_engine_keys(e, (const uint8_t *)LINE,
	    sizeof(LINE) - 1), 0);
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		assert_ptr_equal(e->shards[i].env.keys, e->keys->log);
	assert_int_equal(count_of(e->keys).secrets, 1);
	telltap_engine_free(e);

	o.keys = telltap_keys_new();
	assert_int_equal(telltap_engine_new(&o, on_event, NULL, &e), 0);
	assert_ptr_equal(e->shards[SHARD_COUNT - 1].env.keys, o.keys->log);
	assert_int_equal(telltap_engine_keys(e, (const uint8_t *)LINE,
	    sizeof(LINE) - 1), 0);
	telltap_engine_free(e);
	assert_int_equal(count_of(o.keys).secrets, 1);
	telltap_keys_free(o.keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_to_a_last_line_without_an_end),
		cmocka_unit_test(a_line_longer_than_the_room_is_passed_over),
		cmocka_unit_test(a_packed_file_is_read_too),
		cmocka_unit_test(what_can_not_be_read_is_named),
		cmocka_unit_test(every_shard_looks_keys_up),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
