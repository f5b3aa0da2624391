// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "telltap/case.h"
#include "telltap/packet.h"
#include "telltap/verify.h"

#define FILES_MAX 32

static char base[32], dir[64];
static char paths[FILES_MAX][256];
static size_t path_count;

/* What a run said, for tests to look into. */
static char said_bad[65536], said_all[65536];

static void
hear(void *arg, enum telltap_check result, const char *text)
{
	char *all = said_all + strlen(said_all);

	snprintf(all, sizeof(said_all) - (size_t)(all - said_all), "%d %s\n",
	    (int)result, text);
	if (result == TELLTAP_CHECK_BAD) {
		char *bad = said_bad + strlen(said_bad);

		snprintf(bad, sizeof(said_bad) - (size_t)(bad - said_bad),
		    "%s\n", text);
	}
}

static int
verify(const char *vkey, const char *since)
{
	struct telltap_verify_options o = {
		.size = sizeof(o),
		.vkey_path = vkey,
		.since_path = since,
	};

	said_bad[0] = said_all[0] = 0;
	return telltap_verify(dir, &o, hear, NULL);
}

static void
put_event(struct telltap_case *c, unsigned sequence)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"input\",\"sequence\":%u},\"telltap\":{"
	    "\"origin\":\"input\"}}", sequence);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
}

static void
put_transfer(struct telltap_case *c, unsigned sequence, unsigned first,
    unsigned last)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"transfer\",\"sequence\":%u},\"telltap\":{"
	    "\"transfer\":{\"packets\":{\"first\":%u,\"last\":%u}}}}",
	    sequence, first, last);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
}

static void
put_packet(struct telltap_case *c, uint64_t number)
{
	struct telltap_packet p = {
		.number = number,
		.ts_ns = 1700000000000000000 + number,
		.data = (const uint8_t *)"abcde",
		.cap_len = 5,
		.wire_len = 5,
		.link_type = 1,
	};

	assert_int_equal(telltap_case_packets(c, &p, 1, NULL, 0, true), 0);
}

/* A transfer of packets 2 to 4, and these packets. */
static void
make_packets(const unsigned *numbers, size_t count)
{
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	put_event(c, 0);
	put_transfer(c, 1, 2, 4);
	for (size_t i = 0; i < count; i++)
		put_packet(c, numbers[i]);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
}

static void
make_case(unsigned lines)
{
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	for (unsigned i = 0; i < lines; i++)
		put_event(c, i);
	assert_int_equal(telltap_case_add(c, "report.html", "<p>", 3), 0);
	put_packet(c, 1);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
}

static int
begin(void **state)
{
	strcpy(base, "/tmp/telltap-verify-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s/case", base);
	return 0;
}

static int
end(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static int
list_file(const char *path, const struct stat *st, int type)
{
	if (type == FTW_F && path_count < FILES_MAX)
		snprintf(paths[path_count++], sizeof(*paths), "%s", path);
	return 0;
}

static void
a_case_as_it_was_made_verifies(void **state)
{
	make_case(3);
	assert_int_equal(verify(NULL, NULL), 0);
	assert_string_equal(said_bad, "");
	assert_non_null(strstr(said_all, "2 author unproven"));
	assert_non_null(strstr(said_all, "0 log: the root of 4 lines"));
	assert_non_null(strstr(said_all, "0 nonces: all follow"));
	assert_non_null(strstr(said_all, "0 seal: 3 files"));
}

static void
the_key_from_outside_proves_the_author(void **state)
{
	char key[256];

	make_case(1);
	snprintf(key, sizeof(key), "%s/data/log/vkey", dir);
	assert_int_equal(verify(key, NULL), 0);
	assert_null(strstr(said_all, "unproven"));
	assert_non_null(strstr(said_all, "0 author:"));
	assert_int_equal(verify("/dev/null", NULL), -EINVAL);
	assert_int_equal(verify("/nowhere", NULL), -ENOENT);
}

static void
anothers_key_is_not_the_author(void **state)
{
	char key[256], other[128];

	make_case(1);
	snprintf(key, sizeof(key), "%s/data/log/vkey", dir);
	snprintf(other, sizeof(other), "%s/other", base);
	assert_int_equal(rename(dir, other), 0);
	make_case(1);
	snprintf(key, sizeof(key), "%s/data/log/vkey", other);
	assert_int_equal(verify(key, NULL), 1);
	assert_non_null(strstr(said_bad, "not signed by the log's key"));
}

/* The name of a file that finding has to have in it. */
static void
flip_every_byte(const char *path)
{
	const char *name = path + strlen(dir) + 1;
	int fd = open(path, O_RDWR);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		uint8_t was, is;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		is = was ^ (uint8_t)(1 << at % 8);
		assert_int_equal(pwrite(fd, &is, 1, at), 1);
		if (verify(NULL, NULL) != 1)
			fail_msg("%s: byte %ld flipped, and not refused",
			    name, (long)at);
		if (!strstr(said_bad, name))
			fail_msg("%s: byte %ld flipped, and not named: %s",
			    name, (long)at, said_bad);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	close(fd);
}

static void
every_flipped_byte_is_refused_and_named(void **state)
{
	make_case(3);
	path_count = 0;
	assert_int_equal(ftw(dir, list_file, 8), 0);
	assert_int_equal(path_count, 11);
	for (size_t i = 0; i < path_count; i++)
		flip_every_byte(paths[i]);
	assert_int_equal(verify(NULL, NULL), 0);
}

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
	    "\"transfer\",\"sequence\":1},\"telltap\":{\"transfer\":{"
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

static void
every_missing_or_cut_or_longer_file_is_refused(void **state)
{
	char aside[128];

	make_case(3);
	path_count = 0;
	assert_int_equal(ftw(dir, list_file, 8), 0);
	snprintf(aside, sizeof(aside), "%s/aside", base);
	for (size_t i = 0; i < path_count; i++) {
		struct stat st;
		FILE *f;

		assert_int_equal(rename(paths[i], aside), 0);
		assert_int_equal(verify(NULL, NULL), 1);
		assert_int_equal(symlink(aside, paths[i]), 0);
		assert_int_equal(verify(NULL, NULL), 1);
		unlink(paths[i]);
		assert_int_equal(mkfifo(paths[i], 0600), 0);
		assert_int_equal(verify(NULL, NULL), 1);
		unlink(paths[i]);
		assert_int_equal(mkdir(paths[i], 0700), 0);
		assert_int_equal(verify(NULL, NULL), 1);
		rmdir(paths[i]);
		assert_int_equal(rename(aside, paths[i]), 0);
		assert_int_equal(stat(paths[i], &st), 0);
		f = fopen(paths[i], "a");
		assert_non_null(f);
		fputc('\n', f);
		fclose(f);
		assert_int_equal(verify(NULL, NULL), 1);
		assert_int_equal(truncate(paths[i], st.st_size), 0);
	}
	assert_int_equal(verify(NULL, NULL), 0);
}

static void
a_file_too_many_is_refused(void **state)
{
	static const char *const names[] = { "data/more", "data/log/more",
		"data/log/tile/0/001.p/1", "more" };
	char path[128];

	make_case(1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/data/log/tile/0/001.p", dir);
		if (i == 2)
			assert_int_equal(mkdir(path, 0777), 0);
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		f = fopen(path, "w");
		assert_non_null(f);
		fclose(f);
		assert_int_equal(verify(NULL, NULL), 1);
		assert_non_null(strstr(said_bad, names[i]));
		unlink(path);
	}
}

static void
an_empty_folder_is_refused(void **state)
{
	static const char *const names[] = { "data/more", "data/log/more",
		"more" };
	char path[128];

	make_case(1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(verify(NULL, NULL), 1);
		assert_non_null(strstr(said_bad, names[i]));
		rmdir(path);
	}
	assert_int_equal(verify(NULL, NULL), 0);
}

static void
packets_of_a_transfer_have_to_be_there(void **state)
{
	static const unsigned all[] = { 1, 2, 4 }, lacking[] = { 2, 3, 5 },
		disordered[] = { 2, 4, 3 };
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	make_packets(all, 3);
	assert_int_equal(verify(NULL, NULL), 0);
	assert_non_null(strstr(said_all, "0 packets: 3; the first and the "
	    "last of 1 transfers"));
	assert_int_equal(system(command), 0);
	make_packets(lacking, 3);
	assert_int_equal(verify(NULL, NULL), 1);
	assert_non_null(strstr(said_bad, "line 2: its packets are not all"));
	assert_int_equal(system(command), 0);
	make_packets(disordered, 3);
	assert_int_equal(verify(NULL, NULL), 1);
	assert_non_null(strstr(said_bad, "not numbered on"));
	assert_int_equal(system(command), 0);
	make_packets(all, 0);
	assert_int_equal(verify(NULL, NULL), 0);
	assert_non_null(strstr(said_all, "2 packets: not checked"));
}

static void
no_folder_is_an_error_and_an_empty_one_no_case(void **state)
{
	assert_int_equal(verify(NULL, NULL), -ENOENT);
	assert_int_equal(mkdir(dir, 0777), 0);
	assert_int_equal(verify(NULL, NULL), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_case_as_it_was_made_verifies),
		T(the_key_from_outside_proves_the_author),
		T(anothers_key_is_not_the_author),
		T(every_flipped_byte_is_refused_and_named),
		T(every_byte_flipped_in_a_bag_made_anew_is_refused),
		T(every_missing_or_cut_or_longer_file_is_refused),
		T(a_file_too_many_is_refused),
		T(an_empty_folder_is_refused),
		T(packets_of_a_transfer_have_to_be_there),
		T(no_folder_is_an_error_and_an_empty_one_no_case),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
