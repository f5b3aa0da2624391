// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a watched socket carried, by the kernel's own count, when it is done.
 * TCP's counts are those of the protocol, for what leaves by the socket's
 * egress counts retransmissions and local drops as well.
 */
#include "maps.h"
#include "tcp.h"

#define TCP_CLOSE 7

/* Egress looks no closer at what is established at a port that is not marked; one
 * that is repaired has sent no SYN. */
static __always_inline void
tcp_repaired(struct sock *sk)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);

	if (p && p->used && bpf_sk_storage_get(&owners, sk, 0, 0))
		port_mark(p, sk->__sk_common.skc_num);
}

SEC("tp_btf/inet_sock_set_state")
int
BPF_PROG(bytes_tcp, struct sock *sk, int old_state, int new_state)
{
	struct tap_socket_end *r;
	struct tap_owner *o;

	if (old_state == BPF_TCP_SYN_SENT && new_state == BPF_TCP_ESTABLISHED)
		tcp_repaired(sk);
	if (new_state == BPF_TCP_LISTEN &&
	    bpf_sk_storage_get(&owners, sk, 0, 0))
		port_listens(sk->__sk_common.skc_num);
	if (new_state != TCP_CLOSE || sk->sk_protocol != 6 ||
	    old_state == BPF_TCP_LISTEN)
		return 0;
	o = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!o)
		return 0;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return 0;
	}
	tcp_report(r, sk, o, old_state);
	r->live = 0;
	bpf_ringbuf_submit(r, ring_wakeup());
	o->base_acked = o->base_received = 0;
	return 0;
}

/* All but TCP: nothing is left to be acknowledged after close(). */
SEC("cgroup/sock_release")
int
bytes_release(struct bpf_sock *ctx)
{
	struct tap_socket_end *r;
	struct tap_owner *o;

	if (ctx->protocol == 6)
		return 1;
	o = bpf_sk_storage_get(&owners, ctx, 0, 0);
	if (!o || !o->tx_packets)
		return 1;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return 1;
	}
	__builtin_memset(r, 0, sizeof(*r));
	r->record.kind = TAP_SOCKET_END;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->tuple.netns = o->netns;
	r->cookie = o->cookie;
	r->tx_bytes = o->tx_bytes;
	r->tx_packets = o->tx_packets;
	r->creator = o->creator;
	r->sender = o->sender;
	r->flags = o->flags;
	bpf_ringbuf_submit(r, ring_wakeup());
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
