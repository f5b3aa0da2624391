/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_TCP_H
#define TELLTAP_TCP_H

/*
 * A TCP socket's addresses and its counts of payload. Needs maps.h.
 *
 * bytes_acked counts the SYN of the end that connects, and each end's FIN once
 * it is acknowledged; bytes_received counts the peer's FIN.
 */

#include <bpf/bpf_endian.h>

#include "maps.h"

#define TAP_AF_INET	2
#define TAP_AF_INET6	10

static __always_inline void
sock_tuple(const struct sock *sk, __u64 netns, struct tap_tuple *t)
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	__u32 local, remote;

	__builtin_memset(t, 0, sizeof(*t));
	t->netns = netns;
	t->proto = sk->sk_protocol;
	t->local_port = bpf_ntohs(BPF_CORE_READ(inet, inet_sport));
	t->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (sk->__sk_common.skc_family == TAP_AF_INET6) {
		BPF_CORE_READ_INTO(&t->local, sk,
		    __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&t->remote, sk,
		    __sk_common.skc_v6_daddr.in6_u.u6_addr8);
		return;
	}
	local = sk->__sk_common.skc_rcv_saddr;
	remote = sk->__sk_common.skc_daddr;
	t->local[10] = t->local[11] = 0xff;
	t->remote[10] = t->remote[11] = 0xff;
	__builtin_memcpy(t->local + 12, &local, 4);
	__builtin_memcpy(t->remote + 12, &remote, 4);
}

static __always_inline bool
fin_is_out(int state)
{
	return state == BPF_TCP_FIN_WAIT1 || state == BPF_TCP_FIN_WAIT2 ||
	       state == BPF_TCP_CLOSING || state == BPF_TCP_LAST_ACK ||
	       state == BPF_TCP_TIME_WAIT;
}

static __always_inline void
tcp_report(struct tap_socket_end *r, struct sock *sk,
    const struct tap_owner *o, int state)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u64 acked, received, pending, extra;

	__builtin_memset(r, 0, sizeof(*r));
	r->record.kind = TAP_SOCKET_END;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	sock_tuple(sk, o->netns, &r->tuple);
	r->cookie = o->cookie;
	r->creator = o->creator;
	r->sender = o->sender;
	r->flags = o->flags;
	if (!tp)
		return;
	acked = tp->bytes_acked - o->base_acked;
	received = tp->bytes_received - o->base_received;
	pending = (__u32)(tp->snd_nxt - tp->snd_una);
	/* SYN: not of those accepted, nor of those found established. */
	extra = acked && !o->base_acked &&
		!(o->flags & (TAP_ACCEPTED | TAP_LISTENS | TAP_OLD));
	if (fin_is_out(state)) {
		if (tp->snd_una == tp->write_seq)
			extra++;
		else if (tp->snd_nxt == tp->write_seq && pending)
			pending--;
	}
	if (received && sk->__sk_common.skc_flags &
			    1ul << bpf_core_enum_value(enum sock_flags,
				SOCK_DONE))
		received--;
	r->tx_bytes = acked > extra ? acked - extra : 0;
	r->tx_pending = pending;
	r->rx_bytes = received;
}

#endif
