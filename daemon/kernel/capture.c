// SPDX-License-Identifier: Apache-2.0
#include "kernel/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/if_packet.h>
#include <pcap/pcap.h>

#define SNAPLEN		262144
#define TIMEOUT_MS	20

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct capture {
	pcap_t *pcap;
	uint16_t link_type;
	uint64_t drops;
};

struct reading {
	capture_fn on_packet;
	void *arg;
	const struct capture *capture;
};

/* So that one busy interface does not keep the others waiting. */
#define PACKETS_A_TURN	8192

static int
activate(struct capture *c, uint32_t buffer_bytes)
{
	int err;

	if (pcap_set_snaplen(c->pcap, SNAPLEN) ||
	    pcap_set_timeout(c->pcap, TIMEOUT_MS) ||
	    pcap_set_buffer_size(c->pcap, buffer_bytes) ||
	    pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO))
		return -EINVAL;
	err = pcap_activate(c->pcap);
	if (err == PCAP_ERROR_PERM_DENIED)
		return -EPERM;
	if (err == PCAP_ERROR_NO_SUCH_DEVICE || err == PCAP_ERROR_IFACE_NOT_UP)
		return -ENODEV;
	return err < 0 ? -EIO : 0;
}

int
capture_open(const char *interface, bool loopback, int filter_fd,
    uint32_t buffer_bytes, struct capture **ret_capture)
{
	char text[PCAP_ERRBUF_SIZE];
	struct capture *c = calloc(1, sizeof(*c));
	int err, fd, one = 1;

	if (!c)
		return -ENOMEM;
	c->pcap = pcap_create(interface, text);
	err = c->pcap ? activate(c, buffer_bytes) : -ENOMEM;
	if (err)
		goto out;
	fd = pcap_fileno(c->pcap);
	if (filter_fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &filter_fd,
		sizeof(filter_fd))) {
		err = -errno;
		goto out;
	}
	/* On lo each packet is shown when it leaves and when it arrives. */
	if (loopback)
		(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		    sizeof(one));
	if (pcap_setnonblock(c->pcap, 1, text)) {
		err = -EIO;
		goto out;
	}
	c->link_type = pcap_datalink(c->pcap);
	/* Raw IP has one number in captures and others in the kernel. */
	if (c->link_type == DLT_RAW)
		c->link_type = 101;
	*ret_capture = c;
	return 0;
out:
	capture_close(c);
	return err;
}

void
capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	free(c);
}

int
capture_fd(const struct capture *c)
{
	return pcap_get_selectable_fd(c->pcap);
}

static void
on_pcap(u_char *arg, const struct pcap_pkthdr *header, const u_char *data)
{
	const struct reading *r = (const struct reading *)arg;
	struct capture_packet p = {
		.ts_ns = header->ts.tv_sec * 1000000000ull +
			 (uint64_t)header->ts.tv_usec,
		.data = data,
		.cap_len = header->caplen,
		.wire_len = header->len,
		.link_type = r->capture->link_type,
	};

	if (!r->on_packet(r->arg, &p))
		pcap_breakloop(r->capture->pcap);
}

int
capture_read(struct capture *c, capture_fn on_packet, void *arg)
{
	struct reading r = { on_packet, arg, c };

	int got = pcap_dispatch(c->pcap, PACKETS_A_TURN, on_pcap, (u_char *)&r);

	return got < 0 && got != PCAP_ERROR_BREAK ? -ENODEV : 0;
}

uint64_t
capture_drops(struct capture *c)
{
	struct pcap_stat st;

	if (pcap_stats(c->pcap, &st) == 0)
		c->drops = st.ps_drop;
	return c->drops;
}
