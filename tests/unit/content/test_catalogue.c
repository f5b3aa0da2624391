// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "content/known/catalogue.h"
#include "content/known/catalogue_build.h"
#include "content/known/catalogue_sort.h"
#include "content/known/known_set.h"

#define ROWS	500

static char path[64];

static int
setup(void **state)
{
	int fd;

	strcpy(path, "/tmp/telltap-catalogue-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	return unlink(path);
}

static void
hash_of(unsigned n, enum known_hash alg, uint8_t *ret)
{
	noise(ret, known_hash_len(alg), n * 8u + alg + 1);
}

/* Row n: SHA-256 always, SHA-1 in every second, MD5 in every third row. */
static struct list_record
record(unsigned n, char name[static 32])
{
	struct list_record r = { .size = n % 7 ? n : UINT64_MAX };

	snprintf(name, 32, "file %u", n);
	r.name = span_str(name);
	r.has_hash = (uint8_t)(1u << KNOWN_SHA256 |
	    (n % 2 ? 0 : 1u << KNOWN_SHA1) | (n % 3 ? 0 : 1u << KNOWN_MD5));
	hash_of(n, KNOWN_SHA256, r.hash[KNOWN_SHA256]);
	hash_of(n, KNOWN_SHA1, r.hash[KNOWN_SHA1]);
	hash_of(n, KNOWN_MD5, r.hash[KNOWN_MD5]);
	return r;
}

static void
build(const struct list_record *more, size_t more_count)
{
	struct catalogue_builder *b;
	struct catalogue_head head;
	char name[32];

	assert_int_equal(catalogue_build_new(path, &b), 0);
	for (unsigned n = 0; n < ROWS; n++) {
		struct list_record r = record(n, name);

		assert_int_equal(catalogue_build_add(b, &r), 0);
	}
	for (size_t i = 0; i < more_count; i++)
		assert_int_equal(catalogue_build_add(b, &more[i]), 0);
	assert_int_equal(catalogue_build_finish(b, &head), 0);
	assert_int_equal(head.row_count, ROWS + more_count);
	catalogue_build_free(b);
}

static uint8_t *
read_it(size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*ret_len = (size_t)ftell(f);
	rewind(f);
	data = malloc(*ret_len);
	assert_int_equal(fread(data, 1, *ret_len, f), *ret_len);
	fclose(f);
	return data;
}

static void
every_row_is_found_by_every_hash_and_no_other(void **state)
{
	static const enum known_hash algs[] = { KNOWN_MD5, KNOWN_SHA1,
		KNOWN_SHA256 };
	uint8_t hash[KNOWN_HASH_MAX_LEN], digest[32];
	struct catalogue *c;
	struct known_file f;
	char name[32];
	size_t same;
	bool shared;

	build(NULL, 0);
	assert_int_equal(catalogue_open(path, &c), 0);
	for (unsigned n = 0; n < 2 * ROWS; n++) {
		struct list_record r = record(n, name);

		for (int i = 0; i < 3; i++) {
			bool there = n < ROWS && r.has_hash >> algs[i] & 1;

			assert_int_equal(catalogue_find(c, algs[i],
			    r.hash[algs[i]], known_hash_len(algs[i]), &same,
			    &shared), there ? (int)n : -1);
			if (!there)
				continue;
			assert_int_equal(same, 1);
			assert_false(shared);
			/* cut short: eight bytes, and not seven */
			assert_int_equal(catalogue_find(c, algs[i],
			    r.hash[algs[i]], 8, &same, &shared), n);
			assert_int_equal(catalogue_find(c, algs[i],
			    r.hash[algs[i]], 7, &same, &shared), -1);
			/* the last byte counts */
			memcpy(hash, r.hash[algs[i]], sizeof(hash));
			hash[known_hash_len(algs[i]) - 1] ^= 1;
			assert_int_equal(catalogue_find(c, algs[i], hash,
			    known_hash_len(algs[i]), &same, &shared), -1);
		}
		if (n >= ROWS)
			continue;
		catalogue_get(c, n, &f);
		assert_string_equal(f.name, name);
		assert_true(f.size == r.size);
		assert_int_equal(f.has_hash, r.has_hash);
		assert_memory_equal(f.hash[KNOWN_SHA256],
		    r.hash[KNOWN_SHA256], 32);
	}
	assert_int_equal(c->head.only, 0);
	assert_int_equal(catalogue_digest(c, digest), 0);
	assert_memory_equal(digest, c->head.digest, 32);
	catalogue_get(c, ROWS, &f);
	assert_string_equal(f.name, "");
	catalogue_free(c);
}

static void
rows_that_are_alike_are_counted_and_those_that_begin_alike_told(void **state)
{
	struct list_record more[3] = { 0 };
	struct catalogue *c;
	size_t same;
	bool shared;

	for (int i = 0; i < 3; i++) {
		more[i].has_hash = 1u << KNOWN_MD5;
		more[i].size = UINT64_MAX;
		more[i].name = span_str("again");
		memset(more[i].hash[KNOWN_MD5], 0xab, 16);
	}
	build(more, 2);
	assert_int_equal(catalogue_open(path, &c), 0);
	assert_int_equal(catalogue_find(c, KNOWN_MD5, more[0].hash[KNOWN_MD5],
	    16, &same, &shared), ROWS);
	assert_int_equal(same, 2);
	assert_false(shared);
	assert_int_equal(c->head.only, 1u << KNOWN_MD5);
	catalogue_free(c);
	more[2].hash[KNOWN_MD5][15] = 1;
	build(more, 3);
	assert_int_equal(catalogue_open(path, &c), 0);
	assert_int_equal(catalogue_find(c, KNOWN_MD5, more[0].hash[KNOWN_MD5],
	    16, &same, &shared), ROWS);
	assert_false(shared);
	assert_int_equal(catalogue_find(c, KNOWN_MD5, more[0].hash[KNOWN_MD5],
	    15, &same, &shared), ROWS);
	assert_true(shared);
	catalogue_free(c);
}

/* Asks for everything, whatever the bytes are. */
static void
ask_all(struct catalogue *c)
{
	uint8_t hash[KNOWN_HASH_MAX_LEN];
	struct known_file f;
	size_t same;
	bool shared;

	for (unsigned n = 0; n < 40; n++) {
		for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
			hash_of(n, (enum known_hash)a, hash);
			(void)catalogue_find(c, (enum known_hash)a, hash,
			    known_hash_len((enum known_hash)a), &same, &shared);
		}
		catalogue_get(c, n, &f);
		assert_true(strlen(f.name) < c->len);
	}
}

static void
a_file_that_is_shorter_or_longer_than_it_says_is_refused(void **state)
{
	struct catalogue *c;
	uint8_t *data;
	size_t len;

	build(NULL, 0);
	data = read_it(&len);
	assert_int_equal(catalogue_over(data, len, &c), 0);
	catalogue_free(c);
	for (size_t cut = 0; cut < len; cut += cut < 400 ? 1 : 997) {
		uint8_t *exact = malloc(cut + 1);

		memcpy(exact, data, cut);
		assert_int_equal(catalogue_over(exact, cut, &c),
		    cut < 8 ? ERR_MALFORMED : ERR_TRUNCATED);
		free(exact);
	}
	data = realloc(data, len + 1);
	data[len] = 0;
	assert_int_equal(catalogue_over(data, len + 1, &c), ERR_MALFORMED);
	free(data);
}

static void
what_a_hostile_file_says_leads_nowhere_outside_of_it(void **state)
{
	static const uint8_t bytes[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct catalogue *c;
	uint8_t *data, old;
	size_t len, opened = 0;

	build(NULL, 0);
	data = read_it(&len);
	for (size_t i = 0; i < len; i += i < 320 || i > len - 64 ? 1 : 211) {
		old = data[i];
		for (size_t b = 0; b < sizeof(bytes); b++) {
			data[i] = bytes[b];
			if (catalogue_over(data, len, &c))
				continue;
			opened++;
			ask_all(c);
			catalogue_free(c);
		}
		data[i] = old;
	}
	assert_true(opened > 100);
	data[8] = 3;
	assert_int_equal(catalogue_over(data, len, &c), ERR_UNSUPPORTED);
	free(data);
}

static void
more_entries_than_a_run_holds_are_sorted(void **state)
{
	const unsigned n = (1u << 20) * 2 + 77;
	struct sorter *s = sorter_new(path);
	struct sort_entry e, last = { 0 };
	unsigned count = 0;
	uint64_t sum = 0;

	/* few upper halves, so that much is alike; each key twice */
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(sorter_add(s, (uint64_t)(i * 2654435761u %
		    1000) << 40 | (i / 2 * 40503u & 0xffff), i), 0);
	assert_int_equal(sorter_count(s), n);
	assert_int_equal(sorter_seal(s), 0);
	while (sorter_next(s, &e) == 1) {
		assert_true(!count || e.key > last.key || (e.key == last.key &&
		    e.row > last.row));
		last = e;
		sum += e.row;
		count++;
	}
	assert_int_equal(count, n);
	assert_true(sum == (uint64_t)n * (n - 1) / 2);
	assert_int_equal(sorter_next(s, &e), 0);
	sorter_free(s);
}

static void
nothing_has_its_name_before_it_is_whole(void **state)
{
	struct catalogue_builder *b;
	struct catalogue_head head;
	struct known *k = known_new();

	assert_int_equal(catalogue_build_new(path, &b), 0);
	assert_int_equal(catalogue_build_finish(b, &head), ERR_END);
	catalogue_build_free(b);
	assert_int_equal(catalogue_build_new("/no-such-folder/x", &b), -ENOENT);
	/* the empty file is still there, and is an ordinary one */
	assert_int_equal(known_add_path(k, path), 0);
	assert_int_equal(known_count(k), 1);
	known_free(k);
}

/* Known files of a world: one of its own, and a catalogue. */
static void
open_world(struct world *w)
{
	struct list_record more = { .size = 3000, .name = span_str("whole"),
		.has_hash = 1u << KNOWN_MD5 };
	uint8_t whole[3000];

	noise(whole, sizeof(whole), 99);
	EVP_Digest(whole, sizeof(whole), more.hash[KNOWN_MD5], NULL, EVP_md5(),
	    NULL);
	build(&more, 1);
	world_open(w);
	world_add(w, "own", "some bytes of its own, more than a few", 38);
	assert_int_equal(known_add_path(w->known, path), 0);
	world_seal(w);
}

static void
a_hash_in_a_field_is_that_of_a_row(void **state)
{
	uint8_t hash[KNOWN_HASH_MAX_LEN];
	const struct known_file *f;
	char text[256];
	struct world w;
	size_t n;

	open_world(&w);
	assert_int_equal(known_count(w.known), 1);
	assert_int_equal(known_rows(w.known), ROWS + 1);
	hash_of(6, KNOWN_MD5, hash);
	n = (size_t)sprintf(text, "{\"x\":\"");
	for (int i = 0; i < 16; i++)
		n += (size_t)sprintf(text + n, "%02x", hash[i]);
	strcpy(text + n, "\"}");
	world_scan_text(&w, text);
	assert_int_equal(w.f->hash_count, 1);
	assert_int_equal(w.f->hashes[0].file, KNOWN_FIRST_ROW + 6);
	f = known_get(w.known, (size_t)w.f->hashes[0].file);
	assert_string_equal(f->name, "file 6");
	/* the first eight bytes of it: cut short */
	strcpy(text + 6 + 16, "\"}");
	world_scan_text(&w, text);
	assert_int_equal(w.f->hash_count, 1);
	assert_true(w.f->hashes[0].truncated);
	assert_int_equal(w.f->hashes[0].file, KNOWN_FIRST_ROW + 6);
	/* and of a hash that is not there */
	text[10] = text[10] == '0' ? '1' : '0';
	world_scan_text(&w, text);
	assert_int_equal(w.f->hash_count, 0);
	world_close(&w);
}

static void
raw_hashes_are_found_among_bytes_of_no_structure(void **state)
{
	uint8_t body[4000];
	struct world w;

	open_world(&w);
	noise(body, sizeof(body), 5);
	hash_of(8, KNOWN_SHA1, body + 1234);
	hash_of(11, KNOWN_SHA256, body + sizeof(body) - 32);
	world_scan_cut(&w, body, sizeof(body), 700);
	assert_int_equal(w.f->hash_count, 2);
	assert_int_equal(w.f->hashes[0].file, KNOWN_FIRST_ROW + 8);
	assert_int_equal(w.f->hashes[0].offset, 1234);
	assert_int_equal(w.f->hashes[1].file, KNOWN_FIRST_ROW + 11);
	world_close(&w);
}

static void
a_whole_file_is_a_row_by_the_only_hash_that_the_row_has(void **state)
{
	uint8_t body[3000];
	struct world w;

	open_world(&w);
	noise(body, sizeof(body), 99);
	world_scan_cut(&w, body, sizeof(body), 1000);
	assert_int_equal(w.f->items[0].match_count, 1);
	assert_true(w.f->items[0].matches[0].whole);
	assert_true(w.f->items[0].matches[0].file == KNOWN_FIRST_ROW + ROWS);
	body[1] ^= 1;
	world_scan_cut(&w, body, sizeof(body), 1000);
	assert_int_equal(w.f->items[0].match_count, 0);
	world_close(&w);
}

static void
a_set_without_files_of_its_own_and_a_grown_one_ask_their_catalogue(void **state)
{
	struct known *k = known_new(), *grown;
	uint8_t hash[32], before[32], after[32];
	size_t same;

	build(NULL, 0);
	assert_int_equal(known_add_path(k, path), 0);
	known_digest(k, before);
	assert_int_equal(known_seal(k), 0);
	hash_of(3, KNOWN_SHA256, hash);
	assert_int_equal(known_find_hash(k, KNOWN_SHA256, hash, &same),
	    KNOWN_FIRST_ROW + 3);
	grown = known_grow(k);
	assert_int_equal(known_add_bytes(grown, "new", hash, 3), 0);
	assert_int_equal(known_seal(grown), 0);
	known_free(k);
	assert_int_equal(known_find_hash(grown, KNOWN_SHA256, hash, &same),
	    KNOWN_FIRST_ROW + 3);
	known_digest(grown, after);
	assert_memory_not_equal(before, after, 32);
	known_free(grown);
	/* the catalogue is part of what names the set */
	k = known_new();
	known_digest(k, after);
	assert_memory_not_equal(before, after, 32);
	known_free(k);
}

static void
what_only_a_catalogue_lists_has_no_content(void **state)
{
	uint8_t body[3000];
	struct world w;

	open_world(&w);
	noise(body, sizeof(body), 99);
	assert_false(has_content(w.known, body, sizeof(body)));
	world_close(&w);
}

int
main(void)
{
#define WITH_FILE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_FILE(every_row_is_found_by_every_hash_and_no_other),
		WITH_FILE(
		    rows_that_are_alike_are_counted_and_those_that_begin_alike_told),
		WITH_FILE(
		    a_file_that_is_shorter_or_longer_than_it_says_is_refused),
		WITH_FILE(what_a_hostile_file_says_leads_nowhere_outside_of_it),
		WITH_FILE(more_entries_than_a_run_holds_are_sorted),
		WITH_FILE(nothing_has_its_name_before_it_is_whole),
		WITH_FILE(a_hash_in_a_field_is_that_of_a_row),
		WITH_FILE(raw_hashes_are_found_among_bytes_of_no_structure),
		WITH_FILE(
		    a_whole_file_is_a_row_by_the_only_hash_that_the_row_has),
		WITH_FILE(
		    a_set_without_files_of_its_own_and_a_grown_one_ask_their_catalogue),
		WITH_FILE(what_only_a_catalogue_lists_has_no_content),
	};

	return cmocka_run_group_tests_name("content/catalogue", tests, NULL,
	    NULL);
}
