// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gives sockets of watched processes their owner, in the socket's own storage:
 * when one is made, connected, or sent through to a named address.
 */
#include "watch.h"

/* Where captures are open; user space fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, __u64);
	__type(value, __u32);
} open_netns SEC(".maps");

/* Opening a capture takes a moment, so it is asked for before the socket can
 * send. */
static __always_inline void
netns_ask(__u64 netns, __u32 owner)
{
	struct tap_netns *r;

	if (bpf_map_lookup_elem(&open_netns, &netns))
		return;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	r->record.kind = TAP_NETNS;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->netns = netns;
	r->pid = bpf_get_current_task_btf()->tgid;
	r->owner = owner;
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
}

SEC("cgroup/sock_create")
int
socket_create(struct bpf_sock *ctx)
{
	__u32 owner = watched_current();
	struct tap_owner *o;

	if (!owner)
		return 1;
	o = bpf_sk_storage_get(&owners, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o) {
		count(TAP_STORAGE_FAILED);
		return 1;
	}
	o->creator = owner;
	o->creator_pid = bpf_get_current_task_btf()->tgid;
	o->netns = bpf_get_netns_cookie(ctx);
	o->cookie = bpf_get_socket_cookie(ctx);
	netns_ask(o->netns, owner);
	return 1;
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
