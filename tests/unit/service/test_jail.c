// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/jail.h"

/* Each act is done by a process of its own that has entered the jail; what
 * comes of it is how that process ended. */
static int
jailed(int (*act)(void *arg), void *arg)
{
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct jail_options o = { .keep_user = geteuid() != 0 };
		unsigned lacks;

		setrlimit(RLIMIT_CORE, &none);
		if (jail_enter(&o, &lacks) || lacks & JAIL_NO_SECCOMP)
			_exit(99);
		_exit(act(arg));
	}
	assert_true(pid > 0);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	return status;
}

static void
expect_dies(int (*act)(void *arg))
{
	int status = jailed(act, NULL);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(SIGSYS, WTERMSIG(status));
}

static void
expect_code(int code, int (*act)(void *arg), void *arg)
{
	int status = jailed(act, arg);

	assert_true(WIFEXITED(status));
	assert_int_equal(code, WEXITSTATUS(status));
}

static int
act_socket(void *arg)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static int
act_exec(void *arg)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	execv("/bin/true", argv);
	return 1;
}

static int
act_fork(void *arg)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0;
}

static int
act_ptrace(void *arg)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0;
}

static int
act_setuid(void *arg)
{
	return syscall(SYS_setresuid, 0, 0, 0) != 0;
}

static int
act_kill(void *arg)
{
	return syscall(SYS_kill, getppid(), 0) != 0;
}

static int
act_code(void *arg)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static int
act_truncate(void *arg)
{
	return ftruncate(2, 0) != 0;
}

static int
act_bpf(void *arg)
{
	return syscall(SYS_bpf, 0, NULL, 0) != 0;
}

static void
a_call_that_is_not_on_the_list_ends_it(void **state)
{
	expect_dies(act_socket);
	expect_dies(act_exec);
	expect_dies(act_fork);
	expect_dies(act_ptrace);
	expect_dies(act_setuid);
	expect_dies(act_kill);
	expect_dies(act_code);
	expect_dies(act_truncate);
	expect_dies(act_bpf);
}

static int
act_open(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? 1 : errno == EACCES ? 0 : 2;
}

static void
no_path_can_be_opened(void **state)
{
	char folder[] = "/", user[] = "/etc/passwd", null[] = "/dev/null";
	char self[] = "/proc/self/status", here[] = ".";

	expect_code(0, act_open, folder);
	expect_code(0, act_open, user);
	expect_code(0, act_open, null);
	expect_code(0, act_open, self);
	expect_code(0, act_open, here);
}

/* Reads through a descriptor that was open before. */
static int
act_status(void *arg)
{
	const int *fd = arg;
	char text[8192], *line;
	ssize_t n = read(*fd, text, sizeof(text) - 1);

	if (n <= 0)
		return 1;
	text[n] = '\0';
	if (!strstr(text, "CapEff:\t0000000000000000") ||
	    !strstr(text, "CapPrm:\t0000000000000000") ||
	    !strstr(text, "CapAmb:\t0000000000000000") ||
	    !strstr(text, "NoNewPrivs:\t1") || !strstr(text, "Seccomp:\t2"))
		return 2;
	line = strstr(text, "Uid:\t");
	return line && strtoul(line + 5, NULL, 10) == 0 ? 3 : 0;
}

static void
no_capability_and_another_user(void **state)
{
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0) {
		struct jail_options o = { 0 };
		int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
		unsigned lacks;

		setrlimit(RLIMIT_CORE, &none);
		if (jail_enter(&o, &lacks) || lacks & JAIL_NO_USER)
			_exit(99);
		_exit(act_status(&fd));
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
}

static int
act_work(void *arg)
{
	char *p = malloc(1 << 22), *q;
	int fds = 2;

	if (!p)
		return 1;
	memset(p, 1, 1 << 22);
	q = realloc(p, 1 << 23);
	free(q ? q : p);
	return q && write(fds, "", 0) == 0 ? 0 : 2;
}

static void
what_it_needs_it_may_do(void **state)
{
	expect_code(0, act_work, NULL);
}

static void
reaching_out_ends_it(int (*enter)(const char *dir, unsigned *ret_lacks))
{
	int (*const acts[])(void *) = { act_exec, act_fork, act_ptrace,
		act_setuid, act_kill, act_bpf };
	struct rlimit none = { 0, 0 };
	unsigned lacks;
	int status;
	pid_t pid;

	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		pid = fork();
		if (pid == 0) {
			setrlimit(RLIMIT_CORE, &none);
			if (enter(NULL, &lacks))
				_exit(99);
			_exit(acts[i](NULL));
		}
		assert_int_equal(pid, waitpid(pid, &status, 0));
		assert_true(WIFSIGNALED(status));
		assert_int_equal(SIGSYS, WTERMSIG(status));
	}
}

/* The recorder's: below its folder, and nowhere else. */
static void
a_folder_is_all_that_can_be_written(void **state)
{
	char dir[] = "/tmp/telltap-jail-XXXXXX", inside[64], beside[64];
	int status;
	pid_t pid;

	if (!jail_landlock_version())
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(inside, sizeof(inside), "%s/a", dir);
	snprintf(beside, sizeof(beside), "%s.b", dir);
	pid = fork();
	if (pid == 0) {
		unsigned lacks;

		if (jail_enter_folder(dir, &lacks))
			_exit(1);
		if (open(inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
			_exit(2);
		if (open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
			_exit(3);
		if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0)
			_exit(4);
		_exit(0);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	unlink(inside);
	unlink(beside);
	rmdir(dir);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
	reaching_out_ends_it(jail_enter_folder);
}

/* A replay's: reads anything, writes below its folder, reaches nobody. */
static void
a_reader_writes_nowhere_else_and_reaches_nobody(void **state)
{
	char dir[] = "/tmp/telltap-jail-XXXXXX", made[64], inside[80];
	char beside[64];
	unsigned lacks;
	int status;
	pid_t pid;

	if (!jail_landlock_version())
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(made, sizeof(made), "%s/case", dir);
	snprintf(inside, sizeof(inside), "%s/a", made);
	snprintf(beside, sizeof(beside), "%s.b", dir);
	pid = fork();
	if (pid == 0) {
		if (jail_enter_reader(made, &lacks))
			_exit(1);
		if (mkdir(made, 0700) ||
		    open(inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
			_exit(2);
		if (open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
			_exit(3);
		if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
			_exit(4);
		if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
			_exit(5);
		_exit(0);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	unlink(inside);
	unlink(beside);
	rmdir(made);
	rmdir(dir);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
	reaching_out_ends_it(jail_enter_reader);
}

/* How a process ends that enters by enter() and does act() with a file of "text",
 * open to read and write as descriptor 5; -1: it was killed for it. */
static int
with_file(int (*enter)(unsigned *ret_lacks), int (*act)(void *arg))
{
	char path[] = "/tmp/telltap-jail-XXXXXX";
	int fd = mkstemp(path), status;
	struct rlimit none = { 0, 0 };
	unsigned lacks;
	pid_t pid;

	assert_true(fd >= 0 && write(fd, "text", 4) == 4);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		if (dup2(fd, 5) != 5 || enter(&lacks))
			_exit(99);
		_exit(act(path));
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	unlink(path);
	close(fd);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? -1 :
								   WEXITSTATUS(status);
}

static int
enter_reading_alone(unsigned *ret_lacks)
{
	struct jail_options o = { .keep_user = geteuid() != 0,
		.reads_alone = true };

	return jail_enter(&o, ret_lacks);
}

static int
act_pread(void *arg)
{
	char text[4];

	return pread(5, text, 4, 0) != 4 || write(2, "", 0) != 0;
}

static int
act_write(void *arg)
{
	return write(5, "else", 4) != 4;
}

/* Another file would be standard error then. */
static int
act_close_standard_error(void *arg)
{
	return close(2) != 0;
}

static int
act_close_it_by_more_bits(void *arg)
{
	return syscall(SYS_close, 0x100000002) != 0;
}

static int
act_map_shared(void *arg)
{
	return mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, 5, 0) ==
	       MAP_FAILED;
}

static int
act_seek(void *arg)
{
	return lseek(5, 0, SEEK_SET) != 0;
}

static int
act_read(void *arg)
{
	char text[4];

	return read(5, text, 4) != 4;
}

static int
act_open_to_read(void *arg)
{
	int fd = open(arg, O_RDONLY | O_CLOEXEC);

	return fd < 0 || close(fd);
}

static int
act_open_to_write(void *arg)
{
	return open(arg, O_RDWR | O_CLOEXEC) < 0;
}

static void
files_of_others_are_neither_written_to_nor_moved_in(void **state)
{
	int (*const enter[])(unsigned *) = { enter_reading_alone,
		jail_enter_opener };
	int (*const forbidden[])(void *) = { act_write, act_map_shared,
		act_seek, act_read, act_exec, act_socket, act_kill,
		act_close_standard_error, act_close_it_by_more_bits };

	for (size_t i = 0; i < sizeof(enter) / sizeof(*enter); i++) {
		assert_int_equal(with_file(enter[i], act_pread), 0);
		for (size_t k = 0; k < sizeof(forbidden) / sizeof(*forbidden);
		     k++)
			assert_int_equal(with_file(enter[i], forbidden[k]), -1);
	}
	assert_int_equal(with_file(enter_reading_alone, act_open_to_read), 1);
	assert_int_equal(with_file(jail_enter_opener, act_open_to_read), 0);
	assert_int_equal(with_file(jail_enter_opener, act_open_to_write), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_that_is_not_on_the_list_ends_it),
		cmocka_unit_test(no_path_can_be_opened),
		cmocka_unit_test(no_capability_and_another_user),
		cmocka_unit_test(what_it_needs_it_may_do),
		cmocka_unit_test(
		    files_of_others_are_neither_written_to_nor_moved_in),
		cmocka_unit_test(a_folder_is_all_that_can_be_written),
		cmocka_unit_test(
		    a_reader_writes_nowhere_else_and_reaches_nobody),
	};

	return cmocka_run_group_tests_name("service/jail", tests, NULL, NULL);
}
