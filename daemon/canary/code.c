// SPDX-License-Identifier: Apache-2.0
/*
 * Sizes already taken are kept as a bitmap of cells of CELL bytes, windows
 * rounded outwards, so that a draw costs a few dozen look-ups whatever the
 * number of canaries: a null distribution takes ten thousand draws.
 */
#include "canary/code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "canary/stream.h"

#define CELL		256
/* Random placement gets stuck where about two thirds are taken; the range is
 * wide enough that a code of any count is drawn with room to spare. */
#define TRIES_MAX	20000
#define STARTS_MAX	8
#define SIZE_MIN	(48 * 1024)
#define SIZE_SPREAD	(74 * 1024)	/* of the range, per canary */

/* Around a file: gzip's header with a name, its trailer; zip's two headers,
 * end, names and time stamps; multipart's boundaries and part headers. */
#define GZIP_HEAD_MAX	(10 + 256 + 8)
#define ZIP_HEAD_MAX	(30 + 46 + 22 + 24 + 2 * (255 + 64))
#define MULTIPART_MIN	40
#define MULTIPART_MAX	1024

const char *
code_encoding_name(enum code_encoding e)
{
	static const char *const names[CODE_ENCODING_COUNT] = {
		"raw", "base64", "hex", "gzip", "zip", "multipart",
		"gzip+base64",
	};

	return names[e];
}

/* What can't be compressed is stored, in blocks of at least 16383 bytes with
 * five more in front of each. */
static uint64_t
deflate_max(uint64_t size)
{
	return size + 5 * (size / 16383 + 2);
}

static uint64_t
base64_min(uint64_t size)
{
	return (4 * size + 2) / 3;
}

static uint64_t
base64_max(uint64_t size)
{
	return (size + 2) / 3 * 4;
}

/* Of a body, no headers around it; sizes from min to max. */
static struct code_window
body(uint64_t min, uint64_t max, enum code_encoding e)
{
	uint64_t packed = min < CODE_GAIN_MAX ? 0 : min - CODE_GAIN_MAX;

	switch (e) {
	case CODE_BASE64:
		return (struct code_window){ base64_min(min), base64_max(max) };
	case CODE_HEX:
		return (struct code_window){ 2 * min, 2 * max };
	case CODE_GZIP:
		return (struct code_window){ packed,
			deflate_max(max) + GZIP_HEAD_MAX };
	case CODE_ZIP:
		return (struct code_window){ packed,
			deflate_max(max) + ZIP_HEAD_MAX };
	case CODE_MULTIPART:
		return (struct code_window){ min + MULTIPART_MIN,
			max + MULTIPART_MAX };
	case CODE_GZIP_BASE64:
		return (struct code_window){ base64_min(packed),
			base64_max(deflate_max(max) + GZIP_HEAD_MAX) };
	default:
		return (struct code_window){ min, max };
	}
}

static struct code_window
with_headers(struct code_window w)
{
	w.max += CODE_OVERHEAD_MAX;
	return w;
}

struct code_window
code_window_whole(uint64_t size, enum code_encoding e)
{
	return with_headers(body(size, size, e));
}

struct code_window
code_window_half(uint64_t size, enum code_encoding e)
{
	return with_headers(body(size / 2, size - size / 2, e));
}

struct code
code_for(size_t count)
{
	return (struct code){
		.count = count,
		.min = SIZE_MIN,
		.max = SIZE_MIN + (count + 4) * SIZE_SPREAD,
	};
}

/* Window number i of a size, as the cells that it touches. */
#define WINDOW_COUNT (2 * CODE_ENCODING_COUNT)

struct cells {
	uint64_t first, last;
};

static struct cells
cells_of(uint64_t size, int i)
{
	enum code_encoding e = (enum code_encoding)(i / 2);
	struct code_window w = i % 2 ? code_window_half(size, e)
				     : code_window_whole(size, e);

	return (struct cells){ w.min / CELL, w.max / CELL };
}

/* Bits first to last of the word that holds first, and no further than it. */
static uint64_t
mask_of(uint64_t first, uint64_t last)
{
	uint64_t from = first % 64, bits = last - first + 1;

	return bits >= 64 - from ? UINT64_MAX << from
				 : ((UINT64_C(1) << bits) - 1) << from;
}

static bool
is_free(const uint64_t *taken, uint64_t size)
{
	for (int i = 0; i < WINDOW_COUNT; i++) {
		struct cells c = cells_of(size, i);

		for (uint64_t at = c.first; at <= c.last; at = (at | 63) + 1)
			if (taken[at / 64] & mask_of(at, c.last))
				return false;
	}
	return true;
}

static void
take(uint64_t *taken, uint64_t size)
{
	for (int i = 0; i < WINDOW_COUNT; i++) {
		struct cells c = cells_of(size, i);

		for (uint64_t at = c.first; at <= c.last; at = (at | 63) + 1)
			taken[at / 64] |= mask_of(at, c.last);
	}
}

static int
draw_all(const struct code *c, struct stream *s, uint64_t *taken,
    uint64_t *ret_sizes)
{
	size_t n = 0;

	for (unsigned tries = 0; n < c->count; tries++) {
		uint64_t size = c->min + stream_below(s, c->max - c->min + 1);

		if (tries == TRIES_MAX)
			return ERR_LIMIT;
		if (!is_free(taken, size))
			continue;
		take(taken, size);
		ret_sizes[n++] = size;
	}
	return 0;
}

int
code_draw(const struct code *c, struct span seed, uint64_t *ret_sizes)
{
	uint64_t *taken;
	size_t len;
	int r = ERR_LIMIT;

	if (!c->count || c->count > CODE_COUNT_MAX || c->min < SIZE_MIN ||
	    c->max < c->min || c->max > code_for(CODE_COUNT_MAX).max)
		return -EINVAL;
	/* Hex, the longest, doubles a size; the rest is far below that. */
	len = ((3 * c->max + 64 * 1024) / CELL / 64 + 1) * sizeof(*taken);
	taken = malloc(len);
	if (!taken)
		return -ENOMEM;
	for (uint64_t start = 0; r == ERR_LIMIT && start < STARTS_MAX; start++) {
		struct stream s;

		memset(taken, 0, len);
		r = stream_init(&s, seed, "sizes", start);
		if (!r)
			r = draw_all(c, &s, taken, ret_sizes);
		stream_clear(&s);
	}
	free(taken);
	return r;
}
