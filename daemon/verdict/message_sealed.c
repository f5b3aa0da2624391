// SPDX-License-Identifier: Apache-2.0
#include "verdict/message.h"

/* What is noted of sealed records as they come. */

#define END_MAX	16384	/* of a full record of TLS */

/* A record that something ended with: one that was not filled up, and is
 * longer than control frames are. */
static void
note_end(struct message_sealed *s, uint64_t len)
{
	if (len <= TRANSFER_END_MIN || len >= END_MAX)
		return;
	if (s->end_count < TRANSFER_ENDS)
		s->ends[s->end_count] = (uint16_t)len;
	s->end_count += s->end_count < UINT8_MAX;
	s->end_last = (uint16_t)len;
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
		s->starts[s->start_count++] = (uint32_t)s->plain_max[side];
	if (side == m->out && min_len == max_len)
		note_end(s, max_len);
	s->plain_min[side] += min_len;
	s->plain_max[side] += max_len;
	if (side != m->out)
		return;
	s->records++;
	if (!min_len) {
		s->hollow++;
		s->hollow_len += (uint32_t)max_len;
	}
}
