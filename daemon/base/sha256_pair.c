// SPDX-License-Identifier: Apache-2.0
/*
 * Two SHA-256 at once. A round waits for the one before it, so that the
 * processor's SHA instructions are idle half of the time; those of another hash,
 * put between, cost next to nothing. Where there are none, one after the other.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256_pair.h"

#include <stdatomic.h>
#include <string.h>

#include <openssl/sha.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA_NI __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

struct lane {
	__m128i abef, cdgh;	/* the state, as the instructions want it */
	__m128i words[4];	/* of the schedule, the last sixteen */
};

SHA_NI static inline void
load_state(struct lane *l, const uint32_t *h)
{
	__m128i low = _mm_loadu_si128((const void *)h);
	__m128i high = _mm_loadu_si128((const void *)(h + 4));

	low = _mm_shuffle_epi32(low, 0xb1);
	high = _mm_shuffle_epi32(high, 0x1b);
	l->abef = _mm_alignr_epi8(low, high, 8);
	l->cdgh = _mm_blend_epi16(high, low, 0xf0);
}

SHA_NI static inline void
store_state(const struct lane *l, uint32_t *h)
{
	__m128i low = _mm_shuffle_epi32(l->abef, 0x1b);
	__m128i high = _mm_shuffle_epi32(l->cdgh, 0xb1);

	_mm_storeu_si128((void *)h, _mm_blend_epi16(low, high, 0xf0));
	_mm_storeu_si128((void *)(h + 4), _mm_alignr_epi8(high, low, 8));
}

SHA_NI static inline void
load_words(struct lane *l, const uint8_t *p)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bll,
	    0x0405060700010203ll);

	for (int i = 0; i < 4; i++)
		l->words[i] = _mm_shuffle_epi8(
		    _mm_loadu_si128((const void *)(p + 16 * i)), big_endian);
}

/* Four rounds, and the four words that are due sixteen rounds later. */
SHA_NI static inline __attribute__((always_inline)) void
four_rounds(struct lane *l, int i)
{
	__m128i now = l->words[i & 3], mixed;

	mixed = _mm_add_epi32(now,
	    _mm_load_si128((const void *)(constants + 4 * i)));
	l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, mixed);
	l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh,
	    _mm_shuffle_epi32(mixed, 0x0e));
	if (i < 12) {
		__m128i last = l->words[(i + 3) & 3];

		mixed = _mm_sha256msg1_epu32(now, l->words[(i + 1) & 3]);
		mixed = _mm_add_epi32(mixed, _mm_alignr_epi8(last,
		    l->words[(i + 2) & 3], 4));
		l->words[i & 3] = _mm_sha256msg2_epu32(mixed, last);
	}
}

SHA_NI static void
pair_blocks(uint32_t *a, const uint8_t *p, uint32_t *b, const uint8_t *q,
    size_t count)
{
	struct lane x, y;

	load_state(&x, a);
	load_state(&y, b);
	for (; count; count--, p += 64, q += 64) {
		__m128i x0 = x.abef, x1 = x.cdgh, y0 = y.abef, y1 = y.cdgh;

		load_words(&x, p);
		load_words(&y, q);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			four_rounds(&x, i);
			four_rounds(&y, i);
		}
		x.abef = _mm_add_epi32(x.abef, x0);
		x.cdgh = _mm_add_epi32(x.cdgh, x1);
		y.abef = _mm_add_epi32(y.abef, y0);
		y.cdgh = _mm_add_epi32(y.cdgh, y1);
	}
	store_state(&x, a);
	store_state(&y, b);
}

static bool
has_instructions(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) ||
	    !(c & bit_SSSE3) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return false;
	return b & bit_SHA;
}
#else
static void
pair_blocks(uint32_t *a, const uint8_t *p, uint32_t *b, const uint8_t *q,
    size_t count)
{
}

static bool
has_instructions(void)
{
	return false;
}
#endif

static bool portable;

void
sha256_pair_force_portable(bool on)
{
	portable = on;
}

/* Up to the next whole block; what is left of the run. */
static bool
top_up(SHA256_CTX *c, const uint8_t **p, size_t *len)
{
	size_t n = (SHA256_CBLOCK - c->num) % SHA256_CBLOCK;
	bool good = true;

	n = n < *len ? n : *len;
	if (n)
		good = SHA256_Update(c, *p, n) == 1;
	*p += n;
	*len -= n;
	return good;
}

/* The hash's own count, in bits, of so many blocks. */
static void
count_blocks(SHA256_CTX *c, size_t count)
{
	uint64_t bits = ((uint64_t)c->Nh << 32 | c->Nl) + 512 * (uint64_t)count;

	c->Nl = (SHA_LONG)bits;
	c->Nh = (SHA_LONG)(bits >> 32);
}

bool
sha256_pair_add(struct SHA256state_st *a, const void *a_data, size_t a_len,
    struct SHA256state_st *b, const void *b_data, size_t b_len)
{
	static atomic_int known = -1;
	const uint8_t *p = a_data, *q = b_data;
	bool good = true;
	size_t count;

	if (known < 0)
		known = has_instructions();
	if (known && !portable) {
		good = top_up(a, &p, &a_len);
		good &= top_up(b, &q, &b_len);
		count = (a_len < b_len ? a_len : b_len) / SHA256_CBLOCK;
		if (count) {
			pair_blocks(a->h, p, b->h, q, count);
			count_blocks(a, count);
			count_blocks(b, count);
			p += count * SHA256_CBLOCK;
			q += count * SHA256_CBLOCK;
			a_len -= count * SHA256_CBLOCK;
			b_len -= count * SHA256_CBLOCK;
		}
	}
	good &= SHA256_Update(a, p, a_len) == 1;
	good &= SHA256_Update(b, q, b_len) == 1;
	return good;
}
