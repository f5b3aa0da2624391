// SPDX-License-Identifier: Apache-2.0
#include "kernel/capture.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <bpf/bpf.h>

#include "bpf/capture.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* A packet lies in one block, which is handed over when it is full or after
 * this time. */
#define BLOCK_LEN (256u << 10)
#define RETIRE_MS 20
#define FRAME_LEN 2048 /* the kernel wants one, and ignores it */

enum {
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
};

/* Link layers that packets are kept with; of all others they are kept from
 * their IP header on. */
static bool
has_ethernet(int fd, const char *interface)
{
	struct ifreq r = { 0 };

	strncpy(r.ifr_name, interface, sizeof(r.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &r))
		return false;
	return r.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
	       r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
}

static int
open_socket(struct capture *c, const char *interface)
{
	/* Without a protocol nothing comes until it is bound. */
	c->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	c->link_type = LINK_ETHERNET;
	if (has_ethernet(c->fd, interface))
		return 0;
	close(c->fd);
	c->link_type = LINK_RAW;
	c->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return c->fd < 0 ? -errno : 0;
}

static int
set_ring(struct capture *c, uint32_t buffer_bytes)
{
	int version = TPACKET_V3;
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK_LEN,
		.tp_block_nr = buffer_bytes / BLOCK_LEN,
		.tp_frame_size = FRAME_LEN,
		.tp_retire_blk_tov = RETIRE_MS,
	};

	if (req.tp_block_nr < 2)
		req.tp_block_nr = 2;
	req.tp_frame_nr = BLOCK_LEN / FRAME_LEN * req.tp_block_nr;
	if (setsockopt(
		c->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(c->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		return -errno;
	c->block_len = req.tp_block_size;
	c->block_count = req.tp_block_nr;
	return 0;
}

int
capture_listen(struct capture *c)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL), .sll_ifindex = c->at.ifindex };
	struct tap_interface key = { c->at.netns, (uint32_t)c->at.ifindex, 0 };
	uint8_t one = 1;

	if (bind(c->fd, (struct sockaddr *)&to, sizeof(to)))
		return errno == ENETDOWN || errno == ENXIO ? -ENODEV : -errno;
	if (c->at.interfaces_fd >= 0 &&
	    bpf_map_update_elem(c->at.interfaces_fd, &key, &one, BPF_ANY))
		return -errno;
	return 0;
}

int
capture_open(const char *interface, bool loopback, int filter_fd,
    uint32_t buffer_bytes, const struct capture_at *at,
    struct capture **ret_capture)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err, one = 1;

	if (!c)
		return -ENOMEM;
	c->at = *at;
	err = open_socket(c, interface);
	if (!err)
		err = set_ring(c, buffer_bytes);
	if (!err && filter_fd >= 0 &&
	    setsockopt(c->fd, SOL_SOCKET, SO_ATTACH_BPF, &filter_fd,
		sizeof(filter_fd)))
		err = -errno;
	/* On lo each packet is shown when it leaves and when it arrives. */
	if (!err && loopback)
		(void)setsockopt(c->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING,
		    &one, sizeof(one));
	if (err) {
		capture_close(c);
		return err;
	}
	*ret_capture = c;
	return 0;
}

void
capture_close(struct capture *c)
{
	struct tap_interface key;

	if (!c)
		return;
	key = (struct tap_interface){ c->at.netns, (uint32_t)c->at.ifindex, 0 };
	if (c->at.interfaces_fd >= 0)
		(void)bpf_map_delete_elem(c->at.interfaces_fd, &key);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

uint64_t
capture_drops(struct capture *c)
{
	struct tpacket_stats_v3 st;
	socklen_t len = sizeof(st);

	/* The kernel's counts start anew with each reading. */
	if (getsockopt(c->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) == 0)
		c->drops += st.tp_drops;
	return c->drops;
}
