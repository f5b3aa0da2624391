/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_HOLD_H
#define ENGINE_HOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "telltap/packet.h"

/*
 * Live packets that wait for keys, or for plaintext. A program writes its key
 * log while it shakes hands, so that a session's lines come a little later than
 * its packets; whoever reads both holds the packets back until the lines are
 * there. What the TLS library was given is told of as notes, which take their
 * place among the packets by their time. Copies, in order, up to a ceiling of
 * bytes: above it the oldest go on early, which is counted.
 */
struct hold_batch;
struct hold_note;

struct hold {
	uint64_t wait_ns;		/* 0: nothing is held */
	size_t max_bytes, bytes;
	uint64_t early;			/* packets let go by the ceiling */
	struct hold_batch *first, **end;
	struct hold_note *note, **note_end;
};

typedef int (*hold_fn)(void *arg, const struct telltap_packet *packets,
    size_t count);
typedef int (*hold_note_fn)(void *arg, const void *note);

struct hold_to {
	hold_fn give;
	hold_note_fn note;		/* NULL where there are none */
	void *arg;
};

void hold_init(struct hold *h, uint64_t wait_ns, size_t max_bytes);
void hold_clear(struct hold *h);

/* Takes copies, and gives away what is above the ceiling. -ENOMEM, or what give
 * returned. */
int hold_add(struct hold *h, const struct telltap_packet *packets, size_t count,
    const struct hold_to *to) must_check;

/* A note, copied in two pieces that will lie one behind the other, aligned to 8.
 * Notes stay in the order in which they came. */
int hold_add_note(struct hold *h, uint64_t ts_ns, const void *head,
    size_t head_len, const void *tail, size_t tail_len,
    const struct hold_to *to) must_check;

/* Gives away what has waited for long enough at now_ns, by a clock that may have
 * been set back; UINT64_MAX: all. */
int hold_release(struct hold *h, uint64_t now_ns, const struct hold_to *to)
	must_check;

/* Until when all packets have gone on: now_ns, or the time of the first that
 * waits. */
uint64_t hold_until(const struct hold *h, uint64_t now_ns);

#endif
