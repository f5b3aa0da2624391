// SPDX-License-Identifier: Apache-2.0
/* A rewrite that ends at any of its steps: killed there, or refused the step. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What changes a folder; the step of that number goes wrong. */
static int steps_left = -1;
#define KILLED	77	/* a child's exit code */
static int step_error;		/* 0: the process ends there */
static bool no_exchange;

static bool
goes_wrong(void)
{
	if (steps_left < 0 || steps_left--)
		return false;
	if (!step_error)
		_exit(KILLED);
	errno = step_error;
	return true;
}

static ssize_t
step_write(int fd, const void *data, size_t len)
{
	return goes_wrong() ? -1 : write(fd, data, len);
}

static int
step_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return goes_wrong() ? -1 : renameat(from_fd, from, to_fd, to);
}

static int
step_renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	if (no_exchange) {
		errno = EINVAL;
		return -1;
	}
	return goes_wrong() ? -1 : renameat2(from_fd, from, to_fd, to, flags);
}

static int
step_unlinkat(int fd, const char *name, int flags)
{
	return goes_wrong() ? -1 : unlinkat(fd, name, flags);
}

#define write step_write
#define renameat step_renameat
#define renameat2 step_renameat2
#define unlinkat step_unlinkat
#include "canary/folder.c"
#include "canary/rewrite.c"
#undef write
#undef renameat
#undef renameat2
#undef unlinkat

#define COUNT	2
/* The first of a rewrite's steps after all is written, and the one that makes the
 * new manifest the folder's; the second file is missing, which makes a step more. */
#define STEP_PLACES	(COUNT + 1)
#define STEP_MANIFEST	(STEP_PLACES + COUNT + 1)

static const int types[] = { 2 };
static char dir[] = "/tmp/test_rewrite.XXXXXX";
static char folder[64];

static void
draw(struct set *ret, const char *seed)
{
	assert_int_equal(set_draw(ret, seed, COUNT, types, 1), 0);
}

/* A folder whose second file is missing. */
static void
begin(struct set *ret_old)
{
	struct canary_error e;
	char path[192];

	draw(ret_old, "old");
	assert_int_equal(canary_plant(folder, ret_old, NULL, &e), 0);
	snprintf(path, sizeof(path), "%s/%s", folder, ret_old->files[1].name);
	assert_int_equal(unlink(path), 0);
}

static void
end(struct set *old)
{
	char command[96];

	set_clear(old);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

static size_t
count_entries(void)
{
	char command[96];
	size_t n;
	FILE *p;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", folder);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%zu", &n), 1);
	pclose(p);
	return n;
}

/* Every file is as the manifest says, and nothing else is there. True if it is
 * the new set. */
static bool
is_whole(void)
{
	struct canary_error e;
	struct set s = { 0 };
	bool fresh;

	assert_int_equal(canary_open(folder, &s, &e), 0);
	fresh = strcmp(s.seed, "old");
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(canary_check(folder, &s.files[i]),
		    fresh || i != 1 ? CANARY_INTACT : CANARY_MISSING);
	assert_int_equal(count_entries(), fresh ? COUNT + 1 : COUNT);
	set_clear(&s);
	return fresh;
}

static int
rewrite(const struct set *old, struct canary_error *e)
{
	struct set fresh = { 0 };
	int r;

	draw(&fresh, "new");
	r = canary_rewrite(folder, old, &fresh, NULL, e);
	set_clear(&fresh);
	return r;
}

/* False if it had no such step. */
static bool
in_child_killed_at(int step, const struct set *old, bool settling)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct canary_error e;
		bool settled;
		size_t back;

		steps_left = step;
		step_error = 0;
		_exit(settling ? canary_settle(folder, &settled, &back, &e) != 0
			       : rewrite(old, &e) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(!WEXITSTATUS(status) || WEXITSTATUS(status) == KILLED);
	return WEXITSTATUS(status) == KILLED;
}

static void
settle_and_rewrite(bool *ret_fresh)
{
	struct canary_error e;
	struct set s = { 0 };
	bool settled;
	size_t back;

	assert_int_equal(canary_settle(folder, &settled, &back, &e), 0);
	*ret_fresh = is_whole();
	assert_int_equal(canary_settle(folder, &settled, &back, &e), 0);
	assert_false(settled);
	assert_int_equal(canary_open(folder, &s, &e), 0);
	if (!*ret_fresh)
		assert_int_equal(rewrite(&s, &e), 0);
	assert_true(is_whole());
	set_clear(&s);
}

static void
killed_at_any_step_the_folder_is_made_whole(void **state)
{
	bool fresh = false, before, killed = true;
	int steps = 0;

	for (; killed; steps++) {
		struct set old = { 0 };

		begin(&old);
		killed = in_child_killed_at(steps, &old, false);
		before = fresh;
		settle_and_rewrite(&fresh);
		/* once the manifest is new there is no way back */
		assert_true(fresh || !before);
		end(&old);
	}
	assert_true(fresh);
	assert_true(steps > STEP_MANIFEST);
}

static void
killed_again_while_it_is_made_whole(void **state)
{
	for (int step = STEP_PLACES; step <= STEP_MANIFEST + 1; step++) {
		bool killed = true, fresh;

		for (int again = 0; killed; again++) {
			struct set old = { 0 };

			begin(&old);
			assert_true(in_child_killed_at(step, &old, false));
			killed = in_child_killed_at(again, NULL, true);
			settle_and_rewrite(&fresh);
			assert_int_equal(fresh, step > STEP_MANIFEST);
			end(&old);
		}
	}
}

static void
a_step_that_fails_leaves_all_as_it_was(void **state)
{
	int r = -1, failures = 0;

	for (int step = 0; r; step++) {
		struct set old = { 0 };
		struct canary_error e = { "" };
		bool fresh;

		begin(&old);
		steps_left = step;
		step_error = ENOSPC;
		r = rewrite(&old, &e);
		steps_left = -1;
		if (r) {
			assert_int_equal(r, -ENOSPC);
			assert_non_null(strstr(e.text, "No space left"));
			assert_non_null(strstr(e.text, "as it was before"));
			assert_false(is_whole());
			failures++;
		} else {
			/* of the old files only, which stay aside then */
			settle_and_rewrite(&fresh);
			assert_true(fresh);
		}
		end(&old);
	}
	assert_int_equal(failures, STEP_MANIFEST + 1 + no_exchange);
}

static void
the_same_where_files_cannot_change_places(void **state)
{
	no_exchange = true;
	killed_at_any_step_the_folder_is_made_whole(state);
	a_step_that_fails_leaves_all_as_it_was(state);
	no_exchange = false;
}

static void
what_was_changed_since_is_not_touched(void **state)
{
	struct canary_error e;
	struct set old = { 0 };
	char path[192];
	bool settled;
	size_t back;
	FILE *f;

	begin(&old);
	assert_true(in_child_killed_at(STEP_MANIFEST, &old, false));
	snprintf(path, sizeof(path), "%s/%s", folder, old.files[0].name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("mine", f);
	fclose(f);
	assert_int_equal(canary_settle(folder, &settled, &back, &e), 0);
	assert_true(settled);
	assert_int_equal(back, 1);
	assert_int_equal(canary_check(folder, &old.files[0]), CANARY_CHANGED);
	assert_int_equal(canary_check(folder, &old.files[1]), CANARY_MISSING);
	assert_int_equal(count_entries(), 2);
	assert_int_equal(rewrite(&old, &e), -ESTALE);
	end(&old);
}

static void
a_rewrite_at_work_is_left_alone(void **state)
{
	struct canary_error e;
	struct set old = { 0 };
	bool settled;
	size_t back, entries;
	int fd;

	begin(&old);
	assert_true(in_child_killed_at(STEP_MANIFEST, &old, false));
	entries = count_entries();
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(canary_settle(folder, &settled, &back, &e), -EBUSY);
	assert_int_equal(rewrite(&old, &e), -EBUSY);
	assert_int_equal(count_entries(), entries);
	close(fd);
	assert_int_equal(canary_settle(folder, &settled, &back, &e), 0);
	assert_false(is_whole());
	end(&old);
}

static int
make_dir(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(folder, sizeof(folder), "%s/set", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_step_the_folder_is_made_whole),
		cmocka_unit_test(killed_again_while_it_is_made_whole),
		cmocka_unit_test(a_step_that_fails_leaves_all_as_it_was),
		cmocka_unit_test(the_same_where_files_cannot_change_places),
		cmocka_unit_test(what_was_changed_since_is_not_touched),
		cmocka_unit_test(a_rewrite_at_work_is_left_alone),
	};

	return cmocka_run_group_tests_name("canary_rewrite", tests, make_dir,
	    remove_dir);
}
