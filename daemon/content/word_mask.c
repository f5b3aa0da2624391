// SPDX-License-Identifier: Apache-2.0
#include "content/word_mask.h"

#include "content/known/byte_class.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

/* A word that begins at i or later, and not behind i + WORD_MIN - 1, covers that
 * byte: of text with short words few bytes are looked at. */
static size_t
find_portable(const uint8_t *p, size_t len)
{
	size_t i = 0, at;

	while (len - i >= WORD_MIN) {
		for (at = i + WORD_MIN; at > i &&
		    byte_is(p[at - 1], BYTE_WORD); at--)
			;
		if (at == i)
			return i;
		i = at;
	}
	return i;
}

#ifdef HAVE_AVX2
#define AVX2 __attribute__((target("avx2")))

/*
 * By the lower four bits of a byte: a bit for each value of the upper four with
 * which it is of BYTE_WORD; all of these are below 8. Made from the classes.
 */
static uint8_t by_low[16];

static AVX2 uint32_t
mask32(const uint8_t *p, __m256i low, __m256i high)
{
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i v = _mm256_loadu_si256((const void *)p), a, b;

	/* a byte from 128 on gives 0 */
	a = _mm256_shuffle_epi8(low, v);
	b = _mm256_shuffle_epi8(high,
	    _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));
	a = _mm256_cmpeq_epi8(_mm256_and_si256(a, b), _mm256_setzero_si256());
	return ~(uint32_t)_mm256_movemask_epi8(a);
}

static AVX2 size_t
find_avx2(const uint8_t *p, size_t len)
{
	const __m256i low = _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const void *)by_low));
	const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 4,
	    8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
	size_t i = 0;

	/* 64 bytes have 43 places where a word may begin */
	for (; len - i >= 64; i += 64 - (WORD_MIN - 1)) {
		uint64_t m = mask32(p + i, low, high) |
		    (uint64_t)mask32(p + i + 32, low, high) << 32;

		m &= m >> 1;
		m &= m >> 2;
		m &= m >> 4;
		m &= m >> 8;
		m &= m >> (WORD_MIN - 16);
		if (m)
			return i + (size_t)__builtin_ctzll(m);
	}
	/* the word that i may lie in is short, but it may go on behind len */
	while (i && byte_is(p[i - 1], BYTE_WORD))
		i--;
	return i + find_portable(p + i, len - i);
}
#endif

size_t (*word_find)(const uint8_t *, size_t);

void
word_force_portable(bool on)
{
	word_find = find_portable;
#ifdef HAVE_AVX2
	if (!on && __builtin_cpu_supports("avx2"))
		word_find = find_avx2;
#endif
}

__attribute__((constructor)) static void
choose_code(void)
{
#ifdef HAVE_AVX2
	for (unsigned c = 0; c < 128; c++)
		if (byte_is((uint8_t)c, BYTE_WORD))
			by_low[c & 15] |= (uint8_t)(1u << (c >> 4));
#endif
	word_force_portable(false);
}
