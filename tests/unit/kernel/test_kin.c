// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/kin.h"
#include "kernel/package.h"

static char lists[64];
static struct kin *kin;

static void
list(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", lists, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool
outside(const char *executable, const char *unit, bool of_product)
{
	struct process p = { .executable = (char *)executable,
		.unit = (char *)unit };

	return kin_take(kin, &p, of_product);
}

static void
package_is(const char *path, const char *want)
{
	char *got = package_of(lists, path);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
	free(got);
}

static void
a_file_is_of_the_package_that_lists_it(void **state)
{
	package_is("/usr/sbin/avd", "av-daemon");
	package_is("/usr/bin/avscan", "av-daemon");
	package_is("/usr/bin/python3.11", "python3.11-minimal");
	package_is("/usr/lib/libx.so", "libx");
	package_is("/usr/sbin/av", NULL);
	package_is("/usr/sbin/avd2", NULL);
	package_is("/sbin/avd", NULL);
	package_is("/usr/bin/last", "last");
	package_is("", NULL);
}

static void
no_lists_no_package(void **state)
{
	assert_null(package_of("/nonexistent", "/usr/sbin/avd"));
}

static void
what_was_asked_for_is_the_product(void **state)
{
	assert_false(outside("/usr/sbin/avd", "", true));
	assert_false(outside("/usr/sbin/avd", "", false));
}

static void
another_program_is_outside(void **state)
{
	outside("/usr/sbin/avd", "", true);
	assert_true(outside("/usr/bin/firefox", "", false));
	assert_true(outside("/usr/bin/firefox", "", false));
}

static void
one_of_its_package_is_not(void **state)
{
	outside("/usr/sbin/avd", "", true);
	assert_false(outside("/usr/bin/avscan", "", false));
}

static void
nor_one_in_its_folder_or_below(void **state)
{
	outside("/opt/av/bin/avd", "", true);
	assert_false(outside("/opt/av/bin/updater", "", false));
	assert_false(outside("/opt/av/bin/tools/x", "", false));
	assert_true(outside("/opt/av/other", "", false));
	assert_true(outside("/opt/av/bin2/x", "", false));
}

static void
nor_one_in_its_unit(void **state)
{
	outside("/usr/sbin/avd", "av.service", true);
	assert_false(outside("/usr/bin/firefox", "av.service", false));
	assert_true(outside("/usr/bin/firefox", "user@0.service", false));
	assert_true(outside("/usr/bin/firefox", "", false));
}

static void
folders_of_all_kinds_of_programs_tell_nothing(void **state)
{
	outside("/usr/local/bin/avd", "", true);
	outside("/avd", "", true);
	assert_true(outside("/usr/local/bin/firefox", "", false));
	assert_true(outside("/firefox", "", false));
}

static void
a_program_asked_for_later_changes_the_answer(void **state)
{
	outside("/usr/sbin/avd", "", true);
	assert_true(outside("/opt/gui/helper", "", false));
	outside("/opt/gui/window", "", true);
	assert_false(outside("/opt/gui/helper", "", false));
}

static void
one_whose_program_is_not_known_is_not_told_apart(void **state)
{
	outside("/usr/sbin/avd", "", true);
	assert_false(outside("", "", false));
}

static void
programs_above_the_ceiling_are_not_kept(void **state)
{
	char path[64];

	for (int i = 0; i <= 256; i++) {
		snprintf(path, sizeof(path), "/opt/p%d/x", i);
		outside(path, "", true);
	}
	assert_false(outside("/opt/p255/y", "", false));
	assert_true(outside("/opt/p256/y", "", false));
}

static int
begin(void **state)
{
	kin = kin_new(lists);
	return kin ? 0 : -1;
}

static int
end(void **state)
{
	kin_free(kin);
	return 0;
}

static int
make_lists(void **state)
{
	strcpy(lists, "/tmp/telltap-kin-XXXXXX");
	if (!mkdtemp(lists))
		return -1;
	list("av-daemon.list", "/.\n/usr/sbin\n/usr/sbin/avd\n/bin/avscan\n");
	list("python3.11-minimal.list", "/usr/bin/python3.11\n");
	list("libx:amd64.list", "/usr/lib/libx.so\n");
	list("last.list", "/usr/bin/last");
	list("av-daemon.md5sums", "/usr/sbin/avd2\n");
	list("none.list", "");
	return 0;
}

static int
remove_lists(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", lists);
	return system(command);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_of_the_package_that_lists_it),
		cmocka_unit_test(no_lists_no_package),
		T(what_was_asked_for_is_the_product),
		T(another_program_is_outside),
		T(one_of_its_package_is_not),
		T(nor_one_in_its_folder_or_below),
		T(nor_one_in_its_unit),
		T(folders_of_all_kinds_of_programs_tell_nothing),
		T(a_program_asked_for_later_changes_the_answer),
		T(one_whose_program_is_not_known_is_not_told_apart),
		T(programs_above_the_ceiling_are_not_kept),
	};

	return cmocka_run_group_tests_name("kin", tests, make_lists,
	    remove_lists);
}
