/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_CODE_H
#define CANARY_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * The code that the sizes of canaries are drawn from. A file of a given size
 * that is sent, whole or one half of it, in one of these encodings, with 0 to
 * CODE_OVERHEAD_MAX bytes of headers around it, makes a plaintext whose size
 * lies in a window. A code's property: no window of one canary, or of a half of
 * it, touches a window of another canary or of its halves, and all lie above
 * what a hash look-up takes. (A half in hex is as long as the whole file: those
 * two windows of one and the same canary can't be held apart by any choice.)
 *
 * The sizes are drawn uniformly from [min, max], one after the other; one that
 * would touch what is taken is drawn again, and where that gets stuck, all of
 * them are. The same seed gives the same sizes.
 */

#define CODE_OVERHEAD_MAX	4096
#define CODE_LOOKUP_MAX		(16 * 1024)	/* of a hash look-up, headers too */
#define CODE_GAIN_MAX		2048	/* what compressing a canary can gain */
#define CODE_COUNT_MAX		128

enum code_encoding {
	CODE_RAW,
	CODE_BASE64,		/* with or without padding, no line breaks */
	CODE_HEX,
	CODE_GZIP,		/* zlib and bare deflate too */
	CODE_ZIP,		/* alone in an archive, stored or deflated */
	CODE_MULTIPART,
	CODE_GZIP_BASE64,
	CODE_ENCODING_COUNT,
};

struct code_window {
	uint64_t min, max;	/* both belong to it */
};

/* What a code is drawn from; its seed aside, all that a redraw needs. */
struct code {
	size_t count;
	uint64_t min, max;
};

const char *code_encoding_name(enum code_encoding e);

/* Plaintext sizes that a file of that size makes, headers and all. */
struct code_window code_window_whole(uint64_t size, enum code_encoding e);
/* Either half, which differ by a byte when the size is odd. */
struct code_window code_window_half(uint64_t size, enum code_encoding e);

/* The code for so many canaries, 1 to CODE_COUNT_MAX. */
struct code code_for(size_t count);

/* Sizes of c->count canaries. ERR_LIMIT if the range is too small for them. */
int code_draw(const struct code *c, struct span seed, uint64_t *ret_sizes)
	must_check;

#endif
