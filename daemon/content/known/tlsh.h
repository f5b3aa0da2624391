/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_TLSH_H
#define CONTENT_KNOWN_TLSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * TLSH, Trend Micro's locality sensitive hash, of 128 buckets and a checksum of
 * one byte: what is written as 70 hex digits, with or without T1 in front. Files
 * that are alike have values that are near each other, so a value names no file:
 * it is a hint, with its distance.
 */

#define TLSH_LEN	35	/* bytes, in the order of the digits */
#define TLSH_BUCKETS	256	/* that are counted in; half of them tell */

struct tlsh {
	uint64_t bucket[TLSH_BUCKETS];
	uint64_t len;
	uint8_t window[4];	/* the last bytes, the newest first */
	uint8_t checksum;
};

void tlsh_init(struct tlsh *t);
void tlsh_data(struct tlsh *t, const uint8_t *p, size_t len);

/* False: too short or too uniform, there is none. */
bool tlsh_end(const struct tlsh *t, uint8_t ret_value[static TLSH_LEN]);

/* 0 the same, 30 much alike, from 100 on hardly. */
unsigned tlsh_distance(const uint8_t a[static TLSH_LEN],
    const uint8_t b[static TLSH_LEN]);

/* The logarithm of the file's length, as the value holds it. */
uint8_t tlsh_length(const uint8_t value[static TLSH_LEN]);

#endif
