/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTENT_MATCHING_H
#define TESTS_CONTENT_MATCHING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "content/known/match.h"
#include "unit/noise.h"

/* What the tests of matching share: known files, and a stream matched in one call. */

#define NOISE_LEN	(300 * 1024)

struct world {
	struct known *known;
	struct arena arena;
	struct scan_match *match;
	size_t count;
};

static inline void
world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->known = known_new();
	assert_non_null(w->known);
	arena_init(&w->arena);
}

static inline void
add(struct world *w, const char *name, const uint8_t *p, size_t len)
{
	assert_int_equal(known_add_bytes(w->known, name, p, len), 0);
}

static inline void
world_close(struct world *w)
{
	known_free(w->known);
	arena_clear(&w->arena);
}

static inline void
seal(struct world *w)
{
	assert_int_equal(known_seal(w->known), 0);
}

/* Matches the stream handed over in pieces of that size. */
static inline void
run(struct world *w, const uint8_t *p, size_t len, size_t piece)
{
	struct matcher *m = matcher_new(w->known);

	assert_non_null(m);
	for (size_t i = 0; i < len; i += piece) {
		/* an exact block shows reads beyond its end */
		size_t n = len - i < piece ? len - i : piece;
		uint8_t *copy = malloc(n);

		memcpy(copy, p + i, n);
		matcher_data(m, copy, n);
		free(copy);
	}
	matcher_end(m);
	w->match = match_judge(m, &w->arena, &w->count);
	matcher_free(m);
}

static inline void
assert_one(const struct world *w, uint32_t file, uint64_t start, uint64_t end)
{
	assert_int_equal(w->count, 1);
	assert_int_equal(w->match[0].file, file);
	assert_int_equal(w->match[0].range_count, 1);
	assert_int_equal(w->match[0].ranges[0].start, start);
	assert_int_equal(w->match[0].ranges[0].end, end);
	assert_int_equal(w->match[0].sent_bytes, end - start);
	assert_int_equal(w->match[0].also_count, 0);
}

static const size_t pieces[] = { 1, 7, 64, 255, 256, 257, 1460, 4096, 65536,
	1 << 24 };
#define PIECES	(sizeof(pieces) / sizeof(*pieces))

#endif
