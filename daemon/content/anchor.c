// SPDX-License-Identifier: Apache-2.0
#include "content/anchor.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

#define RANK_MUL_LOW	0x9E3779B1u
#define RANK_MUL_HIGH	0x85EBCA77u

/* Positions ranked at a time. The last position has ANCHOR_CONTEXT bytes behind
 * it, so that a whole block may be read wherever one position may. */
#define BLOCK	32

static inline uint32_t
load_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

uint32_t
anchor_rank(const uint8_t *p)
{
	uint32_t x = load_le32(p), y = load_le32(p + 4), v;

	if (x == y)
		return ANCHOR_NO_RANK;
	v = x * RANK_MUL_LOW + y * RANK_MUL_HIGH;
	return v == ANCHOR_NO_RANK ? ANCHOR_NO_RANK - 1 : v;
}

/* The first of n positions with a rank of at most `most`, or n. */
static size_t
first_low_portable(const uint8_t *p, size_t n, uint32_t most)
{
	for (size_t i = 0; i < n; i++) {
		if (anchor_rank(p + i) <= most)
			return i;
	}
	return n;
}

/* The rightmost of the lowest ranks of n > 0 positions. */
static size_t
lowest_portable(const uint8_t *p, size_t n, uint32_t *ret_rank)
{
	uint32_t min = anchor_rank(p), r;
	size_t at = 0;

	for (size_t i = 1; i < n; i++) {
		r = anchor_rank(p + i);
		if (r <= min) {
			min = r;
			at = i;
		}
	}
	*ret_rank = min;
	return at;
}

#ifdef HAVE_AVX2
#define AVX2 __attribute__((target("avx2")))

/* Ranks of the positions p, p + 4, ... p + 28. */
static inline AVX2 __m256i
rank8(const uint8_t *p)
{
	__m256i x = _mm256_loadu_si256((const void *)p);
	__m256i y = _mm256_loadu_si256((const void *)(p + 4));
	__m256i v = _mm256_add_epi32(
	    _mm256_mullo_epi32(x, _mm256_set1_epi32((int)RANK_MUL_LOW)),
	    _mm256_mullo_epi32(y, _mm256_set1_epi32((int)RANK_MUL_HIGH)));

	v = _mm256_min_epu32(v, _mm256_set1_epi32((int)(ANCHOR_NO_RANK - 1)));
	return _mm256_or_si256(v, _mm256_cmpeq_epi32(x, y));
}

/* Bit i: position i of the block has a rank of at most `most`. */
static inline AVX2 uint32_t
block_low(const uint8_t *p, __m256i most)
{
	uint32_t mask = 0;
	__m256i any, low[4];

	for (int r = 0; r < 4; r++) {
		__m256i v = rank8(p + r);

		low[r] = _mm256_cmpeq_epi32(_mm256_min_epu32(v, most), v);
	}
	any = _mm256_or_si256(_mm256_or_si256(low[0], low[1]),
	    _mm256_or_si256(low[2], low[3]));
	if (_mm256_testz_si256(any, any))
		return 0;
	for (int r = 0; r < 4; r++) {
		/* one byte per dword, its bit 7 set: movemask of bytes gives
		 * bits 4k..4k+3 for lane k; the first of them is kept */
		uint32_t m = (uint32_t)_mm256_movemask_epi8(low[r]);

		mask |= (m & 0x11111111u) << r;
	}
	return mask;
}

static AVX2 size_t
first_low_avx2(const uint8_t *p, size_t n, uint32_t most)
{
	__m256i m = _mm256_set1_epi32((int)most);

	for (size_t i = 0; i < n; i += BLOCK) {
		uint32_t mask = block_low(p + i, m);

		if (mask) {
			i += (size_t)__builtin_ctz(mask);
			return i < n ? i : n;
		}
	}
	return n;
}

static AVX2 size_t
lowest_avx2(const uint8_t *p, size_t n, uint32_t *ret_rank)
{
	__m256i lanes = _mm256_set1_epi32(-1);
	size_t whole = n / BLOCK * BLOCK, at;
	uint32_t min = ANCHOR_NO_RANK, rank, mask;
	uint32_t lane[8];

	for (size_t i = 0; i < whole; i += BLOCK) {
		for (int r = 0; r < 4; r++)
			lanes = _mm256_min_epu32(lanes, rank8(p + i + r));
	}
	_mm256_storeu_si256((void *)lane, lanes);
	for (int i = 0; i < 8; i++)
		min = lane[i] < min ? lane[i] : min;
	if (whole < n) {
		at = lowest_portable(p + whole, n - whole, &rank);
		if (rank <= min) {
			*ret_rank = rank;
			return whole + at;
		}
	}
	*ret_rank = min;
	for (size_t i = whole; i; i -= BLOCK) {
		mask = block_low(p + i - BLOCK, _mm256_set1_epi32((int)min));
		if (mask)
			return i - 1 - (size_t)__builtin_clz(mask);
	}
	return 0;
}
#endif

static size_t (*first_low)(const uint8_t *, size_t, uint32_t);
static size_t (*lowest)(const uint8_t *, size_t, uint32_t *);

void
anchor_force_portable(bool on)
{
	first_low = first_low_portable;
	lowest = lowest_portable;
#ifdef HAVE_AVX2
	if (!on && __builtin_cpu_supports("avx2")) {
		first_low = first_low_avx2;
		lowest = lowest_avx2;
	}
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
	anchor_force_portable(false);
}

void
anchor_start(struct anchor_hunt *h, uint64_t offset)
{
	*h = (struct anchor_hunt){
		.start = offset,
		.next = offset,
		.min = ANCHOR_NO_RANK,
		.void_start = offset,
	};
}

uint64_t
anchor_need(const struct anchor_hunt *h)
{
	if (!h->primed)
		return h->start;
	return h->min == ANCHOR_NO_RANK ? h->next : h->min_pos + 1;
}

/* Looks at the window of ANCHOR_WINDOW positions from `at` anew. */
static bool
see_window(struct anchor_hunt *h, const uint8_t *p, uint64_t at)
{
	h->min_pos = at + lowest(p, ANCHOR_WINDOW, &h->min);
	h->next = at + ANCHOR_WINDOW;
	h->primed = true;
	if (h->min == ANCHOR_NO_RANK)
		h->void_start = at;
	return h->min != ANCHOR_NO_RANK;
}

/* One step: true if h->min_pos is a new anchor; *ret_end if the bytes end. */
static bool
hunt_step(struct anchor_hunt *h, const uint8_t *p, uint64_t base, uint64_t end,
    bool *ret_end)
{
	uint64_t stop, expire;
	uint32_t most;

	if (!h->primed) {
		if (h->start + ANCHOR_WINDOW <= end)
			return see_window(h, p + (h->start - base), h->start);
		*ret_end = true;
		return false;
	}
	/* without a minimum any rank will do, and nothing expires */
	expire = h->min == ANCHOR_NO_RANK ? end : h->min_pos + ANCHOR_WINDOW;
	most = h->min == ANCHOR_NO_RANK ? ANCHOR_NO_RANK - 1 : h->min;
	stop = expire < end ? expire : end;
	if (h->next < stop) {
		size_t n = (size_t)(stop - h->next);
		size_t at = first_low(p + (h->next - base), n, most);

		h->next += at;
		if (at < n) {
			if (h->min == ANCHOR_NO_RANK)
				h->void_end = h->next;
			h->min_pos = h->next++;
			h->min = anchor_rank(p + (h->min_pos - base));
			return true;
		}
	}
	if (expire < end && h->min != ANCHOR_NO_RANK)
		return see_window(h, p + (h->min_pos + 1 - base),
		    h->min_pos + 1);
	*ret_end = true;
	return false;
}

size_t
anchor_find(struct anchor_hunt *h, const uint8_t *p, uint64_t base, size_t len,
    struct anchor *ret_anchors, size_t max)
{
	uint64_t end = base + len;	/* of the positions with a context */
	bool at_end = false;
	size_t n = 0;

	if (len < ANCHOR_CONTEXT)
		return 0;
	end -= ANCHOR_CONTEXT - 1;
	while (n < max && !at_end) {
		if (!hunt_step(h, p, base, end, &at_end))
			continue;
		ret_anchors[n++] = (struct anchor){
			.offset = h->min_pos,
			.key = XXH3_64bits(p + (h->min_pos - base),
			    ANCHOR_CONTEXT),
			.void_start = h->void_end == h->min_pos &&
			    h->void_start < h->min_pos ?
			    h->void_start : h->min_pos,
		};
	}
	return n;
}

uint8_t
anchor_side(const uint8_t *p)
{
	return (uint8_t)(XXH3_64bits(p, ANCHOR_SIDE) >> 32);
}
