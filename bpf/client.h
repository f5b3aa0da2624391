/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_CLIENT_H
#define TELLTAP_BPF_CLIENT_H

/*
 * Who connects to a watched socket from this machine without being watched. A
 * first SYN leaves in the context of who connects, and nothing else is asked
 * about. On lo it can only be for this machine, if a watched socket listens at
 * its port. Elsewhere it may be for any: who sent it is kept, and told of when a
 * watched socket answers it, as it does where the client lives in another network
 * namespace.
 *
 * So is who sends datagrams to one, on lo: there the kernel says whose the socket is
 * that gets them. The tuple is entered before the first one leaves, for else it would
 * not be seen. Needs maps.h.
 */

#include "packet.h"
#include "tuple.h"

/* A SYN that was not answered within that was another one's. */
#define CONNECTING_NS	10000000000ull

struct connecting {
	__u64 ts_ns, start_ns;
	__u32 pid, uid;
	char comm[16];
};

/* By the tuple as the other end has it, in no network namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tap_tuple);
	__type(value, struct connecting);
} connecting SEC(".maps") TAP_WEAK;

static __always_inline void
client_describe(struct connecting *c)
{
	struct task_struct *task = bpf_get_current_task_btf();

	c->ts_ns = bpf_ktime_get_ns();
	c->pid = task->tgid;
	c->uid = BPF_CORE_READ(task, cred, uid.val);
	c->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	BPF_CORE_READ_STR_INTO(&c->comm, task, group_leader, comm);
}

static __always_inline void
client_report(const struct tap_tuple *t, const struct connecting *c)
{
	struct tap_client *r;

	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	r->record.kind = TAP_CLIENT;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->tuple = *t;
	r->pid = c->pid;
	r->uid = c->uid;
	r->start_ns = c->start_ns;
	__builtin_memcpy(r->comm, c->comm, sizeof(r->comm));
	/* It may be gone soon. */
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
}

/* Who sent by the tuple last is told of again after that. */
#define WRITING_NS	60000000000ull

/* By the tuple as the watched socket has it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tap_tuple);
	__type(value, struct connecting);
} writing SEC(".maps") TAP_WEAK;

static __always_inline void
client_wrote(const struct tap_tuple *t)
{
	struct connecting *known = bpf_map_lookup_elem(&writing, t), c = {};

	client_describe(&c);
	if (known && known->pid == c.pid && known->start_ns == c.start_ns &&
	    c.ts_ns - known->ts_ns < WRITING_NS)
		return;
	bpf_map_update_elem(&writing, t, &c, BPF_ANY);
	client_report(t, &c);
}

/* To one socket, not to all that have joined a group. */
static __always_inline bool
goes_to_one(const struct packet_head *h)
{
	bool v4 = h->dst[10] == 0xff && h->dst[11] == 0xff;

	return v4 ? h->dst[12] < 224 : h->dst[0] != 0xff;
}

/* Whether a watched socket is to get it; what of its owner its tuple is told with. */
static __always_inline bool
client_reaches(struct __sk_buff *skb, const struct packet_head *h,
    struct tap_owner *ret_owner)
{
	struct bpf_sock_tuple at = {};
	__u32 len = sizeof(at.ipv4);
	struct tap_owner *o = NULL;
	struct bpf_sock *sk;

	if (skb->protocol == bpf_htons(0x0800)) {
		__builtin_memcpy(&at.ipv4.saddr, h->src + 12, 4);
		__builtin_memcpy(&at.ipv4.daddr, h->dst + 12, 4);
		at.ipv4.sport = bpf_htons(h->sport);
		at.ipv4.dport = bpf_htons(h->dport);
	} else {
		len = sizeof(at.ipv6);
		__builtin_memcpy(at.ipv6.saddr, h->src, 16);
		__builtin_memcpy(at.ipv6.daddr, h->dst, 16);
		at.ipv6.sport = bpf_htons(h->sport);
		at.ipv6.dport = bpf_htons(h->dport);
	}
	sk = bpf_sk_lookup_udp(skb, &at, len, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	/* One that is connected began it itself. */
	if (!sk->dst_port)
		o = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (o)
		*ret_owner = *o;
	bpf_sk_release(sk);
	return o;
}

/* An unwatched socket sends a datagram by lo. */
static __noinline int
client_writes(struct __sk_buff *skb, const struct tap_ports *p)
{
	struct tap_tuple_value *v;
	struct tap_owner o = {};
	struct packet_head h;
	struct tap_tuple t;

	if (!p || packet_read(skb, &h) || h.proto != 17 || h.fragment == 2 ||
	    !bit_is_set(p->serves, h.dport) || !goes_to_one(&h) ||
	    !client_reaches(skb, &h, &o))
		return 0;
	packet_tuple(&h, o.netns, true, &t);
	v = bpf_map_lookup_elem(&tuples, &t);
	/* It answers. */
	if (v && v->cookie == o.cookie && !(v->flags & TAP_ACCEPTED))
		return 0;
	o.flags |= TAP_ACCEPTED;
	client_wrote(&t);
	tuple_enter(&t, &o, h.dport);
	return 0;
}

/* sk sends a SYN for the first time, and nobody watches it. */
static __always_inline void
client_note(struct __sk_buff *skb, const struct bpf_sock *sk,
    const struct tap_ports *p, __u64 netns)
{
	bool loops = skb->ifindex == LOOPBACK_IFINDEX;
	struct connecting c = {};
	struct packet_head h;
	struct tap_tuple t;

	if (!bit_is_set(p->listens, bpf_ntohs(sk->dst_port)) ||
	    packet_read(skb, &h) || h.proto != 6)
		return;
	packet_tuple(&h, loops ? netns : 0, true, &t);
	client_describe(&c);
	if (loops)
		client_report(&t, &c);
	else
		bpf_map_update_elem(&connecting, &t, &c, BPF_ANY);
}

/* A watched socket answers a SYN. */
static __always_inline void
client_answered(const struct tap_tuple *watched)
{
	struct tap_tuple t = *watched;
	struct connecting *c;

	t.netns = 0;
	c = bpf_map_lookup_elem(&connecting, &t);
	if (!c || bpf_ktime_get_ns() - c->ts_ns > CONNECTING_NS)
		return;
	client_report(watched, c);
	bpf_map_delete_elem(&connecting, &t);
}

#endif
