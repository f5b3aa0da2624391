// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "evidence/log/tlog.h"

#define LEAVES_MAX 66000

static struct tlog tree;
static struct tlog_hasher hasher;
static uint8_t (*leaves)[TLOG_HASH_LEN];

static void
hash(const void *data, size_t len, uint8_t *ret)
{
	assert_int_equal(EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL),
	    1);
}

/* RFC 6962, 2.1, word for word. */
static void
naive_root(uint64_t start, uint64_t count, uint8_t *ret)
{
	uint8_t node[65] = { 1 };
	uint64_t k = 1;

	if (count == 0) {
		hash("", 0, ret);
		return;
	}
	if (count == 1) {
		memcpy(ret, leaves[start], 32);
		return;
	}
	while (k * 2 < count)
		k *= 2;
	naive_root(start, k, node + 1);
	naive_root(start + k, count - k, node + 33);
	hash(node, sizeof(node), ret);
}

static int
begin(void **state)
{
	leaves = calloc(LEAVES_MAX, sizeof(*leaves));
	for (uint32_t i = 0; leaves && i < LEAVES_MAX; i++)
		hash(&i, sizeof(i), leaves[i]);
	return !leaves || tlog_hasher_init(&hasher);
}

static int
end(void **state)
{
	tlog_hasher_clear(&hasher);
	free(leaves);
	return 0;
}

static void
from_hex(const char *hex, uint8_t *ret)
{
	for (; *hex; hex += 2, ret++) {
		unsigned v;

		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		*ret = (uint8_t)v;
	}
}

static void
roots_are_those_of_certificate_transparency(void **state)
{
	static const char *const entries[8] = {
		"", "00", "10", "2021", "3031", "40414243",
		"5051525354555657", "606162636465666768696a6b6c6d6e6f",
	};
	static const char *const roots[9] = {
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	uint8_t root[32], want[32], data[16], leaf[32];

	assert_int_equal(tlog_init(&tree, NULL, NULL), 0);
	for (int i = 0; i < 9; i++) {
		tlog_root(&tree, root);
		from_hex(roots[i], want);
		assert_memory_equal(root, want, 32);
		if (i == 8)
			break;
		from_hex(entries[i], data);
		tlog_hash_leaf(&hasher, data, strlen(entries[i]) / 2, leaf);
		assert_int_equal(tlog_append(&tree, leaf), 0);
	}
	tlog_clear(&tree);
}

static void
roots_of_every_small_size_and_round_a_tile_of_tiles(void **state)
{
	uint8_t root[32], want[32];

	assert_int_equal(tlog_init(&tree, NULL, NULL), 0);
	for (uint64_t n = 0; n <= LEAVES_MAX; n++) {
		if (n < 600 || (n > 65530 && n < 65545) || n == LEAVES_MAX) {
			tlog_root(&tree, root);
			naive_root(0, n, want);
			assert_memory_equal(root, want, 32);
		}
		if (n < LEAVES_MAX)
			assert_int_equal(tlog_append(&tree, leaves[n]), 0);
	}
	tlog_clear(&tree);
}

struct seen {
	unsigned full[TLOG_LEVELS];
	unsigned last_width[TLOG_LEVELS];
	uint64_t last_index[TLOG_LEVELS];
	unsigned calls;
};

static int
see_tile(void *arg, unsigned level, uint64_t index, unsigned width,
    const uint8_t *hashes)
{
	struct seen *s = arg;
	uint64_t span = 1;
	uint8_t want[32];

	for (unsigned i = 0; i < level; i++)
		span *= 256;
	for (unsigned i = 0; i < width; i += width > 3 ? width / 3 : 1) {
		naive_root((index * 256 + i) * span, span, want);
		assert_memory_equal(hashes + 32 * i, want, 32);
	}
	s->full[level] += width == 256;
	s->last_width[level] = width;
	s->last_index[level] = index;
	s->calls++;
	return 0;
}

static void
tiles_come_full_once_and_partial_at_the_flush(void **state)
{
	struct seen s = { 0 };

	assert_int_equal(tlog_init(&tree, see_tile, &s), 0);
	for (uint64_t n = 0; n < 256; n++) {
		assert_int_equal(s.calls, 0);
		assert_int_equal(tlog_append(&tree, leaves[n]), 0);
	}
	assert_int_equal(s.calls, 1);
	for (uint64_t n = 256; n < 65536 + 300; n++)
		assert_int_equal(tlog_append(&tree, leaves[n]), 0);
	assert_int_equal(s.full[0], 257);
	assert_int_equal(s.full[1], 1);
	assert_int_equal(s.full[2], 0);
	assert_int_equal(tlog_flush(&tree), 0);
	assert_int_equal(s.calls, 257 + 1 + 3);
	assert_int_equal(s.last_index[0], 257);
	assert_int_equal(s.last_width[0], 44);
	assert_int_equal(s.last_index[1], 1);
	assert_int_equal(s.last_width[1], 1);
	assert_int_equal(s.last_width[2], 1);
	tlog_clear(&tree);
}

static int
refuse_tile(void *arg, unsigned level, uint64_t index, unsigned width,
    const uint8_t *hashes)
{
	return -ENOSPC;
}

static void
a_tile_that_is_refused_ends_the_append(void **state)
{
	assert_int_equal(tlog_init(&tree, refuse_tile, NULL), 0);
	for (uint64_t n = 0; n < 255; n++)
		assert_int_equal(tlog_append(&tree, leaves[n]), 0);
	assert_int_equal(tlog_append(&tree, leaves[255]), -ENOSPC);
	tlog_clear(&tree);
}

static void
paths_of_tiles(void **state)
{
	char path[TLOG_PATH_MAX];

	tlog_tile_path(0, 0, 256, path);
	assert_string_equal(path, "tile/0/000");
	tlog_tile_path(1, 999, 17, path);
	assert_string_equal(path, "tile/1/999.p/17");
	tlog_tile_path(0, 1000, 256, path);
	assert_string_equal(path, "tile/0/x001/000");
	tlog_tile_path(2, 1234067, 1, path);
	assert_string_equal(path, "tile/2/x001/x234/067.p/1");
	tlog_tile_path(0, UINT64_MAX, 1, path);
	assert_string_equal(path,
	    "tile/0/x018/x446/x744/x073/x709/x551/615.p/1");
}

static int
read_naive(void *arg, unsigned level, uint64_t index, uint8_t *ret)
{
	uint64_t span = 1ull << 8 * level, size = *(uint64_t *)arg;

	assert_true((index + 1) * span <= size);
	naive_root(index * span, span, ret);
	return 0;
}

static void
prove_one(uint64_t index, uint64_t size)
{
	uint8_t proof[TLOG_PROOF_MAX + 1][32], root[32], want[32];
	int n = tlog_prove(&hasher, read_naive, &size, index, size, proof);

	assert_true(n >= 0);
	assert_int_equal(tlog_follow(&hasher, leaves[index], index, size,
			     (const uint8_t(*)[32])proof, (size_t)n, root), 0);
	naive_root(0, size, want);
	assert_memory_equal(root, want, 32);
	/* One hash too many or too few is no proof. */
	memset(proof[n], 0, 32);
	assert_int_equal(tlog_follow(&hasher, leaves[index], index, size,
			     (const uint8_t(*)[32])proof, (size_t)n + 1,
			     root), ERR_MALFORMED);
	if (n)
		assert_int_equal(tlog_follow(&hasher, leaves[index], index,
				     size, (const uint8_t(*)[32])proof,
				     (size_t)n - 1, root), ERR_MALFORMED);
	if (n) {
		proof[n - 1][0] ^= 1;
		assert_int_equal(tlog_follow(&hasher, leaves[index], index,
				     size, (const uint8_t(*)[32])proof,
				     (size_t)n, root), 0);
		assert_memory_not_equal(root, want, 32);
	}
}

static void
proofs_lead_to_the_root(void **state)
{
	uint8_t proof[TLOG_PROOF_MAX][32];
	uint64_t size = 5;

	for (uint64_t n = 1; n <= 40; n++)
		for (uint64_t i = 0; i < n; i++)
			prove_one(i, n);
	prove_one(0, 257);
	prove_one(255, 257);
	prove_one(256, 257);
	prove_one(65535, 65537);
	prove_one(65536, 65537);
	prove_one(40000, LEAVES_MAX);
	assert_int_equal(tlog_prove(&hasher, read_naive, &size, 5, 5, proof),
	    -EINVAL);
	assert_int_equal(tlog_prove(&hasher, read_naive, &size, 0, 0, proof),
	    -EINVAL);
}

static void
nonces_are_hmac_of_the_decimal_number(void **state)
{
	static const uint64_t numbers[] = { 0, 9, 10, 1234567890, UINT64_MAX };
	uint8_t salt[32], want[32], nonce[16];
	char digits[32];
	unsigned len;

	for (int i = 0; i < 32; i++)
		salt[i] = (uint8_t)(200 + i);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int n = snprintf(digits, sizeof(digits), "%llu",
		    (unsigned long long)numbers[i]);

		assert_non_null(HMAC(EVP_sha256(), salt, 32,
		    (uint8_t *)digits, (size_t)n, want, &len));
		tlog_nonce(&hasher, salt, numbers[i], nonce);
		assert_memory_equal(nonce, want, 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_certificate_transparency),
		cmocka_unit_test(
		    roots_of_every_small_size_and_round_a_tile_of_tiles),
		cmocka_unit_test(tiles_come_full_once_and_partial_at_the_flush),
		cmocka_unit_test(a_tile_that_is_refused_ends_the_append),
		cmocka_unit_test(paths_of_tiles),
		cmocka_unit_test(proofs_lead_to_the_root),
		cmocka_unit_test(nonces_are_hmac_of_the_decimal_number),
	};

	return cmocka_run_group_tests_name("tlog", tests, begin, end);
}
