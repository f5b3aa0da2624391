// SPDX-License-Identifier: Apache-2.0
/* Reassembly when memory is out: the module's source is part of this file, with
 * an allocator that fails when told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int until_failure = -1;	/* allocations that still succeed; -1: all */

static bool
fails(void)
{
	if (until_failure < 0)
		return false;
	return until_failure-- == 0;
}

static void *
failing_malloc(size_t len)
{
	return fails() ? NULL : malloc(len);
}

static void *
failing_calloc(size_t n, size_t len)
{
	return fails() ? NULL : calloc(n, len);
}

#define malloc failing_malloc
#define calloc failing_calloc
#include "../../../daemon/flow/tcp_place.c"
#undef malloc
#undef calloc

static char delivered[64];
static size_t delivered_len;
static uint64_t missing;

static void
on_data(void *arg, const uint8_t *data, size_t len, uint64_t ts, uint64_t n)
{
	memcpy(delivered + delivered_len, data, len);
	delivered_len += len;
	delivered[delivered_len] = 0;
}

static void
on_gap(void *arg, uint64_t len, uint64_t ts, uint64_t n)
{
	missing += len;
}

static void
on_conflict(void *arg, uint64_t at, uint64_t len, uint64_t ts, uint64_t n)
{
	fail();
}

static void
on_eof(void *arg, uint64_t ts, uint64_t n)
{
}

static void
out_of_order_bytes_come_at_once_behind_a_gap(void **state)
{
	const struct tcp_sink sink = { on_data, on_gap, on_conflict, on_eof,
		NULL };
	/* the segment's allocation fails, or the queue's after it */
	for (int n = 0; n < 2; n++) {
		struct tcp_half half = { 0 };
		struct tcp_pool pool;
		struct packet p = {
			.payload = (const uint8_t *)"ab",
			.payload_len = 2,
			.payload_wire_len = 2,
		};

		delivered_len = missing = 0;
		assert_int_equal(tcp_pool_init(&pool, 0), 0);
		tcp_half_segment(&half, &pool, &p, &sink, NULL);
		until_failure = n;
		p.seq = 7;
		p.payload = (const uint8_t *)"hi";
		tcp_half_segment(&half, &pool, &p, &sink, NULL);
		assert_int_equal(until_failure, -1);
		assert_string_equal(delivered, "abhi");
		assert_int_equal(missing, 5);
		assert_int_equal(pool.used, 0);
		assert_int_equal(pool.limited, 1);
		p.seq = 9;
		p.payload = (const uint8_t *)"jk";
		tcp_half_segment(&half, &pool, &p, &sink, NULL);
		assert_string_equal(delivered, "abhijk");
		tcp_half_finish(&half, &pool, &sink, NULL, 0, 0);
		tcp_half_clear(&half, &pool);
		tcp_pool_clear(&pool);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_order_bytes_come_at_once_behind_a_gap),
	};

	return cmocka_run_group_tests_name("tcp_exhausted", tests, NULL, NULL);
}
