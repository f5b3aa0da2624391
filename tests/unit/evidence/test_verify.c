// SPDX-License-Identifier: Apache-2.0
#include "verified_case.h"

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
put_transfer(struct telltap_case *c, unsigned sequence, unsigned first,
    unsigned last)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"transfer\",\"sequence\":%u},\"telltap\":{"
	    "\"origin\":\"derived\",\"transfer\":{\"packets\":{\"first\":%u,\"last\":%u}}}}",
	    sequence, first, last);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
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
put_line(struct telltap_case *c, unsigned sequence, const char *action,
    const char *telltap)
{
	char line[512];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"%s\",\"sequence\":%u},\"telltap\":{%s}}", action,
	    sequence, telltap);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
}

/* A case of up to three such lines; what verify says of it. */
static int
verify_lines(const char *const lines[3][2])
{
	struct telltap_case *c;
	char command[96];
	unsigned n = 0;

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(telltap_case_create(dir, &c), 0);
	for (; n < 3 && lines[n][0]; n++)
		put_line(c, n, lines[n][0], lines[n][1]);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	return verify(NULL, NULL);
}

#define RUN(option) { "input", "\"origin\":\"input\",\"input\":{\"options\":[" \
	option "]}" }
#define HOOKED(origin) { "transfer", "\"origin\":\"" origin "\",\"transfer\":" \
	"{\"visibility\":\"hooked\"}" }

static void
a_lines_origin_is_that_of_its_kind(void **state)
{
	static const struct {
		const char *lines[3][2];
		const char *bad;	/* NULL: it verifies */
	} cases[] = {
		{ { RUN(""), { "transfer", "\"origin\":\"derived\"" } }, NULL },
		{ { RUN(""), { "transfer", "\"origin\":\"input\"" } },
			"line 2: a transfer whose origin is not derived" },
		{ { RUN(""), { "flow", "\"x\":1" } },
			"line 2: a flow whose origin is not derived" },
		{ { RUN(""), { "mark", "\"origin\":\"derived\"" } },
			"line 2: a mark whose origin is not input" },
		{ { RUN(""), { "anomaly", "\"origin\":\"derived\"" } }, NULL },
		{ { RUN("\"live=run\",\"tls-plaintext\""), HOOKED("input") },
			NULL },
		{ { RUN("\"live=run\",\"tls-plaintext\""), HOOKED("derived") },
			"line 2: a transfer whose origin is not input" },
		{ { RUN("\"live=run\""), HOOKED("input") },
			"line 2: a transfer whose origin is not derived" },
		{ { RUN(""), { "later", "\"origin\":\"later\"" } }, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(verify_lines(cases[i].lines), !!cases[i].bad);
		if (cases[i].bad)
			assert_non_null(strstr(said_bad, cases[i].bad));
	}
	assert_non_null(strstr(said_all, "1 lines are of kinds that this version"));
}

static void
a_run_ends_with_its_summary(void **state)
{
	static const char summary[] = "\"origin\":\"derived\"";
	const char *const twice[3][2] = { RUN(""), { "summary", summary },
		{ "summary", summary } };
	const char *const behind[3][2] = { RUN("\"live=run\""),
		{ "summary", summary }, { "transfer", summary } };
	const char *const mark[3][2] = { RUN(""), { "summary", summary },
		{ "mark", "\"origin\":\"input\"" } };
	const char *const runs[3][2] = { RUN("\"live=run\""),
		{ "summary", summary }, RUN("\"live=run\"") };
	const char *const replays[3][2] = { RUN(""), { "summary", summary },
		RUN("") };

	assert_int_equal(verify_lines(twice), 1);
	assert_non_null(strstr(said_bad, "line 3 comes after the summary"));
	assert_int_equal(verify_lines(behind), 1);
	assert_int_equal(verify_lines(mark), 0);
	assert_int_equal(verify_lines(runs), 0);
	assert_int_equal(verify_lines(replays), 1);
	assert_non_null(strstr(said_bad, "line 3: another run in one log"));
}

static void
no_folder_is_an_error_and_an_empty_one_no_case(void **state)
{
	assert_int_equal(verify(NULL, NULL), -ENOENT);
	assert_int_equal(mkdir(dir, 0777), 0);
	assert_int_equal(verify(NULL, NULL), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_case_as_it_was_made_verifies),
		T(the_key_from_outside_proves_the_author),
		T(anothers_key_is_not_the_author),
		T(every_flipped_byte_is_refused_and_named),
		T(every_missing_or_cut_or_longer_file_is_refused),
		T(a_file_too_many_is_refused),
		T(an_empty_folder_is_refused),
		T(packets_of_a_transfer_have_to_be_there),
		T(a_lines_origin_is_that_of_its_kind),
		T(a_run_ends_with_its_summary),
		T(no_folder_is_an_error_and_an_empty_one_no_case),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
