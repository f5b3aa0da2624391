// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "evidence/log/tlog.h"

/*
 * Proofs from stored tiles. A subtree of a power of two leaves, 2^height, whose
 * place is a multiple of its size stands in a tile when height is a multiple of
 * eight; others are put together from the two halves, seven times at most.
 */
struct prover {
	struct tlog_hasher *h;
	tlog_read_fn read;
	void *arg;
};

static int
read_subtree(const struct prover *p, unsigned height, uint64_t index,
    uint8_t *ret_hash)
{
	uint8_t left[TLOG_HASH_LEN], right[TLOG_HASH_LEN];
	int err;

	if (height % 8 == 0)
		return p->read(p->arg, height / 8, index, ret_hash);
	err = read_subtree(p, height - 1, 2 * index, left);
	if (!err)
		err = read_subtree(p, height - 1, 2 * index + 1, right);
	if (!err)
		tlog_hash_node(p->h, left, right, ret_hash);
	return err;
}

static unsigned
height_below(uint64_t count)
{
	return 63u - (unsigned)__builtin_clzll(count);
}

/* The root of count leaves, one or more, from start on, start a multiple of the largest
 * power of two in count: the perfect subtrees from the left, kept on a stack
 * and put together from the right. */
static int
read_range(const struct prover *p, uint64_t start, uint64_t count,
    uint8_t *ret_hash)
{
	uint8_t stack[64][TLOG_HASH_LEN];
	unsigned n = 0;

	do {
		unsigned height = height_below(count);
		int err = read_subtree(p, height, start >> height, stack[n]);

		if (err)
			return err;
		n++;
		start += 1ull << height;
		count -= 1ull << height;
	} while (count);
	for (; n > 1; n--)
		tlog_hash_node(p->h, stack[n - 2], stack[n - 1],
		    stack[n - 2]);
	memcpy(ret_hash, stack[0], TLOG_HASH_LEN);
	return 0;
}

int
tlog_prove(struct tlog_hasher *h, tlog_read_fn read, void *arg,
    uint64_t index, uint64_t size, uint8_t (*ret_proof)[TLOG_HASH_LEN])
{
	struct prover p = { h, read, arg };
	uint8_t proof[TLOG_PROOF_MAX][TLOG_HASH_LEN];
	uint64_t start = 0, count = size;
	unsigned n = 0;

	if (index >= size)
		return -EINVAL;
	/* Down to the leaf; at each fork the other side is wanted. */
	while (count > 1) {
		uint64_t left = 1ull << height_below(count - 1);
		bool in_left = index - start < left;
		int err = read_range(&p, in_left ? start + left : start,
		    in_left ? count - left : left, proof[n]);

		if (err)
			return err;
		n++;
		start += in_left ? 0 : left;
		count = in_left ? left : count - left;
	}
	for (unsigned i = 0; i < n; i++)
		memcpy(ret_proof[i], proof[n - 1 - i], TLOG_HASH_LEN);
	return h->failed ? -EIO : (int)n;
}

int
tlog_root_at(struct tlog_hasher *h, tlog_read_fn read, void *arg,
    uint64_t size, uint8_t ret_root[static 32])
{
	struct prover p = { h, read, arg };
	int err = size ? read_range(&p, 0, size, ret_root) : -EINVAL;

	return !err && h->failed ? -EIO : err;
}

/* RFC 9162, 2.1.3.2, whose trees are those of RFC 6962. */
int
tlog_follow(struct tlog_hasher *h, const uint8_t leaf[static 32],
    uint64_t index, uint64_t size, const uint8_t (*proof)[TLOG_HASH_LEN],
    size_t count, uint8_t ret_root[static 32])
{
	uint64_t node = index, last = size - 1;
	uint8_t hash[TLOG_HASH_LEN];

	if (index >= size)
		return ERR_MALFORMED;
	memcpy(hash, leaf, sizeof(hash));
	for (size_t i = 0; i < count; i++) {
		if (!last)
			return ERR_MALFORMED;
		if (node & 1 || node == last) {
			tlog_hash_node(h, proof[i], hash, hash);
			while (!(node & 1) && node) {
				node >>= 1;
				last >>= 1;
			}
		} else {
			tlog_hash_node(h, hash, proof[i], hash);
		}
		node >>= 1;
		last >>= 1;
	}
	if (last)
		return ERR_MALFORMED;
	memcpy(ret_root, hash, sizeof(hash));
	return h->failed ? -EIO : 0;
}
