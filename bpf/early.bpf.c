// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What comes in for a watched socket by an interface that no capture listens on. It
 * costs every packet of the machine, so it is attached only while there is one.
 */
#include "maps.h"
#include "early.h"

/* Kernels before 6.2 have no bpf_get_netns_cookie() here. */
const volatile __u32 early_has_netns_cookie = 0;

/* Of a socket that nobody watches: of a resolver's question its answer is. */
static __always_inline void
unowned_gets(struct __sk_buff *skb, const struct bpf_sock *sk)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);
	struct packet_head h;
	struct tap_tuple t;

	if (!p || !early_has_netns_cookie || !port_is_marked(p, sk->src_port) ||
	    packet_read(skb, &h))
		return;
	packet_tuple(&h, bpf_get_netns_cookie(skb), true, &t);
	if (bpf_map_lookup_elem(&tuples, &t))
		early_note(skb, t.netns);
}

/* What a watched socket sent over lo was copied when it left. */
static __always_inline bool
is_of_watched(struct __sk_buff *skb, __u64 netns)
{
	struct packet_head h;
	struct tap_tuple t;

	if (skb->ifindex != LOOPBACK_IFINDEX || packet_read(skb, &h))
		return false;
	packet_tuple(&h, netns, false, &t);
	return bpf_map_lookup_elem(&tuples, &t) != NULL;
}

SEC("cgroup_skb/ingress")
int
early_ingress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct tap_owner *o;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	o = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!o)
		unowned_gets(skb, sk);
	else if (!is_of_watched(skb, o->netns))
		early_note(skb, o->netns);
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
