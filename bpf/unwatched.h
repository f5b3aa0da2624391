/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_UNWATCHED_H
#define TELLTAP_BPF_UNWATCHED_H

/*
 * Counts what a socket that nobody watches sends to an address that a watched
 * process speaks to. Needs maps.h.
 */

#include "cloud.h"
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TAP_CLOUDS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u8[16]);
	__type(value, struct tap_cloud);
} clouds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_cloud_bits);
} cloud_bits SEC(".maps");

/* Reads at a fixed place: the verifier lets nobody choose between two. */
#define SOCK_WORD(member) (*(const volatile __u32 *)&(member))

/* A socket that is not connected says nothing of where its packets go. */
static __always_inline bool
may_be_cloud(const struct bpf_sock *sk, const struct tap_cloud_bits *b)
{
	__u32 four = SOCK_WORD(sk->dst_ip4);
	__u32 w0 = SOCK_WORD(sk->dst_ip6[0]), w1 = SOCK_WORD(sk->dst_ip6[1]);
	__u32 w2 = SOCK_WORD(sk->dst_ip6[2]), w3 = SOCK_WORD(sk->dst_ip6[3]);
	__u16 bit = SOCK_WORD(sk->family) == 10 ?
	    tap_cloud_bit(w0, w1, w2, w3) :
	    tap_cloud_bit(0, 0, bpf_htonl(0xffff), four);

	return (!four && !w3) || bit_is_set(b->bits, bit);
}

/* opens: it begins a connection, in the context of who does. */
static __always_inline void
unwatched_count(struct __sk_buff *skb, const struct bpf_sock *sk, bool opens)
{
	__u32 zero = 0;
	struct tap_cloud_bits *b = bpf_map_lookup_elem(&cloud_bits, &zero);
	struct task_struct *task;
	struct packet_head h;
	struct tap_cloud *c;

	if (!b || !b->count || !may_be_cloud(sk, b) || packet_read(skb, &h))
		return;
	c = bpf_map_lookup_elem(&clouds, h.dst);
	if (!c)
		return;
	__sync_fetch_and_add(&c->bytes, packet_payload(skb, &h));
	__sync_fetch_and_add(&c->packets, 1);
	c->last_ns = bpf_ktime_get_ns();
	if (!c->first_ns)
		c->first_ns = c->last_ns;
	if (opens)
		__sync_fetch_and_add(&c->connections, 1);
	/* TCP's data leave in any context. */
	if (h.proto == 6 && !opens)
		return;
	task = bpf_get_current_task_btf();
	c->pid = task->tgid;
	c->uid = BPF_CORE_READ(task, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&c->comm, task, group_leader, comm);
}

#endif
