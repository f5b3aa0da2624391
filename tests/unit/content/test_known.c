// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[256];

static const char *
in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put_file(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(in_dir(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void
put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static int
setup(void **state)
{
	strcpy(dir, "/tmp/telltap-known-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void
a_folder_gives_its_files_in_byte_order_with_every_hash(void **state)
{
	struct known *k = known_new();
	size_t same;

	mkdir(in_dir("b"), 0700);
	put_text("b/z", "abc");
	put_text("a.txt", "0123456789abcdef0123456789abcdef  x\n");
	put_text("c", "");
	assert_int_equal(symlink("c", in_dir("link")), 0);
	assert_int_equal(known_add_path(k, dir), 0);
	assert_int_equal(known_seal(k), 0);
	assert_int_equal(known_count(k), 3);
	assert_string_equal(known_get(k, 0)->name, "a.txt");
	assert_string_equal(known_get(k, 1)->name, "z");
	assert_string_equal(known_get(k, 2)->name, "c");
	assert_null(known_get(k, 3));
	assert_int_equal(known_get(k, 1)->size, 3);
	assert_int_equal(known_get(k, 1)->has_hash, 63);
	assert_true(known_get(k, 1)->has_content);
	assert_memory_equal(known_get(k, 1)->hash[KNOWN_MD5],
	    "\x90\x01\x50\x98\x3c\xd2\x4f\xb0", 8);
	assert_memory_equal(known_get(k, 1)->hash[KNOWN_SHA512],
	    "\xdd\xaf\x35\xa1\x93\x61\x7a\xba", 8);
	assert_int_equal(known_find_hash(k, KNOWN_SHA1,
	    known_get(k, 2)->hash[KNOWN_SHA1], &same), 2);
	assert_int_equal(same, 1);
	known_free(k);
}

/* "abc" and its hashes, under that name and in that folder. */
static void
put_canary_manifest(const char *manifest, const char *name)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "{\"format\":\"telltap canaries\",\"files\":[{\"name\":\"%s\","
	    "\"size\":3,\"md5\":\"900150983cd24fb0d6963f7d28e17f72\","
	    "\"sha1\":\"a9993e364706816aba3e25717850c26c9cd0d89d\","
	    "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad\",\"sha512\":\""
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
	    "\"}]}", name);
	put_text(manifest, text);
}

static void
what_a_canary_manifest_lists_and_no_more_is_a_canary(void **state)
{
	static const char *const names[] = { "changed", "listed", "other",
		"changed" };
	struct known *k = known_new();

	mkdir(in_dir("in"), 0700);
	put_text("in/listed", "abc");
	put_text("in/other", "abc");
	put_canary_manifest("in/telltap-canaries.json", "listed");
	mkdir(in_dir("in/a"), 0700);
	put_text("in/a/changed", "abd");
	put_canary_manifest("in/a/telltap-canaries.json", "changed");
	assert_int_equal(known_add_path(k, in_dir("in")), 0);
	/* as it was planted the changed one is known by its hashes */
	assert_int_equal(known_count(k), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(known_get(k, i)->name, names[i]);
		assert_int_equal(known_get(k, i)->origin,
		    i == 1 || i == 3 ? KNOWN_CANARY : KNOWN_USER);
		assert_int_equal(known_get(k, i)->has_content, i < 3);
	}
	known_free(k);
}

/* A product's quarantine takes them away; what it looks up are their hashes. */
static void
expect_gone(const char *name)
{
	struct known *k = known_new();
	uint8_t hash[KNOWN_HASH_MAX_LEN];
	size_t same;

	mkdir(in_dir("gone"), 0700);
	put_canary_manifest("gone/telltap-canaries.json", "gone");
	assert_int_equal(known_add_path(k, in_dir(name)), 0);
	assert_int_equal(known_seal(k), 0);
	assert_int_equal(known_count(k), 1);
	assert_string_equal(known_get(k, 0)->name, "gone");
	assert_int_equal(known_get(k, 0)->size, 3);
	assert_int_equal(known_get(k, 0)->origin, KNOWN_CANARY);
	assert_false(known_get(k, 0)->has_content);
	memcpy(hash, known_get(k, 0)->hash[KNOWN_SHA1], 20);
	assert_int_equal(known_find_hash(k, KNOWN_SHA1, hash, &same), 0);
	known_free(k);
}

static void
a_canary_manifest_alone_names_canaries_that_are_gone(void **state)
{
	expect_gone("gone/telltap-canaries.json");
}

static void
a_folder_names_canaries_that_are_gone(void **state)
{
	expect_gone("gone");
}

static void
a_canary_manifest_that_is_none_is_named(void **state)
{
	static const char *const texts[] = { "", "[]", "{\"format\":1}",
		"{\"format\":\"telltap canaries\",\"files\":[]}",
		"{\"format\":\"telltap canaries\",\"files\":[{}]}" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct known *k = known_new();

		put_text("telltap-canaries.json", texts[i]);
		assert_int_equal(known_add_path(k, dir), ERR_MALFORMED);
		assert_non_null(strstr(known_error(k),
		    "telltap-canaries.json: not a manifest"));
		known_free(k);
	}
	put_canary_manifest("telltap-canaries.json", "../elsewhere");
	for (int i = 0; i < 2; i++) {
		struct known *k = known_new();

		assert_int_equal(known_add_path(k, i ? dir
			: in_dir("telltap-canaries.json")), ERR_MALFORMED);
		known_free(k);
	}
}

static void
a_manifest_is_read_and_a_bad_line_is_named(void **state)
{
	struct known *k = known_new();

	put_text("list.sha256", "# files\n\n"
	    "900150983cd24fb0d6963f7d28e17f72  abc\n"
	    "A9993E364706816ABA3E25717850C26C9CD0D89D *ABC two\n"
	    "\\ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
	    "ad\ta\\nb\r\n"
	    "SHA256 (t (x)) = ba7816bf8f01cfea414140de5dae2223b00361a396177a9"
	    "cb410ff61f20015ad\n");
	assert_int_equal(known_add_path(k, in_dir("list.sha256")), 0);
	assert_int_equal(known_seal(k), 0);
	assert_int_equal(known_count(k), 4);
	assert_int_equal(known_get(k, 0)->has_hash, 1 << KNOWN_MD5);
	assert_false(known_get(k, 0)->has_content);
	assert_true(known_get(k, 0)->size == UINT64_MAX);
	assert_string_equal(known_get(k, 1)->name, "ABC two");
	assert_string_equal(known_get(k, 2)->name, "a\nb");
	assert_string_equal(known_get(k, 3)->name, "t (x)");
	known_free(k);

	k = known_new();
	put_text("bad.md5", "900150983cd24fb0d6963f7d28e17f72  abc\n\nnot one\n");
	assert_int_not_equal(known_add_path(k, in_dir("bad.md5")), 0);
	assert_string_equal(known_error(k), "bad.md5:3: not a hash");
	known_free(k);
	k = known_new();
	put_text("bad.md5", "900150983cd24fb0d6963f7d28e17f72  abc\n"
	    "900150983cd24fb0d6963f7d28e17f72\n");
	assert_int_not_equal(known_add_path(k, in_dir("bad.md5")), 0);
	assert_string_equal(known_error(k), "bad.md5:2: no name behind the hash");
	known_free(k);
	/* whatever it is called, and also where the first line is the bad one */
	k = known_new();
	put_text("list", "900150983cd24fb0d6963f7d28e17f72  abc\n");
	assert_int_equal(known_add_path(k, in_dir("list")), 0);
	assert_false(known_get(k, 0)->has_content);
	put_text("list", "oops\n900150983cd24fb0d6963f7d28e17f72  abc\n");
	assert_int_not_equal(known_add_path(k, in_dir("list")), 0);
	assert_string_equal(known_error(k), "list:1: not a hash");
	known_free(k);
	k = known_new();
	put_text("list", "900150983cd24fb0d6963f7d28e17f7  abc\n");
	assert_int_not_equal(known_add_path(k, in_dir("list")), 0);
	known_free(k);
	k = known_new();
	put_text("list.sha1", "no hash at all\n");
	assert_int_not_equal(known_add_path(k, in_dir("list.sha1")), 0);
	known_free(k);
	/* a text file is a file unless lines of it are a manifest's */
	k = known_new();
	put_text("words.txt", "words\n");
	assert_int_equal(known_add_path(k, in_dir("words.txt")), 0);
	assert_true(known_get(k, 0)->has_content);
	known_free(k);
}

static void
what_is_not_there_is_an_error_with_its_path(void **state)
{
	struct known *k = known_new();

	assert_int_not_equal(known_add_path(k, in_dir("nothing")), 0);
	assert_non_null(strstr(known_error(k), "nothing: No such file"));
	known_free(k);
}

static void
files_with_the_same_bytes_are_one_content(void **state)
{
	struct world w;
	uint8_t data[2000];

	world_open(&w);
	noise(data, sizeof(data), 3);
	world_add(&w, "one", data, sizeof(data));
	world_add(&w, "two", data, sizeof(data));
	world_seal(&w);
	world_scan(&w, data, sizeof(data));
	assert_whole(&w, 0, sizeof(data));
	assert_int_equal(world_match(&w, NULL)->also_count, 0);
	world_close(&w);
}

static void
a_manifest_file_is_known_by_its_hash_alone(void **state)
{
	struct world w;
	uint8_t data[2000];

	noise(data, sizeof(data), 3);
	world_open(&w);
	put_text("m.sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb"
	    "410ff61f20015ad  abc\n");
	assert_int_equal(known_add_path(w.known, in_dir("m.sha256")), 0);
	world_seal(&w);
	world_scan_text(&w, "{\"id\":\"BA7816BF8F01CFEA414140DE5DAE2223B00361A396"
	    "177A9CB410FF61F20015AD\"}");
	assert_int_equal(w.f->hash_count, 1);
	assert_int_equal(w.f->hashes[0].file, 0);
	world_close(&w);
}

static void
a_file_known_by_its_md5_alone_is_proven_when_all_of_it_goes(void **state)
{
	static const char tiny[] = "forty bytes of text, and not one more...";
	const struct scan_match *m;
	struct world w;

	world_open(&w);
	put_text("m.md5", "bb7e60f2262daff541ca7782a95cf1da  tiny\n");
	assert_int_equal(known_add_path(w.known, in_dir("m.md5")), 0);
	world_seal(&w);
	world_scan(&w, tiny, 40);
	m = world_match(&w, NULL);
	assert_non_null(m);
	assert_true(m->whole && m->exact);
	assert_int_equal(m->sent_bytes, 40);
	world_scan(&w, tiny, 39);
	assert_null(world_match(&w, NULL));
	world_close(&w);
}

static void
a_file_on_disk_is_matched_and_a_changed_one_proves_nothing(void **state)
{
	static uint8_t data[200000];
	struct world w;
	bool said = false;

	world_open(&w);
	noise(data, sizeof(data), 8);
	put_file("big", data, sizeof(data));
	assert_int_equal(known_add_path(w.known, in_dir("big")), 0);
	world_seal(&w);
	world_scan(&w, data, sizeof(data));
	assert_whole(&w, 0, sizeof(data));
	world_close(&w);

	world_open(&w);
	assert_int_equal(known_add_path(w.known, in_dir("big")), 0);
	world_seal(&w);
	data[70000] ^= 1;
	put_file("big", data, sizeof(data));
	data[70000] ^= 1;
	world_scan(&w, data, 150000);
	assert_int_equal(world_match(&w, NULL)->sent_bytes, 150000 - 32768);
	for (size_t i = 0; i < w.f->limit_count; i++)
		said |= strstr(w.f->limits[i], "uncertain") != NULL;
	assert_true(said);
	world_close(&w);
}

static void
the_digest_names_the_set_whatever_the_order(void **state)
{
	struct known *k[3] = { known_new(), known_new(), known_new() };
	uint8_t digest[3][32];

	assert_int_equal(known_add_bytes(k[0], "a", (uint8_t *)"x", 1), 0);
	assert_int_equal(known_add_bytes(k[0], "b", (uint8_t *)"y", 1), 0);
	assert_int_equal(known_add_bytes(k[1], "b", (uint8_t *)"y", 1), 0);
	assert_int_equal(known_add_bytes(k[1], "a", (uint8_t *)"x", 1), 0);
	assert_int_equal(known_add_bytes(k[2], "b", (uint8_t *)"y", 1), 0);
	assert_int_equal(known_add_bytes(k[2], "c", (uint8_t *)"x", 1), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(known_seal(k[i]), 0);
		known_digest(k[i], digest[i]);
		assert_int_not_equal(known_add_bytes(k[i], "z",
		    (uint8_t *)"z", 1), 0);
		known_free(k[i]);
	}
	assert_memory_equal(digest[0], digest[1], 32);
	assert_memory_not_equal(digest[0], digest[2], 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_folder_gives_its_files_in_byte_order_with_every_hash,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_manifest_is_read_and_a_bad_line_is_named, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    what_a_canary_manifest_lists_and_no_more_is_a_canary, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_canary_manifest_alone_names_canaries_that_are_gone, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_folder_names_canaries_that_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_canary_manifest_that_is_none_is_named, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_not_there_is_an_error_with_its_path, setup,
		    teardown),
		cmocka_unit_test(files_with_the_same_bytes_are_one_content),
		cmocka_unit_test_setup_teardown(
		    a_manifest_file_is_known_by_its_hash_alone, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_file_known_by_its_md5_alone_is_proven_when_all_of_it_goes,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_file_on_disk_is_matched_and_a_changed_one_proves_nothing,
		    setup, teardown),
		cmocka_unit_test(the_digest_names_the_set_whatever_the_order),
	};

	return cmocka_run_group_tests_name("content/known", tests, NULL, NULL);
}
