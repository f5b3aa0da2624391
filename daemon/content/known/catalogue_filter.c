// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue_filter.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

/* All lines are fetched before the first of them is asked; to see which were
 * fetched already would take longer than to fetch them again. */
static inline size_t
ask(const uint8_t *filter, uint32_t log2, const uint8_t *p,
    const uint32_t *lowest, size_t n, uint16_t *ret_at)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(filter + 8 * filter_line(lowest[i], log2));
	for (size_t i = 0; i < n; i++) {
		uint64_t mix = filter_mix(p + i), bits = filter_bits(mix), word;

		memcpy(&word, filter + 8 * filter_word(lowest[i], mix, log2),
		    8);
		ret_at[count] = (uint16_t)i;
		count += (word & bits) == bits;
	}
	return count;
}

static size_t
sift_portable(const uint8_t *filter, uint32_t log2, const uint8_t *p, size_t n,
    uint16_t ret_at[static FILTER_SIFT_MAX])
{
	uint32_t lowest[FILTER_SIFT_MAX];

	for (size_t i = 0; i < n; i++)
		lowest[i] = filter_lowest(p + i);
	return ask(filter, log2, p, lowest, n, ret_at);
}

#ifdef HAVE_AVX2
#define AVX2 __attribute__((target("avx2,bmi2")))

/* Words that are ranked, up to a multiple of eight, and eight behind them. */
#define RANKS_MAX	(FILTER_SIFT_MAX + 16 + 8)

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
static AVX2 size_t
sift_avx2(const uint8_t *filter, uint32_t log2, const uint8_t *p, size_t n,
    uint16_t ret_at[static FILTER_SIFT_MAX])
{
	uint32_t r[RANKS_MAX];
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
	return ask(filter, log2, p, r, n, ret_at);
}
#endif

size_t (*filter_sift)(const uint8_t *, uint32_t, const uint8_t *, size_t,
    uint16_t[static FILTER_SIFT_MAX]);

void
filter_force_portable(bool on)
{
	filter_sift = sift_portable;
#ifdef HAVE_AVX2
	if (!on && __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi2"))
		filter_sift = sift_avx2;
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
	filter_force_portable(false);
}
