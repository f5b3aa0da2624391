// SPDX-License-Identifier: Apache-2.0
#include "kernel/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

int
diag_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

static void
take_address(uint8_t family, const uint32_t *from, uint8_t *to)
{
	static const uint32_t any;

	if (family == AF_INET6) {
		memcpy(to, from, 16);
	} else if (memcmp(from, &any, 4) != 0) {
		to[10] = to[11] = 0xff;
		memcpy(to + 12, from, 4);
	}
}

int
diag_parse(const void *message, size_t len, uint8_t proto,
    struct diag_socket *ret_socket)
{
	struct diag_socket s = { .proto = proto };
	struct inet_diag_msg m;

	if (len < sizeof(m))
		return ERR_TRUNCATED;
	memcpy(&m, message, sizeof(m));
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return ERR_UNSUPPORTED;
	take_address(m.idiag_family, m.id.idiag_src, s.local);
	take_address(m.idiag_family, m.id.idiag_dst, s.remote);
	s.local_port = ntohs(m.id.idiag_sport);
	s.remote_port = ntohs(m.id.idiag_dport);
	s.inode = m.idiag_inode;
	*ret_socket = s;
	return 0;
}

static int
ask(int fd, uint8_t family, uint8_t proto)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} m = {
		.head = { .nlmsg_len = sizeof(m),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = family, .sdiag_protocol = proto,
			.idiag_states = ~0u },
	};

	return send(fd, &m, sizeof(m), 0) == sizeof(m) ? 0 : -errno;
}

/* 1 at the end. */
static int
take_answer(int fd, uint8_t proto,
    void (*on_socket)(void *arg, const struct diag_socket *s), void *arg)
{
	_Alignas(struct nlmsghdr) char bytes[32768];
	ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
	struct diag_socket s;
	unsigned left;

	if (got < 0)
		return -errno;
	left = (unsigned)got;
	for (struct nlmsghdr *n = (struct nlmsghdr *)bytes; NLMSG_OK(n, left);
	     n = NLMSG_NEXT(n, left)) {
		if (n->nlmsg_type == NLMSG_DONE)
			return 1;
		if (n->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (diag_parse(NLMSG_DATA(n), NLMSG_PAYLOAD(n, 0), proto,
			&s) == 0)
			on_socket(arg, &s);
	}
	return got == 0;
}

int
diag_dump(int fd, void (*on_socket)(void *arg, const struct diag_socket *s),
    void *arg)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	int err = 0;

	for (int i = 0; i < 4 && err >= 0; i++) {
		err = ask(fd, families[i / 2], protos[i % 2]);
		while (err == 0)
			err = take_answer(fd, protos[i % 2], on_socket, arg);
	}
	return err < 0 ? err : 0;
}
