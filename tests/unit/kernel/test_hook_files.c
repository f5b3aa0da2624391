// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "bpf/hook.h"
#include "kernel/hook_files.h"
#include "kernel/proc.h"

/* What a mapping of our own is of; its text is freed by the caller. */
static char *
mapping_of(const void *address, struct maps_file *ret_mapping)
{
	char *text = proc_read(getpid(), "maps", 1 << 20, NULL), *at = text;
	struct maps_file m;

	while (text && maps_file_next(&at, &m))
		if ((uintptr_t)address >= m.start && (uintptr_t)address < m.end) {
			*ret_mapping = m;
			return text;
		}
	free(text);
	fail();
	return NULL;
}

static int
number_at(struct hook_files *h, const void *address)
{
	struct maps_file m;
	char *text = mapping_of(address, &m);
	int n = hook_files_of(h, getpid(), &m, "");

	free(text);
	return n;
}

/* Our libssl, as a file of ours. */
static int
copy_library(int fd)
{
	int (*function)(SSL *, const void *, int) = SSL_write;
	struct maps_file m;
	char *text, *bytes;
	struct stat st;
	void *address;
	int from;

	memcpy(&address, &function, sizeof(address));
	text = mapping_of(address, &m);
	from = maps_file_open(getpid(), &m);
	assert_int_equal(fstat(from, &st), 0);
	bytes = malloc((size_t)st.st_size);
	assert_int_equal(pread(from, bytes, (size_t)st.st_size, 0), st.st_size);
	assert_int_equal(pwrite(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	close(from);
	free(bytes);
	free(text);
	return fd;
}

static void *
map(int fd)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

/* So that the change has another time than the one before. */
static void
wait_for_clock(int fd)
{
	struct stat before, now;

	assert_int_equal(fstat(fd, &before), 0);
	do {
		usleep(1000);
		assert_int_equal(fchmod(fd, 0700), 0);
		assert_int_equal(fstat(fd, &now), 0);
	} while (before.st_ctim.tv_sec == now.st_ctim.tv_sec &&
		 before.st_ctim.tv_nsec == now.st_ctim.tv_nsec);
}

static void
a_mapped_library_is_found_once(void **state)
{
	struct hook_files *h = hook_files_new();
	int fd = copy_library(memfd_create("library", MFD_CLOEXEC));
	void *p = map(fd);
	const struct hook_file *f;

	assert_int_equal(number_at(h, p), 0);
	assert_int_equal(number_at(h, p), 0);
	assert_int_equal(hook_files_count(h), 1);
	f = hook_files_get(h, 0);
	assert_non_null(f);
	assert_int_equal(f->places.library, TAP_HOOK_OPENSSL);
	munmap(p, 4096);
	close(fd);
	hook_files_free(h);
}

static void
a_file_that_becomes_a_library_is_found(void **state)
{
	struct hook_files *h = hook_files_new();
	int fd = memfd_create("file", MFD_CLOEXEC);
	void *p;

	assert_int_equal(write(fd, "nothing", 7), 7);
	p = map(fd);
	assert_int_equal(number_at(h, p), -1);
	copy_library(fd);
	wait_for_clock(fd);
	assert_int_equal(number_at(h, p), 0);
	munmap(p, 4096);
	close(fd);
	hook_files_free(h);
}

static void
a_library_that_was_written_over_gets_no_probes(void **state)
{
	struct hook_files *h = hook_files_new();
	int fd = copy_library(memfd_create("library", MFD_CLOEXEC));
	void *p = map(fd);

	assert_int_equal(number_at(h, p), 0);
	assert_int_equal(pwrite(fd, "no ELF", 6, 0), 6);
	wait_for_clock(fd);
	assert_null(hook_files_get(h, 0));
	copy_library(fd);
	wait_for_clock(fd);
	assert_non_null(hook_files_get(h, 0));
	munmap(p, 4096);
	close(fd);
	hook_files_free(h);
}

static void
one_more_than_can_be_kept_is_counted(void **state)
{
	struct hook_files *h = hook_files_new();
	int fds[HOOK_FILES_MAX + 1];

	for (int i = 0; i <= HOOK_FILES_MAX; i++) {
		void *p;

		fds[i] = copy_library(memfd_create("library", MFD_CLOEXEC));
		p = map(fds[i]);
		assert_int_equal(hook_files_lost(h), 0);
		assert_int_equal(number_at(h, p), i < HOOK_FILES_MAX ? i : -1);
		munmap(p, 4096);
	}
	assert_int_equal(hook_files_lost(h), 1);
	assert_true(hook_files_is_expected(0));
	assert_false(hook_files_is_expected(HOOK_FILES_MAX - 1));
	for (int i = 0; i <= HOOK_FILES_MAX; i++)
		close(fds[i]);
	hook_files_free(h);
}

static void
what_a_server_may_keep_back_is_not_touched(void **state)
{
	struct hook_files *h = hook_files_new();
	int (*function)(SSL *, const void *, int) = SSL_write;
	struct maps_file m;
	char mounts[128], *text;
	void *address;

	memcpy(&address, &function, sizeof(address));
	text = mapping_of(address, &m);
	snprintf(mounts, sizeof(mounts), "1 0 %u:%u / / rw - fuse none rw\n",
	    m.dev_major, m.dev_minor);
	assert_int_equal(hook_files_of(h, getpid(), &m, mounts), -1);
	assert_int_equal(hook_files_of(h, getpid(), &m, mounts), -1);
	assert_int_equal(hook_files_lost(h), 1);
	assert_int_equal(hook_files_count(h), 0);
	/* another file system has that device by now */
	assert_int_equal(hook_files_of(h, getpid(), &m, ""), 0);
	free(text);
	hook_files_free(h);
}

static void
a_program_is_looked_for_as_a_shell_does(void **state)
{
	struct hook_files *h = hook_files_new();
	char folder[] = "/tmp/telltap-files-XXXXXX", name[64], path[128];
	int fd;

	assert_non_null(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/scanner", folder);
	fd = copy_library(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0700));
	hook_files_expect_program(h, "scanner");
	assert_int_equal(hook_files_count(h), 0);
	snprintf(path, sizeof(path), "/nonexistent::%s:/", folder);
	setenv("PATH", path, 1);
	hook_files_expect_program(h, "scanner");
	assert_int_equal(hook_files_count(h), 1);
	hook_files_expect_program(h, name);
	hook_files_expect_program(h, folder);
	assert_int_equal(hook_files_count(h), 1);
	close(fd);
	unlink(name);
	rmdir(folder);
	hook_files_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapped_library_is_found_once),
		cmocka_unit_test(a_file_that_becomes_a_library_is_found),
		cmocka_unit_test(a_library_that_was_written_over_gets_no_probes),
		cmocka_unit_test(one_more_than_can_be_kept_is_counted),
		cmocka_unit_test(what_a_server_may_keep_back_is_not_touched),
		cmocka_unit_test(a_program_is_looked_for_as_a_shell_does),
	};

	return cmocka_run_group_tests_name("kernel/hook_files", tests, NULL,
	    NULL);
}
