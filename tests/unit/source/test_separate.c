// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <openssl/sha.h>

static void
separate_files_number_from_one_and_tell_their_ends(void **state)
{
	struct telltap_source_options o = { .size = sizeof(o),
		.separate = true };
	struct telltap_source *src;
	size_t n;

	save_pcap("a", 50, 1, 5, 10);
	save_text("b", "bad");
	save_pcap("c", 1, 1, 7, 10);
	src = open_paths(&o, dir, NULL);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_FILE_END);
	assert_int_equal(taken.count, 5);
	assert_string_equal(telltap_source_file(src)->name, "a");
	take(src);			/* no capture: its end, and why */
	assert_int_equal(taken.end, TELLTAP_SOURCE_FILE_END);
	assert_int_equal(taken.count, 0);
	assert_string_equal(telltap_source_file(src)->name, "b");
	assert_int_not_equal(telltap_source_file(src)->status, 0);
	assert_null(telltap_source_file(src)->format);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_FILE_END);
	assert_int_equal(taken.count, 7);
	assert_string_equal(telltap_source_file(src)->name, "c");
	(void)telltap_source_interfaces(src, &n);
	assert_int_equal(n, 1);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	telltap_source_close(src);
}

static void
finished_files_are_skipped_when_a_run_is_resumed(void **state)
{
	struct telltap_source_options o = { .size = sizeof(o),
		.separate = true };
	struct telltap_source_stats st;
	struct telltap_source *src;
	char list[128];

	snprintf(list, sizeof(list), "%s.state", dir);
	o.state_path = list;
	save_pcap("a\n%", 50, 1, 5, 10);
	save_pcap("b", 1, 1, 7, 10);
	src = open_paths(&o, dir, NULL);
	take(src);			/* all of the first ... */
	assert_int_equal(taken.count, 5);
	take(src);			/* ... and told of the second's end, */
	telltap_source_close(src);	/* but not of what came of it */
	src = open_paths(&o, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 7);
	telltap_source_stats(src, &st);
	assert_int_equal(st.files_skipped, 1);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	telltap_source_close(src);
	save_pcap("b", 1, 1, 8, 10);	/* not the file noted any more */
	src = open_paths(&o, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 8);
	telltap_source_close(src);
	unlink(list);
}

static void
the_hash_is_that_of_the_file_as_stored(void **state)
{
	static const uint8_t want[32] = {
		0xac, 0xc5, 0x30, 0x66, 0x8c, 0x8b, 0xc6, 0x0b,
	};
	const struct telltap_source_file *f;
	struct telltap_source *src;
	size_t n;

	save_pcap("a", 1, 1, 0, 10);
	src = open_paths(NULL, in_dir("a"), NULL);
	f = telltap_source_files(src, &n);
	assert_false(f->has_sha256);
	assert_int_equal(telltap_source_hash(src), 0);
	assert_true(f->has_sha256);
	assert_memory_equal(f->sha256, want, 8);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	telltap_source_close(src);
}

static void
a_thread_finds_the_same_hashes_while_packets_are_read(void **state)
{
	const struct telltap_source_file *f;
	struct telltap_source *src;
	uint8_t want[2][32];
	size_t n;

	save_pcap("a", 1, 1, 3000, 1400);
	save_pcap("b", 1, 1, 2, 10);
	src = open_paths(NULL, dir, NULL);
	f = telltap_source_files(src, &n);
	assert_int_equal(n, 2);
	assert_int_equal(telltap_source_hash(src), 0);
	for (int i = 0; i < 2; i++)
		memcpy(want[i], f[i].sha256, 32);
	telltap_source_close(src);
	src = open_paths(NULL, dir, NULL);
	assert_int_equal(telltap_source_hash_begin(src), 0);
	take(src);
	assert_int_equal(taken.count, 3002);
	assert_int_equal(telltap_source_hashed(src, true), 1);
	assert_int_equal(telltap_source_hashed(src, false), 1);
	f = telltap_source_files(src, &n);
	for (int i = 0; i < 2; i++) {
		assert_true(f[i].has_sha256);
		assert_memory_equal(f[i].sha256, want[i], 32);
	}
	telltap_source_close(src);
}

/* Pieces of odd lengths, in all fewer bytes than the captures have, and more. */
static void
beside_something_else_both_hashes_are_right(void **state)
{
	static uint8_t other[6 << 20];
	const size_t lengths[] = { 0, 1, 700001, 4 << 20, 1 << 20 };
	const struct telltap_source_file *f;
	struct telltap_source *src;
	uint8_t want[2][32], ours[32], theirs[32];
	SHA256_CTX hash;
	size_t n, at;

	save_pcap("a", 1, 1, 3000, 1400);
	save_pcap("b", 1, 1, 2, 10);
	src = open_paths(NULL, dir, NULL);
	assert_int_equal(telltap_source_hash(src), 0);
	f = telltap_source_files(src, &n);
	for (int i = 0; i < 2; i++)
		memcpy(want[i], f[i].sha256, 32);
	telltap_source_close(src);
	for (size_t i = 0; i < sizeof(other); i++)
		other[i] = (uint8_t)(i * 167 + i / 256);
	for (size_t pieces = 0; pieces <= 5; pieces++) {
		SHA256_Init(&hash);
		src = open_paths(NULL, dir, NULL);
		assert_int_equal(telltap_source_hash_later(src), 0);
		assert_int_equal(telltap_source_hashed(src, false), 0);
		for (size_t i = at = 0; i < pieces; at += lengths[i++])
			assert_true(telltap_source_hash_beside(src, &hash,
			    other + at, lengths[i]));
		SHA256_Final(ours, &hash);
		SHA256(other, at, theirs);
		assert_memory_equal(ours, theirs, 32);
		if (pieces == 3)
			assert_int_equal(telltap_source_hash_begin(src), 0);
		assert_int_equal(telltap_source_hashed(src, true), 1);
		f = telltap_source_files(src, &n);
		for (int i = 0; i < 2; i++) {
			assert_true(f[i].has_sha256);
			assert_memory_equal(f[i].sha256, want[i], 32);
		}
		telltap_source_close(src);
	}
}

/* As far as anybody can tell that does not read it again. */
static void
change(const char *name)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
what_has_changed_since_has_no_hash(void **state)
{
	const struct telltap_source_file *f;
	struct telltap_source *src;
	size_t n;

	for (int late = 0; late < 2; late++) {
		save_pcap("a", 1, 1, 2, 10);
		save_pcap("b", 1, 1, 2, 10);
		src = open_paths(NULL, dir, NULL);
		assert_int_equal(telltap_source_hash_later(src), 0);
		if (!late)
			change("b");
		take(src);
		if (late)
			change("b");
		assert_int_equal(telltap_source_hashed(src, true), 1);
		f = telltap_source_files(src, &n);
		assert_int_equal(n, 2);
		assert_int_equal(f[0].status, 0);
		assert_true(f[0].has_sha256);
		assert_int_equal(f[1].status, late ? 0 : -ESTALE);
		assert_false(f[1].has_sha256);
		telltap_source_close(src);
	}
}

static void
a_second_reading_knows_what_has_changed_since_the_first(void **state)
{
	struct telltap_source *first, *second;

	for (int how = -1; how < 5; how++) {
		save_pcap("a", 1, 1, 2, 10);
		save_pcap("b", 1, 1, 2, 10);
		first = open_paths(NULL, dir, NULL);
		if (how < 0)		/* what is no capture may come */
			save_text("notes", "no capture, but some text\n");
		if (how == 1)		/* before it */
			change("b");
		if (how == 2)
			save_pcap("c", 1, 1, 2, 10);
		second = open_paths(NULL, dir, NULL);
		if (how == 3)		/* while it reads */
			change("b");
		if (how == 4)
			unlink(in_dir("a"));
		assert_int_equal(telltap_source_is_unchanged(first, second),
		    how <= 0);
		telltap_source_close(first);
		telltap_source_close(second);
		unlink(in_dir("c"));
		unlink(in_dir("notes"));
	}
}

static void
one_that_changes_in_its_turn_is_not_finished(void **state)
{
	struct telltap_source_options o = { .size = sizeof(o),
		.separate = true };
	struct telltap_source *src;
	char list[128];

	snprintf(list, sizeof(list), "%s.state", dir);
	o.state_path = list;
	save_pcap("a", 1, 1, 5, 10);
	src = open_paths(&o, dir, NULL);
	change("a");
	take(src);
	assert_int_equal(taken.count, 5);
	assert_string_equal(telltap_source_file(src)->error,
	    "changed while it was read");
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	telltap_source_close(src);
	src = open_paths(&o, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 5);
	assert_int_equal(telltap_source_file(src)->status, 0);
	telltap_source_close(src);
	unlink(list);
}

static void
a_source_is_closed_while_it_is_hashed(void **state)
{
	struct telltap_source *src;

	save_pcap("a", 1, 1, 3000, 1400);
	src = open_paths(NULL, in_dir("a"), NULL);
	assert_int_equal(telltap_source_hash_begin(src), 0);
	telltap_source_close(src);
}

static void
separate_files_are_hashed_when_their_turn_comes(void **state)
{
	struct telltap_source_options o = { .size = sizeof(o),
		.separate = true };
	const struct telltap_source_file *f;
	struct telltap_source *src;
	char list[128];
	size_t n;

	snprintf(list, sizeof(list), "%s.state", dir);
	o.state_path = list;
	save_pcap("a", 1, 1, 3, 10);
	save_pcap("b", 1, 1, 2, 10);
	src = open_paths(&o, dir, NULL);
	assert_int_equal(telltap_source_hash(src), 0);
	f = telltap_source_files(src, &n);
	assert_false(f[0].has_sha256 || f[1].has_sha256);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_FILE_END);
	assert_true(f[0].has_sha256);
	assert_false(f[1].has_sha256);
	take(src);
	assert_true(f[1].has_sha256);
	telltap_source_close(src);
	src = open_paths(&o, dir, NULL);
	assert_int_equal(telltap_source_hash(src), 0);
	f = telltap_source_files(src, &n);
	assert_true(f[0].skipped);
	take(src);
	assert_false(f[0].has_sha256);	/* nor read again */
	assert_true(f[1].has_sha256);
	telltap_source_close(src);
	unlink(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_dir(separate_files_number_from_one_and_tell_their_ends),
		with_dir(finished_files_are_skipped_when_a_run_is_resumed),
		with_dir(the_hash_is_that_of_the_file_as_stored),
		with_dir(a_thread_finds_the_same_hashes_while_packets_are_read),
		with_dir(beside_something_else_both_hashes_are_right),
		with_dir(what_has_changed_since_has_no_hash),
		with_dir(a_second_reading_knows_what_has_changed_since_the_first),
		with_dir(one_that_changes_in_its_turn_is_not_finished),
		with_dir(a_source_is_closed_while_it_is_hashed),
		with_dir(separate_files_are_hashed_when_their_turn_comes),
	};

	return cmocka_run_group_tests_name("separate", tests, NULL, NULL);
}
