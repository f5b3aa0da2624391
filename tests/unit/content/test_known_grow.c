// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <openssl/evp.h>

#define FILES	60
#define LEN	40000

static uint8_t bytes[FILES][LEN];

static void
fill(void)
{
	for (int i = 0; i < FILES; i++)
		noise(bytes[i], LEN, (uint64_t)i + 1);
}

/* Goes on with one file more; the world holds the new set alone. */
static void
world_grow(struct world *w, int file)
{
	struct known *more = known_grow(w->known);
	char name[16];

	assert_non_null(more);
	known_free(w->known);
	w->known = more;
	snprintf(name, sizeof(name), "%d", file);
	world_add(w, name, bytes[file], LEN);
	world_seal(w);
}

static void
begin(struct world *w)
{
	fill();
	world_open(w);
	world_add(w, "0", bytes[0], LEN);
	world_add(w, "1", bytes[1], LEN);
	world_seal(w);
}

/* A part of each of the files, all in one body, is found with its range. */
static void
every_file_is_found(struct world *w, int count)
{
	const struct scan_match *m;
	uint8_t hash[32];
	char text[96];
	int n;

	for (int i = 0; i < count; i++) {
		/* by the hash of a part, and by its hash cut short */
		for (size_t len = 4096; len <= LEN; len += LEN - 4096) {
			EVP_Digest(bytes[i], len, hash, NULL, EVP_sha256(), NULL);
			n = sprintf(text, "{\"id\":\"");
			for (int k = 0; k < (len == LEN ? 12 : 32); k++)
				n += sprintf(text + n, "%02x", hash[k]);
			sprintf(text + n, "\"}");
			world_scan_text(w, text);
			assert_int_equal(w->f->hash_count, 1);
			assert_int_equal(w->f->hashes[0].file, i);
			assert_false(w->f->hashes[0].hint);
		}
		world_scan(w, bytes[i] + 1000, 5000);
		m = world_match(w, NULL);
		assert_non_null(m);
		assert_int_equal(m->file, i);
		assert_int_equal(m->sent_bytes, 5000);
		assert_int_equal(m->ranges[0].start, 1000);
	}
}

static void
a_grown_set_finds_what_it_had_and_what_is_new(void **state)
{
	struct world w;

	begin(&w);
	world_grow(&w, 2);
	assert_int_equal(known_count(w.known), 3);
	assert_string_equal(known_get(w.known, 2)->name, "2");
	every_file_is_found(&w, 3);
	world_close(&w);
}

static void
numbers_keep_their_meaning_however_often_a_set_grows(void **state)
{
	const struct known_file *f;
	struct world w;
	size_t same;

	begin(&w);
	for (int i = 2; i < FILES; i++)
		world_grow(&w, i);
	assert_int_equal(known_count(w.known), FILES);
	every_file_is_found(&w, FILES);
	for (size_t i = 0; i < FILES; i++) {
		f = known_get(w.known, i);
		assert_int_equal(known_find_hash(w.known, KNOWN_SHA1,
		    f->hash[KNOWN_SHA1], &same), i);
		assert_int_equal(same, 1);
	}
	world_close(&w);
}

static void
a_scan_keeps_the_set_that_it_began_with(void **state)
{
	struct world w;
	struct scan *old;
	const struct scan_findings *f;

	begin(&w);
	old = scan_new(w.known, &w.hint);
	scan_data(old, bytes[1], LEN / 2);
	world_grow(&w, 2);
	scan_data(old, bytes[1] + LEN / 2, LEN / 2);
	scan_finish(old, true, &f);
	assert_int_equal(f->items[0].matches[0].sent_bytes, LEN);
	scan_free(old);
	world_close(&w);
}

static void
under_xor_too(void **state)
{
	static uint8_t body[LEN];
	const struct scan_match *m;
	struct world w;

	begin(&w);
	world_grow(&w, 2);
	world_grow(&w, 3);
	for (size_t i = 0; i < LEN; i++)
		body[i] = bytes[2][i] ^ 0x5a;
	world_scan(&w, body, LEN);
	m = world_match(&w, NULL);
	assert_non_null(m);
	assert_int_equal(m->file, 2);
	world_close(&w);
}

static void
content_that_is_there_is_told(void **state)
{
	struct world w;
	struct known *more;

	begin(&w);
	assert_true(has_content(w.known, bytes[1], LEN));
	assert_false(has_content(w.known, bytes[1], LEN - 1));
	more = known_grow(w.known);
	assert_true(has_content(more, bytes[1], LEN));
	assert_false(has_content(more, bytes[2], LEN));
	assert_int_equal(known_add_bytes(more, "2", bytes[2], LEN), 0);
	assert_true(has_content(more, bytes[2], LEN));
	known_free(more);
	world_close(&w);
}

static void
only_a_sealed_set_grows_and_it_may_be_empty(void **state)
{
	struct known *k = known_new();
	struct world w;

	assert_null(known_grow(k));
	known_free(k);
	fill();
	world_open(&w);
	world_seal(&w);
	world_grow(&w, 0);
	every_file_is_found(&w, 1);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grown_set_finds_what_it_had_and_what_is_new),
		cmocka_unit_test(
		    numbers_keep_their_meaning_however_often_a_set_grows),
		cmocka_unit_test(a_scan_keeps_the_set_that_it_began_with),
		cmocka_unit_test(under_xor_too),
		cmocka_unit_test(content_that_is_there_is_told),
		cmocka_unit_test(only_a_sealed_set_grows_and_it_may_be_empty),
	};

	return cmocka_run_group_tests_name("content/known_grow", tests, NULL,
	    NULL);
}
