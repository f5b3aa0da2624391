// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence/key.h"
#include "telltap/case.h"
#include "telltap/packet.h"
#include "telltap/verify.h"

/* A case that grows, is cut short at any byte, and is taken up again. */

static char base[40], dir[64], copy[64], key[64];
static char said[1 << 16];

static int
begin(void **state)
{
	struct note_signer signer;

	/* Syncing takes its time on a disk. */
	snprintf(base, sizeof(base), "%s/telltap-live-XXXXXX",
	    access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s/case", base);
	snprintf(copy, sizeof(copy), "%s/copy", base);
	snprintf(key, sizeof(key), "%s/key", base);
	return key_make(&signer) || key_save(&signer, key);
}

static int
end(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static void
hear(void *arg, enum telltap_check result, const char *text)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%d %s\n", (int)result, text);
}

static int
verify(const char *path)
{
	struct telltap_verify_options o = { .size = sizeof(o) };

	said[0] = 0;
	return telltap_verify(path, &o, hear, NULL);
}

static struct telltap_case_options
live(void)
{
	return (struct telltap_case_options){
		.size = sizeof(struct telltap_case_options),
		.key_path = key,
		.live = true,
	};
}

static void
put_line(struct telltap_case *c, const char *text)
{
	char line[512];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"input\",\"sequence\":7},\"telltap\":{"
	    "\"origin\":\"input\",\"text\":\"%s\"}}", text);

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

static bool
there(const char *in, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", in, name);
	return access(path, F_OK) == 0;
}

static off_t
size_of(const char *in, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", in, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static bool
holds(const char *in, const char *name, const char *text)
{
	static char data[1 << 20];
	char path[256];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", in, name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	return memmem(data, len, text, strlen(text)) != NULL;
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

static void
a_checkpoint_comes_with_a_thousand_lines(void **state)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "first");
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
	for (unsigned i = 1; i < 1000; i++)
		put_line(c, "x");
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
	put_line(c, "last");
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1001\n"));
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
	char path[160], c;
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
		usleep(3000 + round * 4000);
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
	    "\"transfer\",\"sequence\":1},\"telltap\":{\"data\":{"
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

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_live_case_that_ends_verifies),
		T(a_checkpoint_comes_with_a_thousand_lines),
		T(a_case_left_is_no_case_until_it_is_taken_up),
		T(two_programs_do_not_write_one_case),
		T(lines_cut_at_every_byte_are_taken_up_or_refused),
		T(packets_cut_at_every_byte_are_taken_up),
		T(what_a_checkpoint_covers_is_not_changed_unseen),
		T(a_case_without_a_line_is_begun_anew),
		T(another_key_may_go_on),
		T(killed_at_any_time_it_is_taken_up),
		T(packets_go_into_files_of_a_size),
		T(files_of_packets_have_a_ceiling),
		T(an_object_is_kept_over_a_cut_and_a_torn_one_goes),
		T(an_object_whose_line_is_lost_is_told),
		T(objects_have_a_ceiling_and_their_case_verifies),
		T(parts_follow_each_other),
		T(a_day_ends_a_part),
		T(keys_go_on_into_the_next_part),
		T(a_part_cut_out_or_forged_is_named),
		T(a_part_cut_short_is_ended_and_followed),
	};

	return cmocka_run_group_tests_name("case_live", tests, NULL, NULL);
}
