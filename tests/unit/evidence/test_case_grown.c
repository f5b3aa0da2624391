// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <time.h>

#include "live_case.h"

/* What a case that grows is kept in: files of packets, parts, objects. */

static void
packets_go_into_files_of_a_size(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	o.capture_max = 400;
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	for (unsigned i = 0; i < 20; i++)
		put_packet(c, i + 1);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_true(there(dir, "data/capture/packets-0003.pcapng"));
	assert_true(size_of(dir, "data/capture/packets.pcapng") < 500);
	assert_int_equal(verify(dir), 0);
}

/* A seal that names them all has to fit in a line. */
static void
files_of_packets_have_a_ceiling(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	o.capture_max = 1;
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	for (unsigned i = 0; i < 1000; i++)
		put_packet(c, i + 1);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_true(there(dir, "data/capture/packets-0256.pcapng"));
	assert_false(there(dir, "data/capture/packets-0257.pcapng"));
	assert_int_equal(verify(dir), 0);
}

static struct telltap_case_options
in_parts(void)
{
	struct telltap_case_options o = live();

	o.parts = true;
	o.part_max = 3000;
	return o;
}

static void
make_parts(unsigned lines)
{
	struct telltap_case_options o = in_parts();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	for (unsigned i = 0; i < lines; i++) {
		put_line(c, i ? "later" : "first");
		put_packet(c, i + 1);
	}
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
}

static void
parts_follow_each_other(void **state)
{
	char path[96];

	make_parts(40);
	assert_true(there(dir, "000003/data"));
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "0 000002: follows"));
	assert_non_null(strstr(said, "0 000003: follows"));
	assert_true(holds(dir, "000002/data/events.jsonl",
	    "\"text\":\"first\",\"recorder\":{"));
	assert_true(holds(dir, "000002/data/events.jsonl",
	    "},\"previous\":{\"part\":1,"));
	/* A later run goes on with the next number. */
	make_parts(2);
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "follows"));
	snprintf(path, sizeof(path), "%s/more", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(verify(dir), 1);
	assert_non_null(strstr(said, "1 1 files or folders beside the parts"));
}

static void
put_transfer(struct telltap_case *c, unsigned first, unsigned last)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"transfer\",\"sequence\":7},\"telltap\":{"
	    "\"origin\":\"derived\",\"transfer\":{\"packets\":{\"first\":%u,\"last\":%u}}}}", first, last);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
}

/* Three parts with a packet for every line; the last line is a transfer of packets
 * of the first part. Number 7 is left out. */
static void
make_transfer(unsigned first, unsigned last)
{
	struct telltap_case_options o = in_parts();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	for (unsigned i = 1; i <= 40; i++) {
		put_line(c, "a line");
		if (i != 7)
			put_packet(c, i);
	}
	put_transfer(c, first, last);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_true(there(dir, "000003/data"));
}

static void
packets_of_a_transfer_may_lie_in_a_part_before(void **state)
{
	char command[96];

	make_transfer(2, 9);
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "last of 1 transfers are among them and "
	    "those of the parts before"));
	snprintf(command, sizeof(command), "rm -r %s/000001", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "2 packets: 1 transfers began in a part that "
	    "is not here"));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	make_transfer(2, 7);
	assert_int_equal(verify(dir), 1);
	assert_non_null(strstr(said, "its packets are not all in data/capture"));
}

static time_t days;

/* The clock of the case: as many days further on. */
time_t
time(time_t *ret)
{
	struct timespec now;
	time_t t;

	clock_gettime(CLOCK_REALTIME, &now);
	t = now.tv_sec + days * 86400;
	if (ret)
		*ret = t;
	return t;
}

static void
a_day_ends_a_part(void **state)
{
	struct telltap_case_options o = in_parts();
	struct telltap_case *c;

	o.part_max = 1 << 30;
	days = 0;
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	put_line(c, "two");
	assert_int_equal(telltap_case_tick(c), 0);
	assert_false(there(dir, "000002"));
	days = 1;
	assert_int_equal(telltap_case_tick(c), 0);
	assert_true(there(dir, "000001/data"));
	assert_true(there(dir, "000002/data.part"));
	put_line(c, "three");
	days = 2;
	put_line(c, "four");
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	days = 0;
	assert_true(there(dir, "000003/data"));
	assert_true(holds(dir, "000002/data/events.jsonl", "three"));
	assert_false(holds(dir, "000003/data/events.jsonl", "three"));
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "000003: follows"));
}

static void
keys_go_on_into_the_next_part(void **state)
{
	static const char line[] = "CLIENT_RANDOM aa bb\n";
	struct telltap_case_options o = in_parts();
	struct telltap_case *c;

	o.part_max = 1 << 30;
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	put_packet(c, 1);
	assert_int_equal(telltap_case_secrets(c, line, strlen(line)), 0);
	put_line(c, "two");
	days = 1;
	assert_int_equal(telltap_case_tick(c), 0);
	days = 0;
	put_packet(c, 2);
	put_line(c, "three");
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_true(holds(dir, "000001/data/capture/packets.pcapng", line));
	assert_true(holds(dir, "000002/data/capture/packets.pcapng", line));
	assert_int_equal(verify(dir), 0);
}

static void
a_part_cut_out_or_forged_is_named(void **state)
{
	char path[128], other[128];

	make_parts(40);
	snprintf(path, sizeof(path), "%s/000002", dir);
	snprintf(other, sizeof(other), "%s/aside", base);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(verify(dir), 1);
	assert_non_null(strstr(said, "1 000003: comes after part 1"));
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(verify(dir), 0);
	/* Two parts change places. */
	snprintf(other, sizeof(other), "%s/000001", dir);
	assert_int_equal(renameat2(AT_FDCWD, path, AT_FDCWD, other,
	    RENAME_EXCHANGE), 0);
	assert_int_equal(verify(dir), 1);
	assert_int_equal(renameat2(AT_FDCWD, path, AT_FDCWD, other,
	    RENAME_EXCHANGE), 0);
	/* The first one gone is said, and no more. */
	snprintf(path, sizeof(path), "%s/aside", base);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "2 000002: parts before it are not here"));
	/* Another run's part in its place. */
	snprintf(other, sizeof(other), "%s/000001", dir);
	snprintf(dir, sizeof(dir), "%s/forged", base);
	make_parts(40);
	snprintf(path, sizeof(path), "%s/000001", dir);
	assert_int_equal(rename(path, other), 0);
	snprintf(dir, sizeof(dir), "%s/case", base);
	assert_int_equal(verify(dir), 1);
	assert_non_null(strstr(said, "1 000002: does not follow the"));
}

static void
a_part_cut_short_is_ended_and_followed(void **state)
{
	struct telltap_case_options o = in_parts();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	put_line(c, "two");
	assert_int_equal(telltap_case_tick(c), 0);
	telltap_case_free(c);
	make_parts(3);
	assert_true(holds(dir, "000001/data/events.jsonl", "log-cut"));
	assert_true(there(dir, "000002/data"));
	assert_int_equal(verify(dir), 0);
}

#define HELLO "data.part/objects/2cf24dba5fb0a30e26e83b2ac5b9e29e" \
    "1b161e5c1fa7425e73043362938b9824"

static void
put_object_line(struct telltap_case *c)
{
	static const char line[] = "{\"@timestamp\":"
	    "\"2026-01-02T03:04:05.000000006Z\",\"event\":{\"action\":"
	    "\"transfer\",\"sequence\":1},\"telltap\":{"
	    "\"origin\":\"derived\",\"data\":{"
	    "\"files\":[{\"sha256\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e"
	    "1b161e5c1fa7425e73043362938b9824\",\"kept\":true}]}}}";

	assert_int_equal(telltap_case_event(c, line, strlen(line)), 0);
}

/* *state: its line was not yet on its way when the program died. */
static void
an_object_is_kept_over_a_cut_and_a_torn_one_goes(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;
	char path[256];
	FILE *f;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	assert_int_equal(telltap_case_object(c, "hello", 5), 0);
	assert_int_equal(telltap_case_object(c, "hello", 5), 0);
	assert_true(there(dir, HELLO));
	put_object_line(c);
	if (!*state)
		assert_int_equal(telltap_case_tick(c), 0);
	telltap_case_free(c);
	snprintf(path, sizeof(path), "%s/data.part/objects/%064d", dir, 7);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	assert_true(there(dir, HELLO));
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
	assert_int_equal(!*state, !strstr(said, "its line was lost in a cut"));
	assert_non_null(strstr(said, "objects: 1 files that were sent"));
}

static void
an_object_whose_line_is_lost_is_told(void **state)
{
	void *lost = state;

	an_object_is_kept_over_a_cut_and_a_torn_one_goes(&lost);
}

static void
objects_have_a_ceiling_and_their_case_verifies(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;
	unsigned n = 0;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	for (; n < 130; n++)
		assert_int_equal(telltap_case_object(c, &n, sizeof(n)), 0);
	put_line(c, "two");
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	/* 128 that no line names, each told */
	assert_int_equal(verify(dir), 1);
	assert_null(strstr(said, "not sealed"));
	assert_non_null(strstr(said, "no line says that it was sent"));
	assert_non_null(strstr(said, "seal: 129 files"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(packets_go_into_files_of_a_size),
		T(files_of_packets_have_a_ceiling),
		T(an_object_is_kept_over_a_cut_and_a_torn_one_goes),
		T(an_object_whose_line_is_lost_is_told),
		T(objects_have_a_ceiling_and_their_case_verifies),
		T(parts_follow_each_other),
		T(packets_of_a_transfer_may_lie_in_a_part_before),
		T(a_day_ends_a_part),
		T(keys_go_on_into_the_next_part),
		T(a_part_cut_out_or_forged_is_named),
		T(a_part_cut_short_is_ended_and_followed),
	};

	return cmocka_run_group_tests_name("case_grown", tests, NULL, NULL);
}
