/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_RESOLVER_H
#define TELLTAP_BPF_RESOLVER_H

/* Resolvers on this machine: whoever holds a socket at port 53, and the addresses
 * that such sockets are bound to. Needs maps.h. */

#include <bpf/bpf_endian.h>

#define DNS_PORT	53

/* By tgid: the owner that stands for the process, 0 until it is needed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u32);
} resolvers SEC(".maps") TAP_WEAK;

/* IPv4 as ::ffff:a.b.c.d. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u8[16]);
	__type(value, __u8);
} resolver_addresses SEC(".maps") TAP_WEAK;

static __always_inline void
resolver_add(__u32 tgid)
{
	__u32 none = 0;

	bpf_map_update_elem(&resolvers, &tgid, &none, BPF_NOEXIST);
}

/* Only by an address that can be no other machine's as well is it known where a
 * question goes that does not go by lo. */
static __always_inline bool
resolver_is_told_by(const __u32 *address)
{
	__u32 first = bpf_ntohl(address[0]), last = bpf_ntohl(address[3]);

	if (!address[0] && !address[1] && address[2] == bpf_htonl(0xffff))
		return last && last >> 24 != 127;
	return (address[0] | address[1]) && first >> 22 != 0xfe80 >> 6;
}

static __always_inline void
resolver_listens(const __u32 *address, __u32 tgid)
{
	__u8 one = 1;

	resolver_add(tgid);
	if (resolver_is_told_by(address))
		bpf_map_update_elem(&resolver_addresses, address, &one,
		    BPF_ANY);
}

#endif
