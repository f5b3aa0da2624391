// SPDX-License-Identifier: Apache-2.0
#include "kernel/place_state.h"

#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#define DATAGRAMS_MAX	1024	/* in one turn */

/* The lo of a new namespace is down, and comes up a moment before it is used: its
 * capture can't be opened while a packet waits for it, only listen. */
static bool
may_carry(const struct place *p, unsigned flags)
{
	return flags & IFF_UP || (flags & IFF_LOOPBACK &&
				     !(place_listens(p) & TAP_ON_LOOPBACK));
}

static int
take_link(struct place *p, const struct nlmsghdr *n)
{
	const struct ifinfomsg *info = NLMSG_DATA(n);
	struct place_capture **slot = place_find_capture(p, info->ifi_index);
	int left = (int)IFLA_PAYLOAD(n), err;
	const char *name = NULL;
	bool part = false, wanted;

	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_IFNAME)
			name = RTA_DATA(a);
		else if (a->rta_type == IFLA_MASTER)
			part = true;
	}
	wanted = n->nlmsg_type == RTM_NEWLINK && name && !part &&
		 may_carry(p, info->ifi_flags);
	if (slot && !wanted)
		place_remove_capture(p, slot);
	if (slot || !wanted)
		return 0;
	err = place_add_capture(p, info->ifi_index, name,
	    info->ifi_flags & IFF_LOOPBACK);
	if (err)
		p->events.on_failure(p->events.arg, name, err);
	return err == -ENOMEM ? err : 0;
}

static int
ask_for_links(int fd)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};

	return send(fd, &ask, sizeof(ask), 0) == sizeof(ask) ? 0 : -errno;
}

/* One datagram. 1 at the end of a dump, -EAGAIN when there is nothing. */
static int
read_datagram(struct place *p, int flags)
{
	_Alignas(struct nlmsghdr) char bytes[32768];
	ssize_t got = recv(p->link_fd, bytes, sizeof(bytes), flags);
	int left, err;

	if (got < 0 && errno == ENOBUFS)
		return ask_for_links(p->link_fd);	/* some were lost */
	if (got < 0)
		return -errno;
	left = (int)got;
	for (struct nlmsghdr *n = (struct nlmsghdr *)bytes;
	     left > 0 && NLMSG_OK(n, (unsigned)left);
	     n = NLMSG_NEXT(n, left)) {
		if (n->nlmsg_type == NLMSG_DONE)
			return 1;
		if (n->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (n->nlmsg_type != RTM_NEWLINK &&
		    n->nlmsg_type != RTM_DELLINK)
			continue;
		err = take_link(p, n);
		if (err)
			return err;
	}
	return 0;
}

int
place_take_links(struct place *p)
{
	int err = 0;

	for (int i = 0; i < DATAGRAMS_MAX && err >= 0; i++)
		err = read_datagram(p, MSG_DONTWAIT);
	return err == -EAGAIN || err > 0 ? 0 : err;
}

int
place_open_links(struct place *p)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK };
	int err;

	p->link_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (p->link_fd < 0 ||
	    bind(p->link_fd, (struct sockaddr *)&me, sizeof(me)))
		return -errno;
	err = ask_for_links(p->link_fd);
	while (err == 0)
		err = read_datagram(p, 0);
	return err < 0 ? err : 0;
}
