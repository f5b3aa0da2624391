// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/tap_files.h"

static void
joins(const char *names, size_t len, bool cut, const char *want)
{
	char *copy = malloc(len ? len : 1), *path;

	memcpy(copy, names, len);
	path = tap_files_join(copy, len, cut);
	assert_string_equal(path, want);
	free(path);
	free(copy);
}

static void
names_come_from_the_file_up(void **state)
{
	joins("x", 2, false, "/x");
	joins("passwd\0etc", 11, false, "/etc/passwd");
	joins("c\0b b\0a", 8, false, "/a/b b/c");
}

static void
a_path_that_goes_on_above_says_so(void **state)
{
	joins("c\0b", 4, true, ".../b/c");
	joins("", 0, true, "...");
}

static void
names_without_their_end_are_bounded(void **state)
{
	joins("", 0, false, "");
	joins("abc", 3, false, "/abc");
	joins("c\0b", 3, false, "/b/c");
	joins("\0\0", 2, false, "//");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_file_up),
		cmocka_unit_test(a_path_that_goes_on_above_says_so),
		cmocka_unit_test(names_without_their_end_are_bounded),
	};

	return cmocka_run_group_tests_name("kernel/files", tests, NULL, NULL);
}
