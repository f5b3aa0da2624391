// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/sha.h>

#include "base/sha256_pair.h"

#define LEN 700

static uint8_t data[2 * LEN];

static void
assert_hash(SHA256_CTX *c, const uint8_t *p, size_t len)
{
	uint8_t ours[32], theirs[32];

	SHA256_Final(ours, c);
	SHA256(p, len, theirs);
	assert_memory_equal(ours, theirs, 32);
}

/* All lengths around blocks, of both, with so many bytes before. */
static void
compare(size_t before)
{
	for (size_t n = 0; n < LEN - 130; n += n < 200 ? 1 : 13) {
		for (size_t m = n < 70 ? 0 : n - 70; m < n + 70; m++) {
			SHA256_CTX a, b;

			SHA256_Init(&a);
			SHA256_Init(&b);
			SHA256_Update(&a, data, before);
			SHA256_Update(&b, data + 1, before / 2);
			assert_true(sha256_pair_add(&a, data + before, n, &b,
			    data + 1 + before / 2, m));
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
	sha256_pair_force_portable(true);
	compare(1);
	sha256_pair_force_portable(false);
}

/* The count of bits, above 32 of them. */
static void
long_runs_are_counted(void **state)
{
	static uint8_t zeros[1 << 20];
	SHA256_CTX a, b, c;
	uint8_t x[32], y[32], z[32];

	SHA256_Init(&a);
	SHA256_Init(&b);
	SHA256_Init(&c);
	for (int i = 0; i < 520; i++) {
		assert_true(sha256_pair_add(&a, zeros, sizeof(zeros), &b, zeros,
		    sizeof(zeros)));
		SHA256_Update(&c, zeros, sizeof(zeros));
	}
	SHA256_Final(x, &a);
	SHA256_Final(y, &b);
	SHA256_Final(z, &c);
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

	return cmocka_run_group_tests_name("sha256_pair", tests, NULL, NULL);
}
