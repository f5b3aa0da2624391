// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which processes are resolvers: those that bind a socket to port 53. Those that
 * had done so before are found by the walk over open files (scan.bpf.c).
 */
#include "maps.h"
#include "resolver.h"

SEC("cgroup/post_bind4")
int
resolver_bind4(struct bpf_sock *ctx)
{
	if (ctx->src_port == DNS_PORT)
		resolver_add(bpf_get_current_task_btf()->tgid);
	return 1;
}

SEC("cgroup/post_bind6")
int
resolver_bind6(struct bpf_sock *ctx)
{
	if (ctx->src_port == DNS_PORT)
		resolver_add(bpf_get_current_task_btf()->tgid);
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
