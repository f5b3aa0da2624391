/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_CAPTURE_H
#define TELLTAP_CAPTURE_H

/*
 * Where captures listen, the asking for one, and what is copied until it listens.
 */

#include "record.h"

enum tap_capture_place {
	TAP_ON_WIRES = 1 << 0,	/* on all interfaces but lo */
	TAP_ON_LOOPBACK = 1 << 1,
	TAP_COPIED = 1 << 2,		/* nothing yet, but packets that come in are
					 * copied meanwhile, as those that leave
					 * always are */
};

#define LOOPBACK_IFINDEX 1	/* in every network namespace */

/* Key of the map of interfaces that a capture listens on. That map alone says
 * whether a packet is copied or left to the capture: one that is bound, but is not
 * in it, passes nothing. */
struct tap_interface {
	__u64 netns;			/* cookie */
	__u32 ifindex, pad;
};

/* Value of the map of namespaces; the key is the cookie. */
struct tap_listening {
	__u32 what;			/* enum tap_capture_place */
	__u32 wait_ms;			/* for what is open and need only listen */
	__u64 wires_ns, loopback_ns;	/* when it was asked for */
	__u64 interface_ns;		/* when one without a capture was met */
	__u64 copied;			/* bytes of packets */
};

/* What waits for those that user space has told nothing of yet is found under
 * this one, which is no namespace's. */
#define TAP_NETNS_ANY	0

/* A watched process has a socket that is seen by no capture yet. */
struct tap_netns {
	struct tap_record record;
	__u64 netns;			/* cookie */
	__u32 owner;
	__u32 wanted;			/* enum tap_capture_place */
};

#define TAP_LINK_LEN 14

/* A packet of a watched socket that no capture listened for, as lo would have it:
 * with a link header that names nobody, so that all packets of a file are of one
 * kind. The packet lies behind, as much of it as was copied; lengths are with the
 * header. */
struct tap_early {
	struct tap_record record;
	__u64 netns;
	__u32 wire_len, cap_len;
	__u16 pad;
	__u8 link[TAP_LINK_LEN];
};

_Static_assert(sizeof(struct tap_interface) == 16, "interface");
_Static_assert(sizeof(struct tap_listening) == 40, "listening");
_Static_assert(sizeof(struct tap_early) == 48, "early packet");
_Static_assert(__builtin_offsetof(struct tap_early, link) + TAP_LINK_LEN == 48,
    "no hole before the packet");
_Static_assert(sizeof(struct tap_netns) == 32, "namespace record");

#endif
