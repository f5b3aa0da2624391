/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_FILTER_H
#define CONTENT_CATALOGUE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The filter of a catalogue: which 16 bytes may be how a hash begins. It is
 * larger than any cache, and every offset of a binary message is asked, so that
 * nothing counts but how often memory is. Of the 13 words of 32 bits in the
 * 16 bytes the one with the lowest rank chooses a line of 64 bytes: neighbours
 * share most of their words, and so one line serves seven offsets. The word of
 * 64 bits in that line, and five bits of it, come from the first eight bytes.
 */

#define FILTER_BYTES	16	/* what is asked, and what a hash has */
#define FILTER_WORDS	(FILTER_BYTES - 4 + 1)
#define FILTER_LINE	8	/* words of 64 bits; log2: 3 */

#define FILTER_MUL_RANK	0x9E3779B1u
#define FILTER_MUL_LINE	0x85EBCA77u
#define FILTER_MUL_BITS	0x9E3779B97F4A7C15u

static inline uint32_t
filter_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline uint64_t
filter_mix(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif

	v *= FILTER_MUL_BITS;
	return v ^ v >> 32;
}

/* The lowest rank of the words at p. */
static inline uint32_t
filter_lowest(const uint8_t *p)
{
	uint32_t low = UINT32_MAX, rank;

	for (int i = 0; i < FILTER_WORDS; i++) {
		rank = filter_le32(p + i) * FILTER_MUL_RANK;
		low = rank < low ? rank : low;
	}
	return low;
}

/* The first word of the line; 2^log2 words, at least a line, are there. */
static inline uint64_t
filter_line(uint32_t lowest, uint32_t log2)
{
	return ((uint64_t)(lowest * FILTER_MUL_LINE) << (log2 - 3) >> 32) *
	    FILTER_LINE;
}

static inline uint64_t
filter_word(uint32_t lowest, uint64_t mix, uint32_t log2)
{
	return filter_line(lowest, log2) + (mix >> 24 & (FILTER_LINE - 1));
}

static inline uint64_t
filter_bits(uint64_t mix)
{
	return 1ull << (mix & 63) | 1ull << (mix >> 6 & 63) |
	    1ull << (mix >> 12 & 63) | 1ull << (mix >> 18 & 63) |
	    1ull << (mix >> 27 & 63);
}

/* True if a hash may begin with the FILTER_BYTES bytes at p. */
static inline bool
filter_maybe(const uint8_t *filter, uint32_t log2, const uint8_t *p)
{
	uint64_t mix = filter_mix(p), bits = filter_bits(mix), word;

	memcpy(&word, filter + 8 * filter_word(filter_lowest(p), mix, log2), 8);
	return (word & bits) == bits;
}

/*
 * Many offsets at once, in two steps, between which memory has time to come:
 * filter_fetch() ranks n offsets at p, at most FILTER_SIFT_MAX, and fetches their
 * lines; filter_ask() tells those of them at which a hash may begin, and returns
 * how many. n + FILTER_BYTES - 1 bytes are there.
 */
#define FILTER_SIFT_MAX	256
#define FILTER_RANKS	(FILTER_SIFT_MAX + 24)	/* some are for the way only */
extern void (*filter_fetch)(const uint8_t *filter, uint32_t log2,
    const uint8_t *p, size_t n, uint32_t ret_lowest[static FILTER_RANKS]);
extern size_t (*filter_ask)(const uint8_t *filter, uint32_t log2,
    const uint8_t *p, size_t n, const uint32_t lowest[static FILTER_RANKS],
    uint16_t ret_at[static FILTER_SIFT_MAX]);

/* Tests compare the two ways; true: only portable code from now on. */
void filter_force_portable(bool on);

#endif
