// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/tls/key_uses.h"

#define RANDOM "07000000000000000000000000000000" \
	"00000000000000000000000000000000"

static struct key_uses uses;
static struct keylog *keys;
static struct buf out;

static int
start(void **state)
{
	static const char log[] = "CLIENT_TRAFFIC_SECRET_0 " RANDOM " aabb\n"
	    "SERVER_TRAFFIC_SECRET_0 " RANDOM " ccdd\n";

	buf_init(&out, 0);
	keys = keylog_new();
	return keys ? keylog_add(keys, (uint8_t *)log, strlen(log)) : -1;
}

static int
stop(void **state)
{
	key_uses_clear(&uses);
	keylog_free(keys);
	buf_clear(&out);
	return 0;
}

static void
each_session_is_told_once(void **state)
{
	uint8_t random[32] = { 7 }, other[32] = { 8 };

	key_uses_note(&uses, random, NULL);
	key_uses_note(&uses, other, NULL);
	key_uses_tell(&uses, keys, &out);
	buf_u8(&out, 0);
	assert_string_equal((char *)out.data,
	    "CLIENT_TRAFFIC_SECRET_0 " RANDOM " aabb\n"
	    "SERVER_TRAFFIC_SECRET_0 " RANDOM " ccdd\n");
	buf_reset(&out);
	key_uses_tell(&uses, keys, &out);
	assert_int_equal(out.len, 0);
}

static void
a_master_secret_of_ours_is_told(void **state)
{
	uint8_t random[32] = { 7 }, master[48] = { 0xff };

	key_uses_note(&uses, random, master);
	key_uses_tell(&uses, NULL, &out);
	assert_int_equal(out.len, 14 + 64 + 1 + 96 + 1);
	assert_memory_equal(out.data, "CLIENT_RANDOM " RANDOM " ff00", 83);
}

static void
above_the_ceiling_they_are_counted(void **state)
{
	uint8_t random[32] = { 7 };

	key_uses_note(NULL, random, NULL);
	for (unsigned i = 0; i < KEY_USES_MAX; i++)
		key_uses_note(&uses, random, NULL);
	assert_int_equal(uses.left_out, 0);
	key_uses_note(&uses, random, NULL);
	assert_int_equal(uses.count, KEY_USES_MAX);
	assert_int_equal(uses.left_out, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_session_is_told_once),
		T(a_master_secret_of_ours_is_told),
		T(above_the_ceiling_they_are_counted),
	};

	return cmocka_run_group_tests_name("protocol/key_uses", tests, NULL,
	    NULL);
}
