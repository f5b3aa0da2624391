/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_RECORD_H
#define TELLTAP_RECORD_H

/*
 * What every record in the ring begins with. Programs in the kernel write
 * records, daemon/kernel/ reads them. Times are CLOCK_BOOTTIME's sibling
 * CLOCK_MONOTONIC in nanoseconds; numbers are in host order.
 */

#include <linux/types.h>

enum tap_record_kind {
	TAP_PROCESS = 1,	/* process.h */
	TAP_TUPLE,		/* socket.h */
	TAP_SOCKET_END,		/* socket.h */
	TAP_FILE,		/* file.h */
	TAP_NETNS,		/* process.h */
	TAP_CLIENT,		/* socket.h */
	TAP_TIE,		/* hook.h, and the next four */
	TAP_PLAIN,
	TAP_TIE_END,
	TAP_MAPPED,
	TAP_GIVEN,
	TAP_EARLY,		/* capture.h */
};

struct tap_record {
	__u32 kind;		/* enum tap_record_kind */
	__u32 len;		/* of the record, this header with it */
	__u64 ts_ns;
};

_Static_assert(sizeof(struct tap_record) == 16, "record header");

/* Losses and sights, summed over CPUs; daemon/kernel/tap.h names them. */
enum tap_counter {
	TAP_RING_FULL,		/* a record found no room in the ring */
	TAP_WATCHED_FULL,	/* a process could not be marked */
	TAP_STORAGE_FAILED,	/* a socket could not be given its owner */
	TAP_TUPLES_FULL,	/* a tuple could not be entered */
	TAP_FILES_FULL,
	TAP_UNPARSED,		/* watched packet that is no plain IP packet */
	TAP_TUPLES_FORGOTTEN,	/* a port was reused by an unwatched socket */
	TAP_PASSED,		/* packets that the captures' filters passed */
	TAP_REFUSED,		/* and those they did not */
	TAP_FRAGMENTS,		/* later fragments passed */
	TAP_HOOK_LOST,		/* bytes of plaintext that found no room, or
				 * could not be read */
	TAP_HOOK_FULL,		/* calls that could not be followed */
	TAP_LATE,		/* times that what comes in may have been missed, for
				 * no capture listened yet, nor was it copied */
	TAP_COUNTERS,
};

#endif
