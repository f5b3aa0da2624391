// SPDX-License-Identifier: Apache-2.0
/*
 * Ranks of positions, one at a time or 64. What vector instructions compute is
 * what the portable code computes, to the bit.
 */
#include "content/anchor_rank.h"

#include <string.h>

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

/* Bit i: position i of n, at most 64, has a rank of at most `most`; *ret_marks:
 * of at most ANCHOR_LOW. Bits from n on mean nothing. */
static uint64_t
compare_portable(const uint8_t *p, size_t n, uint32_t most, uint64_t *ret_marks)
{
	uint64_t low = 0, marks = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t r = anchor_rank(p + i);

		low |= (uint64_t)(r <= most) << i;
		marks |= (uint64_t)(r <= ANCHOR_LOW) << i;
	}
	*ret_marks = marks;
	return low;
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

static inline AVX2 uint32_t
block_compare(const uint8_t *p, __m256i most, uint32_t *ret_marks)
{
	const __m256i mark = _mm256_set1_epi32((int)ANCHOR_LOW);
	__m256i low[4], marks[4];

	for (int r = 0; r < 4; r++) {
		__m256i v = rank8(p + r);

		low[r] = _mm256_cmpeq_epi32(_mm256_min_epu32(v, most), v);
		marks[r] = _mm256_cmpeq_epi32(_mm256_min_epu32(v, mark), v);
	}
	*ret_marks = gather_bits(marks);
	return gather_bits(low);
}

static AVX2 uint64_t
compare_avx2(const uint8_t *p, size_t n, uint32_t most, uint64_t *ret_marks)
{
	__m256i m = _mm256_set1_epi32((int)most);
	uint32_t marks, more = 0;
	uint64_t low = block_compare(p, m, &marks);

	if (n > BLOCK)
		low |= (uint64_t)block_compare(p + BLOCK, m, &more) << 32;
	*ret_marks = marks | (uint64_t)more << 32;
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
uint64_t (*rank_compare)(const uint8_t *, size_t, uint32_t, uint64_t *);

void
anchor_force_portable(bool on)
{
	rank_first_low = first_low_portable;
	rank_lowest = lowest_portable;
	rank_compare = compare_portable;
#ifdef HAVE_AVX2
	if (!on && __builtin_cpu_supports("avx2")) {
		rank_first_low = first_low_avx2;
		rank_lowest = lowest_avx2;
		rank_compare = compare_avx2;
	}
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
	anchor_force_portable(false);
}
