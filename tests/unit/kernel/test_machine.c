// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kernel/machine.h"

struct got {
	char text[4096];
};

static void
add(void *arg, const char *kind, const char *value)
{
	struct got *g = arg;
	size_t n = strlen(g->text);

	snprintf(g->text + n, sizeof(g->text) - n, "%s=%s\n", kind, value);
}

static void
put(const char *root, const char *path, const char *text)
{
	char full[256], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = strchr(full + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
people_and_programs_are_read_and_services_are_not(void **state)
{
	char root[] = "/tmp/telltap-machine-XXXXXX", command[64];
	struct got g = { "" };

	assert_non_null(mkdtemp(root));
	machine_read(root, add, &g);
	assert_string_equal(g.text, "");
	put(root, "/etc/hostname", "lab-pc-07\n");
	put(root, "/etc/machine-id", "");
	put(root, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
	    "maria:x:1000:1000:M,,,:/home/maria:/bin/sh\n"
	    "nobody:x:65534:65534::/nonexistent:/bin/false\nbroken\n"
	    "jo:x:1001:1001::/:/bin/sh\n");
	put(root, "/var/lib/dpkg/status", "Package: curl\n"
	    "Status: install ok installed\n\nPackage: gone\n"
	    "Status: deinstall ok config-files\n");
	machine_read(root, add, &g);
	assert_string_equal(g.text, "hostname=lab-pc-07\nuser=maria\n"
	    "home=/home/maria\nuser=jo\npackage=curl\n");
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

static void
loopback_is_no_address_of_the_machine(void **state)
{
	struct got g = { "" };

	machine_read_network(add, &g);
	assert_null(strstr(g.text, "127.0.0.1"));
	assert_null(strstr(g.text, "mac=00:00:00:00:00:00"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    people_and_programs_are_read_and_services_are_not),
		cmocka_unit_test(loopback_is_no_address_of_the_machine),
	};

	return cmocka_run_group_tests_name("kernel machine", tests, NULL,
	    NULL);
}
