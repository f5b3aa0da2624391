// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service/marks_name.h"

static char place[] = "/tmp/telltap-marks-XXXXXX";
static char one_case[64], other_case[64];
static bool alone;		/* no other run of this machine is found */
static struct shared {
	char text[MARKS_TEXT_MAX + 1];
	int taken;
} *shared;

struct run {
	pid_t pid;
	char path[128];
};

static int
take(void *arg, const char *text, uint64_t pid, uint64_t user)
{
	strcpy(shared->text, text);
	shared->taken++;
	return 0;
}

/* A run that records into dir; one that is silent takes nothing in. */
static struct run
start(const char *dir, bool silent)
{
	char folder[MARKS_FOLDER_MAX], byte = 0;
	struct marks *m;
	struct run r;
	int ready[2];

	assert_int_equal(pipe(ready), 0);
	r.pid = fork();
	if (r.pid == 0) {
		if (marks_open(dir, &m) || write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;) {
			usleep(1000);
			if (!silent)
				marks_poll(m, take, NULL);
		}
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(marks_name_folder(folder), 0);
	snprintf(r.path, sizeof(r.path), "%s/%d" MARKS_SUFFIX, folder, (int)r.pid);
	return r;
}

static void
die(const struct run *r)
{
	kill(r->pid, SIGKILL);
	assert_int_equal(waitpid(r->pid, NULL, 0), r->pid);
}

static void
stop(const struct run *r)
{
	die(r);
	unlink(r->path);
}

static void
fill(const struct run *r)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	strcpy(to.sun_path, r->path);
	while (sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1)
		continue;
	assert_int_equal(errno, EAGAIN);
	close(fd);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
a_mark_is_taken_by_the_run_of_its_case(void **state)
{
	int before = shared->taken;
	struct run one, other;

	if (!alone)
		skip();
	one = start(one_case, false);
	other = start(other_case, false);
	assert_int_equal(marks_send(one_case, "here"), 0);
	assert_int_equal(shared->taken, before + 1);
	assert_string_equal(shared->text, "here");
	assert_int_equal(marks_send(place, "nobody's"), -ESRCH);
	assert_int_equal(shared->taken, before + 1);
	stop(&one);
	stop(&other);
}

static void
one_that_does_not_answer_is_not_waited_for(void **state)
{
	struct run silent[3], one;
	int64_t begun;

	if (!alone)
		skip();
	for (int i = 0; i < 3; i++)
		silent[i] = start(other_case, true);
	one = start(one_case, false);
	begun = now_ms();
	assert_int_equal(marks_send(one_case, "beside"), 0);
	/* As long as one of them would have been waited for. */
	assert_true(now_ms() - begun < 5000);
	assert_string_equal(shared->text, "beside");
	stop(&one);
	for (int i = 0; i < 3; i++)
		stop(&silent[i]);
}

static void
one_that_is_full_holds_nobody_up(void **state)
{
	struct run silent, other;

	if (!alone)
		skip();
	silent = start(one_case, true);
	fill(&silent);
	assert_int_equal(marks_send(one_case, "full"), -ETIMEDOUT);
	assert_int_equal(marks_send(NULL, "full"), -ETIMEDOUT);
	other = start(other_case, false);
	assert_int_equal(marks_send(one_case, "full"), -ETIMEDOUT);
	assert_int_equal(marks_send(other_case, "other"), 0);
	assert_string_equal(shared->text, "other");
	stop(&silent);
	stop(&other);
}

static void
without_a_case_there_must_be_one_run(void **state)
{
	struct run one, other;
	char path[4096];

	if (!alone)
		skip();
	assert_int_equal(marks_send(NULL, "nobody"), -ESRCH);
	one = start(one_case, false);
	assert_int_equal(marks_send(NULL, "alone"), 0);
	assert_string_equal(shared->text, "alone");
	assert_int_equal(marks_find_case(path, sizeof(path)), 0);
	assert_string_equal(path, one_case);
	other = start(NULL, false);
	assert_int_equal(marks_send(NULL, "which"), -EEXIST);
	die(&one);
	assert_int_equal(access(one.path, F_OK), 0);
	/* What a run that died has left goes. */
	assert_int_equal(marks_find_case(path, sizeof(path)), -ENOENT);
	assert_int_equal(access(one.path, F_OK), -1);
	/* So it does when another one begins. */
	die(&other);
	one = start(NULL, false);
	assert_int_equal(access(other.path, F_OK), -1);
	assert_int_equal(access(one.path, F_OK), 0);
	stop(&one);
}

struct listed {
	unsigned long pid[4];
	char said[4][64];
	size_t count;
};

static void
note(void *arg, unsigned long pid, const char *case_dir)
{
	struct listed *l = arg;

	assert_true(l->count < 4);
	l->pid[l->count] = pid;
	strcpy(l->said[l->count++], case_dir ? case_dir : "silent");
}

static const char *
said_of(const struct listed *l, const struct run *r)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->pid[i] == (unsigned long)r->pid)
			return l->said[i];
	return "not listed";
}

static void
runs_are_listed_with_their_cases(void **state)
{
	struct listed l = { .count = 0 };
	struct run one, none, dead;

	if (!alone)
		skip();
	assert_int_equal(marks_list(note, &l), -ESRCH);
	assert_int_equal(l.count, 0);
	one = start(one_case, false);
	none = start(NULL, false);
	dead = start(other_case, false);
	die(&dead);
	assert_int_equal(marks_list(note, &l), 0);
	assert_int_equal(l.count, 2);
	assert_string_equal(said_of(&l, &one), one_case);
	assert_string_equal(said_of(&l, &none), "");
	stop(&none);
	none = start(other_case, true);
	l.count = 0;
	assert_int_equal(marks_list(note, &l), 0);
	assert_int_equal(l.count, 2);
	assert_string_equal(said_of(&l, &one), one_case);
	assert_string_equal(said_of(&l, &none), "silent");
	stop(&none);
	stop(&one);
}

static int
begin(void **state)
{
	if (!mkdtemp(place))
		return -1;
	setenv("XDG_RUNTIME_DIR", place, 1);
	alone = geteuid() != 0 || (!unshare(CLONE_NEWNS) &&
	    !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	    !mount("telltap", "/run", "tmpfs", 0, NULL));
	snprintf(one_case, sizeof(one_case), "%s/one", place);
	snprintf(other_case, sizeof(other_case), "%s/other", place);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED || mkdir(one_case, 0700) ||
	    mkdir(other_case, 0700);
}

static int
end(void **state)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "%s/telltap", place);
	rmdir(folder);
	return rmdir(one_case) | rmdir(other_case) | rmdir(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_taken_by_the_run_of_its_case),
		cmocka_unit_test(one_that_does_not_answer_is_not_waited_for),
		cmocka_unit_test(one_that_is_full_holds_nobody_up),
		cmocka_unit_test(without_a_case_there_must_be_one_run),
		cmocka_unit_test(runs_are_listed_with_their_cases),
	};

	return cmocka_run_group_tests_name("service/marks", tests, begin, end);
}
