/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_STORM_SEND_H
#define E2E_STORM_SEND_H

/*
 * What all acts of the storm are made of: a socket, what is sent through it,
 * and the line in the ledger.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e/storm.h"

#define LARGEST		20000

static int ledger = -1;
static uint16_t tcp_port, udp_port;
static char bytes[LARGEST];
static const char *mark;

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

static void
append(const struct storm_act *a)
{
	if (write(ledger, a, sizeof(*a)) != sizeof(*a))
		fail("ledger");
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
	append(&a);
}

static int
open_socket(enum family f, int type)
{
	int fd = socket(f == V4 ? AF_INET : AF_INET6, type, 0);

	if (fd < 0)
		fail("socket");
	return fd;
}

static uint64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
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

#endif
