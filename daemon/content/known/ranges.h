/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_RANGES_H
#define CONTENT_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "content/scan.h"

/* Sets of bytes as sorted, disjoint half-open ranges in the caller's storage. */

/* Sorts and merges n ranges in place; empty ones go. The new number. */
size_t ranges_normalize(struct scan_range *r, size_t n);

/* Bytes in a normalized set. */
uint64_t ranges_bytes(const struct scan_range *r, size_t n);

/* Bytes of a that are not in b; both normalized. */
uint64_t ranges_bytes_outside(const struct scan_range *a, size_t a_count,
    const struct scan_range *b, size_t b_count);

#endif
