// SPDX-License-Identifier: Apache-2.0
/*
 * Makes every kind of socket there is and sends through it, and writes down
 * what it sent. Run by tests/e2e/tap.c, once as the watched program and once
 * under another name as a decoy:
 *
 *	storm LEDGER MARK ROUNDS TCP_PORT UDP_PORT [DONOR_FD]
 *
 * It waits for a byte on standard input after it has opened its old sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "e2e/storm.h"

#define LARGEST		20000
#define OLD_SOCKETS	8
#define REUSE_FIRST	29000
#define REUSE_PORTS	16

static int ledger = -1, donor = -1;
static uint16_t tcp_port, udp_port;
static char bytes[LARGEST];
static const char *self, *mark;

static void
fail(const char *what)
{
	perror(what);
	exit(3);
}

enum family {
	V4,
	V6,
	MAPPED,
	FAMILIES,
};

static socklen_t
peer(enum family f, uint16_t port, struct sockaddr_storage *ret_to)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret_to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_to;

	memset(ret_to, 0, sizeof(*ret_to));
	if (f == V4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	inet_pton(AF_INET6, f == V6 ? "::1" : "::ffff:127.0.0.1",
	    &in6->sin6_addr);
	return sizeof(*in6);
}

static void
take_name(const struct sockaddr_storage *from, uint8_t *ip, uint16_t *ret_port)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET6) {
		memcpy(ip, &in6->sin6_addr, 16);
		*ret_port = ntohs(in6->sin6_port);
		return;
	}
	ip[10] = ip[11] = 0xff;
	memcpy(ip + 12, &in->sin_addr, 4);
	*ret_port = ntohs(in->sin_port);
}

/* Unconnected sockets have no peer's name, and a local one only after they
 * have sent; loopback's is known. */
static void
write_down(int fd, enum storm_kind kind, enum storm_way way, enum family f,
    uint64_t sent, uint64_t received)
{
	struct storm_act a = { .kind = kind, .way = way, .pid = getpid(),
		.sent = sent, .received = received };
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	uint8_t unused[16];

	peer(f, kind == STORM_TCP ? tcp_port : udp_port, &name);
	take_name(&name, a.remote, &a.remote_port);
	memcpy(a.local, a.remote, 16);
	if (getsockname(fd, (struct sockaddr *)&name, &len))
		fail("getsockname");
	take_name(&name, unused, &a.local_port);
	if (write(ledger, &a, sizeof(a)) != sizeof(a))
		fail("ledger");
}

static int
open_socket(enum family f, int type)
{
	int fd = socket(f == V4 ? AF_INET : AF_INET6, type, 0);

	if (fd < 0)
		fail("socket");
	return fd;
}

static void
send_all(int fd, size_t len)
{
	for (size_t done = 0; done < len; ) {
		ssize_t n = send(fd, bytes + done % 4, len - done, 0);

		if (n < 0)
			fail("send");
		done += n;
	}
}

static uint64_t
finish(int fd)
{
	char answer[256];
	uint64_t received = 0;
	ssize_t n;

	shutdown(fd, SHUT_WR);
	while ((n = recv(fd, answer, sizeof(answer), 0)) > 0)
		received += n;
	if (n < 0)
		fail("recv");
	return received;
}

static void
tcp(enum family f, enum storm_way way, size_t len)
{
	struct sockaddr_storage to;
	socklen_t to_len = peer(f, tcp_port, &to);
	int fd = open_socket(f, SOCK_STREAM), status;
	uint64_t received;

	if (connect(fd, (struct sockaddr *)&to, to_len))
		fail("connect");
	if (way == STORM_FORKED) {
		if (fork() == 0) {
			send_all(fd, len);
			_exit(0);
		}
		wait(&status);
	} else {
		send_all(fd, len);
	}
	received = finish(fd);
	write_down(fd, STORM_TCP, way, f, len, received);
	close(fd);
}

static void
udp(enum family f, enum storm_way way, bool connected, size_t len)
{
	struct sockaddr_storage to;
	socklen_t to_len = peer(f, udp_port, &to);
	int fd = open_socket(f, SOCK_DGRAM);

	if (connected && connect(fd, (struct sockaddr *)&to, to_len))
		fail("connect");
	if (sendto(fd, bytes, len, 0,
		connected ? NULL : (struct sockaddr *)&to,
		connected ? 0 : to_len) != (ssize_t)len)
		fail("sendto");
	write_down(fd, STORM_UDP, way, f, len, 0);
	close(fd);
}

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

struct uring {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static bool
uring_open(struct uring *u)
{
	struct io_uring_params p = { 0 };
	char *sq, *cq;

	u->fd = syscall(__NR_io_uring_setup, 8, &p);
	if (u->fd < 0)
		return false;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4,
	    PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*u->cqes),
	    PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_CQ_RING);
	u->sqes = mmap(NULL, p.sq_entries * sizeof(*u->sqes),
	    PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || u->sqes == MAP_FAILED)
		fail("io_uring");
	u->sq_tail = (unsigned *)(sq + p.sq_off.tail);
	u->sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
	u->sq_array = (unsigned *)(sq + p.sq_off.array);
	u->cq_head = (unsigned *)(cq + p.cq_off.head);
	u->cq_tail = (unsigned *)(cq + p.cq_off.tail);
	u->cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
	u->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return true;
}

static int
uring_do(struct uring *u, const struct io_uring_sqe *sqe)
{
	unsigned tail = *u->sq_tail, at = tail & *u->sq_mask;
	int res;

	u->sqes[at] = *sqe;
	u->sqes[at].flags |= IOSQE_ASYNC;
	u->sq_array[at] = at;
	__atomic_store_n(u->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(__NR_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS,
		NULL, 0) < 0)
		fail("io_uring_enter");
	if (__atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE) == *u->cq_head)
		fail("io_uring completion");
	res = u->cqes[*u->cq_head & *u->cq_mask].res;
	__atomic_store_n(u->cq_head, *u->cq_head + 1, __ATOMIC_RELEASE);
	return res;
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
		if (i % 20)
			continue;
		tcp(f, STORM_FORKED, 300 + i % 5000);
		child();
		exec_helper();
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
	if (argc < 6) {
		fprintf(stderr, "see tests/e2e/storm.c\n");
		return 2;
	}
	ledger = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
	mark = argv[2];
	tcp_port = atoi(argv[4]);
	udp_port = atoi(argv[5]);
	donor = argc > 6 ? atoi(argv[6]) : -1;
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
	return 0;
}
