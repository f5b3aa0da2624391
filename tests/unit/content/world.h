/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTENT_WORLD_H
#define TESTS_CONTENT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "content/known/known.h"
#include "content/scan.h"
#include "unit/noise.h"

/* What the tests of scanning share: known files, and a scan in one call. */

struct world {
	struct known *known;
	struct scan *scan;
	const struct scan_findings *f;
	struct scan_hint hint;
	bool incomplete;
};

static inline void
world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->known = known_new();
	assert_non_null(w->known);
	w->hint.outbound = true;
}

static inline void
world_add(struct world *w, const char *name, const void *p, size_t len)
{
	assert_int_equal(known_add_bytes(w->known, name, p, len), 0);
}

/* Whether a file with these bytes is there. */
static inline bool
has_content(const struct known *k, const void *p, size_t len)
{
	uint8_t hash[32];

	return EVP_Digest(p, len, hash, NULL, EVP_sha256(), NULL) == 1 &&
	       known_has_sha256(k, hash);
}

static inline void
world_seal(struct world *w)
{
	assert_int_equal(known_seal(w->known), 0);
}

/* One known file, of noise. */
static inline void
world_open_one(struct world *w, uint8_t *p, size_t len, uint64_t seed)
{
	world_open(w);
	noise(p, len, seed);
	world_add(w, "a", p, len);
	world_seal(w);
}

static inline void
world_close(struct world *w)
{
	scan_free(w->scan);
	known_free(w->known);
	scan_thread_end();
}

static inline void
world_type(struct world *w, const char *type)
{
	w->hint.content_type = span_str(type);
}

/* The findings in the bytes handed over in pieces of that size. */
static inline void
world_scan_cut(struct world *w, const void *data, size_t len, size_t piece)
{
	const uint8_t *p = data;

	scan_free(w->scan);
	w->scan = scan_new(w->known, &w->hint);
	assert_non_null(w->scan);
	for (size_t i = 0; i < len; i += piece) {
		size_t n = len - i < piece ? len - i : piece;
		uint8_t *copy = malloc(n);

		memcpy(copy, p + i, n);
		scan_data(w->scan, copy, n);
		free(copy);
	}
	scan_finish(w->scan, !w->incomplete, &w->f);
}

static inline void
world_scan(struct world *w, const void *data, size_t len)
{
	world_scan_cut(w, data, len, 1460);
}

static inline void
world_scan_text(struct world *w, const char *text)
{
	world_scan(w, text, strlen(text));
}

/* The only item with a match, and that match. */
static inline const struct scan_match *
world_match(const struct world *w, const struct scan_item **ret_item)
{
	const struct scan_match *m = NULL;

	for (size_t i = 0; i < w->f->item_count; i++) {
		if (!w->f->items[i].match_count)
			continue;
		assert_null(m);
		m = &w->f->items[i].matches[0];
		if (ret_item)
			*ret_item = &w->f->items[i];
	}
	return m;
}

static inline void
assert_whole(const struct world *w, uint32_t file, uint64_t size)
{
	const struct scan_match *m = world_match(w, NULL);

	assert_non_null(m);
	assert_int_equal(m->file, file);
	assert_true(m->whole);
	assert_int_equal(m->sent_bytes, size);
	assert_int_equal(m->range_count, 1);
	assert_int_equal(m->ranges[0].start, 0);
	assert_int_equal(m->ranges[0].end, size);
}

static inline bool
world_has_category(const struct world *w, const char *category,
    const char *path)
{
	for (size_t i = 0; i < w->f->category_count; i++) {
		const struct scan_category *c = &w->f->categories[i];

		if (!strcmp(c->category, category) &&
		    (!path || span_eq(c->path, span_str(path))))
			return true;
	}
	return false;
}

#endif
