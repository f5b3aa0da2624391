// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which processes are resolvers: those that bind a socket to port 53. Those that
 * had done so before are found by the walk over open files (scan.bpf.c). And what
 * watched processes bind, for something may then come in over lo.
 */
#include "ask.h"
#include "maps.h"
#include "resolver.h"

static __always_inline int
socket_bound(struct bpf_sock *ctx, const __u32 *address)
{
	struct tap_owner *o = bpf_sk_storage_get(&owners, ctx, 0, 0);

	if (o)
		capture_ask(o->netns, o->creator, TAP_ON_LOOPBACK, true);
	if (o && ctx->protocol == 17)
		port_serves((__u16)ctx->src_port);
	if (ctx->src_port == DNS_PORT)
		resolver_listens(address, bpf_get_current_task_btf()->tgid);
	return 1;
}

SEC("cgroup/post_bind4")
int
socket_bind4(struct bpf_sock *ctx)
{
	__u32 address[4] = { 0, 0, bpf_htonl(0xffff), ctx->src_ip4 };

	return socket_bound(ctx, address);
}

SEC("cgroup/post_bind6")
int
socket_bind6(struct bpf_sock *ctx)
{
	__u32 address[4] = { ctx->src_ip6[0], ctx->src_ip6[1], ctx->src_ip6[2],
		ctx->src_ip6[3] };

	return socket_bound(ctx, address);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
