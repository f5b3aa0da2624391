// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue_filter.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

/* To see which lines were fetched already would take longer than to fetch them
 * again. (A call of a function that does nothing else is dropped as useless.) */
static inline __attribute__((always_inline)) void
fetch(const uint8_t *filter, uint32_t log2, const uint32_t *lowest, size_t n)
{
	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(filter + 8 * filter_line(lowest[i], log2));
}

/* Offsets from i on. */
static inline size_t
ask_from(size_t i, const uint8_t *filter, uint32_t log2, const uint8_t *p,
    size_t n, const uint32_t *lowest, uint16_t *ret_at, size_t count)
{
	for (; i < n; i++) {
		uint64_t mix = filter_mix(p + i), bits = filter_bits(mix), word;

		memcpy(&word, filter + 8 * filter_word(lowest[i], mix, log2),
		    8);
		ret_at[count] = (uint16_t)i;
		count += (word & bits) == bits;
	}
	return count;
}

static void
fetch_portable(const uint8_t *filter, uint32_t log2, const uint8_t *p,
    size_t n, uint32_t ret_lowest[static FILTER_RANKS])
{
	for (size_t i = 0; i < n; i++)
		ret_lowest[i] = filter_lowest(p + i);
	fetch(filter, log2, ret_lowest, n);
}

static size_t
ask_portable(const uint8_t *filter, uint32_t log2, const uint8_t *p, size_t n,
    const uint32_t lowest[static FILTER_RANKS],
    uint16_t ret_at[static FILTER_SIFT_MAX])
{
	return ask_from(0, filter, log2, p, n, lowest, ret_at, 0);
}

#ifdef HAVE_AVX2
#define AVX2 __attribute__((target("avx2,bmi2")))

/* Words that are ranked, up to a multiple of eight, and eight behind them. */
_Static_assert(FILTER_RANKS >= (FILTER_SIFT_MAX + FILTER_WORDS - 1 + 7) / 8 * 8 +
    8, "room for the way");

/* At each of len places, a multiple of eight, the lower of it and the one `far`
 * places behind. */
static inline AVX2 void
lower(uint32_t *r, size_t len, size_t far)
{
	for (size_t i = 0; i < len; i += 8) {
		__m256i a = _mm256_loadu_si256((const void *)(r + i));
		__m256i b = _mm256_loadu_si256((const void *)(r + i + far));

		_mm256_storeu_si256((void *)(r + i), _mm256_min_epu32(a, b));
	}
}

/* Ranks of the words at p, p + 1, ... p + 7; 16 bytes are there. */
static inline AVX2 __m256i
ranks8(const uint8_t *p)
{
	const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4,
	    5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
	__m256i v = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const void *)p));

	return _mm256_mullo_epi32(_mm256_shuffle_epi8(v, order),
	    _mm256_set1_epi32((int)FILTER_MUL_RANK));
}

/* Of ranks the lowest of two, four, eight and thirteen in a row: in place, for
 * what lies behind is not yet changed. */
static AVX2 void
fetch_avx2(const uint8_t *filter, uint32_t log2, const uint8_t *p, size_t n,
    uint32_t r[static FILTER_RANKS])
{
	size_t words = n + FILTER_WORDS - 1, len = (words + 7) / 8 * 8, i = 0;

	for (; i + 16 <= n + FILTER_BYTES - 1; i += 8)
		_mm256_storeu_si256((void *)(r + i), ranks8(p + i));
	for (; i < words; i++)
		r[i] = filter_le32(p + i) * FILTER_MUL_RANK;
	for (; i < len + 8; i++)
		r[i] = UINT32_MAX;
	lower(r, len, 1);
	lower(r, len, 2);
	lower(r, len, 4);
	lower(r, len, 5);
	fetch(filter, log2, r, n);
}

/* filter_mix() of the offsets p, p + 1, ... p + 3; 16 bytes are there. */
static inline AVX2 __m256i
mix4(const uint8_t *p)
{
	const __m256i order = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3,
	    4, 5, 6, 7, 8, 2, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7, 8, 9, 10);
	const __m256i low = _mm256_set1_epi64x(FILTER_MUL_BITS & 0xffffffff);
	const __m256i high = _mm256_set1_epi64x(FILTER_MUL_BITS >> 32);
	__m256i v = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const void *)p)), order), cross;

	cross = _mm256_add_epi64(_mm256_mul_epu32(v, high),
	    _mm256_mul_epu32(_mm256_srli_epi64(v, 32), low));
	v = _mm256_add_epi64(_mm256_mul_epu32(v, low),
	    _mm256_slli_epi64(cross, 32));
	return _mm256_xor_si256(v, _mm256_srli_epi64(v, 32));
}

/* The bit that six of them say, from `shift` on. */
static inline AVX2 __m256i
bit4(__m256i mix, int shift)
{
	return _mm256_sllv_epi64(_mm256_set1_epi64x(1), _mm256_and_si256(
	    _mm256_srli_epi64(mix, shift), _mm256_set1_epi64x(63)));
}

static inline AVX2 __m256i
bits4(__m256i mix)
{
	return _mm256_or_si256(_mm256_or_si256(_mm256_or_si256(bit4(mix, 0),
	    bit4(mix, 6)), _mm256_or_si256(bit4(mix, 12), bit4(mix, 18))),
	    bit4(mix, 27));
}

/* filter_word() of four lowest ranks. */
static inline AVX2 __m256i
word4(const uint32_t *lowest, __m256i mix, uint32_t log2)
{
	__m128i v = _mm_mullo_epi32(_mm_loadu_si128((const void *)lowest),
	    _mm_set1_epi32((int)FILTER_MUL_LINE));
	__m256i line = _mm256_sll_epi64(_mm256_cvtepu32_epi64(v),
	    _mm_cvtsi32_si128((int)log2 - 3));

	line = _mm256_slli_epi64(_mm256_srli_epi64(line, 32), 3);
	return _mm256_add_epi64(line, _mm256_and_si256(_mm256_srli_epi64(mix,
	    24), _mm256_set1_epi64x(FILTER_LINE - 1)));
}

static AVX2 size_t
ask_avx2(const uint8_t *filter, uint32_t log2, const uint8_t *p, size_t n,
    const uint32_t lowest[static FILTER_RANKS],
    uint16_t ret_at[static FILTER_SIFT_MAX])
{
	size_t i = 0, count = 0;

	for (; i + 4 <= n; i += 4) {
		__m256i mix = mix4(p + i), bits = bits4(mix), word;
		unsigned found;

		word = _mm256_i64gather_epi64((const void *)filter,
		    word4(lowest + i, mix, log2), 8);
		found = (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(
		    _mm256_cmpeq_epi64(_mm256_and_si256(word, bits), bits)));
		for (; found; found &= found - 1)
			ret_at[count++] = (uint16_t)(i +
			    (size_t)__builtin_ctz(found));
	}
	return ask_from(i, filter, log2, p, n, lowest, ret_at, count);
}
#endif

void (*filter_fetch)(const uint8_t *, uint32_t, const uint8_t *, size_t,
    uint32_t[static FILTER_RANKS]);
size_t (*filter_ask)(const uint8_t *, uint32_t, const uint8_t *, size_t,
    const uint32_t[static FILTER_RANKS], uint16_t[static FILTER_SIFT_MAX]);

void
filter_force_portable(bool on)
{
	filter_fetch = fetch_portable;
	filter_ask = ask_portable;
#ifdef HAVE_AVX2
	if (on || !__builtin_cpu_supports("avx2") ||
	    !__builtin_cpu_supports("bmi2"))
		return;
	filter_fetch = fetch_avx2;
	filter_ask = ask_avx2;
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
	filter_force_portable(false);
}
