// SPDX-License-Identifier: Apache-2.0
/*
 * Ranks of positions, one at a time or 64. What vector instructions compute is
 * what the portable code computes, to the bit.
 */
#include "content/known/anchor_rank.h"

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

static size_t
list_portable(const uint8_t *p, size_t n, uint16_t ret_at[static RANK_LIST + 4])
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		ret_at[count] = (uint16_t)i;
		count += rank_of(p + i) <= ANCHOR_LOW;
	}
	return count;
}

#ifdef HAVE_AVX2
#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

/* Of p, p + 2, ... p + 30, those that have no rank. */
static inline AVX2 __m256i
none16(const uint8_t *p)
{
	__m256i a = _mm256_loadu_si256((const void *)p);
	__m256i b = _mm256_loadu_si256((const void *)(p + 2));
	__m256i c = _mm256_loadu_si256((const void *)(p + 4));
	__m256i d = _mm256_loadu_si256((const void *)(p + 6));

	return _mm256_and_si256(_mm256_cmpeq_epi16(a, c),
	    _mm256_cmpeq_epi16(b, d));
}

/* Upper halves of their ranks; all ones where there is none. */
static inline AVX2 __m256i
high16(const uint8_t *p)
{
	__m256i a = _mm256_loadu_si256((const void *)p);
	__m256i b = _mm256_loadu_si256((const void *)(p + 2));
	__m256i c = _mm256_loadu_si256((const void *)(p + 4));
	__m256i d = _mm256_loadu_si256((const void *)(p + 6));

	a = _mm256_mullo_epi16(a, _mm256_set1_epi16((short)RANK_HIGH_0));
	b = _mm256_mullo_epi16(b, _mm256_set1_epi16((short)RANK_HIGH_1));
	c = _mm256_mullo_epi16(c, _mm256_set1_epi16((short)RANK_HIGH_2));
	d = _mm256_mullo_epi16(d, _mm256_set1_epi16((short)RANK_HIGH_3));
	a = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d));
	return _mm256_or_si256(a, none16(p));
}

/* One bit for each of sixteen even and sixteen odd positions, each all ones or
 * none. */
static inline AVX2 uint32_t
gather_bits(__m256i even, __m256i odd)
{
	const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8,
	    1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));

	return (uint32_t)_mm256_movemask_epi8(_mm256_shuffle_epi8(
	    _mm256_packs_epi16(even, odd), order));
}

/* Bit i: position i of the block has a rank, whose upper half is at most
 * `most`. */
static inline AVX2 uint32_t
block_low(const uint8_t *p, uint16_t most16)
{
	__m256i most = _mm256_set1_epi16((short)most16), even, odd;

	if (most16 == UINT16_MAX)
		return ~gather_bits(none16(p), none16(p + 1));
	even = high16(p);
	odd = high16(p + 1);

	return gather_bits(
	    _mm256_cmpeq_epi16(_mm256_min_epu16(even, most), even),
	    _mm256_cmpeq_epi16(_mm256_min_epu16(odd, most), odd));
}

static inline AVX2 uint64_t
marks64(const uint8_t *p, size_t n)
{
	uint64_t low = block_low(p, ANCHOR_LOW >> 16);

	if (n > BLOCK)
		low |= (uint64_t)block_low(p + BLOCK, ANCHOR_LOW >> 16) <<
		    32;
	return low;
}

static AVX2 uint64_t
marks_avx2(const uint8_t *p, size_t n)
{
	return marks64(p, n);
}

/* Two at a time whether there are as many or not: most blocks have one or two,
 * and nobody can guess which. */
static AVX2 size_t
list_avx2(const uint8_t *p, size_t n, uint16_t ret_at[static RANK_LIST + 4])
{
	size_t count = 0;

	for (size_t i = 0; i < n; i += 64) {
		uint64_t m = marks64(p + i, n - i);
		uint16_t *at = ret_at + count;

		if (n - i < 64)
			m &= (1ull << (n - i)) - 1;
		count += (size_t)_mm_popcnt_u64(m);
		do {
			at[0] = (uint16_t)(i + _tzcnt_u64(m));
			m = _blsr_u64(m);
			at[1] = (uint16_t)(i + _tzcnt_u64(m));
			m = _blsr_u64(m);
			at += 2;
		} while (m);
	}
	return count;
}

static AVX2 size_t
first_low_avx2(const uint8_t *p, size_t n, uint32_t most)
{
	for (size_t i = 0; i < n; i += BLOCK) {
		uint32_t mask = block_low(p + i, (uint16_t)(most >> 16));

		for (; mask; mask &= mask - 1) {
			size_t at = i + (size_t)__builtin_ctz(mask);

			if (at >= n)
				return n;
			if (rank_of(p + at) <= most)
				return at;
		}
	}
	return n;
}

/* The lowest upper half of whole blocks. */
static AVX2 uint16_t
lowest_high(const uint8_t *p, size_t whole)
{
	__m256i min = _mm256_set1_epi16(-1);
	__m128i half;

	for (size_t i = 0; i < whole; i += BLOCK)
		min = _mm256_min_epu16(min, _mm256_min_epu16(high16(p + i),
		    high16(p + i + 1)));
	half = _mm_min_epu16(_mm256_castsi256_si128(min),
	    _mm256_extracti128_si256(min, 1));
	return (uint16_t)_mm_cvtsi128_si32(_mm_minpos_epu16(half));
}

static AVX2 size_t
lowest_avx2(const uint8_t *p, size_t n, uint32_t *ret_rank)
{
	size_t whole = n / BLOCK * BLOCK, at = n - 1;
	uint16_t high = lowest_high(p, whole);
	uint32_t min = ANCHOR_NO_RANK, rank;

	for (size_t i = 0; i < whole; i += BLOCK) {
		uint32_t mask = block_low(p + i, high);

		for (; mask; mask &= mask - 1) {
			rank = rank_of(p + i + __builtin_ctz(mask));
			if (rank > min)
				continue;
			min = rank;
			at = i + (size_t)__builtin_ctz(mask);
		}
	}
	for (size_t i = whole; i < n; i++) {
		rank = rank_of(p + i);
		if (rank > min)
			continue;
		min = rank;
		at = i;
	}
	*ret_rank = min;
	return at;
}
#endif

size_t (*rank_first_low)(const uint8_t *, size_t, uint32_t);
size_t (*rank_lowest)(const uint8_t *, size_t, uint32_t *);
uint64_t (*rank_marks)(const uint8_t *, size_t);
size_t (*rank_list)(const uint8_t *, size_t,
    uint16_t[static RANK_LIST + 4]);

void
anchor_force_portable(bool on)
{
	rank_first_low = first_low_portable;
	rank_lowest = lowest_portable;
	rank_marks = marks_portable;
	rank_list = list_portable;
#ifdef HAVE_AVX2
	if (!on && __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt")) {
		rank_first_low = first_low_avx2;
		rank_lowest = lowest_avx2;
		rank_marks = marks_avx2;
		rank_list = list_avx2;
	}
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
	anchor_force_portable(false);
}
