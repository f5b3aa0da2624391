/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_PREFIX_CODE_H
#define CONTENT_PREFIX_CODE_H

#include <stdbool.h>
#include <stdint.h>

/* Canonical prefix codes, as deflate has them: how many of each length there are,
 * and their symbols in order. */
#define PREFIX_BITS_MAX		15
#define PREFIX_SYMBOLS_MAX	288
#define PREFIX_NOTHING		UINT32_MAX

struct prefix_code {
	uint16_t count[PREFIX_BITS_MAX + 1];
	uint16_t symbol[PREFIX_SYMBOLS_MAX];
};

/* Of n symbols, each with a code of that length, 0: none. False for more codes
 * than there is room for, and for too few of them, but a single one. */
bool prefix_code_build(struct prefix_code *c, const uint8_t *length, unsigned n);

/* The symbol of the code that begins the bits, of which have are there, and how
 * many of them it takes. 0: it is not all there, or, with PREFIX_NOTHING, it is
 * none. */
unsigned prefix_code_read(const struct prefix_code *c, uint64_t bits,
    unsigned have, uint32_t *ret_symbol);

#endif
