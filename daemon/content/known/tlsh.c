// SPDX-License-Identifier: Apache-2.0
/*
 * Six triples of each five bytes that follow one another are hashed into
 * buckets. Of a bucket two bits say in which quarter of all its count lies. In
 * front of them stand a checksum, the logarithm of the length, and how the
 * borders of the quarters relate, each with its digits swapped.
 */
#include "content/known/tlsh.h"

#include <math.h>
#include <string.h>

#define LEN_MIN		50
#define EFFECTIVE	128	/* buckets of which the value tells */
#define CODE_LEN	32
#define CODE_AT		3
#define FAR		12	/* what a difference of more than one weighs */

/* The permutation that Pearson published with his hash. */
static const uint8_t permutation[256] = {
	1, 87, 49, 12, 176, 178, 102, 166, 121, 193, 6, 84, 249, 230, 44, 163,
	14, 197, 213, 181, 161, 85, 218, 80, 64, 239, 24, 226, 236, 142, 38,
	200, 110, 177, 104, 103, 141, 253, 255, 50, 77, 101, 81, 18, 45, 96,
	31, 222, 25, 107, 190, 70, 86, 237, 240, 34, 72, 242, 20, 214, 244,
	227, 149, 235, 97, 234, 57, 22, 60, 250, 82, 175, 208, 5, 127, 199,
	111, 62, 135, 248, 174, 169, 211, 58, 66, 154, 106, 195, 245, 171, 17,
	187, 182, 179, 0, 243, 132, 56, 148, 75, 128, 133, 158, 100, 130, 126,
	91, 13, 153, 246, 216, 219, 119, 68, 223, 78, 83, 88, 201, 99, 122,
	11, 92, 32, 136, 114, 52, 10, 138, 30, 48, 183, 156, 35, 61, 26, 143,
	74, 251, 94, 129, 162, 63, 152, 170, 7, 115, 167, 241, 206, 3, 150,
	55, 59, 151, 220, 90, 53, 23, 131, 125, 173, 15, 238, 79, 95, 89, 16,
	105, 137, 225, 224, 217, 160, 37, 123, 118, 73, 2, 157, 46, 116, 9,
	145, 134, 228, 207, 212, 202, 215, 69, 229, 27, 188, 67, 124, 168,
	252, 42, 4, 29, 108, 21, 247, 19, 205, 39, 203, 233, 40, 186, 147,
	198, 192, 155, 33, 164, 191, 98, 204, 165, 180, 117, 76, 140, 36, 210,
	172, 41, 54, 159, 8, 185, 232, 113, 196, 231, 47, 146, 120, 51, 65,
	28, 144, 254, 221, 93, 189, 194, 139, 112, 43, 71, 109, 184, 209,
};

void
tlsh_init(struct tlsh *t)
{
	memset(t, 0, sizeof(*t));
}

/* Two bytes behind the start that a salt and a first byte make. */
static uint8_t
ahead(uint8_t start, unsigned b, unsigned c)
{
	return permutation[permutation[start ^ b] ^ c];
}

/* By salt and first byte: what hashing begins with. */
static void
make_starts(uint8_t ret[static 7][256])
{
	static const uint8_t salts[] = { 0, 2, 3, 5, 7, 11, 13 };

	for (size_t i = 0; i < sizeof(salts); i++)
		for (size_t a = 0; a < 256; a++)
			ret[i][a] = permutation[permutation[salts[i]] ^ a];
}

void
tlsh_data(struct tlsh *t, const uint8_t *p, size_t len)
{
	unsigned b = t->window[0], c = t->window[1], d = t->window[2],
		 e = t->window[3];
	uint8_t sum = t->checksum, start[7][256];
	uint64_t *bucket = t->bucket;
	size_t i = 0;

	make_starts(start);
	for (; i < len && t->len + i < sizeof(t->window); i++) {
		e = d;
		d = c;
		c = b;
		b = p[i];
	}
	for (; i < len; i++) {
		unsigned a = p[i];

		sum = ahead(start[0][a], b, sum);
		bucket[ahead(start[1][a], b, c)]++;
		bucket[ahead(start[2][a], b, d)]++;
		bucket[ahead(start[3][a], c, d)]++;
		bucket[ahead(start[4][a], c, e)]++;
		bucket[ahead(start[5][a], b, e)]++;
		bucket[ahead(start[6][a], d, e)]++;
		e = d;
		d = c;
		c = b;
		b = a;
	}
	t->window[0] = (uint8_t)b;
	t->window[1] = (uint8_t)c;
	t->window[2] = (uint8_t)d;
	t->window[3] = (uint8_t)e;
	t->checksum = sum;
	t->len += len;
}

static uint8_t
length_of(uint64_t len)
{
	double log_len = log((double)len);

	if (len <= 656)
		log_len = log_len / log(1.5);
	else if (len <= 3199)
		log_len = log_len / log(1.3) - 8.72777;
	else
		log_len = log_len / log(1.1) - 62.5472;
	return (uint8_t)log_len;
}

static uint8_t
swapped(uint8_t v)
{
	return (uint8_t)(v << 4 | v >> 4);
}

/* The borders of the quarters: counts in order at a quarter, half, three. */
static void
find_borders(const struct tlsh *t, uint64_t ret[static 3])
{
	uint64_t sorted[EFFECTIVE];

	for (size_t i = 0; i < EFFECTIVE; i++) {
		size_t at = i;

		for (; at && sorted[at - 1] > t->bucket[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = t->bucket[i];
	}
	for (size_t i = 0; i < 3; i++)
		ret[i] = sorted[(i + 1) * EFFECTIVE / 4 - 1];
}

static uint8_t
ratio(uint64_t border, uint64_t third)
{
	return (uint8_t)((unsigned)((float)(border * 100) / (float)third) % 16);
}

bool
tlsh_end(const struct tlsh *t, uint8_t ret_value[static TLSH_LEN])
{
	uint64_t border[3];
	size_t used = 0;

	for (size_t i = 0; i < EFFECTIVE; i++)
		used += t->bucket[i] > 0;
	find_borders(t, border);
	if (t->len < LEN_MIN || used <= EFFECTIVE / 2 || !border[2])
		return false;
	ret_value[0] = swapped(t->checksum);
	ret_value[1] = swapped(length_of(t->len));
	ret_value[2] = (uint8_t)(ratio(border[0], border[2]) << 4 |
	    ratio(border[1], border[2]));
	for (size_t i = 0; i < CODE_LEN; i++) {
		const uint64_t *four = t->bucket + 4 * i;
		unsigned code = 0;

		for (size_t j = 0; j < 4; j++)
			code |= (unsigned)((four[j] > border[0]) +
			    (four[j] > border[1]) + (four[j] > border[2])) <<
			    2 * j;
		ret_value[TLSH_LEN - 1 - i] = (uint8_t)code;
	}
	return true;
}

uint8_t
tlsh_length(const uint8_t value[static TLSH_LEN])
{
	return swapped(value[1]);
}

/* On a ring of that many. */
static unsigned
apart(unsigned a, unsigned b, unsigned ring)
{
	unsigned d = a < b ? b - a : a - b;

	return d < ring - d ? d : ring - d;
}

static unsigned
ratio_distance(unsigned a, unsigned b)
{
	unsigned d = apart(a, b, 16);

	return d <= 1 ? d : (d - 1) * FAR;
}

/* Of quarters one apart weigh 1, two 2, three 6. */
static unsigned
code_distance(const uint8_t *p, const uint8_t *q)
{
	const uint64_t low = 0x5555555555555555u;
	unsigned sum = 0;

	for (size_t i = 0; i < CODE_LEN; i += 8) {
		uint64_t a, b, ones, twos, both, same;

		memcpy(&a, p + i, 8);
		memcpy(&b, q + i, 8);
		ones = (a ^ b) & low;
		twos = ((a ^ b) >> 1) & low;
		both = ones & twos;
		/* both bits differ: 0 and 3, or 1 and 2 */
		same = both & ~((a ^ a >> 1) & low);
		sum += (unsigned)(__builtin_popcountll(ones) +
		    2 * __builtin_popcountll(twos & ~both) +
		    5 * __builtin_popcountll(same));
	}
	return sum;
}

unsigned
tlsh_distance(const uint8_t a[static TLSH_LEN],
    const uint8_t b[static TLSH_LEN])
{
	unsigned d = apart(tlsh_length(a), tlsh_length(b), 256);

	d = d <= 1 ? d : d * FAR;
	d += ratio_distance(a[2] >> 4, b[2] >> 4);
	d += ratio_distance(a[2] & 15, b[2] & 15);
	d += a[0] != b[0];
	return d + code_distance(a + CODE_AT, b + CODE_AT);
}
