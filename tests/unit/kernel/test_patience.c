// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "kernel/patience.c"

static uint8_t got[PATIENCE_ANSWER_MAX];
static size_t got_len;

/* What it was asked, twice. */
static int
twice(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	memcpy(ret, ask, len);
	memcpy((char *)ret + len, ask, len);
	*ret_len = 2 * len;
	return 0;
}

static int
whole_room(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	memset(ret, 'x', room);
	*ret_len = room;
	return 0;
}

static int
refuse(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	*ret_len = 5;
	return -EXDEV;
}

static int
hang(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	while (pause())
		continue;
	return 0;
}

static int
die(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	_exit(3);
}

static int
open_nothing(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	*ret_fd = open("/dev/null", O_RDONLY);
	return 0;
}

static int
count_files(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	uint8_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	memcpy(ret, &count, 1);
	*ret_len = 1;
	return 0;
}

static int
ask(patience_fn fn, const void *text, size_t len)
{
	got_len = 0;
	return patience_ask(fn, text, len, got, sizeof(got), &got_len, NULL);
}

static void
what_is_asked_is_answered(void **state)
{
	static uint8_t most[PATIENCE_ASK_MAX + 1];

	assert_int_equal(ask(twice, "abc", 3), 0);
	assert_int_equal(got_len, 6);
	assert_memory_equal(got, "abcabc", 6);
	assert_int_equal(ask(twice, "", 0), 0);
	assert_int_equal(got_len, 0);
	assert_int_equal(ask(twice, most, sizeof(most) - 1), 0);
	assert_int_equal(ask(twice, most, sizeof(most)), -ENAMETOOLONG);
	assert_int_equal(ask(whole_room, "", 0), 0);
	assert_int_equal(got_len, sizeof(got));
	assert_int_equal(patience_ask(whole_room, "", 0, got, sizeof(got) - 1,
	    &got_len, NULL), -EMSGSIZE);
	assert_int_equal(ask(refuse, "", 0), -EXDEV);
}

static void
a_descriptor_comes_back(void **state)
{
	struct stat st;
	int fd = -1;

	assert_int_equal(patience_ask(open_nothing, "", 0, got, sizeof(got),
	    &got_len, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	close(fd);
	assert_int_equal(ask(open_nothing, "", 0), 0);
	assert_int_equal(patience_ask(twice, "a", 1, got, sizeof(got), &got_len,
	    &fd), 0);
	assert_int_equal(fd, -1);
}

static void
it_holds_nothing_of_the_callers(void **state)
{
	int open_here = open("/dev/null", O_RDONLY);

	(void)patience_end();
	assert_int_equal(ask(count_files, "", 0), 0);
	assert_int_equal(got[0], 2);	/* its socket, and standard error */
	close(open_here);
}

static void
one_that_is_gone_is_replaced(void **state)
{
	assert_int_equal(ask(die, "", 0), -EIO);
	assert_int_equal(ask(twice, "a", 1), 0);
	kill(other.pid, SIGKILL);
	usleep(1000);
	(void)!ask(twice, "a", 1);
	assert_int_equal(ask(twice, "a", 1), 0);
	assert_int_equal(patience_unanswered(), 0);
}

/* They were killed; a busy machine takes its time. */
static bool
are_all_gone(void)
{
	for (unsigned i = 0; i < 64; i++)
		if (!patience_end())
			return true;
	return false;
}

static void
one_that_hangs_is_left_behind(void **state)
{
	uint64_t begun = clock_up_ns();
	pid_t hangs;

	assert_int_equal(ask(hang, "", 0), -ETIMEDOUT);
	assert_true(clock_up_ns() - begun >= PATIENCE_NS);
	assert_int_equal(patience_unanswered(), 1);
	assert_int_equal(ask(twice, "a", 1), 0);
	/* Again and again: then nothing is asked for a while. */
	other.silent = SILENT_MAX - 1;
	hangs = other.pid;
	assert_int_equal(ask(hang, "", 0), -ETIMEDOUT);
	begun = clock_up_ns();
	assert_int_equal(ask(twice, "a", 1), -ETIMEDOUT);
	assert_true(clock_up_ns() - begun < PATIENCE_NS);
	assert_int_equal(patience_unanswered(), 3);
	other.until_ns = 0;
	assert_int_equal(ask(twice, "a", 1), 0);
	assert_true(are_all_gone());
	assert_int_equal(kill(hangs, 0), -1);
}

static void
no_more_are_left_behind_than_there_is_room_for(void **state)
{
	siginfo_t dead;

	(void)patience_end();
	other.silent = 0;
	for (size_t i = 0; i < LEFT_MAX; i++) {
		other.left[i] = fork();
		if (other.left[i] == 0 && !prctl(PR_SET_PDEATHSIG, SIGKILL))
			(void)hang(NULL, 0, NULL, 0, NULL, NULL);
		assert_true(other.left[i] > 0);
	}
	other.left_count = LEFT_MAX;
	assert_int_equal(ask(twice, "a", 1), -ETIMEDOUT);
	assert_int_equal(other.pid, 0);
	assert_int_equal(kill(other.left[3], SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)other.left[3], &dead,
	    WEXITED | WNOWAIT), 0);
	assert_int_equal(ask(twice, "a", 1), 0);
	assert_int_equal(other.left_count, LEFT_MAX - 1);
	for (size_t i = 0; i < other.left_count; i++)
		(void)kill(other.left[i], SIGKILL);
	assert_true(are_all_gone());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_is_answered),
		cmocka_unit_test(a_descriptor_comes_back),
		cmocka_unit_test(it_holds_nothing_of_the_callers),
		cmocka_unit_test(one_that_is_gone_is_replaced),
		cmocka_unit_test(one_that_hangs_is_left_behind),
		cmocka_unit_test(no_more_are_left_behind_than_there_is_room_for),
	};

	return cmocka_run_group_tests_name("kernel/patience", tests, NULL, NULL);
}
