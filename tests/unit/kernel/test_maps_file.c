// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/maps_file.h"
#include "kernel/patience.h"
#include "kernel/proc.h"

static void
only_code_of_files_is_told(void **state)
{
	char text[] =
	    "55d0-55d1 r--p 00000000 fe:00 12 /bin/av\n"
	    "55d1-55d9 r-xp 00001000 fe:00 12 /bin/av\n"
	    "7f00-7f10 r-xp 00000000 00:00 0 [vdso]\n"
	    "7f20-7f30 rwxp 00000000 00:00 0 \n"
	    "7f40-7f50 r-xp 00002000 08:1f 99                /lib/a b.so\n"
	    "not a line at all\n"
	    "7f60-7f70 r-xp 00002000 08:1f 77 /lib/gone.so (deleted)";
	char *at = text;
	struct maps_file m;

	assert_true(maps_file_next(&at, &m));
	assert_int_equal(m.start, 0x55d1);
	assert_int_equal(m.end, 0x55d9);
	assert_int_equal(m.inode, 12);
	assert_int_equal(m.dev_major, 0xfe);
	assert_string_equal(m.path, "/bin/av");
	assert_true(maps_file_next(&at, &m));
	assert_string_equal(m.path, "/lib/a b.so");
	assert_int_equal(m.dev_minor, 0x1f);
	assert_true(maps_file_next(&at, &m));
	assert_string_equal(m.path, "/lib/gone.so (deleted)");
	assert_false(maps_file_next(&at, &m));
	assert_false(maps_file_next(&at, &m));
}

static void
an_empty_text_has_none(void **state)
{
	char text[] = "";
	char *at = text;
	struct maps_file m;

	assert_false(maps_file_next(&at, &m));
}

static void
what_lies_on_fuse_is_served_by_somebody(void **state)
{
	static const char mounts[] =
	    "21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
	    "30 21 0:40 / /a\\040b rw - fuse.sshfs me@there rw,user_id=0\n"
	    "31 21 0:41 /x /b rw master:1 - fuse none rw\n"
	    "32 21 8:2 / /c rw - fuseblk /dev/sda2 rw\n"
	    "33 21 0:43 / /d rw - fusectl none rw\n"
	    "34 21 0:44 / /e rw - tmpfs - rw\n"
	    "35 21 0:4";
	static const struct {
		uint32_t major, minor;
		bool served;
	} cases[] = { { 254, 1, false }, { 0, 40, true }, { 0, 41, true },
		{ 8, 2, true }, { 0, 43, false }, { 0, 44, false }, { 0, 4, false },
		{ 0, 99, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct maps_file m = { .dev_major = cases[i].major,
			.dev_minor = cases[i].minor };

		assert_int_equal(cases[i].served, maps_file_is_served(&m, mounts));
		assert_false(maps_file_is_served(&m, ""));
	}
}

static void
our_own_files_can_be_opened(void **state)
{
	char *text = proc_read(getpid(), "maps", 1 << 20, NULL), *at = text;
	struct maps_file m;
	int fd;

	assert_non_null(text);
	assert_true(maps_file_next(&at, &m));
	fd = maps_file_open(getpid(), &m);
	assert_true(fd >= 0);
	close(fd);
	/* another file by that name is not it */
	m.inode++;
	assert_int_equal(maps_file_open(getpid(), &m), -1);
	free(text);
}

/* However many mappings there are beside, it is asked for once. */
static void
of_many_mappings_the_code_is_asked_for(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 4000;
	char *all = mmap(NULL, count * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *text, *at;
	struct maps_file m;
	unsigned found = 0;

	assert_ptr_not_equal(all, MAP_FAILED);
	for (size_t i = 0; i < count; i += 2)
		assert_int_equal(mprotect(all + i * page, page, PROT_READ), 0);
	assert_int_equal(maps_file_ask(getpid(), &text), 0);
	assert_in_range(strlen(text), 1, PATIENCE_ANSWER_MAX);
	assert_null(strstr(text, " r--p "));
	for (at = text; maps_file_next(&at, &m);)
		found += strstr(m.path, "test_maps_file") != NULL;
	assert_true(found > 0);
	free(text);
	assert_int_equal(munmap(all, count * page), 0);
	(void)patience_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_code_of_files_is_told),
		cmocka_unit_test(an_empty_text_has_none),
		cmocka_unit_test(what_lies_on_fuse_is_served_by_somebody),
		cmocka_unit_test(our_own_files_can_be_opened),
		cmocka_unit_test(of_many_mappings_the_code_is_asked_for),
	};

	return cmocka_run_group_tests_name("kernel/maps_file", tests, NULL,
	    NULL);
}
