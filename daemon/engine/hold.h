/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_HOLD_H
#define ENGINE_HOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "telltap/packet.h"

/*
 * Live packets that wait for keys. A program writes its key log while it
 * shakes hands, so that a session's lines come a little later than its packets;
 * whoever reads both holds the packets back until the lines are there. Copies,
 * in order, up to a ceiling of bytes: above it the oldest go on early, which is
 * counted.
 */
struct hold_batch;

struct hold {
	uint64_t wait_ns;		/* 0: nothing is held */
	size_t max_bytes, bytes;
	uint64_t early;			/* packets let go by the ceiling */
	struct hold_batch *first, **end;
};

typedef int (*hold_fn)(void *arg, const struct telltap_packet *packets,
    size_t count);

void hold_init(struct hold *h, uint64_t wait_ns, size_t max_bytes);
void hold_clear(struct hold *h);

/* Takes copies, and gives away what is above the ceiling. -ENOMEM, or what give
 * returned. */
int hold_add(struct hold *h, const struct telltap_packet *packets, size_t count,
    hold_fn give, void *arg) must_check;

/* Gives away what has waited for long enough at now_ns; UINT64_MAX: all. */
int hold_release(struct hold *h, uint64_t now_ns, hold_fn give, void *arg)
	must_check;

#endif
