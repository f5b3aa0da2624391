// SPDX-License-Identifier: Apache-2.0
/* Which items are digested to the end, and that none is missed where they are
 * not. */
#include "world.h"

#include "content/known/known_set.h"

#define LARGE	(3 * KNOWN_DIGESTED)

static uint8_t large[LARGE];

static void
only_what_may_be_a_file_is_digested_to_the_end(void **state)
{
	struct world w;

	noise(large, LARGE, 7);
	world_open(&w);
	world_add(&w, "other", large, KNOWN_DIGESTED);
	world_seal(&w);
	assert_int_equal(w.known->hash_only, 0);
	noise(large, LARGE, 8);
	world_scan(&w, large, KNOWN_DIGESTED);
	assert_true(w.f->items[0].has_sha256);
	world_scan(&w, large, KNOWN_DIGESTED + 1);
	assert_false(w.f->items[0].has_sha256);
	w.hint.method = span_str("PUT");
	world_scan(&w, large, LARGE);
	assert_true(w.f->items[0].has_sha256);
	w.hint.method = (struct span){ 0 };
	memcpy(large, "%PDF-1.7", 8);
	world_scan(&w, large, LARGE);
	assert_true(w.f->items[0].has_sha256);
	world_close(&w);
}

static void
a_large_file_found_by_its_bytes_has_its_digest(void **state)
{
	struct world w;

	noise(large, LARGE, 9);
	world_open(&w);
	world_add(&w, "a", large, LARGE);
	world_seal(&w);
	assert_int_equal(w.known->hash_only, 0);
	world_scan(&w, large, LARGE);
	assert_whole(&w, 0, LARGE);
	assert_true(w.f->items[0].has_sha256);
	assert_memory_equal(w.f->items[0].sha256,
	    known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
	world_scan(&w, large, LARGE - 1);
	assert_false(w.f->items[0].has_sha256);
	world_close(&w);
}

/* More files than are compared at one place, alike but for their last byte. */
static void
large_files_in_a_crowd_are_named_by_their_digest(void **state)
{
	struct world w;

	noise(large, LARGE, 10);
	world_open(&w);
	for (unsigned i = 0; i < KNOWN_PLACES_FEW + 4; i++) {
		large[LARGE - 1] = (uint8_t)i;
		world_add(&w, "crowd", large, LARGE);
	}
	world_seal(&w);
	assert_int_equal(w.known->hash_only, 1 << KNOWN_SHA256);
	for (unsigned i = 0; i < KNOWN_PLACES_FEW + 4; i++) {
		large[LARGE - 1] = (uint8_t)i;
		world_scan(&w, large, LARGE);
		assert_whole(&w, i, LARGE);
	}
	world_close(&w);
}

static void
a_large_file_without_anchors_is_named_by_its_digest(void **state)
{
	struct world w;

	memset(large, 0, LARGE);
	world_open(&w);
	world_add(&w, "zeros", large, LARGE);
	world_seal(&w);
	assert_int_equal(w.known->hash_only, 1 << KNOWN_SHA256);
	world_scan(&w, large, LARGE);
	assert_whole(&w, 0, LARGE);
	world_close(&w);
}

static void
files_known_by_one_hash_alone_are_named_by_it(void **state)
{
	static const char list[] =
	    "900150983cd24fb0d6963f7d28e17f72  abc\n";
	struct world w;

	world_open(&w);
	assert_int_equal(known_add_manifest(w.known, "MD5SUMS",
	    (const uint8_t *)list, sizeof(list) - 1), 0);
	world_seal(&w);
	assert_int_equal(w.known->hash_only, 1 << KNOWN_MD5);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_may_be_a_file_is_digested_to_the_end),
		cmocka_unit_test(a_large_file_found_by_its_bytes_has_its_digest),
		cmocka_unit_test(large_files_in_a_crowd_are_named_by_their_digest),
		cmocka_unit_test(a_large_file_without_anchors_is_named_by_its_digest),
		cmocka_unit_test(files_known_by_one_hash_alone_are_named_by_it),
	};

	return cmocka_run_group_tests_name("content/digest", tests, NULL, NULL);
}
