/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_CAPTURE_H
#define TELLTAP_CAPTURE_H

/*
 * Where captures listen, by network namespace, and the asking for one.
 */

#include "record.h"

enum tap_capture_place {
	TAP_ON_WIRES = 1 << 0,	/* on all interfaces but lo */
	TAP_ON_LOOPBACK = 1 << 1,
};

/* Value of the map of namespaces; the key is the cookie. */
struct tap_listening {
	__u32 what;			/* enum tap_capture_place */
	__u32 wait_ms;			/* for what is open and need only listen */
	__u64 wires_ns, loopback_ns;	/* when it was asked for */
};

/* A watched process has a socket that is seen by no capture yet. */
struct tap_netns {
	struct tap_record record;
	__u64 netns;			/* cookie */
	__u32 owner;
	__u32 wanted;			/* enum tap_capture_place */
};

_Static_assert(sizeof(struct tap_listening) == 24, "listening");
_Static_assert(sizeof(struct tap_netns) == 32, "namespace record");

#endif
