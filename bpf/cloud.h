/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_CLOUD_H
#define TELLTAP_CLOUD_H

/*
 * What processes that are not watched send to addresses that watched ones speak
 * to: summed up here, no packet of it is copied. User space enters an address
 * once it is known.
 */

#include <linux/types.h>

#define TAP_CLOUDS_MAX	8192

struct tap_cloud {
	__u64 bytes;		/* payload; what TCP sends again counts again */
	__u64 packets;
	__u64 connections;	/* TCP: SYNs */
	__u64 first_ns, last_ns;	/* CLOCK_MONOTONIC */
	__u32 pid;		/* who sent last, where that is known */
	__u32 uid;
	char comm[16];
};

/* One bit for each value of tap_cloud_bit() that an address has. */
struct tap_cloud_bits {
	__u64 bits[1024];
	__u32 count;		/* addresses that were entered */
	__u32 pad;
};

/* The address as four words, IPv4 as ::ffff:a.b.c.d. */
static inline __attribute__((always_inline)) __u16
tap_cloud_bit(__u32 a, __u32 b, __u32 c, __u32 d)
{
	return (__u16)(((a ^ b ^ c ^ d) * 0x9e3779b1u) >> 16);
}

_Static_assert(sizeof(struct tap_cloud) == 64, "cloud");
_Static_assert(sizeof(struct tap_cloud_bits) == 8200, "cloud bits");

#endif
