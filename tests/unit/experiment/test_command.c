// SPDX-License-Identifier: Apache-2.0
#include "experiment/command.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static int null_fd;

static int
run(const char *text, unsigned timeout_s, int *ret_status)
{
	return command_run(text, NULL, timeout_s, null_fd, ret_status);
}

static void
a_command_ends_with_its_code(void **state)
{
	int status = 0;

	assert_int_equal(run("exit 3", 60, &status), 0);
	assert_int_equal(status, 3);
	assert_int_equal(run("kill -TERM $$", 60, &status), 0);
	assert_int_equal(status, 128 + SIGTERM);
}

static void
one_that_takes_too_long_is_killed_with_its_children(void **state)
{
	int status = 0, fds[2];
	char byte;

	/* The pipe's other end is held by the children alone. */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(command_run("sleep 600 & sleep 600", NULL, 1, fds[1],
	    &status), -ETIMEDOUT);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

/* The last one: a signal that came is not forgotten. */
static void
a_signal_stops_what_runs_unless_it_is_not_heeded(void **state)
{
	int status = -1;

	command_catch();
	assert_false(command_stopped());
	command_heed(false);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(run("exit 0", 60, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(command_sleep(0), 0);
	assert_true(command_stopped());
	command_heed(true);
	assert_int_equal(run("sleep 600", 600, &status), -EINTR);
	assert_int_equal(command_sleep(600), -EINTR);
	assert_true(command_stopped());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_ends_with_its_code),
		cmocka_unit_test(
		    one_that_takes_too_long_is_killed_with_its_children),
		cmocka_unit_test(
		    a_signal_stops_what_runs_unless_it_is_not_heeded),
	};

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
