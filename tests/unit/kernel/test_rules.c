// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/process.h"
#include "kernel/rules.h"

struct filled {
	char paths[8][256];
	bool prefixes[8];
	size_t path_count, inode_count, cgroup_count, uid_count;
	uid_t uid;
};

static int
on_path(void *arg, const char *path, bool prefix)
{
	struct filled *f = arg;

	snprintf(f->paths[f->path_count], 256, "%s", path);
	f->prefixes[f->path_count++] = prefix;
	return 0;
}

static int
on_inode(void *arg, uint64_t inode, uint32_t dev)
{
	((struct filled *)arg)->inode_count++;
	return 0;
}

static int
on_cgroup(void *arg, uint64_t id)
{
	((struct filled *)arg)->cgroup_count++;
	return 0;
}

static int
on_uid(void *arg, uid_t uid)
{
	struct filled *f = arg;

	f->uid_count++;
	f->uid = uid;
	return 0;
}

static struct rules *
rules_of(const struct tap_options *o, struct filled *f)
{
	struct rules_sink sink = { on_path, on_inode, on_cgroup, on_uid, f };
	struct rules *r;

	memset(f, 0, sizeof(*f));
	assert_int_equal(rules_new(o, -1, &r), 0);
	assert_int_equal(rules_fill(r, &sink), 0);
	return r;
}

static void
an_exact_path_is_held_by_the_kernel(void **state)
{
	const char *exes[] = { "/no/such/av", NULL };
	struct tap_options o = { .exes = exes };
	struct filled f;
	struct rules *r = rules_of(&o, &f);

	assert_int_equal(f.path_count, 1);
	assert_string_equal(f.paths[0], "/no/such/av");
	assert_false(f.prefixes[0]);
	assert_int_equal(f.inode_count, 0);
	assert_false(rules_need_reports(r));
	assert_true(rules_match_exe(r, "/no/such/av"));
	assert_true(rules_match_exe(r, "/no/such/av (deleted)"));
	assert_false(rules_match_exe(r, "/no/such/av2"));
	assert_false(rules_match_exe(r, " (deleted)"));
	rules_free(r);
}

static void
a_folder_pattern_is_a_prefix(void **state)
{
	const char *exes[] = { "/no/such/*", NULL };
	struct tap_options o = { .exes = exes };
	struct filled f;
	struct rules *r = rules_of(&o, &f);

	assert_int_equal(f.path_count, 1);
	assert_string_equal(f.paths[0], "/no/such/");
	assert_true(f.prefixes[0]);
	assert_false(rules_need_reports(r));
	assert_true(rules_match_exe(r, "/no/such/deep/er"));
	assert_false(rules_match_exe(r, "/no/suc"));
	rules_free(r);
}

static void
any_other_pattern_needs_reports(void **state)
{
	const char *exes[] = { "/usr/lib/*/av-[ab]?", NULL };
	struct tap_options o = { .exes = exes };
	struct filled f;
	struct rules *r = rules_of(&o, &f);

	assert_int_equal(f.path_count, 0);
	assert_true(rules_need_reports(r));
	assert_true(rules_match_exe(r, "/usr/lib/x/av-b1"));
	assert_false(rules_match_exe(r, "/usr/lib/x/av-c1"));
	rules_free(r);
}

static void
an_executable_that_exists_is_known_by_its_inode(void **state)
{
	const char *exes[] = { "/proc/self/exe", NULL };
	struct tap_options o = { .exes = exes };
	struct filled f;
	struct rules *r = rules_of(&o, &f);

	assert_int_equal(f.inode_count, 1);
	assert_int_equal(f.path_count, 2);
	assert_int_equal(rules_match(r, getpid()), TAP_BY_EXE);
	rules_free(r);
}

static void
groups_match_at_their_borders_only(void **state)
{
	const char *cgroups[] = { "/av/", "other", NULL };
	const char *units[] = { "x.service", NULL };
	struct tap_options o = { .cgroups = cgroups, .units = units };
	struct rules *r;

	assert_int_equal(rules_new(&o, -1, &r), 0);
	assert_true(rules_match_cgroup(r, "/av"));
	assert_true(rules_match_cgroup(r, "/av/worker"));
	assert_false(rules_match_cgroup(r, "/avx"));
	assert_true(rules_match_cgroup(r, "/other/x"));
	assert_false(rules_match_cgroup(r, "/system.slice/y.service"));
	assert_true(rules_match_cgroup(r, "/system.slice/x.service/a"));
	assert_false(rules_match_cgroup(r, "/system.slice/xx.service"));
	assert_false(rules_match_cgroup(r, ""));
	assert_true(rules_need_reports(r));
	rules_free(r);
}

static void
pids_and_users(void **state)
{
	pid_t pids[] = { 1, getpid() };
	uid_t uids[] = { getuid() };
	struct tap_options o = { .pids = pids, .pid_count = 2, .uids = uids,
		.uid_count = 1 };
	struct filled f;
	struct rules *r = rules_of(&o, &f);

	assert_int_equal(f.uid_count, 1);
	assert_int_equal(f.uid, getuid());
	assert_int_equal(rules_match(r, getpid()), TAP_BY_PID | TAP_BY_UID);
	assert_false(rules_have_exe(r));
	assert_false(rules_need_reports(r));
	rules_free(r);
	rules_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exact_path_is_held_by_the_kernel),
		cmocka_unit_test(a_folder_pattern_is_a_prefix),
		cmocka_unit_test(any_other_pattern_needs_reports),
		cmocka_unit_test(
		    an_executable_that_exists_is_known_by_its_inode),
		cmocka_unit_test(groups_match_at_their_borders_only),
		cmocka_unit_test(pids_and_users),
	};

	return cmocka_run_group_tests_name("kernel/rules", tests, NULL, NULL);
}
