// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/own_file.h"

static void
a_products_folders_are_its_own(void **state)
{
	assert_true(own_file("/opt/av/sbin/avd", "/opt/av/sbin/x.dat"));
	assert_true(own_file("/opt/av/avd", "/opt/av/data/base.db"));
	assert_true(own_file("/opt/av/avd", "/var/log/avd/today.log"));
	assert_true(own_file("/usr/bin/avd", "/var/log/avd.log"));
	assert_true(own_file("/usr/bin/avd", "/etc/avd-2/conf"));
	assert_true(own_file("/usr/bin/avd", "/var/lib/avd/quarantine/1"));
	assert_true(own_file("/tmp/avd", "/run/avd"));
	/* of another program of the product */
	assert_true(own_file("/usr/bin/scan", "/var/lib/av/quarantine/1.vir"));
	assert_true(own_file("/usr/bin/scan", "/opt/v/av/Quarantine/1/2/3"));
	assert_true(own_file("/usr/bin/scan", "/var/cache/quarantine/x"));
}

static void
a_users_files_never_are(void **state)
{
	/* beside a program that lies there, too */
	assert_false(own_file("/tmp/lab/avd", "/tmp/lab/invoice.pdf"));
	assert_false(own_file("/home/u/avd", "/home/u/avd/invoice.pdf"));
	assert_false(own_file("/root/avd", "/root/docs/invoice.pdf"));
	assert_false(own_file("/opt/av/avd", "/home/u/avd.log"));
	assert_false(own_file("/opt/av/avd", "/srv/avd/share/x.doc"));
	/* a name that is a part of another */
	assert_false(own_file("/usr/bin/av", "/srv/save/x.doc"));
	assert_false(own_file("/usr/bin/av", "/var/log/javac.log"));
	assert_false(own_file("/usr/bin/av", "/var/lib/available/x"));
	assert_false(own_file("/usr/bin/av", "/var/lib/av2/x"));
	/* somebody's folder that is called so */
	assert_false(own_file("/opt/av/avd", "/home/u/quarantine/x"));
	assert_false(own_file("/opt/av/avd", "/srv/quarantine/x"));
	assert_false(own_file("/opt/av/avd", "/tmp/quarantine/x"));
	assert_false(own_file("/opt/av/avd", "/var/lib/c/u/d/quarantine/x"));
	assert_false(own_file("/opt/av/avd", "/var/lib/c/quarantined/x"));
	assert_false(own_file("/opt/av/avd", "/var/lib/c/quarantine"));
	/* a folder of all kinds of programs */
	assert_false(own_file("/usr/bin/avd", "/usr/bin/other"));
	assert_false(own_file("/usr/local/bin/avd", "/usr/local/bin/x"));
}

static void
a_path_that_leads_elsewhere_is_nobodys(void **state)
{
	assert_false(own_file("/opt/av/avd", "/opt/av/../home/x"));
	assert_false(own_file("", "/var/log/x"));
	assert_false(own_file("avd", "/var/log/avd"));
	assert_false(own_file("/", "/var/log/avd"));
	assert_false(own_file("/opt/av/", "/opt/av/x"));
	assert_false(own_file("/opt/av/avd", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_products_folders_are_its_own),
		cmocka_unit_test(a_users_files_never_are),
		cmocka_unit_test(a_path_that_leads_elsewhere_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
