// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "content/known/known_set.h"
#include "engine/slivers.h"

#define LEN	3000

static uint8_t bytes[LEN];
static struct known *known;
static struct files *files;
static struct slivers *slivers;
static uint64_t number;

/* What was told of the only file. */
static struct {
	unsigned files;
	uint64_t sent, start, end;
	size_t ranges, transfers;
} told;

static int
begin(void **state)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < LEN; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (uint8_t)x;
	}
	known = known_new();
	files = files_new();
	slivers = slivers_new();
	number = 0;
	memset(&told, 0, sizeof(told));
	return known_add_bytes(known, "known", bytes, LEN) || known_seal(known);
}

static int
end(void **state)
{
	slivers_free(slivers);
	files_free(files);
	known_free(known);
	return 0;
}

static void
send(const char *cloud, uint64_t lane, const uint8_t *p, size_t len)
{
	struct event_sliver v = { .bytes = { p, len }, .lane = lane };
	struct event_transfer t = { .slivers = &v, .sliver_count = 1 };
	struct event_flow flow = { .id = 1 };
	struct event_cloud c = { .key = span_str(cloud) };
	struct event e = { .action = EVENT_TRANSFER, .flow = &flow,
		.transfer = &t, .cloud = &c };

	number++;
	t.number = t.packet_first = t.packet_last = number;
	slivers_add(slivers, known, &(struct sliver_told){ files, NULL }, &e);
}

/* A transfer that carried a part of the file. */
static void
send_range(const char *cloud, uint64_t from, uint64_t to)
{
	struct event_range r = { from, to };
	struct event_file f = { .known = true, .size = LEN, .ranges = &r,
		.range_count = 1 };
	struct event_transfer t = { .files = &f, .file_count = 1,
		.grade = GRADE_PROVEN, .number = ++number };
	struct event_flow flow = { .id = 1 };
	struct event_cloud c = { .key = span_str(cloud) };
	struct event e = { .action = EVENT_TRANSFER, .flow = &flow,
		.transfer = &t, .cloud = &c };

	files_add(files, &e);
	slivers_add(slivers, known, &(struct sliver_told){ files, NULL }, &e);
}

static void
send_part(const char *cloud, uint64_t to)
{
	send_range(cloud, 0, to);
}

static int
take(void *arg, struct event *e)
{
	const struct event_file_total *t = e->file;

	told.files++;
	told.sent = t->file.sent_bytes;
	told.ranges = t->file.range_count;
	told.start = t->file.ranges[0].start;
	told.end = t->file.ranges[t->file.range_count - 1].end;
	told.transfers = t->transfer_count;
	return 0;
}

static void
judge(void)
{
	struct arena arena;

	slivers_judge(slivers, &(struct sliver_told){ files, NULL });
	arena_init(&arena);
	assert_int_equal(files_each(files, &arena, take, NULL), 0);
	arena_clear(&arena);
}

static void
a_run_of_256_bytes_names_the_file_and_one_of_255_does_not(void **state)
{
	for (size_t i = 0; i < 255; i += 51)
		send("a", 1, bytes + 700 + i, 51);
	judge();
	assert_int_equal(told.files, 0);
	send("a", 1, bytes + 955, 1);
	judge();
	assert_int_equal(told.files, 1);
	assert_int_equal(told.start, 700);
	assert_int_equal(told.end, 956);
	assert_int_equal(told.sent, 256);
	assert_int_equal(told.transfers, 6);
}

static void
another_cloud_or_another_place_is_another_stream(void **state)
{
	for (size_t i = 0; i < 2000; i += 100)
		send(i % 200 ? "a" : "b", 1, bytes + i, 100);
	for (size_t i = 0; i < 2000; i += 100)
		send("a", 2 + i % 200, bytes + i, 100);
	judge();
	assert_int_equal(told.files, 0);
}

static void
what_lies_long_behind_does_not_get_lost_with_what_is_dropped(void **state)
{
	uint8_t other[200] = { 0 };

	for (unsigned i = 0; i < 5000; i++) {
		memcpy(other, &i, sizeof(i));
		send("a", 1, other, sizeof(other));
	}
	for (size_t i = 0; i < LEN; i += 100)
		send("a", 1, bytes + i, 100);
	for (unsigned i = 0; i < 5000; i++) {
		memcpy(other, &i, sizeof(i));
		send("a", 1, other, sizeof(other));
	}
	judge();
	assert_int_equal(told.sent, LEN);
	assert_int_equal(told.transfers, LEN / 100);
	assert_int_equal(slivers_refused(slivers), 0);
}

static void
a_piece_that_goes_on_where_a_part_ended_is_the_next_part(void **state)
{
	send_part("a", 1000);
	send("b", 1, bytes + 1000, 50);		/* another cloud */
	send("a", 1, bytes + 1001, 50);		/* another place */
	send("a", 1, bytes + 1000, 15);		/* too short */
	judge();
	assert_int_equal(told.sent, 1000);
	send("a", 1, bytes + 1000, 16);
	send("a", 1, bytes + 1016, 20);
	send_part("a", LEN);			/* nothing is behind it */
	judge();
	assert_int_equal(told.sent, LEN);
	assert_int_equal(told.ranges, 1);
}

/* From behind, 200 bytes at a time. */
static void
pieces_out_of_order_are_put_together(void **state)
{
	for (size_t i = 2000; i >= 200; i -= 200)
		send("a", 1, bytes + i, 200);
	judge();
	assert_int_equal(told.start, 200);
	assert_int_equal(told.end, 2200);
	assert_int_equal(told.ranges, 1);
	assert_int_equal(told.transfers, 10);
}

/* Some before the part that is known alone, some behind it, one of them with two
 * bytes before it, and the last one, which overlaps. */
static void
what_is_missing_of_a_file_is_among_the_pieces(void **state)
{
	uint8_t shifted[102] = { 1, 2 };

	send_range("a", 400, 2000);
	send("a", 7, bytes + 300, 100);
	send("b", 7, bytes + 100, 200);		/* another cloud */
	memcpy(shifted + 2, bytes + 200, 100);
	send("a", 8, shifted, 102);
	send("a", 7, bytes + LEN - 10, 10);
	send("a", 7, bytes + 2000, 500);
	send("a", 9, bytes + 2450, LEN - 2460);
	judge();
	assert_int_equal(told.files, 1);
	assert_int_equal(told.start, 200);
	assert_int_equal(told.end, LEN);
	assert_int_equal(told.ranges, 1);
}

/* What was changed of its bytes is the file now. */
static void
make_again(void)
{
	known_free(known);
	known = known_new();
	assert_int_equal(known_add_bytes(known, "known", bytes, LEN), 0);
	assert_int_equal(known_seal(known), 0);
}

/* A stretch of zeros from 1,000 to 2,000: each piece once, from its begin. */
static void
zeros_fill_as_much_as_was_sent_of_them(void **state)
{
	static const uint8_t zeros[400];

	memset(bytes + 1000, 0, 1000);
	make_again();
	send_range("a", 2000, LEN);
	send("a", 1, zeros, 400);
	send_range("a", 0, 1000);
	send("a", 2, zeros, 300);
	judge();
	assert_int_equal(told.ranges, 2);
	assert_int_equal(told.sent, 2000 + 700);
}

/* Five times the same 200 bytes in the file, of which some were sent. */
static void
a_piece_has_one_place_however_often_the_file_has_it(void **state)
{
	uint8_t other[256];

	memset(other, 0xa5, sizeof(other));
	for (size_t i = 1200; i < 2000; i++)
		bytes[i] = bytes[i - 200];
	make_again();
	send("a", 1, bytes + 1000, 200);
	send("a", 1, other, sizeof(other));
	judge();
	assert_int_equal(told.files, 0);
	send("a", 1, bytes + 1000, 200);
	send("a", 1, other, sizeof(other));
	send("a", 1, bytes + 1000, 200);
	judge();
	assert_int_equal(told.files, 1);
	assert_int_equal(told.sent, 600);
}

/* Zeros, then 1,000 bytes from behind; in the file 1,000 zeros go on there. */
static void
zeros_at_the_end_of_a_chain_may_be_of_anything(void **state)
{
	static const uint8_t zeros[100];

	memset(bytes + 1000, 0, 1000);
	make_again();
	for (int i = 0; i < 3; i++)
		send("a", 1, zeros, sizeof(zeros));
	for (size_t i = 5; i--;)
		send("a", 1, bytes + 200 * i, 200);
	judge();
	assert_int_equal(told.start, 0);
	assert_int_equal(told.end, 1000);
}

/* The file ends with as many zeros as were sent. */
static void
zeros_that_reach_to_the_end_of_the_file_are_its_own(void **state)
{
	static const uint8_t zeros[100];

	memset(bytes + LEN - 300, 0, 300);
	make_again();
	for (int i = 0; i < 3; i++)
		send("a", 1, zeros, sizeof(zeros));
	for (size_t i = 5; i--;)
		send("a", 1, bytes + LEN - 1300 + 200 * i, 200);
	judge();
	assert_int_equal(told.start, LEN - 1300);
	assert_int_equal(told.end, LEN);
}

/* The same piece 20,000 times, at 1,000 places of a file. */
static void
what_repeats_itself_is_not_compared_for_ever(void **state)
{
	static uint8_t again[64 * 1000];

	for (size_t i = 0; i < sizeof(again); i++)
		again[i] = bytes[i % 64];
	known_free(known);
	known = known_new();
	assert_int_equal(known_add_bytes(known, "known", again, sizeof(again)), 0);
	assert_int_equal(known_seal(known), 0);
	for (unsigned i = 0; i < 20000; i++)
		send("a", 1, again, 64);
	judge();
	assert_int_equal(told.files, 1);
	assert_int_equal(told.sent, sizeof(again));
}

static void
the_stream_that_was_not_used_for_longest_makes_room(void **state)
{
	char cloud[16];

	for (size_t i = 0; i < 900; i += 100)
		send("found", 1, bytes + i, 100);
	for (size_t i = 0; i < 200; i += 100)
		send("begun", 1, bytes + i, 100);
	for (unsigned i = 0; i < 6000; i++) {
		snprintf(cloud, sizeof(cloud), "c%u", i);
		send(cloud, 1, bytes + 50, 100);
	}
	/* what it began with is forgotten */
	send("begun", 1, bytes + 200, 100);
	judge();
	assert_int_equal(told.files, 1);
	assert_int_equal(told.sent, 900);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_run_of_256_bytes_names_the_file_and_one_of_255_does_not),
		TEST(another_cloud_or_another_place_is_another_stream),
		TEST(what_lies_long_behind_does_not_get_lost_with_what_is_dropped),
		TEST(a_piece_that_goes_on_where_a_part_ended_is_the_next_part),
		TEST(pieces_out_of_order_are_put_together),
		TEST(what_is_missing_of_a_file_is_among_the_pieces),
		TEST(zeros_fill_as_much_as_was_sent_of_them),
		TEST(a_piece_has_one_place_however_often_the_file_has_it),
		TEST(zeros_at_the_end_of_a_chain_may_be_of_anything),
		TEST(zeros_that_reach_to_the_end_of_the_file_are_its_own),
		TEST(what_repeats_itself_is_not_compared_for_ever),
		TEST(the_stream_that_was_not_used_for_longest_makes_room),
	};

	return cmocka_run_group_tests_name("engine/slivers", tests, NULL,
	    NULL);
}
