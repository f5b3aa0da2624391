/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_SOCK_H
#define TELLTAP_SOCK_H

/*
 * A kernel socket's addresses. Needs maps.h.
 */

#include <bpf/bpf_endian.h>

#include "maps.h"

#define TAP_AF_INET	2
#define TAP_AF_INET6	10

static __always_inline bool
sock_is_inet(const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == TAP_AF_INET || family == TAP_AF_INET6;
}

/* Reads by address, so that a sock found by walking pointers will do. */
static __always_inline void
sock_tuple(const struct sock *sk, __u64 netns, struct tap_tuple *t)
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	__u32 local, remote;

	__builtin_memset(t, 0, sizeof(*t));
	t->netns = netns;
	t->proto = BPF_CORE_READ(sk, sk_protocol);
	t->local_port = bpf_ntohs(BPF_CORE_READ(inet, inet_sport));
	t->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == TAP_AF_INET6) {
		BPF_CORE_READ_INTO(&t->local, sk,
		    __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&t->remote, sk,
		    __sk_common.skc_v6_daddr.in6_u.u6_addr8);
		return;
	}
	local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	t->local[10] = t->local[11] = 0xff;
	t->remote[10] = t->remote[11] = 0xff;
	__builtin_memcpy(t->local + 12, &local, 4);
	__builtin_memcpy(t->remote + 12, &remote, 4);
}

#endif
