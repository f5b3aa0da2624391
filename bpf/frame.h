/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_FRAME_H
#define TELLTAP_BPF_FRAME_H

/*
 * Packets that a watched process makes by hand and writes to a packet socket: they
 * pass no hook of sockets, so their tuple is read from what is written. Of several
 * in one call only the first is looked at; a ring that is shared with the kernel,
 * and IPv6 with extension headers, are not. Needs maps.h.
 */

#include <asm/unistd.h>

#include "ask.h"
#include "packet.h"
#include "sock.h"
#include "task.h"
#include "tuple.h"

#define AF_PACKET_FAMILY	17
#define SOCK_DGRAM_TYPE		2	/* written without link header */
#define ETHERNET_LEN		14
/* No socket's: those are counted from 1. With the time, since user space finds
 * all tuples of a cookie when one ends. */
#define BY_HAND_COOKIE		(1ull << 63)

/* NULL: the call writes nothing that is read here. */
static __always_inline const void *
frame_written(const struct pt_regs *regs, long call)
{
	const void *at = (const void *)call_argument(regs, 1), *base = NULL;

	if (call == __NR_write || call == __NR_sendto)
		return at;
	/* struct msghdr: name, its length, and then the vector. */
	if ((call == __NR_sendmsg || call == __NR_sendmmsg) &&
	    bpf_probe_read_user(&at, sizeof(at), (const char *)at + 16))
		return NULL;
	if (call != __NR_sendmsg && call != __NR_sendmmsg && call != __NR_writev)
		return NULL;
	if (!at || bpf_probe_read_user(&base, sizeof(base), at))
		return NULL;
	return base;
}

static __always_inline int
frame_read(const char *at, struct packet_head *h)
{
	__u8 ip[40];
	__be16 words[4] = {};
	__u32 len = 40;

	__builtin_memset(h, 0, sizeof(*h));
	if (bpf_probe_read_user(ip, 20, at))
		return -1;
	if (ip[0] >> 4 == 4) {
		len = (ip[0] & 15) * 4;
		h->proto = ip[9];
		address_map_v4(h->src, ip + 12);
		address_map_v4(h->dst, ip + 16);
		if ((ip[6] & 0x1f) | ip[7])
			return -1;	/* a later fragment */
	} else if (ip[0] >> 4 == 6 && !bpf_probe_read_user(ip, 40, at)) {
		h->proto = ip[6];
		__builtin_memcpy(h->src, ip + 8, 16);
		__builtin_memcpy(h->dst, ip + 24, 16);
	} else {
		return -1;
	}
	if (bpf_probe_read_user(words, sizeof(words), at + len))
		return -1;
	if (proto_has_ports(h->proto)) {
		h->sport = bpf_ntohs(words[0]);
		h->dport = bpf_ntohs(words[1]);
	} else if (h->proto == 1 || h->proto == 58) {
		__u8 type = bpf_ntohs(words[0]) >> 8;

		if (type == 0 || type == 8 || type == 128 || type == 129)
			h->sport = h->dport = bpf_ntohs(words[2]);
	}
	return 0;
}

static __always_inline bool
is_loopback(const __u8 *a)
{
	return a[10] == 0xff && a[11] == 0xff ? a[12] == 127 :
	    !a[0] && !a[1] && !a[14] && a[15] == 1;
}

static __always_inline void
frame_sent(const struct sock *sk, __u32 owner, const char *at)
{
	struct tap_owner told = { .cookie = BY_HAND_COOKIE | bpf_ktime_get_ns(),
		.sender = owner, .flags = TAP_BY_HAND };
	struct packet_head h;
	struct tap_tuple t;
	__be16 type = 0;

	if (BPF_CORE_READ(sk, sk_type) != SOCK_DGRAM_TYPE) {
		if (bpf_probe_read_user(&type, sizeof(type), at + 12) ||
		    (type != bpf_htons(0x0800) && type != bpf_htons(0x86dd)))
			return;
		at += ETHERNET_LEN;
	}
	if (frame_read(at, &h))
		return;
	told.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	packet_tuple(&h, told.netns, false, &t);
	/* What a socket has is the socket's. */
	if (bpf_map_lookup_elem(&tuples, &t))
		return;
	capture_ask(told.netns, owner, is_loopback(h.dst) ?
	    TAP_ON_WIRES | TAP_ON_LOOPBACK : TAP_ON_WIRES, true);
	tuple_enter(&t, &told, t.local_port);
}

#endif
