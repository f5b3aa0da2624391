/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTENT_UNWRAP_H
#define TESTS_CONTENT_UNWRAP_H

/* What the tests of wrappings share: a known file with parts that compress and
 * parts that don't, and a look for it in the bytes that a test wrapped it in. */

#include "world.h"

#define LEN	70000

static uint8_t a[LEN], out[8 * LEN];	/* the file, and what it is wrapped in */
static size_t out_len;

static inline void
unwrap_setup(struct world *w, uint8_t *p, size_t len, uint64_t seed)
{
	world_open(w);
	noise(p, len, seed);
	for (size_t i = 0; i + 300 <= len; i += 512)
		memset(p + i, (int)(i / 512), 300);
	world_add(w, "a", p, len);
	world_seal(w);
}

/* All len bytes of the file, once, in what was wrapped, given in pieces of many
 * sizes; cut short it is never whole. */
static inline void
unwrap_check(struct world *w, size_t len, const uint8_t *wrapped,
    size_t wrapped_len, const char *encoding)
{
	const struct scan_item *item = NULL;

	for (size_t piece = 1; piece < 2 * wrapped_len; piece = piece * 23 + 5) {
		world_scan_cut(w, wrapped, wrapped_len, piece);
		assert_whole(w, 0, len);
		world_match(w, &item);
		assert_string_equal(item->encoding, encoding);
		assert_true(item->matches[0].exact);
		assert_true(item->complete);
		assert_int_equal(w->f->undeciphered_bytes, 0);
		assert_true(w->f->items[0].known_bytes >=
		    w->f->items[0].size / 2);
	}
	world_scan(w, wrapped, wrapped_len / 2);
	for (size_t i = 0; i < w->f->item_count; i++)
		assert_false(w->f->items[i].match_count &&
		    w->f->items[i].matches[0].whole);
}

static inline void
setup(struct world *w)
{
	unwrap_setup(w, a, LEN, 41);
}

static inline void
assert_inside(struct world *w, const char *encoding)
{
	unwrap_check(w, LEN, out, out_len, encoding);
}

#endif
