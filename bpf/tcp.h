/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_TCP_H
#define TELLTAP_TCP_H

/*
 * A TCP socket's counts of payload. Needs maps.h.
 *
 * bytes_acked counts the SYN of the end that connects, and each end's FIN once
 * it is acknowledged; bytes_received counts the peer's FIN.
 */

#include "maps.h"
#include "sock.h"

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
	if (state == BPF_TCP_SYN_SENT || state == BPF_TCP_SYN_RECV ||
	    state == BPF_TCP_NEW_SYN_RECV)
		pending = 0;		/* the SYN */
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
