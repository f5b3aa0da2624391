// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sits on libpcap's descriptor and passes the packets of watched tuples only,
 * so nothing else is copied to user space. Loaded once per network namespace,
 * since a packet does not tell reliably to which one it belongs.
 */
#include "ask.h"
#include "maps.h"
#include "packet.h"

/* The namespace's cookie. Not read-only data, so that a filter can be loaded
 * before it is known where it will be needed. */
volatile __u64 filter_netns = 0;

/* First fragments that were passed; the oldest is overwritten, and a later
 * fragment of it then is not seen, which the engine counts. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct tap_fragment);
	__type(value, __u64);
} fragments SEC(".maps") TAP_WEAK;

#define WHOLE_PACKET -1

static __always_inline void
fragment_key(const struct packet_head *h, struct tap_fragment *f)
{
	__builtin_memset(f, 0, sizeof(*f));
	f->netns = filter_netns;
	__builtin_memcpy(f->src, h->src, 16);
	__builtin_memcpy(f->dst, h->dst, 16);
	f->id = h->fragment_id;
	f->proto = h->proto;
}

static __always_inline bool
tuple_known(const struct packet_head *h, bool swapped)
{
	struct tap_tuple t;

	packet_tuple(h, filter_netns, swapped, &t);
	return bpf_map_lookup_elem(&tuples, &t) != NULL;
}

static __always_inline bool
is_watched(const struct tap_ports *p, const struct packet_head *h)
{
	bool has_ports = proto_has_ports(h->proto);

	if ((!has_ports || port_is_marked(p, h->sport)) &&
	    tuple_known(h, false))
		return true;
	return (!has_ports || port_is_marked(p, h->dport)) &&
	       tuple_known(h, true);
}

/*
 * Most packets are TCP or UDP over IPv4 without options, on ports that no watched
 * socket ever had, and one look says so. False where that can't be said.
 */
static __always_inline bool
is_foreign(struct __sk_buff *skb, const struct tap_ports *p)
{
	struct {
		__u8 version_len, tos;
		__be16 len, id, fragment;
		__u8 ttl, proto;
		__be16 sum;
		__be32 src, dst;
		__be16 sport, dport;
	} ip;

	return skb->protocol == bpf_htons(0x0800) && !LOAD(skb, 0, &ip) &&
	       ip.version_len == 0x45 && !(ip.fragment & bpf_htons(0x3fff)) &&
	       (ip.proto == 6 || ip.proto == 17) &&
	       !port_is_marked(p, bpf_ntohs(ip.sport)) &&
	       !port_is_marked(p, bpf_ntohs(ip.dport));
}

/* Else it was copied (early.h). */
static __always_inline bool
is_for_capture(const struct __sk_buff *skb)
{
	return interface_is_tapped(filter_netns, skb->ifindex);
}

static __always_inline int
packet_judge(struct __sk_buff *skb, const struct tap_ports *p)
{
	struct packet_head h;
	struct tap_fragment f;
	__u64 now;

	/* The interface of the VLAN shows the packet once more, untagged. */
	if (skb->vlan_present || packet_read(skb, &h))
		return 0;
	if (h.fragment == 2) {
		fragment_key(&h, &f);
		if (!bpf_map_lookup_elem(&fragments, &f)) {
			count(TAP_REFUSED);
			return 0;
		}
		count(TAP_FRAGMENTS);
		return WHOLE_PACKET;
	}
	if (!is_watched(p, &h) || !is_for_capture(skb)) {
		count(TAP_REFUSED);
		return 0;
	}
	if (h.fragment == 1) {
		now = bpf_ktime_get_ns();
		fragment_key(&h, &f);
		bpf_map_update_elem(&fragments, &f, &now, BPF_ANY);
	}
	count(TAP_PASSED);
	return WHOLE_PACKET;
}

SEC("socket")
int
capture_filter(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);

	if (!p || !p->used)
		return 0;
	if (is_foreign(skb, p)) {
		count(TAP_REFUSED);
		return 0;
	}
	return packet_judge(skb, p);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
