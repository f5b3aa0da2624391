// SPDX-License-Identifier: Apache-2.0
#include "flow/tcp_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "flow/tcp.h"

#define HEAD_LEN 12

struct tcp_memory {
	uint64_t offset;	/* of the segment, in its stream */
	uint32_t id;		/* of the half; 0: slot not used */
	uint32_t len;
	uint32_t hash;
	uint8_t head[HEAD_LEN];
};

_Static_assert(sizeof(struct tcp_memory) == 32, "two in a cache line");
_Static_assert((TCP_MEMORY_SLOTS & (TCP_MEMORY_SLOTS - 1)) == 0, "a mask");

static inline uint64_t
mix(uint64_t state, uint64_t v)
{
	state = (state ^ v) * 0x9e3779b97f4a7c15ull;
	return state ^ state >> 29;
}

static uint32_t
hash_bytes(const uint8_t *data, size_t len)
{
	return (uint32_t)XXH3_64bits(data, len);
}

static struct tcp_memory *
slot_of(const struct tcp_pool *pool, uint32_t id, uint64_t offset)
{
	uint64_t h = mix(mix(id, offset), 0);

	return &pool->memory[(h >> 32) % TCP_MEMORY_SLOTS];
}

int
tcp_memory_init(struct tcp_pool *pool)
{
	pool->memory = calloc(TCP_MEMORY_SLOTS, sizeof(*pool->memory));
	return pool->memory ? 0 : -ENOMEM;
}

void
tcp_memory_clear(struct tcp_pool *pool)
{
	free(pool->memory);
	pool->memory = NULL;
}

void
tcp_memory_add(struct tcp_half *half, struct tcp_pool *pool,
    const uint8_t *data, size_t len)
{
	struct tcp_memory *m;

	if (!half->id) {
		if (!++pool->last_id)
			pool->last_id = 1;
		half->id = pool->last_id;
	}
	m = slot_of(pool, half->id, half->offset);
	*m = (struct tcp_memory){
		.offset = half->offset,
		.id = half->id,
		.len = (uint32_t)len,
		.hash = hash_bytes(data, len),
	};
	memcpy(m->head, data, len < HEAD_LEN ? len : HEAD_LEN);
}

/* Compares with one remembered segment, of which len bytes are at data. */
static bool
same(const struct tcp_memory *m, const uint8_t *data, size_t len)
{
	if (len >= m->len)
		return hash_bytes(data, m->len) == m->hash;
	return memcmp(m->head, data, len < HEAD_LEN ? len : HEAD_LEN) == 0;
}

uint64_t
tcp_memory_compare(const struct tcp_half *half, const struct tcp_pool *pool,
    uint64_t offset, struct cursor data, uint64_t *ret_offset,
    uint64_t *ret_len)
{
	uint64_t differing = 0;

	while (cur_left(&data) && half->id) {
		const struct tcp_memory *m = slot_of(pool, half->id, offset);
		size_t left = cur_left(&data);
		size_t n = left < m->len ? left : m->len;

		if (m->id != half->id || m->offset != offset)
			break;
		if (!same(m, cur_peek(&data), left)) {
			if (!differing)
				*ret_offset = offset;
			*ret_len = offset + n - *ret_offset;
			differing += n;
		}
		cur_skip(&data, n);
		offset += n;
	}
	return differing;
}
