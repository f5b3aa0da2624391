/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_STORM_H
#define E2E_STORM_H

#include <stdint.h>

/*
 * What the storm writes down of each act of sending, for the test to compare
 * with what the tap saw. One struct per act, appended to a file.
 */

enum storm_kind {
	STORM_TCP = 1,
	STORM_UDP,
	STORM_ICMP,		/* echo: the identifier is the local port */
	STORM_RAW,		/* a protocol without ports */
	STORM_SCTP,
	STORM_KINDS,
};

enum storm_way {
	STORM_PLAIN,		/* by the process itself */
	STORM_FORKED,		/* by a child, on its parent's socket */
	STORM_CHILD,		/* by a child, on a socket of its own */
	STORM_EXECED,		/* by a program it started */
	STORM_PASSED,		/* on a socket that came by SCM_RIGHTS */
	STORM_URING,		/* by a worker of io_uring */
	STORM_OLD,		/* on a socket opened before the tap */
	STORM_REUSED,		/* on a port that the decoy uses as well */
	STORM_RUSH,		/* many in a short time */
	STORM_PING,		/* on a socket for echoes */
	STORM_HEADER,		/* on a raw socket, headers and all */
	STORM_LARGE,		/* a datagram that goes in fragments */
	STORM_MPTCP,
	STORM_NETNS,		/* in a network namespace just made */
	STORM_FRAME,		/* on a packet socket, as it goes by the wire */
	STORM_WAYS,
};

struct storm_act {
	uint32_t kind, way;
	uint32_t pid;		/* who sent */
	uint16_t local_port, remote_port;
	uint8_t local[16], remote[16];	/* IPv4 as ::ffff:a.b.c.d */
	uint64_t sent, received;
	uint64_t begin_ns, end_ns;	/* CLOCK_MONOTONIC; of a rush only */
};

/* Payload is this mark over and over. */
#define STORM_MARK	"STRM"
#define DECOY_MARK	"DECO"

/* A TCP peer answers its end of input with so many bytes. */
#define STORM_ANSWER	37

/* Protocol number of STORM_RAW, for experiments (RFC 3692). */
#define STORM_PROTOCOL	253

#endif
