// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sits on libpcap's descriptor and passes the packets of watched tuples only,
 * so nothing else is copied to user space. Loaded once per network namespace,
 * since a packet does not tell reliably to which one it belongs.
 */
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
is_watched(const struct packet_head *h)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);
	bool has_ports = proto_has_ports(h->proto);

	if (!p)
		return false;
	if ((!has_ports || port_is_marked(p, h->sport)) &&
	    tuple_known(h, false))
		return true;
	return (!has_ports || port_is_marked(p, h->dport)) &&
	       tuple_known(h, true);
}

SEC("socket")
int
capture_filter(struct __sk_buff *skb)
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
	if (!is_watched(&h)) {
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

char LICENSE[] SEC("license") = "Dual BSD/GPL";
