// SPDX-License-Identifier: Apache-2.0
#include "base/slab.h"
#include "verdict/message.h"

/* What is noted of sealed records as they come. */

#define END_MAX	16384	/* of a full record of TLS */
#define EVEN	4096	/* programs write multiples of it */
#define PAD_MAX	32	/* what padding to blocks leaves open */

/* NULL if memory is out: then there are more ends than are kept, of which
 * nothing is said. */
static struct message_records *
odd_of(struct message *m)
{
	struct message_sealed *s = &m->sealed;

	if (!s->odd)
		s->odd = slab_zalloc(message_sink(m)->slab, sizeof(*s->odd));
	if (!s->odd) {
		message_sink(m)->refused++;
		s->end_count = UINT8_MAX;
	}
	return s->odd;
}

/* A record that something ended with: one that was not filled up, and is
 * longer than control frames are. */
static void
note_end(struct message *m, uint64_t len)
{
	struct message_sealed *s = &m->sealed;
	struct message_records *odd;

	if (len <= TRANSFER_END_MIN || len >= END_MAX)
		return;
	if (s->end_count < MESSAGE_FEW_ENDS) {
		s->ends[s->end_count] = (uint16_t)len;
	} else if (s->end_count < TRANSFER_ENDS) {
		odd = odd_of(m);
		if (odd)
			odd->ends[s->end_count - MESSAGE_FEW_ENDS] =
			    (uint16_t)len;
	}
	s->end_count += s->end_count < UINT8_MAX;
	s->end_last = (uint16_t)len;
}

static void
note_start(struct message *m, uint64_t offset)
{
	struct message_records *odd = odd_of(m);

	if (odd)
		odd->starts[m->sealed.start_count++] = (uint32_t)offset;
}

static void
note_hollow(struct message *m, uint64_t len)
{
	struct message_records *odd = odd_of(m);

	if (!odd)
		return;
	odd->hollow++;
	odd->hollow_len += (uint32_t)len;
}

static void
note_full(struct message *m)
{
	struct message_records *odd = odd_of(m);

	if (odd)
		odd->full++;
}

/* Padded to blocks its length is known to some bytes, and is a round one if one
 * is among them. */
static void
note_even(struct message *m, uint64_t min_len, uint64_t max_len)
{
	uint64_t even = max_len / EVEN * EVEN;
	struct message_records *odd;

	if (even < min_len || !even || max_len - min_len >= PAD_MAX)
		return;
	odd = odd_of(m);
	if (!odd)
		return;
	odd->even_under += (uint32_t)(even - min_len);
	odd->even_over += (uint32_t)(max_len - even);
}

void
message_take_sealed(struct message *m, unsigned side, uint64_t min_len,
    uint64_t max_len, const struct when *when)
{
	struct message_sealed *s = &m->sealed;

	message_meet(m, when);
	if (m->kind != MESSAGE_SEALED)
		return;
	/* Where the records behind the first begin, while that is exact. */
	if (side == m->out && s->records &&
	    s->start_count < TRANSFER_STARTS &&
	    s->plain_min[side] == s->plain_max[side] &&
	    s->plain_max[side] < UINT32_MAX)
		note_start(m, s->plain_max[side]);
	if (side == m->out && min_len == max_len)
		note_end(m, max_len);
	s->plain_min[side] += min_len;
	s->plain_max[side] += max_len;
	if (side != m->out)
		return;
	s->records++;
	if (min_len == END_MAX)
		note_full(m);
	if (!min_len)
		note_hollow(m, max_len);
	else if (min_len < max_len)
		note_even(m, min_len, max_len);
}
