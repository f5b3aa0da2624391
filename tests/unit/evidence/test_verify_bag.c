// SPDX-License-Identifier: Apache-2.0
#include "verified_case.h"

/* Bags that a forger made anew, so that every manifest fits. */

static void
hash_file(const char *path, uint8_t ret_sha256[static 32])
{
	static uint8_t data[1 << 18];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, data, sizeof(data));

	assert_true(n >= 0 && n < (ssize_t)sizeof(data));
	close(fd);
	assert_int_equal(EVP_Digest(data, (size_t)n, ret_sha256, NULL,
	    EVP_sha256(), NULL), 1);
}

static void
put_manifest(const char *name, char (*list)[256], uint8_t (*hashes)[32],
    size_t count)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < 32; k++)
			fprintf(f, "%02x", hashes[i][k]);
		fprintf(f, "  %s\n", list[i] + strlen(dir) + 1);
	}
	assert_int_equal(fclose(f), 0);
}

static uint8_t hashes[FILES_MAX][32];

/* Manifests that fit, as a forger would write them; paths are in order. */
static void
bag_again(void)
{
	static const char *const names[] = { "bag-info.txt", "bagit.txt",
		"manifest-sha256.txt" };
	char tags[3][256];
	uint8_t tag_hashes[3][32];

	put_manifest("manifest-sha256.txt", paths, hashes, path_count);
	for (size_t i = 0; i < 3; i++) {
		snprintf(tags[i], sizeof(tags[i]), "%s/%s", dir, names[i]);
		hash_file(tags[i], tag_hashes[i]);
	}
	put_manifest("tagmanifest-sha256.txt", tags, tag_hashes, 3);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
list_payload(void)
{
	char data[128];

	snprintf(data, sizeof(data), "%s/data", dir);
	path_count = 0;
	assert_int_equal(ftw(data, list_file, 8), 0);
	qsort(paths, path_count, sizeof(*paths), by_name);
	for (size_t i = 0; i < path_count; i++)
		hash_file(paths[i], hashes[i]);
}

/* What goes out in keys, packets, objects, reports, lines, log. */
static void
make_rich_case(void)
{
	static const char object[] = "{\"@timestamp\":"
	    "\"2026-01-02T03:04:05.000000006Z\",\"event\":{\"action\":"
	    "\"transfer\",\"sequence\":1},\"telltap\":{"
	    "\"origin\":\"derived\",\"transfer\":{"
	    "\"packets\":{\"first\":1,\"last\":2}},\"data\":{"
	    "\"files\":[{\"sha256\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e"
	    "1b161e5c1fa7425e73043362938b9824\",\"kept\":true}]}}}";
	static const char keys[] = "CLIENT_RANDOM aa bb\n";
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	put_event(c, 0);
	assert_int_equal(telltap_case_object(c, "hello", 5), 0);
	assert_int_equal(telltap_case_event(c, object, strlen(object)), 0);
	put_packet(c, 1);
	put_packet(c, 2);
	assert_int_equal(telltap_case_secrets(c, keys, strlen(keys)), 0);
	assert_int_equal(telltap_case_add(c, "known.jsonl", "{}\n", 3), 0);
	assert_int_equal(telltap_case_add(c, "known.parts", "xy", 2), 0);
	assert_int_equal(telltap_case_add(c, "report.html", "<p>", 3), 0);
	assert_int_equal(telltap_case_add(c, "report.json", "{}", 2), 0);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
}

/* The manifests fit: the log, or the seal in it, has to tell, and name it. */
static void
flip_and_bag_again(size_t which, const char *vkey)
{
	const char *name = paths[which] + strlen(dir) + 1;
	bool is_log = !strncmp(name, "data/log/", 9) ||
		      !strcmp(name, "data/events.jsonl");
	int fd = open(paths[which], O_RDWR);
	uint8_t was, is, right[32];
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	memcpy(right, hashes[which], 32);
	for (off_t at = 0; at < st.st_size; at++) {
		assert_int_equal(pread(fd, &was, 1, at), 1);
		is = was ^ (uint8_t)(1 << at % 8);
		assert_int_equal(pwrite(fd, &is, 1, at), 1);
		hash_file(paths[which], hashes[which]);
		bag_again();
		if (verify(vkey, NULL) != 1)
			fail_msg("%s: byte %ld flipped, and not refused",
			    name, (long)at);
		if (!is_log && !strstr(said_bad, name))
			fail_msg("%s: byte %ld flipped, and not named: %s",
			    name, (long)at, said_bad);
		if (strstr(said_bad, "manifest"))
			fail_msg("the manifests were to fit: %s", said_bad);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	memcpy(hashes[which], right, 32);
	close(fd);
}

static void
every_byte_flipped_in_a_bag_made_anew_is_refused(void **state)
{
	char vkey[256], command[400];

	make_rich_case();
	list_payload();
	assert_int_equal(path_count, 11);
	snprintf(vkey, sizeof(vkey), "%s/vkey", base);
	snprintf(command, sizeof(command), "cp %s/data/log/vkey %s", dir, vkey);
	assert_int_equal(system(command), 0);
	bag_again();
	if (verify(vkey, NULL))
		fail_msg("%s", said_all);
	for (size_t i = 0; i < path_count; i++)
		flip_and_bag_again(i, vkey);
	bag_again();
	assert_int_equal(verify(vkey, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_byte_flipped_in_a_bag_made_anew_is_refused),
	};

	return cmocka_run_group_tests_name("verify_bag", tests, NULL, NULL);
}
