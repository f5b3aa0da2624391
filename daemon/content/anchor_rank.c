// SPDX-License-Identifier: Apache-2.0
/*
 * Ranks of positions, one at a time or 64. What vector instructions compute is
 * what the portable code computes, to the bit.
 */
#include "content/anchor_rank.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

/* Positions ranked at a time. The last position has ANCHOR_CONTEXT bytes behind
 * it, so that a whole block may be read wherever one position may. */
#define BLOCK	32

uint32_t
anchor_rank(const uint8_t *p)
{
	return rank_of(p);
}

/* The first of n positions with a rank of at most `most`, or n. */
static size_t
first_low_portable(const uint8_t *p, size_t n, uint32_t most)
{
	for (size_t i = 0; i < n; i++) {
		if (rank_of(p + i) <= most)
			return i;
	}
	return n;
}

/* The rightmost of the lowest ranks of n > 0 positions. */
static size_t
lowest_portable(const uint8_t *p, size_t n, uint32_t *ret_rank)
{
	uint32_t min = rank_of(p), r;
	size_t at = 0;

	for (size_t i = 1; i < n; i++) {
		r = rank_of(p + i);
		if (r <= min) {
			min = r;
			at = i;
		}
	}
	*ret_rank = min;
	return at;
}

/* Bit i: position i of n, at most 64, has a rank of at most ANCHOR_LOW. Bits
 * from n on mean nothing. */
static uint64_t
marks_portable(const uint8_t *p, size_t n)
{
	uint64_t marks = 0;

	for (size_t i = 0; i < n; i++)
		marks |= (uint64_t)(rank_of(p + i) <= ANCHOR_LOW) << i;
	return marks;
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

/* One bit for each of four times eight lanes of all ones or none; lane k of
 * vector r is position 4k + r. */
static inline AVX2 uint32_t
gather_bits(const __m256i v[4])
{
	const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4,
	    8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
	__m256i a = _mm256_packs_epi32(v[0], v[1]);
	__m256i b = _mm256_packs_epi32(v[2], v[3]);

	a = _mm256_shuffle_epi8(_mm256_packs_epi16(a, b), order);
	return (uint32_t)_mm256_movemask_epi8(a);
}

/* Bit i: position i of the block has a rank of at most `most`. */
static inline AVX2 uint32_t
block_low(const uint8_t *p, __m256i most)
{
	__m256i low[4];

	for (int r = 0; r < 4; r++) {
		__m256i v = rank8(p + r);

		low[r] = _mm256_cmpeq_epi32(_mm256_min_epu32(v, most), v);
	}
	return gather_bits(low);
}

static AVX2 uint64_t
marks_avx2(const uint8_t *p, size_t n)
{
	__m256i m = _mm256_set1_epi32((int)ANCHOR_LOW);
	uint64_t low = block_low(p, m);

	if (n > BLOCK)
		low |= (uint64_t)block_low(p + BLOCK, m) << 32;
	return low;
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

size_t (*rank_first_low)(const uint8_t *, size_t, uint32_t);
size_t (*rank_lowest)(const uint8_t *, size_t, uint32_t *);
uint64_t (*rank_marks)(const uint8_t *, size_t);

void
anchor_force_portable(bool on)
{
	rank_first_low = first_low_portable;
	rank_lowest = lowest_portable;
	rank_marks = marks_portable;
#ifdef HAVE_AVX2
	if (!on && __builtin_cpu_supports("avx2")) {
		rank_first_low = first_low_avx2;
		rank_lowest = lowest_avx2;
		rank_marks = marks_avx2;
	}
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
	anchor_force_portable(false);
}
