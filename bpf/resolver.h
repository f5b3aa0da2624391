/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_RESOLVER_H
#define TELLTAP_BPF_RESOLVER_H

/* Resolvers on this machine: whoever holds a socket at port 53. Needs maps.h. */

#define DNS_PORT	53

/* By tgid: the owner that stands for the process, 0 until it is needed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u32);
} resolvers SEC(".maps") TAP_WEAK;

static __always_inline void
resolver_add(__u32 tgid)
{
	__u32 none = 0;

	bpf_map_update_elem(&resolvers, &tgid, &none, BPF_NOEXIST);
}

#endif
