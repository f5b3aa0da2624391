// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "live_case.h"

/* A case is cut short at any byte, and is taken up again. */

static unsigned syncs;

int
fsync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fsync, fd);
}

/* What a program leaves that dies now: lines signed, lines not signed. */
static void
leave_case(unsigned lines_signed, unsigned lines_more)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	for (unsigned i = 0; i < lines_signed; i++) {
		put_line(c, "signed");
		put_packet(c, i + 1);
	}
	assert_int_equal(telltap_case_checkpoint(c), 0);
	for (unsigned i = 0; i < lines_more; i++) {
		put_line(c, "more");
		put_packet(c, lines_signed + i + 1);
	}
	assert_int_equal(telltap_case_tick(c), 0);
	telltap_case_free(c);
}

static void
copy_file(const char *name)
{
	char path[160];
	static char data[1 << 16];
	ssize_t n;
	int from, to;

	snprintf(path, sizeof(path), "%s/data.part/%s", dir, name);
	from = open(path, O_RDONLY);
	assert_true(from >= 0);
	n = read(from, data, sizeof(data));
	close(from);
	assert_true(n >= 0 && n < (ssize_t)sizeof(data));
	snprintf(path, sizeof(path), "%s/data.part/%s", copy, name);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
	assert_true(to >= 0);
	assert_int_equal(write(to, data, (size_t)n), n);
	close(to);
}

static int
remove_it(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void
copy_case(void)
{
	static const char *const folders[] = { "", "/data.part",
		"/data.part/log", "/data.part/capture" };
	static const char *const files[] = { "events.jsonl", "salt",
		"log/checkpoint", "log/vkey", "capture/packets.pcapng" };
	char path[160];

	nftw(copy, remove_it, 8, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", copy, folders[i]);
		assert_int_equal(mkdir(path, 0777), 0);
	}
	for (size_t i = 0; i < 5; i++)
		copy_file(files[i]);
}

static void
a_live_case_that_ends_verifies(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	assert_true(there(dir, "data.part/log/checkpoint"));
	put_packet(c, 1);
	put_line(c, "two");
	assert_int_equal(telltap_case_tick(c), 0);
	assert_true(holds(dir, "data.part/events.jsonl", "\"two\""));
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
	assert_true(holds(dir, "data/events.jsonl", "\"sequence\":1}"));
	assert_false(there(dir, "data/reserve"));
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Half a minute at most. */
static void
await_checkpoint(struct telltap_case *c, const char *lines)
{
	for (int i = 0; i < 30000 &&
	     !holds(dir, "data.part/log/checkpoint", lines); i++) {
		assert_int_equal(telltap_case_tick(c), 0);
		usleep(1000);
	}
	assert_true(holds(dir, "data.part/log/checkpoint", lines));
}

static void
a_checkpoint_comes_with_a_thousand_lines(void **state)
{
	struct telltap_case_options o = live();
	int64_t begun_us = now_us(), took_us;
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "first");
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
	took_us = now_us() - begun_us;
	for (unsigned i = 1; i < 1000; i++)
		put_line(c, "x");
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
	/* Ten times as long as the first one took have passed. */
	usleep(20 * (unsigned)took_us);
	put_line(c, "last");
	await_checkpoint(c, "\n1001\n");
	telltap_case_free(c);
}

static void
a_tile_waits_for_no_disk(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;
	unsigned before;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "first");
	before = syncs;
	assert_true(before > 0);
	for (unsigned i = 1; i < 600; i++)
		put_line(c, "x");
	assert_true(there(dir, "data.part/log/tile/0/001"));
	assert_int_equal(syncs, before);
	telltap_case_free(c);
}

static void
a_case_left_is_no_case_until_it_is_taken_up(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	leave_case(2, 1);
	assert_int_equal(verify(dir), 1);
	assert_non_null(strstr(said, "not finished"));
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	assert_int_equal(telltap_case_last_packet(c), 3);
	put_line(c, "again");
	put_packet(c, 4);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "cut short"));
	assert_true(holds(dir, "data/events.jsonl", "\"what\":\"log-cut\""));
	assert_true(holds(dir, "data/events.jsonl", "\"lines\":3,"));
	assert_true(holds(dir, "data/events.jsonl", "\"signed_lines\":2,"));
	assert_true(there(dir, "data/capture/packets-0002.pcapng"));
}

static void
two_programs_do_not_write_one_case(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *a, *b;

	assert_int_equal(telltap_case_create_with(dir, &o, &a), 0);
	put_line(a, "one");
	assert_int_equal(telltap_case_create_with(dir, &o, &b), -EBUSY);
	telltap_case_free(b);
	assert_int_equal(telltap_case_finish(a), 0);
	telltap_case_free(a);
	assert_int_equal(telltap_case_create_with(dir, &o, &b), -ENOTEMPTY);
	telltap_case_free(b);
	assert_int_equal(verify(dir), 0);
}

/* Takes up the copy and ends it: 0, or what taking it up gave. */
static int
take_up(void)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;
	int err = telltap_case_reopen(copy, &o, &c);

	if (!err)
		assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	return err;
}

static void
lines_cut_at_every_byte_are_taken_up_or_refused(void **state)
{
	off_t size, covered;
	char path[160];

	leave_case(2, 0);
	covered = size_of(dir, "data.part/events.jsonl");
	end(NULL);
	begin(NULL);
	leave_case(2, 2);
	size = size_of(dir, "data.part/events.jsonl");
	for (off_t at = 0; at <= size; at++) {
		int err;

		copy_case();
		snprintf(path, sizeof(path), "%s/data.part/events.jsonl", copy);
		assert_int_equal(truncate(path, at), 0);
		err = take_up();
		if (at < covered) {
			assert_int_equal(err, -EBADMSG);
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(verify(copy), 0);
		assert_true(holds(copy, "data/events.jsonl", "log-cut"));
	}
}

static void
packets_cut_at_every_byte_are_taken_up(void **state)
{
	char path[160];
	off_t size;

	leave_case(2, 1);
	size = size_of(dir, "data.part/capture/packets.pcapng");
	for (off_t at = 0; at <= size; at++) {
		copy_case();
		snprintf(path, sizeof(path),
		    "%s/data.part/capture/packets.pcapng", copy);
		assert_int_equal(truncate(path, at), 0);
		assert_int_equal(take_up(), 0);
		assert_int_equal(verify(copy), 0);
		assert_int_equal(holds(copy, "data/events.jsonl",
		    "\"packet_bytes\":0,"), at == 0 || at == 28 ||
		    (at >= 60 && (at - 60) % 64 == 0));
	}
}

static void
flip(const char *name, off_t at)
{
	char path[160], c = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", copy, name);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0 && pread(fd, &c, 1, at) == 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
what_a_checkpoint_covers_is_not_changed_unseen(void **state)
{
	static const char *const names[] = { "data.part/events.jsonl",
		"data.part/log/checkpoint", "data.part/log/vkey",
		"data.part/salt" };

	leave_case(2, 0);
	for (size_t i = 0; i < 4; i++) {
		off_t size = size_of(dir, names[i]);

		for (off_t at = 0; at < size; at++) {
			copy_case();
			flip(names[i], at);
			if (take_up() != -EBADMSG)
				fail_msg("%s: byte %ld", names[i], (long)at);
		}
	}
}

static void
a_case_without_a_line_is_begun_anew(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	telltap_case_free(c);
	assert_int_equal(telltap_case_reopen(dir, &o, &c), -ENOENT);
	telltap_case_free(c);
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "one");
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
}

static void
another_key_may_go_on(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	leave_case(2, 1);
	o.key_path = NULL;
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "again");
	telltap_case_free(c);
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
	assert_non_null(strstr(said, "another key"));
}

static void
write_until_killed(void)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	o.capture_max = 5000;
	if (telltap_case_create_with(dir, &o, &c))
		_exit(1);
	for (unsigned i = 0;; i++) {
		put_line(c, "x");
		put_packet(c, i + 1);
		if (i % 10 == 0 && telltap_case_tick(c))
			_exit(1);
	}
}

/* For half a minute at most. */
static void
await_line(void)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/data.part/events.jsonl", dir);
	for (int i = 0; i < 30000 && (stat(path, &st) || !st.st_size); i++)
		usleep(1000);
}

/* Before it begins, too, in the first half of them. */
static void
killed_at_any_time_it_is_taken_up(void **state)
{
	unsigned taken_up = 0;

	for (unsigned round = 0; round < 20; round++) {
		struct telltap_case_options o = live();
		struct telltap_case *c;
		pid_t pid = fork();
		int status, err;

		if (pid == 0)
			write_until_killed();
		if (round >= 10)
			await_line();
		usleep(3000 + round % 10 * 4000);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		err = telltap_case_reopen(dir, &o, &c);
		if (!err)
			err = telltap_case_finish(c);
		telltap_case_free(c);
		/* Killed before the first line. */
		if (err != -ENOENT) {
			assert_int_equal(err, 0);
			assert_int_equal(verify(dir), 0);
			taken_up++;
		}
		end(NULL);
		begin(NULL);
	}
	assert_true(taken_up > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_live_case_that_ends_verifies),
		T(a_checkpoint_comes_with_a_thousand_lines),
		T(a_tile_waits_for_no_disk),
		T(a_case_left_is_no_case_until_it_is_taken_up),
		T(two_programs_do_not_write_one_case),
		T(lines_cut_at_every_byte_are_taken_up_or_refused),
		T(packets_cut_at_every_byte_are_taken_up),
		T(what_a_checkpoint_covers_is_not_changed_unseen),
		T(a_case_without_a_line_is_begun_anew),
		T(another_key_may_go_on),
		T(killed_at_any_time_it_is_taken_up),
	};

	return cmocka_run_group_tests_name("case_live", tests, NULL, NULL);
}
