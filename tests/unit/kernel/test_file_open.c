// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/file_open.h"

struct file {
	char path[64];
	int fd;				/* to read and write */
	uint64_t inode;
};

static struct file
make(void)
{
	struct file f = { .path = "/tmp/telltap-file-open-XXXXXX" };
	struct stat st;

	f.fd = mkstemp(f.path);
	assert_true(f.fd >= 0);
	assert_int_equal(write(f.fd, "text", 4), 4);
	assert_int_equal(fstat(f.fd, &st), 0);
	f.inode = st.st_ino;
	return f;
}

static void
drop(struct file *f)
{
	unlink(f->path);
	close(f->fd);
}

static void
can_be_read_alone(int fd)
{
	char text[4];

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(pread(fd, text, 4, 0), 4);
	assert_memory_equal(text, "text", 4);
	assert_true(write(fd, "else", 4) < 0);
	close(fd);
}

/* It is the same description, for one opened anew would ask scanners. */
static void
what_its_reader_may_write_to_is_doubled(void **state)
{
	struct file f = make();
	int copy;

	/* It has no path any more. */
	unlink(f.path);
	copy = file_open_read(getpid(), f.fd, "", f.inode);
	assert_true(copy >= 0);
	assert_int_equal(lseek(f.fd, 3, SEEK_SET), 3);
	assert_int_equal(lseek(copy, 0, SEEK_CUR), 3);
	close(copy);
	drop(&f);
}

static void
what_it_can_not_read_by_is_opened_by_its_path(void **state)
{
	static const int flags[] = { O_WRONLY, O_PATH };
	struct file f = make();

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int fd = open(f.path, flags[i]);

		assert_true(file_open_read(getpid(), fd, "", f.inode) < 0);
		can_be_read_alone(file_open_read(getpid(), fd, f.path, f.inode));
		close(fd);
	}
	drop(&f);
}

static void
what_its_reader_has_for_reading_is_doubled(void **state)
{
	struct file f = make();
	int fd = open(f.path, O_RDONLY), copy;

	copy = file_open_read(getpid(), fd, "", f.inode);
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	assert_int_equal(lseek(copy, 0, SEEK_CUR), 3);
	can_be_read_alone(copy);
	close(fd);
	drop(&f);
}

static void
another_file_is_refused(void **state)
{
	struct file f = make();
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	assert_true(file_open_read(getpid(), f.fd, "", f.inode + 1) < 0);
	assert_true(file_open_read(getpid(), pipes[0], "", f.inode) < 0);
	assert_true(file_open_read(getpid(), -1, "", f.inode) < 0);
	can_be_read_alone(file_open_read(getpid(), -1, f.path, f.inode));
	close(pipes[0]);
	close(pipes[1]);
	drop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_its_reader_may_write_to_is_doubled),
		cmocka_unit_test(what_it_can_not_read_by_is_opened_by_its_path),
		cmocka_unit_test(what_its_reader_has_for_reading_is_doubled),
		cmocka_unit_test(another_file_is_refused),
	};

	return cmocka_run_group_tests_name("kernel/file_open", tests, NULL,
	    NULL);
}
