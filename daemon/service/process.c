// SPDX-License-Identifier: Apache-2.0
#include "service/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD	3
#define FAILED_EXIT	2
#define GONE_TURNS	5000	/* of a millisecond, for one that was killed */
#define LEFT_MAX	64

static const struct {
	const char *flag, *name;
} roles[ROLE_COUNT] = {
	[ROLE_PARENT] = { "", "parent" },
	[ROLE_ENGINE] = { "--as-engine", "engine" },
	[ROLE_RECORDER] = { "--as-recorder", "recorder" },
	[ROLE_FINGERPRINTER] = { "--as-fingerprinter", "fingerprinter" },
	[ROLE_OPENER] = { "--as-opener", "opener" },
};

/* Signals from a terminal or a service manager are the parent's to act on. */
static void
ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2 };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
}

static _Noreturn void
become(enum role role, int fd)
{
	char title[64], *argv[3] = { title, NULL, NULL };
	char *folder = getenv("TELLTAP_PROFILES");
	char *environment[2] = { NULL, NULL };
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	snprintf(title, sizeof(title), "telltap: %s", roles[role].name);
	argv[1] = (char *)(uintptr_t)roles[role].flag;
	ignore_signals();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
	    (role != ROLE_RECORDER && dup2(nothing, STDOUT_FILENO) < 0))
		_exit(FAILED_EXIT);
	if (fd == CONTROL_FD ? fcntl(fd, F_SETFD, 0)
			     : dup2(fd, CONTROL_FD) < 0)
		_exit(FAILED_EXIT);
	/* Whatever the caller of this program left open. */
	(void)syscall(SYS_close_range, CONTROL_FD + 1, ~0u, 0);
	if (folder && asprintf(&environment[0], "TELLTAP_PROFILES=%s",
		folder) < 0)
		_exit(FAILED_EXIT);
	execve("/proc/self/exe", argv, environment);
	_exit(FAILED_EXIT);
}

int
child_start(enum role role, struct child *ret_child)
{
	int fds[2], err = channel_pair(fds);
	pid_t pid;

	if (err)
		return err;
	pid = fork();
	if (pid == 0)
		become(role, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		err = -errno;
		close(fds[0]);
		return err;
	}
	ret_child->role = role;
	ret_child->pid = pid;
	channel_init(&ret_child->channel, fds[0], ROLE_PARENT, role);
	return 0;
}

static void
describe(int status, char *how, size_t len)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		snprintf(how, len, "made a system call that is forbidden");
	else if (WIFSIGNALED(status))
		snprintf(how, len, "was killed by signal %d",
		    WTERMSIG(status));
	else
		snprintf(how, len, "ended with code %d", WEXITSTATUS(status));
}

void
child_end(struct child *c, char *ret_how, size_t len)
{
	int status = 0;
	pid_t ended;

	if (len)
		*ret_how = '\0';
	if (c->pid <= 0)
		return;
	/* One that has ended already says how. One that reads from a server that
	 * does not answer may not end, and is left behind. */
	ended = waitpid(c->pid, &status, WNOHANG);
	if (ended == 0)
		kill(c->pid, SIGKILL);
	for (int i = 0; ended == 0 && i < GONE_TURNS; i++) {
		usleep(1000);
		ended = waitpid(c->pid, &status, WNOHANG);
	}
	c->pid = 0;
	channel_clear(&c->channel);
	if (len && ended == 0)
		snprintf(ret_how, len, "does not end");
	else if (len)
		describe(status, ret_how, len);
}

static pid_t left[LEFT_MAX];
static size_t left_count;

size_t
child_left_count(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < left_count; i++)
		if (waitpid(left[i], NULL, WNOHANG) == 0)
			left[kept++] = left[i];
	left_count = kept;
	return kept;
}

void
child_leave(struct child *c)
{
	if (c->pid <= 0)
		return;
	kill(c->pid, SIGKILL);
	/* Above it one is a zombie until we end. */
	if (child_left_count() < LEFT_MAX)
		left[left_count++] = c->pid;
	c->pid = 0;
	channel_clear(&c->channel);
}

void
child_wait(struct child *c, int timeout_ms, char *ret_how, size_t len)
{
	struct pollfd p = { .fd = c->channel.fd };
	char byte[512];

	/* Its end closes the socket. */
	while (c->pid > 0 && timeout_ms > 0) {
		p.events = POLLIN;
		if (poll(&p, 1, 10) > 0 &&
		    recv(p.fd, byte, sizeof(byte), MSG_DONTWAIT) == 0)
			break;
		timeout_ms -= 10;
	}
	for (int i = 0; c->pid > 0 && i < 20; i++) {
		siginfo_t info = { 0 };

		if (waitid(P_PID, (id_t)c->pid, &info,
			WEXITED | WNOHANG | WNOWAIT) || info.si_pid)
			break;
		usleep(5000);
	}
	child_end(c, ret_how, len);
}

bool
child_is_wanted(int argc, char **argv)
{
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		if (argc == 2 && strcmp(argv[1], roles[role].flag) == 0)
			return true;
	return false;
}

int
child_run(int argc, char **argv)
{
	if (strcmp(argv[1], roles[ROLE_ENGINE].flag) == 0)
		return engine_main();
	if (strcmp(argv[1], roles[ROLE_FINGERPRINTER].flag) == 0)
		return fingerprinter_main();
	if (strcmp(argv[1], roles[ROLE_OPENER].flag) == 0)
		return opener_main();
	return recorder_main();
}

void
child_die(enum role role, const char *what, int err)
{
	fprintf(stderr, "telltap: the %s ends: %s: %s\n", roles[role].name,
	    what, err_text(err));
	exit(FAILED_EXIT);
}
