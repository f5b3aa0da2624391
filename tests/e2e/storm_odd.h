/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_STORM_ODD_H
#define E2E_STORM_ODD_H

/*
 * Acts on sockets that are neither plain TCP nor plain UDP, and in a network
 * namespace that nobody has heard of before. The decoy does the same, but
 * where there are no ports to tell the two apart, with another peer.
 */

#include <fcntl.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "e2e/storm_send.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct sockaddr_in
odd_peer(void)
{
	bool decoy = strcmp(mark, DECOY_MARK) == 0;

	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + decoy) };
}

static void
odd_write_down(enum storm_kind kind, enum storm_way way, uint16_t local_port,
    uint16_t remote_port, const struct sockaddr_in *to, uint64_t sent)
{
	struct storm_act a = { .kind = kind, .way = way, .pid = getpid(),
		.local_port = local_port, .remote_port = remote_port,
		.sent = sent };
	uint32_t from = htonl(INADDR_LOOPBACK);

	memset(a.local + 10, 0xff, 2);
	memset(a.remote + 10, 0xff, 2);
	memcpy(a.local + 12, &from, 4);
	memcpy(a.remote + 12, &to->sin_addr, 4);
	append(&a);
}

static uint16_t
checksum(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* An echo request; true if it came back. On a socket for echoes the kernel
 * chooses the identifier, and tells it as the socket's port. */
static void
odd_echo(unsigned round, bool raw)
{
	struct sockaddr_in to = odd_peer(), name = to;
	socklen_t len = sizeof(name);
	char packet[60], answer[200];
	struct icmphdr head = { .type = ICMP_ECHO };
	int fd = socket(AF_INET, raw ? SOCK_RAW : SOCK_DGRAM, IPPROTO_ICMP);
	uint16_t id = 5000 + round % 1000;

	if (fd < 0 && errno == EACCES)
		return;			/* not in anybody's ping group */
	if (fd < 0)
		fail("icmp");
	head.un.echo.id = htons(id);
	memcpy(packet, bytes, sizeof(packet));
	memcpy(packet, &head, sizeof(head));
	head.checksum = checksum(packet, sizeof(packet));
	memcpy(packet, &head, sizeof(head));
	if (sendto(fd, packet, sizeof(packet), 0, (struct sockaddr *)&to,
		sizeof(to)) != sizeof(packet) ||
	    recv(fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(packet))
		fail("echo");
	if (!raw) {
		if (getsockname(fd, (struct sockaddr *)&name, &len))
			fail("getsockname");
		id = ntohs(name.sin_port);
	}
	odd_write_down(STORM_ICMP, raw ? STORM_PLAIN : STORM_PING, id, 0, &to,
	    sizeof(packet) - sizeof(head));
	close(fd);
}

static void
odd_raw(void)
{
	struct sockaddr_in to = odd_peer();
	int fd = socket(AF_INET, SOCK_RAW, STORM_PROTOCOL);

	if (fd < 0 || sendto(fd, bytes, 333, 0, (struct sockaddr *)&to,
			  sizeof(to)) != 333)
		fail("raw");
	odd_write_down(STORM_RAW, STORM_PLAIN, 0, 0, &to, 333);
	close(fd);
}

#define BY_HAND		70		/* bytes in UDP made by hand */
#define BY_HAND_LEN	(20 + 8 + BY_HAND)

static void
odd_datagram(const struct sockaddr_in *to, uint16_t port, char *packet)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64,
		.protocol = IPPROTO_UDP, .tot_len = htons(BY_HAND_LEN),
		.saddr = htonl(INADDR_LOOPBACK),
		.daddr = to->sin_addr.s_addr };
	struct udphdr udp = { .source = htons(port),
		.dest = htons(udp_port), .len = htons(8 + BY_HAND) };

	ip.check = checksum(&ip, sizeof(ip));
	memcpy(packet, &ip, 20);
	memcpy(packet + 20, &udp, 8);
	memcpy(packet + 28, bytes, BY_HAND);
}

/* Below all that knows of sockets: by sendto() in odd rounds, else by write(). */
static void
odd_frame(unsigned round)
{
	struct sockaddr_in to = odd_peer();
	struct sockaddr_ll lo = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex("lo"), .sll_halen = 6 };
	uint16_t port = 27000 + round % 1000;
	char frame[14 + BY_HAND_LEN] = { [12] = 8 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	ssize_t sent;

	odd_datagram(&to, port, frame + 14);
	if (fd < 0 || bind(fd, (struct sockaddr *)&lo, sizeof(lo)))
		fail("packet socket");
	sent = round / 20 & 1 ? sendto(fd, frame, sizeof(frame), 0,
				    (struct sockaddr *)&lo, sizeof(lo)) :
				write(fd, frame, sizeof(frame));
	if (sent != sizeof(frame))
		fail("frame");
	odd_write_down(STORM_UDP, STORM_FRAME, port, udp_port, &to, BY_HAND);
	close(fd);
}

/* UDP made by hand, headers and all. */
static void
odd_header(unsigned round)
{
	struct sockaddr_in to = odd_peer();
	uint16_t port = 26000 + round % 1000;
	char packet[BY_HAND_LEN];
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	odd_datagram(&to, port, packet);
	if (fd < 0 || sendto(fd, packet, sizeof(packet), 0,
			  (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("raw");
	odd_write_down(STORM_UDP, STORM_HEADER, port, udp_port, &to, BY_HAND);
	close(fd);
}

static void
odd_mptcp(unsigned round)
{
	struct sockaddr_storage to;
	socklen_t to_len = peer(V4, tcp_port, &to);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	size_t len = 40 + round % 3000;

	if (fd < 0)
		return;			/* the kernel has none */
	if (connect(fd, (struct sockaddr *)&to, to_len))
		fail("mptcp");
	send_all(fd, len);
	write_down(fd, STORM_TCP, STORM_MPTCP, V4, len, finish(fd));
	close(fd);
}

static void
odd_sctp(void)
{
	struct sockaddr_in to = odd_peer(), name = to;
	socklen_t len = sizeof(name);
	int peer_fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), fd;

	if (peer_fd < 0)
		return;			/* the kernel has none */
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
	if (bind(peer_fd, (struct sockaddr *)&to, sizeof(to)) ||
	    listen(peer_fd, 1) ||
	    getsockname(peer_fd, (struct sockaddr *)&name, &len) ||
	    connect(fd, (struct sockaddr *)&name, sizeof(name)) ||
	    send(fd, bytes, 100, 0) != 100)
		fail("sctp");
	to.sin_port = name.sin_port;
	if (getsockname(fd, (struct sockaddr *)&name, &len))
		fail("getsockname");
	odd_write_down(STORM_SCTP, STORM_PLAIN, ntohs(name.sin_port),
	    ntohs(to.sin_port), &to, 100);
	close(fd);
	close(peer_fd);
}

static void
odd_all(unsigned round)
{
	odd_echo(round, true);
	odd_echo(round, false);
	odd_raw();
	odd_header(round);
	odd_frame(round);
	odd_mptcp(round);
	odd_sctp();
	udp(V4, STORM_LARGE, true, 5000);
}

/* A child alone in a network namespace of its own: both ends are its. */
static void
odd_netns_child(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_storage to;
	struct sockaddr_in any = { .sin_family = AF_INET,
		.sin_port = htons(udp_port) };
	int fd, in;

	if (unshare(CLONE_NEWNET))
		_exit(77);
	in = socket(AF_INET, SOCK_DGRAM, 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
		_exit(1);
	lo.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0 ||
	    bind(in, (struct sockaddr *)&any, sizeof(any)))
		_exit(2);
	for (int i = 0; i < 20; i++) {
		socklen_t len = peer(V4, udp_port, &to);

		if (sendto(fd, bytes, 50 + i, 0, (struct sockaddr *)&to,
			len) != 50 + i)
			_exit(3);
		write_down(fd, STORM_UDP, STORM_NETNS, V4, 50 + i, 0);
	}
	_exit(0);
}

static void
odd_netns(void)
{
	int status;

	if (fork() == 0)
		odd_netns_child();
	if (wait(&status) < 0 ||
	    (status != 0 && WEXITSTATUS(status) != 77))
		fail("netns");
}

#endif
