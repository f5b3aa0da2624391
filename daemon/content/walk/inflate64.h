/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_INFLATE64_H
#define CONTENT_INFLATE64_H

#include <stddef.h>
#include <stdint.h>

/*
 * Deflate64, method 9 of zip archives: deflate with a window of 64 KiB, a last
 * length code with 16 bits more and two distance codes more. zlib does not read
 * it. The bytes may come in pieces of any length.
 */

struct inflate64;

enum inflate64_result {
	INFLATE64_MORE,		/* input is used up, or no room is left */
	INFLATE64_END,
	INFLATE64_BAD,
};

/* NULL if memory is out. */
struct inflate64 *inflate64_new(void);
void inflate64_free(struct inflate64 *f);

/* Never takes a byte behind the end. */
enum inflate64_result inflate64_some(struct inflate64 *f, const uint8_t *p,
    size_t len, size_t *ret_used, uint8_t *out, size_t room, size_t *ret_made);

#endif
