// SPDX-License-Identifier: Apache-2.0
/*
 * telltap whose input and evidence are neither hashed nor keyed, linked in front of the
 * library's own: beside it the bench measures what signing and hashing cost a
 * replay. Its cases are worthless.
 */
#include <string.h>

#include "evidence/log/tlog_hash.h"
#include "source/source.h"

int
tlog_hasher_init(struct tlog_hasher *h)
{
	memset(h, 0, sizeof(*h));
	return 0;
}

void
tlog_hasher_clear(struct tlog_hasher *h)
{
}

void
tlog_hash_begin(struct tlog_hasher *h)
{
}

void
tlog_hash_add(struct tlog_hasher *h, const void *data, size_t len)
{
}

void
tlog_hash_end(struct tlog_hasher *h, uint8_t ret_hash[static 32])
{
	memset(ret_hash, 0, TLOG_HASH_LEN);
}

void
tlog_hash_leaf(struct tlog_hasher *h, const void *data, size_t len,
    uint8_t ret_hash[static 32])
{
	memset(ret_hash, 0, TLOG_HASH_LEN);
}

void
tlog_hash_node(struct tlog_hasher *h, const uint8_t left[static 32],
    const uint8_t right[static 32], uint8_t ret_hash[static 32])
{
	memset(ret_hash, 0, TLOG_HASH_LEN);
}

void
tlog_nonce(struct tlog_hasher *h, const uint8_t salt[static 32],
    uint64_t sequence, uint8_t ret_nonce[static 16])
{
	memset(ret_nonce, 0, TLOG_NONCE_LEN);
}

void
tlog_hash_pair(struct tlog_hasher *a, const void *a_data, size_t a_len,
    struct tlog_hasher *b, const void *b_data, size_t b_len)
{
}

void
tlog_hash_with(struct tlog_hasher *h, tlog_hash_fn fn, void *arg,
    const void *data, size_t len)
{
}

int
source_hash_entry(struct telltap_source *src, size_t index)
{
	src->files[index].has_sha256 = true;
	return 0;
}

int
telltap_source_hash(struct telltap_source *src)
{
	return 0;
}

int
telltap_source_hash_begin(struct telltap_source *src)
{
	return 0;
}

int
telltap_source_hash_later(struct telltap_source *src)
{
	return 0;
}

bool
telltap_source_hash_beside(struct telltap_source *src,
    struct SHA256state_st *other, const void *data, size_t len)
{
	return true;
}

/* A capture without one would make no case. */
int
telltap_source_hashed(struct telltap_source *src, bool wait)
{
	for (size_t i = 0; i < src->file_count; i++)
		src->files[i].has_sha256 = src->entries[i].regular;
	return 1;
}

void
source_hash_end(struct telltap_source *src)
{
}
