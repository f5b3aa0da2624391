// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gives sockets of watched processes their owner, in the socket's own storage:
 * when one is made, connected, or sent through to a named address.
 */
#include "ask.h"
#include "watch.h"

SEC("cgroup/sock_create")
int
socket_create(struct bpf_sock *ctx)
{
	__u32 owner = watched_current();
	struct tap_owner *o;

	if (!owner)
		return 1;
	ports_use();
	o = bpf_sk_storage_get(&owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o) {
		count(TAP_STORAGE_FAILED);
		return 1;
	}
	o->creator = owner;
	o->creator_pid = bpf_get_current_task_btf()->tgid;
	o->netns = bpf_get_netns_cookie(ctx);
	o->cookie = bpf_get_socket_cookie(ctx);
	/* Of others it is seen when they bind, connect or send. */
	capture_ask(o->netns, owner, ctx->protocol == 6 || ctx->protocol == 17 ?
	    TAP_ON_WIRES : TAP_ON_WIRES | TAP_ON_LOOPBACK, true);
	return 1;
}

/* Egress looks no closer at a datagram from a port that is not marked. */
static __always_inline void
port_writes(__u16 port)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);

	if (p && !port_is_marked(p, port))
		port_mark(p, port);
}

/* The current task is about to send through the socket, or to connect it. */
static __always_inline int
socket_used(struct bpf_sock_addr *ctx, bool connects)
{
	__u32 owner = watched_current();
	struct tap_owner *o;

	if (!ctx->sk)
		return 1;
	o = bpf_sk_storage_get(&owners, ctx->sk, 0, 0);
	if (!o && owner) {
		ports_use();
		o = bpf_sk_storage_get(&owners, ctx->sk, 0,
		    BPF_SK_STORAGE_GET_F_CREATE);
		if (!o) {
			count(TAP_STORAGE_FAILED);
			return 1;
		}
		o->netns = bpf_get_netns_cookie(ctx);
		o->cookie = bpf_get_socket_cookie(ctx);
		o->flags = TAP_INHERITED;
	}
	if (!o)
		return 1;
	if (connects) {
		o->flags &= ~TAP_PLACED;
		o->base_acked = o->base_received = 0;
	} else {
		port_writes((__u16)ctx->sk->src_port);
	}
	if (!owner) {
		o->flags |= TAP_FOREIGN;
		return 1;
	}
	if ((o->creator && o->creator != owner) ||
	    (o->sender && o->sender != owner))
		o->flags |= TAP_SHARED;
	o->sender = owner;
	return 1;
}

SEC("cgroup/connect4")
int
socket_connect4(struct bpf_sock_addr *ctx)
{
	return socket_used(ctx, true);
}

SEC("cgroup/connect6")
int
socket_connect6(struct bpf_sock_addr *ctx)
{
	return socket_used(ctx, true);
}

SEC("cgroup/sendmsg4")
int
socket_sendmsg4(struct bpf_sock_addr *ctx)
{
	return socket_used(ctx, false);
}

SEC("cgroup/sendmsg6")
int
socket_sendmsg6(struct bpf_sock_addr *ctx)
{
	return socket_used(ctx, false);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
