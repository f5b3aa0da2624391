/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_BURST_H
#define PROTOCOL_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"

/*
 * Where one message ends and the next begins in bytes that have no framing of
 * their own: readable bytes of an unknown protocol, and sealed records. A
 * burst is what goes out and the answer to it. The next one begins when
 *
 *   - bytes go out after bytes came in, or
 *   - bytes go out more than a second after the last ones that went out, with
 *     nothing come in between.
 *
 * Bytes that come in never begin a burst, but for the very first bytes of a
 * connection. Those that answer nothing (a window opened further) do not end it. Time is the capture's; a clock that jumps back cuts nothing.
 * Used by layers, on the shard's thread. All zero is a burst not begun.
 */
#define BURST_SILENCE_NS	UINT64_C(1000000000)

struct burst {
	struct when last;	/* of its latest bytes: when it ended */
	uint64_t last_out_ns;
	bool open;
	bool sent;		/* bytes went out */
	bool answered;		/* bytes came in */
};

/* Would bytes at that time begin a burst? True also when none is open. */
static inline bool
burst_begins(const struct burst *b, bool outbound, const struct when *when)
{
	if (!b->open)
		return true;
	if (!outbound)
		return false;
	if (b->answered)
		return true;
	return when->ts_ns > b->last_out_ns &&
	    when->ts_ns - b->last_out_ns > BURST_SILENCE_NS;
}

/* More bytes of something that can't be cut in two, a record: they belong to
 * the burst that is open, whatever came in between. */
static inline void
burst_touch(struct burst *b, bool outbound, const struct when *when)
{
	if (outbound) {
		b->sent = true;
		b->last_out_ns = when->ts_ns;
	} else {
		b->answered = true;
	}
	b->last = *when;
}

/* Bytes that came in and answer nothing. */
static inline void
burst_pass(struct burst *b, const struct when *when)
{
	b->last = *when;
}

/*
 * Takes bytes into account. Returns true when they begin a burst: the caller
 * ends the message that is open, with its end at b->last as it was before the
 * call, and begins another.
 */
static inline bool
burst_add(struct burst *b, bool outbound, const struct when *when)
{
	bool begins = burst_begins(b, outbound, when);

	if (begins)
		*b = (struct burst){ .open = true };
	burst_touch(b, outbound, when);
	return begins;
}

#endif
