// SPDX-License-Identifier: Apache-2.0
/* A planting that is killed at any of its steps, and what the next command makes of
 * what it left. */
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

static int steps_left = -1;
#define KILLED	77	/* a child's exit code */

static void
may_be_killed(void)
{
	if (steps_left >= 0 && !steps_left--)
		_exit(KILLED);
}

/* In pieces, so that files are cut off, too. */
static ssize_t
step_write(int fd, const void *data, size_t len)
{
	may_be_killed();
	return write(fd, data, len > 65536 ? len / 2 : len);
}

static int
step_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	may_be_killed();
	return renameat(from_fd, from, to_fd, to);
}

static int
step_unlinkat(int fd, const char *name, int flags)
{
	may_be_killed();
	return unlinkat(fd, name, flags);
}

/* What another one does just before the lock is asked for. */
static void (*comes_between)(void);

static int
step_flock(int fd, int how)
{
	void (*first)(void) = comes_between;

	comes_between = NULL;
	if (first)
		first();
	return flock(fd, how);
}

#define flock step_flock
#define write step_write
#define renameat step_renameat
#define unlinkat step_unlinkat
#include "canary/folder.c"
#include "canary/plant.c"
#undef flock
#undef write
#undef renameat
#undef unlinkat

#define COUNT	2

static char dir[] = "/tmp/test_plant.XXXXXX";
static char folder[64];
static struct canary_error e;

static void
draw(struct set *ret)
{
	static const int types[] = { 2 };

	assert_int_equal(set_draw(ret, "plant", COUNT, types, 1), 0);
}

static size_t
count_entries(void)
{
	struct dirent *entry;
	DIR *d = opendir(folder);
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(d);
	return n;
}

static void
put(const char *name, const void *bytes, size_t len)
{
	char path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static int
begin(void **state)
{
	steps_left = -1;
	return mkdir(folder, 0755);
}

static int
end(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* False if it had no such step. */
static bool
killed_at(int step, bool undoing)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct set s = { 0 };
		size_t files;
		bool undone;
		int r;

		draw(&s);
		steps_left = step;
		r = undoing ? canary_unplant(folder, &undone, &files, &e) :
		    canary_plant(folder, &s, NULL, &e);
		set_clear(&s);
		_exit(r != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(!WEXITSTATUS(status) || WEXITSTATUS(status) == KILLED);
	return WEXITSTATUS(status) == KILLED;
}

/* Nothing is left, or all of it is there. */
static void
look_after(void)
{
	struct set s = { 0 };
	bool undone = true;
	size_t files;

	assert_int_equal(canary_unplant(folder, &undone, &files, &e), 0);
	if (!count_entries())
		return;
	assert_false(undone);
	assert_int_equal(count_entries(), COUNT + 1);
	assert_int_equal(canary_open(folder, &s, &e), 0);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(canary_check(folder, &s.files[i]),
		    CANARY_INTACT);
	set_clear(&s);
}

static void
killed_anywhere_it_leaves_nothing_or_all(void **state)
{
	int step = 0;

	while (killed_at(step, false)) {
		look_after();
		assert_int_equal(end(state) | begin(state), 0);
		step++;
	}
	/* of the plan, two files and the manifest, and two names */
	assert_true(step >= 2 * COUNT + 4);
	look_after();
	assert_int_equal(count_entries(), COUNT + 1);
}

static void
so_does_one_whose_undoing_is_killed(void **state)
{
	for (int step = 0; killed_at(3, false) && killed_at(step, true); step++) {
		look_after();
		assert_int_equal(count_entries(), 0);
	}
	look_after();
	assert_int_equal(count_entries(), 0);
}

static void
what_is_no_canary_stays(void **state)
{
	struct set s = { 0 };
	struct buf made;
	size_t files;
	bool undone;

	draw(&s);
	buf_init(&made, 0);
	assert_int_equal(set_make(&s, 1, &made), 0);
	assert_true(killed_at(1, false));
	made.data[999] ^= 1;
	put(s.files[0].name, "mine", 4);
	put(s.files[1].name, made.data, 1000);
	assert_int_equal(canary_unplant(folder, &undone, &files, &e), 0);
	assert_true(undone);
	assert_int_equal(files, 0);
	assert_int_equal(count_entries(), 2);
	buf_clear(&made);
	set_clear(&s);
}

static void
one_that_is_at_work_is_left_alone(void **state)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY);
	size_t files;
	bool undone;

	assert_true(killed_at(3, false));
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(canary_unplant(folder, &undone, &files, &e), -EBUSY);
	assert_true(count_entries() > 0);
	close(fd);
	look_after();
	assert_int_equal(count_entries(), 0);
}

static int other_fd;

static void
another_begins(void)
{
	other_fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(other_fd, LOCK_EX | LOCK_NB), 0);
	put(FOLDER_PLAN, "", 0);
	put(FOLDER_PART, "", 0);
}

static void
another_plants(void)
{
	struct set s = { 0 };

	draw(&s);
	assert_int_equal(canary_plant(folder, &s, NULL, &e), 0);
	set_clear(&s);
}

static void
of_two_at_once_one_plants(void **state)
{
	static const int types[] = { 2 };
	struct set s = { 0 };

	assert_int_equal(set_draw(&s, "later", COUNT, types, 1), 0);
	comes_between = another_begins;
	assert_int_equal(canary_plant(folder, &s, NULL, &e), -EBUSY);
	assert_int_equal(count_entries(), 2);
	close(other_fd);
	assert_int_equal(end(state) | begin(state), 0);

	comes_between = another_plants;
	assert_int_equal(canary_plant(folder, &s, NULL, &e), -ENOTEMPTY);
	look_after();
	assert_int_equal(count_entries(), COUNT + 1);
	set_clear(&s);
}

/* Its sizes would have it made as long as anybody likes. */
static void
a_plan_that_its_seed_does_not_draw_is_refused(void **state)
{
	struct set s = { 0 };
	struct buf plan;
	size_t files;
	bool undone;

	draw(&s);
	s.files[0].size = UINT64_C(1) << 40;
	buf_init(&plan, 0);
	set_write(&s, &plan);
	put(FOLDER_PLAN, plan.data, plan.len);
	put(s.files[0].name, "", 0);
	assert_int_equal(canary_unplant(folder, &undone, &files, &e), -EBADMSG);
	assert_int_equal(count_entries(), 2);
	buf_clear(&plan);
	set_clear(&s);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(killed_anywhere_it_leaves_nothing_or_all),
		T(so_does_one_whose_undoing_is_killed),
		T(what_is_no_canary_stays),
		T(one_that_is_at_work_is_left_alone),
		T(of_two_at_once_one_plants),
		T(a_plan_that_its_seed_does_not_draw_is_refused),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	snprintf(folder, sizeof(folder), "%s/c", dir);
	r = cmocka_run_group_tests_name("plant", tests, NULL, NULL);
	return rmdir(dir) ? 1 : r;
}
