// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/cgroup.h"
#include "kernel/proc.h"

#define REST " S 77 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9"

static void
a_name_with_brackets_and_spaces_is_one_name(void **state)
{
	struct proc_stat st;

	assert_int_equal(proc_parse_stat("42 (a) R 9 (x)" REST, 100, &st), 0);
	assert_string_equal(st.name, "a) R 9 (x");
	assert_int_equal(st.parent_pid, 77);
	assert_int_equal(st.start_ns, 123450000000ull);
}

static void
a_name_too_long_is_cut(void **state)
{
	struct proc_stat st;

	assert_int_equal(proc_parse_stat("1 (0123456789abcdefgh)" REST, 1000,
			     &st), 0);
	assert_string_equal(st.name, "0123456789abcde");
	assert_int_equal(st.start_ns, 12345000000ull);
}

static void
a_stat_that_ends_early_is_refused(void **state)
{
	struct proc_stat st = { .parent_pid = 5 };

	assert_int_not_equal(proc_parse_stat("", 100, &st), 0);
	assert_int_not_equal(proc_parse_stat("1 (a", 100, &st), 0);
	assert_int_not_equal(proc_parse_stat(")1 (", 100, &st), 0);
	assert_int_not_equal(proc_parse_stat("1 (a) S 7 1 1", 100, &st), 0);
	assert_int_not_equal(proc_parse_stat("1 (a)" REST, 0, &st), 0);
	assert_int_equal(st.parent_pid, 5);
}

static void
only_the_line_of_cgroup_v2_counts(void **state)
{
	char both[] = "12:cpu:/a\n0::/system.slice/x.service\n1:name=s:/b\n";
	char none[] = "12:cpu:/a\n10::/no\n";
	char last[] = "0::/last";

	assert_string_equal(proc_parse_cgroup(both),
	    "/system.slice/x.service");
	assert_string_equal(proc_parse_cgroup(none), "");
	assert_string_equal(proc_parse_cgroup(last), "/last");
}

static void
check_unit(const char *cgroup, const char *unit)
{
	char *got = proc_unit_of(cgroup);

	assert_string_equal(got, unit);
	free(got);
}

static void
the_innermost_unit_is_taken(void **state)
{
	check_unit("/system.slice/clamav-daemon.service",
	    "clamav-daemon.service");
	check_unit("/user.slice/user@0.service/app.slice/av.scope",
	    "av.scope");
	check_unit("/system.slice/x.service/workers", "x.service");
	check_unit("/", "");
	check_unit("", "");
	check_unit("/.service", "");
	check_unit("/a.servicex", "");
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
check_container(const char *cgroup, const char *id)
{
	char *got = proc_container_of(cgroup);

	assert_string_equal(got, id);
	free(got);
}

static void
a_container_is_64_hex_digits_no_more_no_less(void **state)
{
	check_container("/docker/" HEX64, HEX64);
	check_container("/docker-" HEX64 ".scope", HEX64);
	check_container("/docker/" HEX64 "0", "");
	check_container("/docker/123456789", "");
	check_container("", "");
}

static void
a_process_finds_itself(void **state)
{
	struct proc_stat st;
	char *exe = proc_link(getpid(), "exe");

	assert_int_equal(proc_read_stat(getpid(), &st), 0);
	assert_int_equal(st.parent_pid, getppid());
	assert_non_null(strstr(exe, "test_proc"));
	assert_int_equal(proc_uid(getpid()), getuid());
	free(exe);
	assert_null(proc_link(-1, "exe"));
	assert_int_equal(proc_uid(-1), (uid_t)-1);
}

static void
the_mount_of_cgroup2_is_found_among_others(void **state)
{
	char *where = cgroup_parse_mounts(
	    "proc /proc proc rw 0 0\n"
	    "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
	    "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
	    "x /y cgroup2 rw 0 0\n");

	assert_string_equal(where, "/sys/fs/cgroup/unified");
	free(where);
	where = cgroup_parse_mounts("none /c cgroup2 rw 0 0");
	assert_string_equal(where, "/c");
	free(where);
	assert_null(cgroup_parse_mounts(""));
	assert_null(cgroup_parse_mounts("cgroup2"));
	assert_null(cgroup_parse_mounts("cgroup2 /x"));
	assert_null(cgroup_parse_mounts("a cgroup2 ext4 rw 0 0\n"));
}

static void
a_group_is_named_by_its_place_in_the_file_system_too(void **state)
{
	static const char mounts[] =
	    "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
	    "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
	    "x /y cgroup2 rw 0 0\n";

	assert_string_equal(cgroup_below_mount(mounts,
	    "/sys/fs/cgroup/unified/a/b"), "/a/b");
	assert_string_equal(cgroup_below_mount(mounts, "/y/c"), "/c");
	assert_string_equal(cgroup_below_mount(mounts, "/y"), "/");
	assert_string_equal(cgroup_below_mount(mounts, "/yes/c"), "/yes/c");
	assert_string_equal(cgroup_below_mount(mounts, "/a/b"), "/a/b");
	assert_string_equal(cgroup_below_mount(mounts, "a.slice"), "a.slice");
	assert_string_equal(cgroup_below_mount("", "/a"), "/a");
	assert_string_equal(cgroup_below_mount("", "/sys/fs/cgroup/a"), "/a");
	assert_string_equal(cgroup_below_mount("",
	    "/sys/fs/cgroup/unified/a"), "/a");
}

static void
an_inode_is_told_by_path_or_by_descriptor(void **state)
{
	uint64_t inode, same;
	struct stat st;
	uint32_t dev;
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	assert_int_equal(proc_inode(AT_FDCWD, "/proc/self/exe", &inode, &dev),
	    0);
	assert_int_equal(proc_inode(fd, "", &same, &dev), 0);
	assert_int_equal(inode, st.st_ino);
	assert_int_equal(same, st.st_ino);
	assert_int_equal(dev, major(st.st_dev) << 20 | minor(st.st_dev));
	assert_int_equal(proc_inode(AT_FDCWD, "/no/such", &same, &dev),
	    -ENOENT);
	assert_int_equal(same, inode);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_with_brackets_and_spaces_is_one_name),
		cmocka_unit_test(a_name_too_long_is_cut),
		cmocka_unit_test(a_stat_that_ends_early_is_refused),
		cmocka_unit_test(only_the_line_of_cgroup_v2_counts),
		cmocka_unit_test(the_innermost_unit_is_taken),
		cmocka_unit_test(a_container_is_64_hex_digits_no_more_no_less),
		cmocka_unit_test(a_process_finds_itself),
		cmocka_unit_test(an_inode_is_told_by_path_or_by_descriptor),
		cmocka_unit_test(the_mount_of_cgroup2_is_found_among_others),
		cmocka_unit_test(
		    a_group_is_named_by_its_place_in_the_file_system_too),
	};

	return cmocka_run_group_tests_name("kernel/proc", tests, NULL, NULL);
}
