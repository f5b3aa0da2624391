// SPDX-License-Identifier: Apache-2.0
#include "experiment/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURN_NS		20000000
#define SELF		"/proc/self/exe"
#define CANT_EXEC	127
#define GONE_TURNS	100	/* for a group that was killed */

static volatile sig_atomic_t stopped;
static bool heeds = true;

static void
stop(int signal)
{
	stopped = 1;
}

void
command_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = stop, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
}

bool
command_stopped(void)
{
	return stopped;
}

void
command_heed(bool signals)
{
	heeds = signals;
}

static bool
must_stop(void)
{
	return stopped && heeds;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
one_turn(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = TURN_NS }, NULL);
}

int
command_sleep(unsigned seconds)
{
	uint64_t end = now_ns() + (uint64_t)seconds * 1000000000;

	while (!must_stop() && now_ns() < end)
		one_turn();
	return must_stop() ? -EINTR : 0;
}

/* Of one whose experiment is killed the recorder seals what it has, and commands end. */
static void
exec_child(const char *path, const char *const argv[], int out_fd, int error_fd,
    pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGINT);
	if (getppid() != parent)
		_exit(CANT_EXEC);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out_fd, STDOUT_FILENO) < 0 ||
	    dup2(error_fd, STDERR_FILENO) < 0)
		_exit(CANT_EXEC);
	execv(path, (char *const *)argv);
	_exit(CANT_EXEC);
}

static int
start(const char *path, const char *const argv[], int out_fd, int error_fd,
    pid_t *ret_pid)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		exec_child(path, argv, out_fd, error_fd, parent);
	/* The child does so, too: whoever is first. */
	setpgid(pid, pid);
	*ret_pid = pid;
	return 0;
}

bool
command_ended(pid_t pid, int *ret_status)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					  : WEXITSTATUS(status);
	return true;
}

/* Its leader's children die a moment later; whoever adopts them may be slow to
 * take note of it. */
static void
kill_group(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < GONE_TURNS && kill(-pid, 0) == 0; i++)
		one_turn();
}

static int
follow(pid_t pid, unsigned timeout_s, int *ret_status)
{
	uint64_t end = now_ns() + (uint64_t)timeout_s * 1000000000;

	while (!command_ended(pid, ret_status)) {
		bool stop = must_stop();

		if (stop || (timeout_s && now_ns() > end)) {
			kill_group(pid);
			return stop ? -EINTR : -ETIMEDOUT;
		}
		one_turn();
	}
	return 0;
}

int
command_run(const char *text, const char *argument, unsigned timeout_s,
    int out_fd, int *ret_status)
{
	const char *const argv[] = { "sh", "-c", text, "telltap", argument,
		NULL };
	pid_t pid = 0;
	int r = start("/bin/sh", argv, out_fd, out_fd, &pid);

	return r ? r : follow(pid, timeout_s, ret_status);
}

int
command_self(const char *const argv[], int out_fd, int error_fd, int *ret_status)
{
	pid_t pid = 0;
	int r = start(SELF, argv, out_fd, error_fd, &pid);

	return r ? r : follow(pid, 0, ret_status);
}

int
command_self_start(const char *const argv[], int out_fd, pid_t *ret_pid)
{
	return start(SELF, argv, out_fd, out_fd, ret_pid);
}
