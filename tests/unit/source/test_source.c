// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/source.h"

static char dir[64];		/* of the test, empty before each */

static char *
in_dir(const char *name)
{
	static char path[4][128];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void
save(const char *name, const struct buf *b)
{
	FILE *f = fopen(in_dir(name), "wb");

	assert_non_null(f);
	if (b->len)
		assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	fclose(f);
}

/* A pcap of count packets, the first at first_s, then step_s apart. The
 * packet's length says which file it is from. */
static void
save_pcap(const char *name, uint32_t first_s, uint32_t step_s, uint32_t count,
    uint32_t len)
{
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	for (uint32_t i = 0; i < count; i++)
		put_record(&b, first_s + i * step_s, 0, len, len);
	save(name, &b);
	buf_clear(&b);
}

static void
save_text(const char *name, const char *text)
{
	struct buf b;

	buf_init(&b, 0);
	buf_str(&b, text);
	save(name, &b);
	buf_clear(&b);
}

struct taken {
	size_t count;
	uint32_t seconds[20000];
	uint32_t lens[20000];
	int end;
};

static struct taken taken;

static void
take(struct telltap_source *src)
{
	const struct telltap_packet *p;
	uint64_t number = 0;
	size_t n;

	taken.count = 0;
	while ((taken.end = telltap_source_next(src, &p, &n)) == 0) {
		for (size_t i = 0; i < n; i++) {
			assert_true(p[i].number > number);
			number = p[i].number;
			assert_true(taken.count < 20000);
			taken.seconds[taken.count] =
			    (uint32_t)(p[i].ts_ns / 1000000000);
			taken.lens[taken.count++] = p[i].cap_len;
			/* the byte says that the data is the packet's */
			assert_int_equal(p[i].data[0],
			    (uint8_t)(p[i].ts_ns / 1000000000));
		}
	}
}

static struct telltap_source *
open_paths(const struct telltap_source_options *o, const char *a, const char *b)
{
	const char *paths[] = { a, b };
	struct telltap_source *src = NULL;
	int r = telltap_source_open(paths, b ? 2 : 1, o, &src);

	if (r < 0)
		fail_msg("%s", telltap_source_error(NULL));
	return src;
}

static void
refuses(const struct telltap_source_options *o, const char *path,
    const char *want)
{
	struct telltap_source *src = NULL;

	assert_true(telltap_source_open(&path, 1, o, &src) < 0);
	assert_null(src);
	if (!strstr(telltap_source_error(NULL), want))
		fail_msg("\"%s\" does not say \"%s\"",
		    telltap_source_error(NULL), want);
}

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

static int
make_dir(void **state)
{
	strcpy(dir, "/tmp/telltap-source-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
drop_dir(void **state)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

#define with_dir(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

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
		with_dir(separate_files_number_from_one_and_tell_their_ends),
		with_dir(finished_files_are_skipped_when_a_run_is_resumed),
		with_dir(the_hash_is_that_of_the_file_as_stored),
		with_dir(separate_files_are_hashed_when_their_turn_comes),
		with_dir(standard_input_is_read_as_it_comes),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
