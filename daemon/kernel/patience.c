// SPDX-License-Identifier: Apache-2.0
#include "kernel/patience.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/proc.h"

#define PATIENCE_NS	1000000000ull
#define TURN_MS		50
/* One that waits for nothing but a processor is given longer. */
#define STARVED_NS	10000000000ull
/* So many in a row, and nothing is asked for a while. */
#define SILENT_MAX	3
#define SILENCE_NS	60000000000ull
#define LEFT_MAX	16
#define GONE_TURNS	300	/* of a millisecond */

/* Its own code is what asks: a function has the same place in both. Structs go both
 * ways. */
struct question {
	patience_fn fn;
	_Alignas(16) uint8_t ask[PATIENCE_ASK_MAX];
};

struct answer {
	int32_t result;
	_Alignas(16) uint8_t bytes[PATIENCE_ANSWER_MAX];
};

#define QUESTION_HEAD	offsetof(struct question, ask)
#define ANSWER_HEAD	offsetof(struct answer, bytes)

static struct question asked;
static struct answer answered;

static struct {
	pid_t pid;			/* 0: none */
	int fd;
	void (*enter)(void);
	uint64_t unanswered;
	unsigned silent;		/* in a row */
	uint64_t until_ns;		/* nothing is asked; monotonic */
	pid_t left[LEFT_MAX];
	size_t left_count;
} other;

union passed {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static bool
reply(int fd, const struct answer *a, size_t len, int passed)
{
	struct iovec part = { (void *)(uintptr_t)a, ANSWER_HEAD + len };
	union passed control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };

	if (passed >= 0) {
		memcpy(CMSG_DATA(&control.head), &passed, sizeof(passed));
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
	}
	return sendmsg(fd, &h, MSG_NOSIGNAL) >= 0;
}

/* Until the program's end of the socket is closed, with the program. */
static _Noreturn void
serve(int fd)
{
	ssize_t n;

	while ((n = recv(fd, &asked, sizeof(asked), 0)) >=
	    (ssize_t)QUESTION_HEAD) {
		size_t len = 0;
		int passed = -1;
		bool told;

		answered.result = asked.fn(asked.ask,
		    (size_t)n - QUESTION_HEAD, answered.bytes,
		    sizeof(answered.bytes), &len, &passed);
		told = reply(fd, &answered, answered.result ? 0 : len, passed);
		if (passed >= 0)
			close(passed);
		if (!told)
			break;
	}
	_exit(0);
}

/* Nothing of the caller's stays open in it but the socket, and standard error. */
static _Noreturn void
become(int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	if (dup2(fd, STDIN_FILENO) < 0 || close(STDOUT_FILENO))
		_exit(2);
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
	(void)prctl(PR_SET_NAME, "telltap-asker");
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (other.enter)
		other.enter();
	serve(STDIN_FILENO);
}

static size_t
count_left(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < other.left_count; i++)
		if (waitpid(other.left[i], NULL, WNOHANG) == 0)
			other.left[kept++] = other.left[i];
	other.left_count = kept;
	return kept;
}

/* As many as may be left behind at a time are as many as there can ever be. */
static int
start(void)
{
	int fds[2], room = 2 * (int)sizeof(struct answer), err = 0;

	if (count_left() == LEFT_MAX)
		return -ETIMEDOUT;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	(void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	other.pid = fork();
	if (other.pid == 0)
		become(fds[1]);
	if (other.pid < 0) {
		err = -errno;
		other.pid = 0;
		close(fds[0]);
	} else {
		other.fd = fds[0];
	}
	close(fds[1]);
	return err;
}

static void
leave(void)
{
	if (!other.pid)
		return;
	kill(other.pid, SIGKILL);
	close(other.fd);
	/* there is room, or it would not have been started */
	other.left[other.left_count++] = other.pid;
	other.pid = 0;
}

static int
wait_answer(void)
{
	struct pollfd p = { other.fd, POLLIN, 0 };
	uint64_t begun = clock_up_ns(), waited;

	for (;;) {
		if (poll(&p, 1, TURN_MS) > 0)
			return 0;
		waited = clock_up_ns() - begun;
		if (waited > STARVED_NS ||
		    (waited > PATIENCE_NS && !proc_is_starved(other.pid)))
			return -ETIMEDOUT;
	}
}

static int
take(struct answer *a, size_t room, size_t *ret_len, int *ret_fd)
{
	struct iovec part = { a, sizeof(*a) };
	union passed control;
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(other.fd, &h, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;
	int fd = -1;

	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (n < (ssize_t)ANSWER_HEAD || (size_t)n - ANSWER_HEAD > room ||
	    a->result || !ret_fd) {
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	if (n < (ssize_t)ANSWER_HEAD)
		return -EIO;
	if (a->result)
		return a->result;
	if ((size_t)n - ANSWER_HEAD > room)
		return -EMSGSIZE;
	*ret_len = (size_t)n - ANSWER_HEAD;
	if (ret_fd)
		*ret_fd = fd;
	return 0;
}

static int
exchange(const struct question *q, size_t len, struct answer *a, size_t room,
    size_t *ret_len, int *ret_fd)
{
	int err = other.pid ? 0 : start();

	if (err)
		return err;
	if (send(other.fd, q, QUESTION_HEAD + len, MSG_NOSIGNAL) < 0)
		err = -EIO;
	if (!err)
		err = wait_answer();
	if (!err)
		err = take(a, room, ret_len, ret_fd);
	return err;
}

int
patience_ask(patience_fn fn, const void *ask, size_t len, void *ret,
    size_t room, size_t *ret_len, int *ret_fd)
{
	uint64_t now = clock_up_ns();
	size_t got = 0;
	int err;

	if (len > sizeof(asked.ask))
		return -ENAMETOOLONG;
	if (now < other.until_ns) {
		other.unanswered++;
		return -ETIMEDOUT;
	}
	asked.fn = fn;
	memcpy(asked.ask, ask, len);
	err = exchange(&asked, len, &answered, room, &got, ret_fd);
	/* One that was killed is replaced for the next question. */
	if (err == -EIO || err == -ETIMEDOUT)
		leave();
	if (err == -ETIMEDOUT) {
		other.unanswered++;
		if (++other.silent >= SILENT_MAX)
			other.until_ns = clock_up_ns() + SILENCE_NS;
		return err;
	}
	other.silent = 0;
	if (!err) {
		memcpy(ret, answered.bytes, got);
		*ret_len = got;
	}
	return err;
}

void
patience_enter_by(void (*enter)(void))
{
	leave();
	other.enter = enter;
}

uint64_t
patience_unanswered(void)
{
	return other.unanswered;
}

size_t
patience_end(void)
{
	size_t left;

	leave();
	/* Keys may have gone through there. */
	explicit_bzero(&answered, sizeof(answered));
	for (int i = 0; (left = count_left()) && i < GONE_TURNS; i++)
		usleep(1000);
	return left;
}
