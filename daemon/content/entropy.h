/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ENTROPY_H
#define CONTENT_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Do bytes look like noise (encrypted, or compressed in no container that we
 * know), like text, or like neither? Measured by how often two bytes of a
 * sample are equal: for noise one pair in 256 is. Code, text, tables and base64
 * all lie far above. Sampled: the first 64 KiB, then 1 KiB of each 16 KiB.
 */

#define ENTROPY_MIN	48	/* fewer bytes say nothing */

struct entropy {
	uint64_t offset;
	uint64_t sampled;
	uint32_t count[256];
};

void entropy_init(struct entropy *e);
void entropy_data(struct entropy *e, const uint8_t *p, size_t len);

/* Equal pairs at most 1.3 times what noise has, and three standard deviations
 * above that. */
bool entropy_is_noise(const struct entropy *e);

/* What they say, by how often each of them comes. */
double entropy_bits(const struct entropy *e);

/* No control characters but white space and escape; bytes above 127 have to be
 * judged by the caller. */
bool entropy_is_text(const struct entropy *e);

#endif
