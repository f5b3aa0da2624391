/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_CLIENT_H
#define TELLTAP_BPF_CLIENT_H

/*
 * Who connects to a watched socket from this machine without being watched. A
 * SYN leaves in the context of who connects, and nothing but a SYN is asked
 * about. Needs maps.h.
 */

#include "packet.h"

#define LOOPBACK_IFINDEX 1	/* in every network namespace */

static __always_inline void
client_report(const struct packet_head *h, __u64 netns)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tap_client *r;

	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	r->record.kind = TAP_CLIENT;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	packet_tuple(h, netns, true, &r->tuple);
	r->pid = task->tgid;
	r->uid = BPF_CORE_READ(task, cred, uid.val);
	r->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	BPF_CORE_READ_STR_INTO(&r->comm, task, group_leader, comm);
	/* It may be gone soon. */
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
}

/* sk sends a SYN, and nobody watches it. */
static __always_inline void
client_note(struct __sk_buff *skb, const struct bpf_sock *sk,
    const struct tap_ports *p, __u64 netns)
{
	struct packet_head h;

	if (skb->ifindex != LOOPBACK_IFINDEX ||
	    !bit_is_set(p->listens, bpf_ntohs(sk->dst_port)) ||
	    packet_read(skb, &h) || h.proto != 6)
		return;
	client_report(&h, netns);
}

#endif
