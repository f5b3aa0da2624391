// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/hook.h"
#include "kernel/hook_given.h"
#include "kernel/patience.h"

#define SIZE	20000u

static uint8_t content[SIZE], got[HOOK_GIVEN_READ_MAX];

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Of this process, as if it was given to a library. */
static struct tap_given
given(void)
{
	struct tap_given g = { .thread = (uint64_t)getpid() << 32 |
		(uint64_t)getpid() };
	struct stat st;
	int fd = memfd_create("given", MFD_CLOEXEC);

	for (size_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 7 + i / 256);
	assert_int_equal(SIZE, write(fd, content, SIZE));
	assert_int_equal(0, fstat(fd, &st));
	g.fd = (uint32_t)fd;
	g.inode = st.st_ino;
	return g;
}

/* A file that was changed just now is not read. */
static uint64_t
later(void)
{
	return now_ns() + 1000000000u;
}

/* Where processes may not look at one another nothing can be tried. */
static void
begin(const struct tap_given *g)
{
	hook_given_begin(g, later());
	if (hook_given_read(g, 0, 1, got) == -ENOENT)
		skip();
}

static void
what_is_asked_for_is_read(void **state)
{
	struct tap_given g = given();

	begin(&g);
	assert_int_equal(0, hook_given_read(&g, 0, sizeof(got), got));
	assert_memory_equal(content, got, sizeof(got));
	assert_int_equal(0, hook_given_read(&g, 19000, 1000, got));
	assert_memory_equal(content + 19000, got, 1000);
	assert_int_equal(-EINVAL, hook_given_read(&g, 0, sizeof(got) + 1, got));
	close((int)g.fd);
	assert_int_equal(0, hook_given_read(&g, 1, 5, got));
	assert_memory_equal(content + 1, got, 5);
}

static void
what_the_file_does_not_have_is_lost(void **state)
{
	struct tap_given g = given();

	begin(&g);
	assert_int_equal(-ESTALE, hook_given_read(&g, 19001, 1000, got));
	assert_int_equal(-ESTALE, hook_given_read(&g, SIZE, 1, got));
	close((int)g.fd);
}

static void
a_file_that_was_changed_meanwhile_is_lost(void **state)
{
	struct tap_given g = given();

	begin(&g);
	/* a tick of the kernel's clock */
	usleep(20000);
	assert_int_equal(1, pwrite((int)g.fd, content, 1, 0));
	assert_int_equal(-ESTALE, hook_given_read(&g, 0, 10, got));
	close((int)g.fd);
}

static void
a_file_that_may_have_been_changed_since_is_lost(void **state)
{
	uint64_t before = now_ns();
	struct tap_given g = given();

	hook_given_begin(&g, before);
	assert_int_equal(-ENOENT, hook_given_read(&g, 0, 10, got));
	begin(&g);
	g.shared = 1;
	hook_given_begin(&g, later());
	assert_int_equal(-ESTALE, hook_given_read(&g, 0, 10, got));
	close((int)g.fd);
}

static void
another_file_and_another_call_are_lost(void **state)
{
	struct tap_given g = given(), other;

	begin(&g);
	other = g;
	other.thread += 64;		/* of the same slot */
	assert_int_equal(-ENOENT, hook_given_read(&other, 0, 10, got));
	hook_given_end(&other);
	assert_int_equal(0, hook_given_read(&g, 0, 10, got));
	hook_given_end(&g);
	assert_int_equal(-ENOENT, hook_given_read(&g, 0, 10, got));
	g.inode++;
	hook_given_begin(&g, later());
	assert_int_equal(-ENOENT, hook_given_read(&g, 0, 10, got));
	g.fd = 9999;
	hook_given_begin(&g, later());
	assert_int_equal(-ENOENT, hook_given_read(&g, 0, 10, got));
}

/* What the kernel makes up is other bytes each time. */
static void
a_file_of_the_kernel_s_is_lost(void **state)
{
	struct tap_given g = given();
	struct stat st;

	begin(&g);
	close((int)g.fd);
	g.fd = (uint32_t)open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_int_equal(0, fstat((int)g.fd, &st));
	g.inode = st.st_ino;
	hook_given_begin(&g, later());
	assert_int_equal(-ENOENT, hook_given_read(&g, 0, 10, got));
	close((int)g.fd);
}

static int
end(void **state)
{
	return (int)patience_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_read),
		cmocka_unit_test(what_the_file_does_not_have_is_lost),
		cmocka_unit_test(a_file_that_was_changed_meanwhile_is_lost),
		cmocka_unit_test(a_file_that_may_have_been_changed_since_is_lost),
		cmocka_unit_test(another_file_and_another_call_are_lost),
		cmocka_unit_test(a_file_of_the_kernel_s_is_lost),
	};

	return cmocka_run_group_tests_name("hook_given", tests, NULL, end);
}
