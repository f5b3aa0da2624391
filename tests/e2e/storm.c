// SPDX-License-Identifier: Apache-2.0
/*
 * Makes every kind of socket there is and sends through it, and writes down
 * what it sent. Run by tests/e2e/tap.c, once as the watched program and once
 * under another name as a decoy:
 *
 *	storm LEDGER MARK ROUNDS TCP_PORT UDP_PORT RUSH [DONOR_FD]
 *
 * It waits for a byte on standard input after it has opened its old sockets.
 */
#include <fcntl.h>

#include "e2e/storm_odd.h"
#include "e2e/storm_send.h"
#include "e2e/storm_uring.h"

#define OLD_SOCKETS	8
#define REUSE_FIRST	29000
#define REUSE_PORTS	16
#define RUSH_AT_ONCE	32

static int donor = -1;
static const char *self;

/* The decoy does the same on the same ports. */
static void
udp_reused(unsigned round)
{
	struct sockaddr_storage to;
	socklen_t to_len = peer(V4, udp_port, &to);
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_port = htons(REUSE_FIRST + round % REUSE_PORTS) };
	int fd = open_socket(V4, SOCK_DGRAM);

	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	    sendto(fd, bytes, 60, 0, (struct sockaddr *)&to, to_len) == 60)
		write_down(fd, STORM_UDP, STORM_REUSED, V4, 60, 0);
	close(fd);
}

/* Cut off, so that the port is free again at once. */
static void
tcp_reused(unsigned round)
{
	struct linger cut = { .l_onoff = 1 };
	struct sockaddr_storage to;
	socklen_t to_len = peer(V4, tcp_port, &to);
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(REUSE_FIRST + round % REUSE_PORTS) };
	int fd = open_socket(V4, SOCK_STREAM);

	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	    connect(fd, (struct sockaddr *)&to, to_len) == 0) {
		send_all(fd, 90 + round % 100);
		write_down(fd, STORM_TCP, STORM_REUSED, V4, 90 + round % 100,
		    0);
	}
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof(cut));
	close(fd);
}

/* A child that executes nothing, with a child of its own. */
static void
child(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		tcp(V4, STORM_CHILD, 77);
		if (fork() == 0) {
			udp(V6, STORM_CHILD, false, 88);
			_exit(0);
		}
		wait(&status);
		_exit(status != 0);
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		fail("child");
}

static void
exec_helper(void)
{
	char fd_text[16], tcp_text[16], udp_text[16];
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		snprintf(fd_text, sizeof(fd_text), "%d", ledger);
		snprintf(tcp_text, sizeof(tcp_text), "%u", tcp_port);
		snprintf(udp_text, sizeof(udp_text), "%u", udp_port);
		execl(self, self, "--helper", fd_text, mark, tcp_text,
		    udp_text, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		fail("helper");
}

/* Asks the donor, which nobody watches, for a connected socket. */
static void
passed(enum storm_kind kind)
{
	char control[CMSG_SPACE(sizeof(int))], ask = (char)kind;
	struct iovec iov = { &ask, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	uint64_t received = 0;
	int fd;

	if (write(donor, &ask, 1) != 1 || recvmsg(donor, &m, 0) != 1 ||
	    !CMSG_FIRSTHDR(&m))
		fail("donor");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	if (write(fd, bytes, 500) != 500)
		fail("write");
	if (kind == STORM_TCP)
		received = finish(fd);
	write_down(fd, kind, STORM_PASSED, V4, 500, received);
	close(fd);
}

static void
uring_tcp(struct uring *u, size_t len)
{
	struct sockaddr_storage to;
	socklen_t to_len = peer(V4, tcp_port, &to);
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SOCKET, .fd = AF_INET,
		.off = SOCK_STREAM };
	int fd = uring_do(u, &sqe);

	if (fd == -EINVAL)	/* kernels before 5.19 */
		fd = open_socket(V4, SOCK_STREAM);
	if (fd < 0)
		fail("io_uring socket");
	sqe = (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd,
		.addr = (uintptr_t)&to, .off = to_len };
	if (uring_do(u, &sqe) < 0)
		fail("io_uring connect");
	sqe = (struct io_uring_sqe){ .opcode = IORING_OP_SEND, .fd = fd,
		.addr = (uintptr_t)bytes, .len = len };
	if (uring_do(u, &sqe) != (int)len)
		fail("io_uring send");
	write_down(fd, STORM_TCP, STORM_URING, V4, len, finish(fd));
	close(fd);
}

struct old {
	int tcp, udp;
};

static void
open_old(struct old *o)
{
	struct sockaddr_storage to;
	socklen_t len = peer(V4, tcp_port, &to);

	o->tcp = open_socket(V4, SOCK_STREAM);
	o->udp = open_socket(V6, SOCK_DGRAM);
	if (connect(o->tcp, (struct sockaddr *)&to, len))
		fail("connect");
	len = peer(V6, udp_port, &to);
	if (connect(o->udp, (struct sockaddr *)&to, len))
		fail("connect");
}

static void
use_old(const struct old *o)
{
	send_all(o->tcp, 700);
	write_down(o->tcp, STORM_TCP, STORM_OLD, V4, 700, finish(o->tcp));
	if (send(o->udp, bytes, 80, 0) != 80)
		fail("send");
	write_down(o->udp, STORM_UDP, STORM_OLD, V6, 80, 0);
	close(o->tcp);
	close(o->udp);
}

/* Connected, and all of it sent; it is closed once the answer is there. */
static int
rush_begin(unsigned number, struct storm_act *a)
{
	struct sockaddr_storage to;
	enum family f = number % FAMILIES;
	socklen_t len = peer(f, tcp_port, &to);
	uint8_t unused[16];
	int fd;

	*a = (struct storm_act){ .kind = STORM_TCP, .way = STORM_RUSH,
		.pid = getpid(), .sent = 1 + number % 400,
		.begin_ns = clock_ns() };
	take_name(&to, a->remote, &a->remote_port);
	memcpy(a->local, a->remote, 16);
	fd = open_socket(f, SOCK_STREAM);
	if (connect(fd, (struct sockaddr *)&to, len))
		fail("connect");
	len = sizeof(to);
	if (getsockname(fd, (struct sockaddr *)&to, &len))
		fail("getsockname");
	take_name(&to, unused, &a->local_port);
	send_all(fd, a->sent);
	shutdown(fd, SHUT_WR);
	return fd;
}

/* Some at once, so that what is measured is not how long one process takes to
 * wake another. */
static void
rush_share(unsigned count)
{
	struct storm_act acts[RUSH_AT_ONCE];
	int fds[RUSH_AT_ONCE];

	for (unsigned i = 0; i < count; i += RUSH_AT_ONCE) {
		unsigned n = count - i < RUSH_AT_ONCE ? count - i :
							RUSH_AT_ONCE;

		for (unsigned k = 0; k < n; k++)
			fds[k] = rush_begin(i + k, &acts[k]);
		for (unsigned k = 0; k < n; k++) {
			acts[k].received = finish(fds[k]);
			close(fds[k]);
			acts[k].end_ns = clock_ns();
			append(&acts[k]);
		}
	}
}

static void
storm(unsigned rounds)
{
	struct uring u;
	bool uring = uring_open(&u);

	for (unsigned i = 0; i < rounds; i++) {
		enum family f = i % FAMILIES;

		tcp(f, STORM_PLAIN, 1 + i * 7919 % LARGEST);
		udp(f, STORM_PLAIN, i & 1, 20 + i % 1000);
		udp(f, STORM_PLAIN, !(i & 1), 20 + i % 1000);
		udp_reused(i);
		tcp_reused(i);
		if (i % 20)
			continue;
		tcp(f, STORM_FORKED, 300 + i % 5000);
		child();
		exec_helper();
		odd_all(i);
		if (uring)
			uring_tcp(&u, 100 + i % 5000);
		if (donor >= 0) {
			passed(STORM_TCP);
			passed(STORM_UDP);
		}
	}
	if (uring)
		close(u.fd);
}

/* Two at work, each with its share of so many connections. */
static void
rush(unsigned count)
{
	int status, failed = 0;

	for (unsigned i = 0; count && i < 2; i++)
		if (fork() == 0) {
			rush_share(count / 2);
			_exit(0);
		}
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		fail("rush");
}

static void
fill(void)
{
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = mark[i % 4];
}

int
main(int argc, char **argv)
{
	struct old old[OLD_SOCKETS];
	char go;

	self = argv[0];
	if (argc == 6 && strcmp(argv[1], "--helper") == 0) {
		ledger = atoi(argv[2]);
		mark = argv[3];
		tcp_port = atoi(argv[4]);
		udp_port = atoi(argv[5]);
		fill();
		tcp(V4, STORM_EXECED, 123);
		udp(V6, STORM_EXECED, false, 45);
		return 0;
	}
	if (argc < 7) {
		fprintf(stderr, "see tests/e2e/storm.c\n");
		return 2;
	}
	ledger = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
	mark = argv[2];
	tcp_port = atoi(argv[4]);
	udp_port = atoi(argv[5]);
	donor = argc > 7 ? atoi(argv[7]) : -1;
	if (ledger < 0)
		fail(argv[1]);
	fill();
	for (int i = 0; i < OLD_SOCKETS; i++)
		open_old(&old[i]);
	if (write(STDOUT_FILENO, "r", 1) != 1 || read(STDIN_FILENO, &go, 1) < 1)
		return 4;
	for (int i = 0; i < OLD_SOCKETS; i++)
		use_old(&old[i]);
	storm(atoi(argv[3]));
	odd_netns();
	rush(atoi(argv[6]));
	return 0;
}
