// SPDX-License-Identifier: Apache-2.0
#include "folder.h"

static void
files_that_overlap_are_merged_by_time(void **state)
{
	struct telltap_source_stats st;
	struct telltap_source *src;

	save_pcap("a", 0, 3, 4000, 10);		/* 0 3 6 ... */
	save_pcap("b", 1, 1, 9000, 20);		/* 1 2 3 ... */
	save_pcap("c", 6000, 2, 100, 30);
	src = open_paths(NULL, dir, NULL);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	assert_int_equal(taken.count, 13100);
	for (size_t i = 1; i < taken.count; i++) {
		assert_true(taken.seconds[i] >= taken.seconds[i - 1]);
		/* at the same time the first file of the list goes first */
		if (taken.seconds[i] == taken.seconds[i - 1])
			assert_true(taken.lens[i] > taken.lens[i - 1]);
	}
	telltap_source_stats(src, &st);
	assert_int_equal(st.packets, 13100);
	assert_int_equal(st.bytes, 4000 * 10 + 9000 * 20 + 100 * 30);
	assert_int_equal(st.files, 3);
	assert_int_equal(st.clock_back, 0);
	telltap_source_close(src);
}

static void
files_that_follow_each_other_are_read_by_time_not_by_name(void **state)
{
	struct telltap_source *src;
	size_t n;

	save_pcap("2", 100, 1, 50, 10);
	save_pcap("1", 500, 1, 50, 20);
	save_pcap("3", 10, 1, 50, 30);
	save_pcap("4", 0, 1, 0, 0);
	src = open_paths(NULL, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 150);
	assert_int_equal(taken.lens[0], 30);
	assert_int_equal(taken.lens[50], 10);
	assert_int_equal(taken.lens[100], 20);
	/* the list stays by name */
	assert_string_equal(telltap_source_files(src, &n)[0].name, "1");
	assert_int_equal(n, 4);
	telltap_source_close(src);
}

static void
a_file_opened_at_a_shared_time_keeps_its_place(void **state)
{
	struct telltap_source *src;

	save_pcap("1", 120, 1, 5, 10);	/* opened when 2 has come to 120 */
	save_pcap("2", 100, 1, 50, 20);
	src = open_paths(NULL, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 55);
	assert_int_equal(taken.lens[19], 20);
	assert_int_equal(taken.lens[20], 10);
	assert_int_equal(taken.seconds[20], 120);
	assert_int_equal(taken.lens[21], 20);
	assert_int_equal(taken.seconds[21], 120);
	telltap_source_close(src);
}

static void
more_files_at_once_than_may_be_open_lose_no_packet(void **state)
{
	struct telltap_source_stats st;
	struct telltap_source *src;
	char name[8];

	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "f%02d", i);
		save_pcap(name, 100 + (uint32_t)i, 100, 20, 10);
	}
	src = open_paths(NULL, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 1400);
	telltap_source_stats(src, &st);
	assert_true(st.merge_late > 0);
	telltap_source_close(src);
}

static void
files_that_follow_each_other_are_open_one_at_a_time(void **state)
{
	struct telltap_source_stats st;
	struct telltap_source *src;
	char name[8];

	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "f%02d", i);
		save_pcap(name, 9000 - 100 * (uint32_t)i, 1, 20, 10);
	}
	src = open_paths(NULL, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 1400);
	telltap_source_stats(src, &st);
	assert_int_equal(st.merge_late, 0);
	assert_int_equal(st.clock_back, 0);
	telltap_source_close(src);
}

static void
a_folder_with_a_bad_file_gives_the_others(void **state)
{
	const struct telltap_source_file *f;
	struct telltap_source_stats st;
	struct telltap_source *src;
	size_t n;

	save_pcap("a", 1, 1, 5, 10);
	save_text("b.txt", "notes about the capture");
	save_pcap("c", 3, 1, 5, 10);
	save_text("d", "");
	assert_int_equal(mkdir(in_dir("e"), 0700), 0);
	save_text(".hidden", "x");
	assert_int_equal(truncate(in_dir("c"), 24 + 26 * 4 + 20), 0);
	src = open_paths(NULL, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 9);
	f = telltap_source_files(src, &n);
	assert_int_equal(n, 4);
	assert_int_equal(f[0].status, 0);
	assert_null(f[0].error);
	assert_string_equal(f[0].format, "pcap");
	assert_string_equal(f[1].error, "not a capture");
	assert_string_equal(f[2].error,
	    "cut in mid-packet at byte 128, after packet 4");
	assert_string_equal(f[3].error, "empty file");
	telltap_source_stats(src, &st);
	assert_int_equal(st.files_failed, 2);
	assert_int_equal(st.files_cut, 1);
	telltap_source_close(src);
	rmdir(in_dir("e"));
	unlink(in_dir(".hidden"));
}

static void
what_can_not_be_read_at_all_is_one_clear_line(void **state)
{
	refuses(NULL, in_dir("missing"), "missing: No such file");
	refuses(NULL, dir, "no capture in it");
	save_text("notes", "these are notes");
	refuses(NULL, in_dir("notes"), "notes: not a capture");
	save_text("void", "");
	refuses(NULL, in_dir("void"), "void: empty file");
	refuses(NULL, dir, "none of its 2 files is a capture");
}

static void
the_filter_drops_and_counts(void **state)
{
	struct telltap_source_options o = { .size = sizeof(o),
		.filter = "len > 50" };
	struct telltap_source_stats st;
	struct telltap_source *src;

	save_pcap("a", 1, 2, 3000, 20);
	save_pcap("b", 2, 2, 10, 60);
	src = open_paths(&o, dir, NULL);
	take(src);
	assert_int_equal(taken.count, 10);
	telltap_source_stats(src, &st);
	assert_int_equal(st.packets, 3010);
	assert_int_equal(st.filtered, 3000);
	telltap_source_close(src);
	o.filter = "tcp prot 80";
	refuses(&o, dir, "tcp prot 80");
}

static void
a_filter_that_drops_all_holds_no_memory(void **state)
{
	struct telltap_source_options o = { .size = sizeof(o),
		.filter = "len > 5000" };
	const struct telltap_packet *p;
	struct telltap_source *src;
	size_t n, chunks = 0;

	save_pcap("a", 1, 2, 5000, 2000);	/* ten chunks long */
	src = open_paths(&o, in_dir("a"), NULL);
	assert_int_equal(telltap_source_next(src, &p, &n),
	    TELLTAP_SOURCE_END);
	for (struct chunk *c = src->sink.pool.retired; c; c = c->next)
		chunks++;
	assert_int_equal(chunks, 1);
	telltap_source_close(src);
}

static void
options_of_an_older_caller_are_shorter(void **state)
{
	struct telltap_source_options o = {
		.size = offsetof(struct telltap_source_options, separate),
		.filter = NULL, .separate = true };
	struct telltap_source *src;

	save_pcap("a", 1, 1, 5, 10);
	save_pcap("b", 1, 1, 5, 10);
	src = open_paths(&o, dir, NULL);
	take(src);
	assert_int_equal(taken.end, TELLTAP_SOURCE_END);
	assert_int_equal(taken.count, 10);
	telltap_source_close(src);
}

static void
standard_input_is_read_as_it_comes(void **state)
{
	struct telltap_source *src;
	struct buf b;
	int fd[2], saved = dup(0);

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	for (uint32_t i = 0; i < 100; i++)
		put_record(&b, i, 0, 100, 100);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], b.data, b.len), b.len);
	close(fd[1]);
	dup2(fd[0], 0);
	close(fd[0]);
	save_pcap("a", 50, 1, 5, 10);
	src = open_paths(NULL, "-", in_dir("a"));
	assert_int_equal(telltap_source_hash(src), 0);
	take(src);
	assert_int_equal(taken.count, 105);
	for (size_t i = 1; i < taken.count; i++)
		assert_true(taken.seconds[i] >= taken.seconds[i - 1]);
	telltap_source_close(src);
	dup2(saved, 0);
	close(saved);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_dir(files_that_overlap_are_merged_by_time),
		with_dir(
		    files_that_follow_each_other_are_read_by_time_not_by_name),
		with_dir(a_file_opened_at_a_shared_time_keeps_its_place),
		with_dir(more_files_at_once_than_may_be_open_lose_no_packet),
		with_dir(files_that_follow_each_other_are_open_one_at_a_time),
		with_dir(a_folder_with_a_bad_file_gives_the_others),
		with_dir(what_can_not_be_read_at_all_is_one_clear_line),
		with_dir(the_filter_drops_and_counts),
		with_dir(a_filter_that_drops_all_holds_no_memory),
		with_dir(options_of_an_older_caller_are_shorter),
		with_dir(standard_input_is_read_as_it_comes),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
