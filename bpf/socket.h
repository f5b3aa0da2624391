/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_SOCKET_H
#define TELLTAP_SOCKET_H

/*
 * Who owns a socket, and by which addresses its packets are known.
 */

#include "record.h"

enum tap_socket_flag {
	TAP_OLD = 1 << 0,	/* was open before we looked: found by iterator */
	TAP_INHERITED = 1 << 1,	/* first seen in use, not when it was made */
	TAP_SHARED = 1 << 2,	/* several watched processes use it */
	TAP_FOREIGN = 1 << 3,	/* a process that is not watched uses it too */
	TAP_PASSED_FD = 1 << 4,	/* came by a unix socket, found at a write */
	TAP_ACCEPTED = 1 << 5,	/* the peer opened the connection */
	TAP_PLACED = 1 << 6,	/* internal: its tuple is entered */
	TAP_LISTENS = 1 << 7,	/* internal */
	TAP_JOINED = 1 << 8,	/* a resolver's (creator), which asks what a
				 * watched process (sender) has asked it */
	TAP_BY_HAND = 1 << 9,	/* a packet written as it is: no socket has it */
};

/* Socket local storage: lives and dies with the socket. */
struct tap_owner {
	__u64 cookie;
	__u64 netns;		/* cookie */
	__u64 tx_bytes;		/* payload, but for TCP */
	__u64 tx_packets;
	__u32 creator;		/* owner ids; 0: not known */
	__u32 sender;		/* the last one */
	__u32 flags;		/* enum tap_socket_flag */
	__u32 creator_pid;
	__u64 base_acked, base_received;	/* TCP's counts when first seen */
};

/* IPv4 is ::ffff:a.b.c.d; ports in host order, 0 where there are none; ICMP
 * echo has its identifier as local port. */
struct tap_tuple {
	__u64 netns;
	__u8 local[16], remote[16];
	__u16 local_port, remote_port;
	__u8 proto;
	__u8 pad[3];
};

struct tap_tuple_value {
	__u64 cookie;
	__u64 since_ns;
	__u32 owner;
	__u32 flags;
};

/* Tells which later IP fragments belong to a first one that was passed. */
struct tap_fragment {
	__u64 netns;
	__u8 src[16], dst[16];
	__u32 id;
	__u32 proto;
};

/* Written before the tuple's first packet leaves, and again when what is known
 * of the owner changes; of nobody (0 and 0) when a socket that is not watched
 * sends from it. */
struct tap_tuple_record {
	struct tap_record record;
	struct tap_tuple tuple;
	__u64 cookie;
	__u32 creator, sender;
	__u32 flags;
	__u32 pad;
};

/* A socket is done. TCP counts are of payload, without SYN and FIN. */
struct tap_socket_end {
	struct tap_record record;
	struct tap_tuple tuple;		/* TCP only, else zero but for netns */
	__u64 cookie;
	__u64 tx_bytes;			/* acknowledged by the peer, or sent */
	__u64 tx_pending;		/* sent, not acknowledged */
	__u64 rx_bytes;			/* TCP only */
	__u64 tx_packets;		/* but for TCP */
	__u32 creator, sender;
	__u32 flags;
	__u32 live;			/* not closed: a reading in between */
};

/* A process that is not watched connects to a watched socket. */
struct tap_client {
	struct tap_record record;
	struct tap_tuple tuple;		/* as the watched socket has it */
	__u32 pid, uid;
	__u64 start_ns;			/* CLOCK_BOOTTIME */
	char comm[16];
};

_Static_assert(sizeof(struct tap_owner) == 64, "owner");
_Static_assert(sizeof(struct tap_tuple) == 48, "tuple");
_Static_assert(sizeof(struct tap_tuple_value) == 24, "tuple value");
_Static_assert(sizeof(struct tap_fragment) == 48, "fragment");
_Static_assert(sizeof(struct tap_tuple_record) == 88, "tuple record");
_Static_assert(sizeof(struct tap_socket_end) == 120, "socket end");
_Static_assert(__builtin_offsetof(struct tap_socket_end, creator) == 104,
    "no holes");
_Static_assert(sizeof(struct tap_client) == 96, "client");

#endif
