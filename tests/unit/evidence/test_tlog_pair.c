// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/sha.h>

#include "evidence/log/tlog_pair.h"

#define LEN 700

static uint8_t data[2 * LEN];

static void
begin(struct tlog_hasher *h)
{
	assert_int_equal(tlog_hasher_init(h), 0);
	tlog_hash_begin(h);
}

static void
assert_hash(struct tlog_hasher *h, const uint8_t *p, size_t len)
{
	uint8_t ours[32], theirs[32];

	tlog_hash_end(h, ours);
	SHA256(p, len, theirs);
	assert_memory_equal(ours, theirs, 32);
}

/* All lengths around blocks, of both, with so many bytes before. */
static void
compare(size_t before)
{
	for (size_t n = 0; n < LEN - 130; n += n < 200 ? 1 : 13) {
		for (size_t m = n < 70 ? 0 : n - 70; m < n + 70; m++) {
			struct tlog_hasher a, b;

			begin(&a);
			begin(&b);
			tlog_hash_add(&a, data, before);
			tlog_hash_add(&b, data + 1, before / 2);
			tlog_pair_add(&a, data + before, n, &b,
			    data + 1 + before / 2, m);
			assert_hash(&a, data, before + n);
			assert_hash(&b, data + 1, before / 2 + m);
		}
	}
}

static void
two_at_once_are_as_one_by_one(void **state)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 167 + i / 256);
	compare(0);
	compare(1);
	compare(63);
	compare(64);
	compare(65);
}

static void
without_instructions_too(void **state)
{
	tlog_pair_force_portable(true);
	compare(1);
	tlog_pair_force_portable(false);
}

/* The count of bits, above 32 of them. */
static void
long_runs_are_counted(void **state)
{
	static uint8_t zeros[1 << 20];
	struct tlog_hasher a, b, c;
	uint8_t x[32], y[32], z[32];

	begin(&a);
	begin(&b);
	begin(&c);
	for (int i = 0; i < 520; i++) {
		tlog_pair_add(&a, zeros, sizeof(zeros), &b, zeros,
		    sizeof(zeros));
		tlog_hash_add(&c, zeros, sizeof(zeros));
	}
	tlog_hash_end(&a, x);
	tlog_hash_end(&b, y);
	tlog_hash_end(&c, z);
	assert_memory_equal(x, z, 32);
	assert_memory_equal(y, z, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_at_once_are_as_one_by_one),
		cmocka_unit_test(without_instructions_too),
		cmocka_unit_test(long_runs_are_counted),
	};

	return cmocka_run_group_tests_name("tlog_pair", tests, NULL, NULL);
}
