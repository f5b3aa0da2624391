// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/file_open.h"

struct file {
	char path[64];
	int fd;				/* to read and write */
	uint64_t inode;
	uint32_t dev;
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
	f.dev = major(st.st_dev) << 20 | minor(st.st_dev);
	return f;
}

/* Whoever has it open by that descriptor, or nobody (-1). */
static struct file_wanted
wanted(const struct file *f, int fd, const char *path)
{
	return (struct file_wanted){ .pid = getpid(), .fd = fd, .path = path,
		.inode = f->inode, .dev = f->dev };
}

static int
open_by(const struct file *f, int fd, const char *path)
{
	struct file_wanted w = wanted(f, fd, path);

	return file_open_read(&w);
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
	copy = open_by(&f, f.fd, "");
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

		assert_true(open_by(&f, fd, "") < 0);
		can_be_read_alone(open_by(&f, fd, f.path));
		close(fd);
	}
	drop(&f);
}

static void
what_its_reader_has_for_reading_is_doubled(void **state)
{
	struct file f = make();
	int fd = open(f.path, O_RDONLY), copy;

	copy = open_by(&f, fd, "");
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	assert_int_equal(lseek(copy, 0, SEEK_CUR), 3);
	can_be_read_alone(copy);
	close(fd);
	drop(&f);
}

static void
another_file_is_refused(void **state)
{
	struct file f = make(), other = f;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	other.inode++;
	assert_true(open_by(&other, f.fd, "") < 0);
	assert_true(open_by(&other, -1, f.path) < 0);
	assert_true(open_by(&f, pipes[0], "") < 0);
	assert_true(open_by(&f, -1, "") < 0);
	assert_true(open_by(&f, -1, f.path + 1) < 0);
	can_be_read_alone(open_by(&f, -1, f.path));
	close(pipes[0]);
	close(pipes[1]);
	drop(&f);
}

/* Two containers of one image may have the same inode at the same path. */
static void
the_same_inode_of_another_device_is_refused(void **state)
{
	struct file f = make(), other = f;

	other.dev ^= 1u << 20;
	assert_true(open_by(&other, -1, f.path) < 0);
	/* Its own descriptor is certain. */
	can_be_read_alone(open_by(&other, open(f.path, O_RDONLY), f.path));
	if (f.dev >> 20) {
		other.dev = f.dev ^ 1;
		assert_true(open_by(&other, -1, f.path) < 0);
	}
	drop(&f);
}

/* A process that lives elsewhere, until what is returned is closed. */
static pid_t
live(bool (*move)(void *arg), void *arg, int *ret_until)
{
	int ready[2], until[2];
	pid_t pid;
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(until), 0);
	pid = fork();
	if (pid == 0) {
		close(until[1]);
		byte = move(arg);
		(void)!write(ready[1], &byte, 1);
		(void)!read(until[0], &byte, 1);
		_exit(0);
	}
	close(until[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*ret_until = until[1];
	if (byte)
		return pid;
	close(until[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return 0;
}

static bool
move_below(void *folder)
{
	return !chroot(folder) && !chdir("/");
}

/* A mount that it alone has, with a file in it. */
static bool
move_to_a_mount(void *shared)
{
	struct file *f = shared, made;

	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/tmp", "tmpfs", 0, NULL))
		return false;
	made = make();
	*f = made;
	return true;
}

static void
end(pid_t pid, int until)
{
	close(until);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Of one that has ended. */
static pid_t
nobody(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void
a_path_is_looked_for_where_its_kin_lives(void **state)
{
	struct file *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct file_wanted w;
	int until;
	pid_t there;

	assert_true(f != MAP_FAILED);
	there = live(move_to_a_mount, f, &until);
	if (!there)
		skip();
	w = wanted(f, -1, f->path);
	w.pid = nobody();
	assert_true(file_open_read(&w) < 0);
	w.kin[0] = there;
	can_be_read_alone(file_open_read(&w));
	w.kin[0] = nobody();
	w.kin[FILE_KIN_MAX - 1] = there;
	assert_true(file_open_read(&w) < 0);	/* behind the last */
	w.kin[1] = getpid();
	w.kin[2] = 1;
	can_be_read_alone(file_open_read(&w));
	w.inode++;
	assert_true(file_open_read(&w) < 0);
	end(there, until);
	munmap(f, sizeof(*f));
}

/* What the kernel tells of begins above a root of its own. */
static void
below_a_root_of_its_own_the_whole_path_leads_there(void **state)
{
	char folder[] = "/tmp/telltap-file-root-XXXXXX", path[80];
	struct file f = make();
	struct file_wanted w;
	int until;
	pid_t pid;

	if (geteuid()) {
		drop(&f);
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	assert_int_equal(rename(f.path, path), 0);
	pid = live(move_below, folder, &until);
	assert_true(pid > 0);
	w = wanted(&f, -1, path);
	w.pid = pid;
	can_be_read_alone(file_open_read(&w));
	/* Its own path is not the one that the kernel tells of. */
	w.path = "/file";
	assert_true(file_open_read(&w) < 0);
	/* It is ours that is below another one. */
	snprintf(path, sizeof(path), "/no/such%s/file", folder);
	w.path = path;
	w.pid = -1;
	can_be_read_alone(file_open_read(&w));
	w.dev ^= 1u << 20;
	assert_true(file_open_read(&w) < 0);
	snprintf(path, sizeof(path), "%s/file", folder);
	end(pid, until);
	unlink(path);
	rmdir(folder);
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
		cmocka_unit_test(the_same_inode_of_another_device_is_refused),
		cmocka_unit_test(a_path_is_looked_for_where_its_kin_lives),
		cmocka_unit_test(below_a_root_of_its_own_the_whole_path_leads_there),
	};

	return cmocka_run_group_tests_name("kernel/file_open", tests, NULL,
	    NULL);
}
