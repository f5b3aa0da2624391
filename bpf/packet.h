/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_PACKET_H
#define TELLTAP_BPF_PACKET_H

/*
 * Reads addresses and ports of an IP packet, for the program at the sockets'
 * egress and for the one on the capture's descriptor. Loads are relative to
 * the network header, so link layers do not matter.
 */

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "socket.h"

#define IPV6_EXTENSIONS 6

struct packet_head {
	__u8 src[16], dst[16];
	__u16 sport, dport;	/* ICMP echo: the identifier, in both */
	__u32 fragment_id;	/* of the datagram, when it is in fragments */
	__u32 payload_len;	/* of the transport, by the IP header */
	__u32 transport;	/* where it begins, from the network header */
	__u8 proto;
	__u8 fragment;		/* 0: none, 1: the first, 2: a later one */
	__u8 is_reply;		/* ICMP echo reply */
};

#define LOAD(skb, offset, to)                                           \
	bpf_skb_load_bytes_relative(skb, offset, to, sizeof(*(to)),     \
	    BPF_HDR_START_NET)

static __always_inline void
address_map_v4(__u8 *to, const __u8 *from)
{
	__builtin_memset(to, 0, 10);
	to[10] = 0xff;
	to[11] = 0xff;
	__builtin_memcpy(to + 12, from, 4);
}

static __always_inline int
packet_read_v4(struct __sk_buff *skb, struct packet_head *h, __u32 *ret_offset)
{
	struct {
		__u8 version_len, tos;
		__be16 len, id, fragment;
		__u8 ttl, proto;
		__be16 sum;
		__u8 src[4], dst[4];
	} ip;
	__u16 fragment;
	__u32 total;

	if (LOAD(skb, 0, &ip) || ip.version_len >> 4 != 4)
		return -1;
	address_map_v4(h->src, ip.src);
	address_map_v4(h->dst, ip.dst);
	h->proto = ip.proto;
	*ret_offset = (ip.version_len & 15) * 4;
	fragment = bpf_ntohs(ip.fragment);
	if (fragment & 0x3fff) {
		h->fragment = fragment & 0x1fff ? 2 : 1;
		h->fragment_id = bpf_ntohs(ip.id);
	}
	/* A length of zero is one above 64 KiB (big TCP). */
	total = bpf_ntohs(ip.len);
	if (!total)
		total = skb->len;
	h->payload_len = total > *ret_offset ? total - *ret_offset : 0;
	return 0;
}

static __always_inline int
packet_read_v6(struct __sk_buff *skb, struct packet_head *h, __u32 *ret_offset)
{
	struct {
		__be32 version;
		__be16 len;
		__u8 next, hops;
		__u8 src[16], dst[16];
	} ip;
	struct {
		__u8 next, len;
		__be16 offset;
		__be32 id;
	} ext;
	__u32 offset = sizeof(ip), total;
	__u8 next;

	if (LOAD(skb, 0, &ip) || bpf_ntohl(ip.version) >> 28 != 6)
		return -1;
	__builtin_memcpy(h->src, ip.src, 16);
	__builtin_memcpy(h->dst, ip.dst, 16);
	next = ip.next;
	for (int i = 0; i < IPV6_EXTENSIONS; i++) {
		if (next != 0 && next != 43 && next != 44 && next != 60)
			break;
		if (LOAD(skb, offset, &ext))
			return -1;
		if (next == 44) {
			h->fragment = bpf_ntohs(ext.offset) >> 3 ? 2 : 1;
			h->fragment_id = bpf_ntohl(ext.id);
			offset += 8;
		} else {
			offset += (ext.len + 1) * 8;
		}
		next = ext.next;
		if (h->fragment == 2)
			break;
	}
	h->proto = next;
	*ret_offset = offset;
	total = bpf_ntohs(ip.len) ? bpf_ntohs(ip.len) + sizeof(ip) : skb->len;
	h->payload_len = total > offset ? total - offset : 0;
	return 0;
}

static __always_inline bool
proto_has_ports(__u8 proto)
{
	return proto == 6 || proto == 17 || proto == 33 || proto == 132 ||
	       proto == 136;
}

/* Returns 0, or -1 when this is no IP packet whose transport can be read. */
static __always_inline int
packet_read(struct __sk_buff *skb, struct packet_head *h)
{
	__u32 offset = 0;
	__be16 words[4] = {};
	__u8 type;

	__builtin_memset(h, 0, sizeof(*h));
	if (skb->protocol == bpf_htons(0x0800)) {
		if (packet_read_v4(skb, h, &offset))
			return -1;
	} else if (skb->protocol == bpf_htons(0x86dd)) {
		if (packet_read_v6(skb, h, &offset))
			return -1;
	} else {
		return -1;
	}
	h->transport = offset;
	if (h->fragment == 2)
		return 0;
	if (proto_has_ports(h->proto)) {
		if (bpf_skb_load_bytes_relative(skb, offset, words, 4,
			BPF_HDR_START_NET))
			return -1;
		h->sport = bpf_ntohs(words[0]);
		h->dport = bpf_ntohs(words[1]);
	} else if (h->proto == 1 || h->proto == 58) {
		if (bpf_skb_load_bytes_relative(skb, offset, words, 8,
			BPF_HDR_START_NET))
			return -1;
		type = bpf_ntohs(words[0]) >> 8;
		if (type == 0 || type == 8 || type == 128 || type == 129)
			h->sport = h->dport = bpf_ntohs(words[2]);
		h->is_reply = type == 0 || type == 129;
	}
	return 0;
}

/* Bytes behind the transport's own head. */
static __always_inline __u32
packet_payload(struct __sk_buff *skb, const struct packet_head *h)
{
	__u32 head = h->proto == 17 ? 8 : 0;
	__u8 words = 0;

	if (h->proto == 6 &&
	    !bpf_skb_load_bytes_relative(skb, h->transport + 12, &words, 1,
		BPF_HDR_START_NET))
		head = (words >> 4) * 4;
	return h->payload_len > head ? h->payload_len - head : 0;
}

/* The tuple as the sender sees it, or, swapped, as the receiver does. */
static __always_inline void
packet_tuple(const struct packet_head *h, __u64 netns, bool swapped,
    struct tap_tuple *t)
{
	bool echo = h->proto == 1 || h->proto == 58;

	__builtin_memset(t, 0, sizeof(*t));
	t->netns = netns;
	__builtin_memcpy(t->local, swapped ? h->dst : h->src, 16);
	__builtin_memcpy(t->remote, swapped ? h->src : h->dst, 16);
	t->local_port = swapped ? h->dport : h->sport;
	t->remote_port = echo ? 0 : swapped ? h->sport : h->dport;
	t->proto = h->proto;
}

#endif
