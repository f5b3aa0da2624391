// SPDX-License-Identifier: Apache-2.0
#include "kernel/place.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "bpf/filter.skel.h"

#define CAPTURES_MAX	256
#define LOOPBACK_FACTOR	4	/* lo is that much faster than a wire */
#define BUFFER_BYTES	(16u << 20)
/* A namespace found in passing must be open before its first packet, and
 * memory takes some 0.4 ms a megabyte. */
#define PASSING_BYTES	(2u << 20)

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

struct place {
	struct filter_bpf *filter;
	struct place_events events;
	struct place_capture *captures[CAPTURES_MAX];
	size_t count;
	uint64_t netns, drops;		/* drops: of captures closed by now */
	uint32_t netns_inode, buffer_bytes;
	int netns_fd, link_fd;
	bool kept;
};

static uint32_t next_number;

/* Runs in the place's namespace between the two; the descriptor returned by
 * the first leads back. */
static int
enter(int netns_fd, int *ret_back)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int err;

	if (back < 0)
		return -errno;
	if (netns_fd >= 0 && setns(netns_fd, CLONE_NEWNET)) {
		err = -errno;
		close(back);
		return err;
	}
	*ret_back = back;
	return 0;
}

static int
leave(int back)
{
	int err = setns(back, CLONE_NEWNET) ? -errno : 0;

	close(back);
	return err;
}

static int
netns_cookie(uint64_t *ret_cookie)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret_cookie);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_cookie, &len))
		err = -errno;
	close(fd);
	return err;
}

static int
share_map(struct bpf_map *map, const struct place_maps *maps)
{
	const char *name = bpf_map__name(map);

	if (strcmp(name, "tuples") == 0)
		return bpf_map__reuse_fd(map, maps->tuples);
	if (strcmp(name, "ports") == 0)
		return bpf_map__reuse_fd(map, maps->ports);
	if (strcmp(name, "counters") == 0)
		return bpf_map__reuse_fd(map, maps->counters);
	if (strcmp(name, "fragments") == 0 || strstr(name, ".bss"))
		return 0;
	return bpf_map__set_autocreate(map, false);
}

int
place_prepare(struct place_maps *maps)
{
	struct filter_bpf *filter;
	struct bpf_map *map;
	int err = 0;

	if (maps->spare)
		return 0;
	filter = filter_bpf__open();
	if (!filter)
		return -errno;
	bpf_object__for_each_map(map, filter->obj) {
		err = share_map(map, maps);
		if (err)
			break;
	}
	if (!err)
		err = filter_bpf__load(filter);
	if (err)
		filter_bpf__destroy(filter);
	else
		maps->spare = filter;
	return err;
}

void
place_maps_clear(struct place_maps *maps)
{
	filter_bpf__destroy(maps->spare);
	maps->spare = NULL;
}

static int
take_filter(struct place *p, struct place_maps *maps)
{
	int err;

	if (maps->no_filter)
		return 0;
	err = place_prepare(maps);
	if (err)
		return err;
	p->filter = maps->spare;
	maps->spare = NULL;
	p->filter->bss->filter_netns = p->netns;
	return 0;
}

static struct place_capture **
find_capture(struct place *p, int ifindex)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->captures[i]->ifindex == ifindex)
			return &p->captures[i];
	return NULL;
}

static void
remove_capture(struct place *p, struct place_capture **slot)
{
	struct place_capture *c = *slot;

	p->events.on_capture(p->events.arg, c, false);
	p->drops += capture_drops(c->capture);
	capture_close(c->capture);
	free(c);
	*slot = p->captures[--p->count];
}

static int
add_capture(struct place *p, int ifindex, const char *name, bool loopback)
{
	uint32_t bytes = p->buffer_bytes	? p->buffer_bytes :
			 p->netns_fd >= 0	? PASSING_BYTES :
						  BUFFER_BYTES;
	struct place_capture *c;
	int err;

	if (p->count == CAPTURES_MAX)
		return ERR_LIMIT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	if (loopback && !p->buffer_bytes)
		bytes *= LOOPBACK_FACTOR;
	err = capture_open(name, loopback,
	    p->filter ? bpf_program__fd(p->filter->progs.capture_filter) : -1,
	    bytes, &c->capture);
	if (err) {
		free(c);
		return err;
	}
	c->ifindex = ifindex;
	c->number = next_number++;
	c->place = p;
	strncpy(c->name, name, sizeof(c->name) - 1);
	p->captures[p->count++] = c;
	return p->events.on_capture(p->events.arg, c, true);
}

static int
take_link(struct place *p, const struct nlmsghdr *n)
{
	const struct ifinfomsg *info = NLMSG_DATA(n);
	struct place_capture **slot = find_capture(p, info->ifi_index);
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
		 info->ifi_flags & IFF_UP;
	if (slot && !wanted)
		remove_capture(p, slot);
	if (slot || !wanted)
		return 0;
	err = add_capture(p, info->ifi_index, name,
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
place_read_links(struct place *p)
{
	int back, err, again;
	char byte;

	if (recv(p->link_fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
	    errno == EAGAIN)
		return 0;
	err = enter(p->netns_fd, &back);
	if (err)
		return err;
	for (int i = 0; i < 1024; i++) {
		err = read_datagram(p, MSG_DONTWAIT);
		if (err < 0)
			break;
	}
	again = leave(back);
	if (again)
		return again;
	return err == -EAGAIN || err > 0 ? 0 : err;
}

static int
open_links(struct place *p)
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

static int
open_inside(struct place *p, struct place_maps *maps)
{
	struct stat st;
	int err = netns_cookie(&p->netns);

	if (err)
		return err;
	if (stat("/proc/thread-self/ns/net", &st) == 0)
		p->netns_inode = (uint32_t)st.st_ino;
	err = take_filter(p, maps);
	return err ? err : open_links(p);
}

int
place_open(int netns_fd, struct place_maps *maps, uint32_t buffer_bytes,
    const struct place_events *events, struct place **ret_place)
{
	struct place *p = calloc(1, sizeof(*p));
	int back, err, again;

	if (!p) {
		if (netns_fd >= 0)
			close(netns_fd);
		return -ENOMEM;
	}
	p->events = *events;
	p->netns_fd = netns_fd;
	p->link_fd = -1;
	p->buffer_bytes = buffer_bytes;
	err = enter(netns_fd, &back);
	if (!err) {
		err = open_inside(p, maps);
		again = leave(back);
		if (!err)
			err = again;
	}
	if (err) {
		place_close(p);
		return err;
	}
	*ret_place = p;
	return 0;
}

void
place_close(struct place *p)
{
	if (!p)
		return;
	while (p->count)
		remove_capture(p, &p->captures[p->count - 1]);
	if (p->link_fd >= 0)
		close(p->link_fd);
	if (p->netns_fd >= 0)
		close(p->netns_fd);
	filter_bpf__destroy(p->filter);
	free(p);
}

void
place_keep(struct place *p)
{
	p->kept = true;
}

bool
place_is_kept(const struct place *p)
{
	return p->kept;
}

uint64_t
place_netns(const struct place *p)
{
	return p->netns;
}

uint32_t
place_netns_inode(const struct place *p)
{
	return p->netns_inode;
}

int
place_link_fd(const struct place *p)
{
	return p->link_fd;
}

void
place_lost(struct place *p, struct place_capture *c)
{
	struct place_capture **slot = find_capture(p, c->ifindex);

	if (slot)
		remove_capture(p, slot);
}

struct place_capture **
place_captures(struct place *p, size_t *ret_count)
{
	*ret_count = p->count;
	return p->captures;
}

uint64_t
place_drops(struct place *p)
{
	uint64_t drops = p->drops;

	for (size_t i = 0; i < p->count; i++)
		drops += capture_drops(p->captures[i]->capture);
	return drops;
}
